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
    /// A channel has no step.
    Idle { channel: String },
    /// No channel leads to a stage that has a step.
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
        }
        if faults.is_empty() {
            self.circles(steps, &mut faults);
        }
        if faults.is_empty() {
            self.loose_ends(steps, &mut faults);
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
        let sources = 0..=self.channels.len(); // channels and brand
        let act = self.stage(Stage::Act);
        for stage in Stage::ALL {
            let node = self.stage(stage);
            let Some(step) = steps.iter().position(|s| s.from == stage.name() || s.to == stage.name()) else { continue };
            // an order leads to act and a recommendation to advocate, whatever the funnel says
            if stage < Stage::Act && !sources.clone().any(|s| has_path_connecting(&self.graph, NodeIndex::new(s), node, None)) {
                faults.push(Fault::Unreachable { step, stage: stage.name().to_owned() });
            }
            if stage < Stage::Act && !has_path_connecting(&self.graph, node, act, None) {
                faults.push(Fault::DeadEnd { step, stage: stage.name().to_owned() });
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

    /// Worth of a contact through a channel to an allocator: rates into stages, each over one plus its steps from act.
    pub(crate) fn worth(&self, source: usize) -> f64 {
        let steps = dijkstra(Reversed(&self.graph), self.stage(Stage::Act), None, |_| 1u32);
        let worth = |to: Stage| {
            let rate = self.rate(NodeIndex::new(source), self.stage(to))?;
            Some(rate / (1.0 + f64::from(*steps.get(&self.stage(to))?)))
        };
        Stage::ALL.into_iter().filter_map(worth).sum()
    }
}
