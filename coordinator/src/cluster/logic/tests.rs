//! The coordinator's mind without a network: workers that answer as they are told, time as a number.

use super::*;
use sim_core::digest::Digest;

const LEASE: Duration = Duration::from_millis(1000);

fn settings(wanted: usize) -> Settings {
    Settings { wanted, patience: Duration::from_secs(10), lease: LEASE, every_ticks: Some(5), every: None, window: 3, ticks: vec![12, 9] }
}

fn start(wanted: usize) -> Logic {
    Logic::new(settings(wanted), vec![Base::default()], 0)
}

fn object(path: String) -> Object {
    Object { path, bytes: 1, sha256: String::new(), table: None }
}

/// Workers that do at once what they are ordered.
struct World {
    logic: Logic,
    now: Duration,
    /// Tick of each worker in its generation.
    workers: BTreeMap<Incarnation, (u64, u32)>,
    said: Vec<Command>,
    /// Do nothing any more, and nobody knows yet.
    stopped: BTreeSet<Incarnation>,
    events: std::collections::VecDeque<Event>,
    committed: Vec<(u32, u32)>,
    wrong: Option<(Incarnation, u32)>,
    /// Manifests that cannot be written: cell and tick.
    unwritable: BTreeSet<(u32, u32)>,
}

impl World {
    fn new(logic: Logic) -> World {
        World {
            logic,
            now: Duration::ZERO,
            workers: BTreeMap::new(),
            said: Vec::new(),
            stopped: BTreeSet::new(),
            events: std::collections::VecDeque::new(),
            committed: Vec::new(),
            wrong: None,
            unwritable: BTreeSet::new(),
        }
    }

    fn join(&mut self, numbers: impl IntoIterator<Item = u64>) {
        for number in numbers {
            self.workers.insert(Incarnation(number), (0, 0));
            self.hear(Event::Joined(Incarnation(number)));
        }
    }

    fn hear(&mut self, event: Event) {
        let commands = self.logic.handle(event, self.now);
        for command in commands {
            self.obey(&command);
            self.said.push(command);
        }
    }

    fn obey(&mut self, command: &Command) {
        let generation = self.logic.generation();
        let members: Vec<_> = self.logic.members().map(|(who, _)| who).filter(|who| !self.stopped.contains(who)).collect();
        match command {
            Command::Assign { base, members, .. } => {
                for who in members.iter().filter(|who| !self.stopped.contains(who)) {
                    self.workers.insert(*who, (generation, base.tick));
                    self.events.push_back(Event::Ready { from: *who, generation });
                }
            }
            Command::Advance { until } => {
                for from in members {
                    let at = self.workers[&from].1;
                    self.workers.insert(from, (generation, *until));
                    for tick in at + 1..=*until {
                        let wrong = u128::from(self.wrong == Some((from, tick)));
                        let digest = Digest(u128::from(tick) + 1000 * wrong);
                        let parts = DigestParts { rows: wrong as u64, ..DigestParts::default() };
                        let outcome = Some(object(format!("outcome-{tick}")));
                        let files = if Some(from) == self.logic.members().next().map(|(who, _)| who) {
                            vec![object(format!("file-{tick}"))]
                        } else {
                            vec![]
                        };
                        self.events.push_back(Event::Applied { from, generation, tick, digest, parts, files, outcome });
                    }
                }
            }
            Command::Save => {
                for from in members {
                    let objects = vec![object(format!("state-of-{}", from.0))];
                    self.events.push_back(Event::Saved { from, generation, tick: self.workers[&from].1, objects });
                }
            }
            Command::Commit(base) if self.unwritable.contains(&(base.cell, base.tick)) => {
                self.hear(Event::NotCommitted { cause: "no space left".to_owned() });
            }
            Command::Commit(base) => {
                self.committed.push((base.cell, base.tick));
                self.logic.keep(base.clone());
                self.hear(Event::Committed);
            }
            Command::Dismiss { who, .. } => {
                self.workers.remove(who);
            }
            _ => {}
        }
    }

    /// Lets `most` events happen; time passes with each, and those who are not stopped show signs of life.
    fn run(&mut self, most: usize) {
        for _ in 0..most {
            self.now += Duration::from_millis(10);
            for who in self.workers.keys().copied().collect::<Vec<_>>() {
                if !self.stopped.contains(&who) {
                    self.hear(Event::Beat(who));
                }
            }
            self.hear(Event::Clock);
            if let Some(event) = self.events.pop_front() {
                self.hear(event);
            }
        }
    }

    fn is_done(&self) -> bool {
        self.said.contains(&Command::Done)
    }

    fn losses(&self) -> Vec<&Loss> {
        self.said.iter().filter_map(|said| if let Command::Lost(loss) = said { Some(loss) } else { None }).collect()
    }

    fn failure(&self) -> Option<(u8, String)> {
        self.said.iter().find_map(|said| if let Command::Failed { exit, cause } = said { Some((*exit, cause.clone())) } else { None })
    }
}

#[test]
fn a_run_goes_through_its_cells_with_checkpoints() {
    let mut world = World::new(start(2));
    world.join([1, 2]);
    world.run(400);
    assert!(world.is_done());
    assert_eq!(world.committed, [(0, 5), (0, 10), (1, 0), (1, 5), (2, 0)]);
    assert_eq!(world.logic.base().files.len(), 12 + 9, "every file once");
    assert_eq!(world.logic.base().outcomes.len(), 2);
    assert!(world.said.iter().any(|said| matches!(said, Command::Dismiss { exit: 0, .. })));
}

#[test]
fn a_lost_member_takes_the_others_back_to_the_checkpoint_once() {
    for at in (3..90).step_by(7) {
        let mut world = World::new(start(3));
        world.join([1, 2, 3]);
        world.run(at);
        if world.is_done() {
            assert!(at > 30, "the losses fall into the run");
            break;
        }
        world.stopped.insert(Incarnation(2));
        for cause in ["connection", "lease"] {
            world.hear(Event::Lost { who: Incarnation(2), cause: cause.to_owned() });
        }
        world.run(500);
        assert!(world.is_done(), "lost after {at} events: {:?}", world.logic.phase());
        assert_eq!(world.losses().len(), 1, "one loss, whoever noticed");
        let files: Vec<_> = world.logic.base().files.iter().map(|file| file.path.clone()).collect();
        let expected: Vec<_> = (1..=12).chain(1..=9).map(|tick| format!("file-{tick}")).collect();
        assert_eq!(files, expected, "lost after {at} events: no row lost or doubled");
    }
}

#[test]
fn a_silent_worker_is_lost_by_its_lease_and_never_heard_again() {
    let mut world = World::new(start(2));
    world.join([1, 2]);
    world.run(12);
    world.stopped.insert(Incarnation(2));
    world.run(500);
    assert!(world.is_done());
    assert!(world.losses()[0].cause.contains("no sign of life for 1000 ms"));
    let before = world.said.len();
    let late = Event::Applied {
        from: Incarnation(2),
        generation: 1,
        tick: 5,
        digest: Digest(99),
        parts: DigestParts::default(),
        files: vec![object("late".to_owned())],
        outcome: None,
    };
    world.hear(late);
    assert_eq!(world.said.len(), before);
}

#[test]
fn a_stale_generation_is_not_heard() {
    let mut world = World::new(start(1));
    world.join([1]);
    world.hear(Event::Ready { from: Incarnation(1), generation: 7 });
    assert_eq!(world.logic.phase(), Phase::Restoring);
    world.hear(Event::Ready { from: Incarnation(1), generation: 1 });
    assert_eq!(world.logic.phase(), Phase::Running);
}

#[test]
fn workers_that_disagree_end_the_run_with_both_values() {
    let mut world = World::new(start(2));
    world.wrong = Some((Incarnation(2), 4));
    world.join([1, 2]);
    world.run(200);
    let (exit, cause) = world.failure().expect("a failure");
    assert_eq!(exit, 70);
    assert!(cause.contains("after tick 3") && cause.contains("worker 2") && cause.contains("differ in: rows"), "{cause}");
}

#[test]
fn a_late_worker_gets_shards_at_the_next_checkpoint_and_one_that_leaves_hands_over() {
    let mut world = World::new(start(2));
    world.join([1, 2]);
    world.run(14);
    world.join([3]);
    world.run(30);
    assert_eq!(world.logic.members().count(), 3);
    world.hear(Event::Leaving(Incarnation(1)));
    world.run(300);
    assert!(world.is_done());
    let left = world.said.iter().any(|said| matches!(said, Command::Dismiss { who: Incarnation(1), exit: 75, .. }));
    assert!(left && world.losses().is_empty());
}

#[test]
fn without_workers_the_wait_is_bounded() {
    let mut world = World::new(start(2));
    world.join([1]);
    world.run(1100);
    assert_eq!(world.failure(), Some((1, "1 of 2 workers joined within 10 s".to_owned())));
    let mut world = World::new(start(2));
    world.join([1, 2]);
    world.run(20);
    for number in [1, 2] {
        world.hear(Event::Lost { who: Incarnation(number), cause: "killed".to_owned() });
    }
    assert_eq!(world.logic.phase(), Phase::Forming);
    world.join([3]);
    world.run(300);
    assert!(world.is_done(), "one is enough to go on");
}

#[test]
fn a_damaged_checkpoint_is_named_and_the_one_before_is_used() {
    let mut world = World::new(start(1));
    world.join([1]);
    while world.logic.base().tick == 0 {
        world.run(1);
    }
    world.hear(Event::Lost { who: Incarnation(1), cause: "killed".to_owned() });
    world.workers.insert(Incarnation(2), (0, 0));
    world.hear(Event::Joined(Incarnation(2)));
    let generation = world.logic.generation();
    world.hear(Event::Damaged { from: Incarnation(2), generation, cause: "s00001.bin has another hash".to_owned() });
    assert!(world.said.iter().any(|said| matches!(said, Command::Tell(text) if text.contains("s00001.bin"))));
    world.run(300);
    assert!(world.is_done());
    assert_eq!(world.logic.base().outcomes.len(), 2);
}

#[test]
fn a_checkpoint_that_cannot_be_written_keeps_the_last_one() {
    let mut world = World::new(start(2));
    world.join([1, 2]);
    while world.logic.phase() != Phase::Checkpointing {
        world.run(1);
    }
    world.events.clear();
    let generation = world.logic.generation();
    for number in [1, 2] {
        world.hear(Event::NotSaved { from: Incarnation(number), generation, cause: "no space left".to_owned() });
    }
    assert_eq!((world.logic.phase(), world.logic.base().tick), (Phase::Running, 0));
    world.run(400);
    assert!(world.is_done());
    let discarded = world.said.iter().filter(|said| matches!(said, Command::Discard { .. })).count();
    assert_eq!(discarded, 2, "once when it fails, once when nobody can still be writing it");
}

#[test]
fn a_manifest_that_cannot_be_written_keeps_the_last_checkpoint_and_ends_the_run_only_between_cells() {
    let mut world = World::new(start(2));
    world.join([1, 2]);
    while world.logic.phase() != Phase::Checkpointing {
        world.run(1);
    }
    let tick = world.logic.members().next().unwrap().1;
    world.unwritable.extend([(0, tick), (1, 0)]);
    world.run(400);
    assert!(!world.committed.contains(&(0, tick)) && world.committed.iter().any(|(cell, later)| *cell == 0 && *later > tick));
    assert_eq!(world.failure(), Some((1, "the results of a cell cannot be kept: no space left".to_owned())));
}

#[test]
fn draining_cuts_a_checkpoint_first() {
    let mut world = World::new(start(2));
    world.join([1, 2]);
    world.run(8);
    world.hear(Event::Drain);
    world.run(60);
    assert_eq!(world.logic.phase(), Phase::Draining);
    assert!(world.logic.base().tick > 0 && world.said.contains(&Command::Drained));
}

#[test]
fn a_coordinator_that_slept_blames_nobody() {
    let mut world = World::new(start(2));
    world.join([1, 2]);
    world.run(5);
    world.now += Duration::from_secs(60);
    world.run(400);
    assert!(world.is_done() && world.losses().is_empty());
}

#[test]
fn a_coordinator_that_begins_after_the_last_cell_needs_no_workers() {
    let over = Base { cell: 2, generation: 4, ..Base::default() };
    let mut world = World::new(Logic::new(settings(2), vec![over], 4));
    world.join([1]);
    world.run(1);
    assert!(world.is_done() && world.said.iter().any(|said| matches!(said, Command::Dismiss { exit: 0, .. })));
}

#[test]
fn every_phase_can_be_reached_and_left() {
    use Phase::{Checkpointing, Done, Draining, Failed, Forming, Recovering, Rescaling, Restoring, Running};
    for phase in [Restoring, Running, Checkpointing, Recovering, Rescaling, Draining, Done, Failed] {
        assert!(LEGAL.iter().any(|(_, to)| *to == phase), "{phase:?} is never entered");
    }
    for phase in [Forming, Restoring, Running, Checkpointing, Recovering, Rescaling] {
        assert!(LEGAL.iter().any(|(from, _)| *from == phase), "{phase:?} is never left");
    }
    assert!(!LEGAL.iter().any(|(from, _)| matches!(from, Done | Failed | Draining)), "the end is the end");
}

/// Dice from a seed (SplitMix64, Steele and others 2014).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % sides
    }
}

fn sender(event: &Event) -> Option<Incarnation> {
    match event {
        Event::Ready { from, .. } | Event::Applied { from, .. } | Event::Saved { from, .. } => Some(*from),
        _ => None,
    }
}

impl World {
    /// Lets an event of any worker happen next, in the order of each worker: as messages on separate connections arrive.
    fn deliver_any(&mut self, dice: &mut Dice) {
        if self.events.is_empty() {
            return;
        }
        let from = sender(&self.events[dice.roll(self.events.len() as u64) as usize]);
        let first = self.events.iter().position(|event| sender(event) == from).expect("there is one");
        let event = self.events.remove(first).expect("it is there");
        self.hear(event);
    }

    /// What goes wrong, if anything does.
    fn disturb(&mut self, dice: &mut Dice, next: &mut u64) {
        let members: Vec<_> = self.workers.keys().copied().filter(|who| !self.stopped.contains(who)).collect();
        let any = (!members.is_empty()).then(|| members[dice.roll(members.len() as u64) as usize]);
        match (dice.roll(60), any) {
            (0, Some(who)) if members.len() > 1 => drop(self.stopped.insert(who)),
            (1, Some(who)) if members.len() > 1 => {
                // the connection breaks; what was on the way arrives later, or never
                self.stopped.insert(who);
                self.hear(Event::Lost { who, cause: "cut".to_owned() });
            }
            (2, _) if members.len() < 4 => {
                *next += 1;
                self.join([*next]);
            }
            (3, Some(who)) if members.len() > 1 => self.hear(Event::Leaving(who)),
            (4, Some(from)) if members.len() > 1 => {
                let (generation, peer) = (self.logic.generation(), members[0]);
                self.hear(Event::Unreachable { from, generation, peer, cause: "partition".to_owned() });
            }
            (5, Some(from)) => {
                let generation = self.logic.generation() - dice.roll(2).min(self.logic.generation());
                self.hear(Event::NotSaved { from, generation, cause: "disk full".to_owned() });
            }
            _ => {}
        }
    }
}

#[test]
fn no_storm_of_delays_losses_and_arrivals_loses_or_doubles_a_file() {
    let mut losses = 0;
    for seed in 0..200 {
        let mut dice = Dice(seed);
        let mut world = World::new(start(2));
        let mut next = 3;
        world.join(1..=3);
        for _ in 0..3000 {
            if world.is_done() {
                break;
            }
            world.disturb(&mut dice, &mut next);
            world.now += Duration::from_millis(20);
            for who in world.workers.keys().copied().filter(|who| !world.stopped.contains(who)).collect::<Vec<_>>() {
                world.hear(Event::Beat(who));
            }
            world.hear(Event::Clock);
            for _ in 0..dice.roll(6) {
                world.deliver_any(&mut dice);
            }
            if world.workers.keys().all(|who| world.stopped.contains(who)) {
                next += 1;
                world.join([next]);
            }
        }
        assert!(world.is_done(), "seed {seed}: {:?}, {:?}", world.logic.phase(), world.failure());
        let files: Vec<_> = world.logic.base().files.iter().map(|file| file.path.clone()).collect();
        let expected: Vec<_> = (1..=12).chain(1..=9).map(|tick| format!("file-{tick}")).collect();
        assert_eq!(files, expected, "seed {seed}");
        losses += world.losses().len();
    }
    assert!(losses > 200, "the storms blow: {losses} losses");
}
