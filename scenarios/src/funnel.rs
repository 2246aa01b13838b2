//! The funnel of a scenario as a directed graph, and what is wrong with one.
//!
//! Owns the graph: nodes are channels, `brand`, `look` and the 5A stages. Guarantees that the lifts of a funnel without problems are
//! those of a directed acyclic graph in which every stage is reached and leads on to act. Leaves out where problems are reported.

use agents::content::params::Lift;
use agents::content::stage::{PLACES, Stage};
use petgraph::algo::{dijkstra, has_path_connecting, tarjan_scc};
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::Reversed;

use crate::model::{FunnelStep, Scenario};

/// The node of reserved brand impressions.
pub(crate) const BRAND: &str = "brand";
/// The node of looking at an offer.
pub(crate) const LOOK: &str = "look";

/// Orders that an allocator expects later for a step into act; a stage n steps before it counts for 1 / (1 + n) of it (a judgement: of
/// those who know a shop, few buy in the weeks that an allocator looks at).
const LASTING_ORDERS: f64 = 0.05;

/// A funnel: weights of edges are rates.
pub(crate) struct Funnel<'a> {
    graph: DiGraph<&'a str, f64>,
    channels: Vec<&'a str>,
}

/// Something wrong with a funnel.
#[derive(Debug, PartialEq)]
pub(crate) enum Fault {
    /// A step begins (`from`) or ends at a name that is none.
    Unknown { step: usize, from: bool },
    /// A step leads to a channel, `brand` or `look`.
    IntoSource { step: usize },
    /// Steps lead in a circle through these stages; the step closes it.
    Cycle { step: usize, stages: Vec<String> },
    /// A step that is there already.
    Twice { step: usize },
    /// A channel or `look` leads to a stage to which only what a shopper does can lead.
    Beyond { step: usize },
    /// Looking moves nobody: no stage leads to ask.
    IdleLook { step: usize },
    /// Through one channel the steps out of a stage (or from outside) add up to more than certainty.
    Overfull { step: usize, source: String, from: Option<Stage>, sum: f64 },
    /// A channel has no step.
    Idle { channel: String },
    /// No channel leads to a stage that has a step: contacts take the steps of their channel, one at a time.
    Unreachable { step: usize, stage: String },
    /// From a stage no step leads on to act.
    DeadEnd { step: usize, stage: String },
}

impl<'a> Funnel<'a> {
    /// The graph of a scenario; steps with unknown ends are left out.
    pub(crate) fn new(scenario: &'a Scenario) -> Funnel<'a> {
        let channels: Vec<&str> = scenario.channels.keys().map(String::as_str).collect();
        let mut graph = DiGraph::new();
        for name in channels.iter().copied().chain([BRAND, LOOK]).chain(Stage::ALL.map(Stage::name)) {
            graph.add_node(name);
        }
        let mut funnel = Funnel { graph, channels };
        for step in &scenario.funnel {
            if let (Some(from), Some(to)) = (funnel.node(&step.from), funnel.node(&step.to)) {
                funnel.graph.update_edge(from, to, step.rate.0);
            }
        }
        funnel
    }

    fn node(&self, name: &str) -> Option<NodeIndex> {
        self.graph.node_indices().find(|&node| self.graph[node] == name)
    }

    fn stage(&self, stage: Stage) -> NodeIndex {
        NodeIndex::new(self.channels.len() + 2 + stage as usize - 1)
    }

    fn rate(&self, from: NodeIndex, to: NodeIndex) -> Option<f64> {
        self.graph.find_edge(from, to).map(|edge| self.graph[edge])
    }

    /// Everything wrong with the funnel.
    pub(crate) fn faults(&self, steps: &[FunnelStep]) -> Vec<Fault> {
        let mut faults = Vec::new();
        for (at, step) in steps.iter().enumerate() {
            for (name, from) in [(&step.from, true), (&step.to, false)] {
                if self.node(name).is_none() {
                    faults.push(Fault::Unknown { step: at, from });
                }
            }
            if self.node(&step.to).is_some() && Stage::named(&step.to).is_none() {
                faults.push(Fault::IntoSource { step: at });
            }
            if steps[..at].iter().any(|before| (&before.from, &before.to) == (&step.from, &step.to)) {
                faults.push(Fault::Twice { step: at });
            }
            let is_source = self.node(&step.from).is_some() && Stage::named(&step.from).is_none();
            let allowed = |to: Stage| if step.from == LOOK { to == Stage::Ask } else { to < Stage::Act };
            if is_source && Stage::named(&step.to).is_some_and(|to| !allowed(to)) {
                faults.push(Fault::Beyond { step: at });
            }
        }
        if faults.is_empty() {
            self.circles(steps, &mut faults);
        }
        if faults.is_empty() {
            self.loose_ends(steps, &mut faults);
            self.overfull(steps, &mut faults);
        }
        faults
    }

    fn circles(&self, steps: &[FunnelStep], faults: &mut Vec<Fault>) {
        for circle in tarjan_scc(&self.graph) {
            let inside = |name: &str| circle.iter().any(|&node| self.graph[node] == name);
            let step = steps.iter().rposition(|s| inside(&s.from) && inside(&s.to));
            if let Some(step) = step.filter(|&at| circle.len() > 1 || steps[at].from == steps[at].to) {
                let mut stages: Vec<NodeIndex> = circle.clone();
                stages.sort_unstable();
                faults.push(Fault::Cycle { step, stages: stages.iter().map(|&node| self.graph[node].to_owned()).collect() });
            }
        }
    }

    fn loose_ends(&self, steps: &[FunnelStep], faults: &mut Vec<Fault>) {
        for (at, channel) in self.channels.iter().enumerate() {
            if self.graph.neighbors(NodeIndex::new(at)).next().is_none() {
                faults.push(Fault::Idle { channel: (*channel).to_owned() });
            }
        }
        if let Some(step) = steps.iter().position(|step| step.from == LOOK).filter(|_| self.look().iter().all(|chance| *chance == 0.0)) {
            faults.push(Fault::IdleLook { step });
        }
        let act = self.stage(Stage::Act);
        for stage in Stage::ALL {
            let node = self.stage(stage);
            let Some(step) = steps.iter().position(|s| s.from == stage.name() || s.to == stage.name()) else { continue };
            // an order leads to act and a recommendation to advocate, whatever the funnel says
            if stage < Stage::Act && !self.is_reached(stage) {
                faults.push(Fault::Unreachable { step, stage: stage.name().to_owned() });
            }
            if stage < Stage::Act && !has_path_connecting(&self.graph, node, act, None) {
                faults.push(Fault::DeadEnd { step, stage: stage.name().to_owned() });
            }
        }
    }

    /// Whether contacts or looks lead to a stage: a channel, `brand` or `look` steps to it, and a stage that leads to it is reached or
    /// there is none.
    fn is_reached(&self, stage: Stage) -> bool {
        let node = self.stage(stage);
        let looks = usize::from(self.predecessors(stage).next().is_some());
        let carried = (0..=self.channels.len() + looks).any(|source| self.rate(NodeIndex::new(source), node).is_some());
        let is_entry = self.predecessors(stage).next().is_none();
        carried && (is_entry || self.predecessors(stage).any(|before| self.is_reached(before)))
    }

    /// Stages with a step to a stage.
    fn predecessors(&self, stage: Stage) -> impl Iterator<Item = Stage> {
        Stage::ALL.into_iter().filter(move |&from| self.rate(self.stage(from), self.stage(stage)).is_some())
    }

    fn overfull(&self, steps: &[FunnelStep], faults: &mut Vec<Fault>) {
        for (source, name) in self.channels.iter().copied().chain([BRAND]).enumerate() {
            for (from, chances) in self.lift(source).iter().enumerate() {
                let sum: f64 = chances.iter().map(|chance| f64::from(*chance)).sum();
                if sum > 1.0 + 1e-6 {
                    let step = steps.iter().rposition(|step| step.from == name).expect("a source without steps lifts nobody");
                    let from = Stage::ALL.into_iter().find(|stage| *stage as usize == from);
                    faults.push(Fault::Overfull { step, source: name.to_owned(), from, sum });
                }
            }
        }
    }

    /// The lifts of a channel (by place), of `brand` after the last one: from outside to stages that no stage leads to.
    pub(crate) fn lift(&self, source: usize) -> Lift {
        let mut lift = [[0.0; PLACES]; PLACES];
        let source = NodeIndex::new(source);
        for to in Stage::ALL {
            let Some(rate) = self.rate(source, self.stage(to)) else { continue };
            let is_entry = Stage::ALL.iter().all(|&from| self.rate(self.stage(from), self.stage(to)).is_none());
            if is_entry {
                lift[0][to as usize] = rate as f32;
            }
            for from in Stage::ALL {
                if let Some(step) = self.rate(self.stage(from), self.stage(to)) {
                    lift[from as usize][to as usize] = (rate * step) as f32;
                }
            }
        }
        lift
    }

    /// Probability that looking at an offer moves a shopper from each stage to ask.
    pub(crate) fn look(&self) -> [f32; PLACES] {
        let mut look = [0.0; PLACES];
        let lift = self.lift(self.channels.len() + 1);
        for (from, chance) in look.iter_mut().enumerate().skip(1) {
            *chance = lift[from][Stage::Ask as usize];
        }
        look
    }

    /// Orders that an allocator expects later from a contact through a channel: rates into stages, each over one plus its steps from act,
    /// times [`LASTING_ORDERS`].
    pub(crate) fn worth(&self, source: usize) -> f64 {
        let steps = dijkstra(Reversed(&self.graph), self.stage(Stage::Act), None, |_| 1u32);
        let worth = |to: Stage| {
            let rate = self.rate(NodeIndex::new(source), self.stage(to))?;
            Some(rate / (1.0 + f64::from(*steps.get(&self.stage(to))?)))
        };
        LASTING_ORDERS * Stage::ALL.into_iter().filter_map(worth).sum::<f64>()
    }
}
