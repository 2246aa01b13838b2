//! What the coordinator decides, as a pure function: (state, event, now) to (state, commands).
//!
//! Owns the phases of a run and the table of legal steps between them, who takes part in which generation, how far members may
//! run, when a checkpoint is cut, and what follows from a loss. Guarantees that only members of the current generation are
//! heard, that a lost incarnation never comes back, and that members that disagree end the run. Reads no clock, opens no
//! socket: `now` is time since the coordinator began, and commands are carried out elsewhere.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use sim_core::digest::{Digest, DigestParts};

use crate::cluster::record::{Base, Object};

mod event;
#[cfg(test)]
mod tests;

pub(crate) use event::{Command, Event, Incarnation, Loss, Settings};

/// What a run is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    /// Waiting for workers.
    Forming,
    /// Members put their shards in place.
    Restoring,
    /// Members run ticks.
    Running,
    /// Members write a checkpoint.
    Checkpointing,
    /// A member was lost: what there is goes back to the last checkpoint.
    Recovering,
    /// Workers came or go: shards are placed again.
    Rescaling,
    /// Asked to stop, with all that was computed in a checkpoint.
    Draining,
    /// Every cell is computed.
    Done,
    /// Given up.
    Failed,
}

/// Every legal step. A step that is not here is a bug.
pub(crate) const LEGAL: &[(Phase, Phase)] = &[
    (Phase::Forming, Phase::Restoring),
    (Phase::Restoring, Phase::Running),
    (Phase::Running, Phase::Checkpointing),
    (Phase::Running, Phase::Rescaling),
    (Phase::Running, Phase::Done),
    (Phase::Checkpointing, Phase::Running),
    (Phase::Checkpointing, Phase::Rescaling),
    (Phase::Checkpointing, Phase::Draining),
    (Phase::Rescaling, Phase::Restoring),
    (Phase::Rescaling, Phase::Forming),
    (Phase::Restoring, Phase::Recovering),
    (Phase::Running, Phase::Recovering),
    (Phase::Checkpointing, Phase::Recovering),
    (Phase::Recovering, Phase::Restoring),
    (Phase::Recovering, Phase::Forming),
    (Phase::Recovering, Phase::Draining),
    (Phase::Forming, Phase::Done),
    (Phase::Forming, Phase::Draining),
    (Phase::Restoring, Phase::Draining),
    (Phase::Running, Phase::Draining),
    (Phase::Forming, Phase::Failed),
    (Phase::Restoring, Phase::Failed),
    (Phase::Running, Phase::Failed),
    (Phase::Checkpointing, Phase::Failed),
];

/// The coordinator's mind.
pub(crate) struct Logic {
    settings: Settings,
    phase: Phase,
    generation: u64,
    /// Workers that are alive, with the time of their last sign of life.
    live: BTreeMap<Incarnation, Duration>,
    /// Those that asked to go.
    leaving: BTreeSet<Incarnation>,
    /// Those of the current generation, in the order of their shards, with how far they are.
    members: Vec<(Incarnation, Progress)>,
    /// Checkpoints that may be gone back to, the latest last.
    bases: Vec<Base>,
    /// Files of tables since the last of them.
    files: Vec<Object>,
    /// Digests of ticks that not all members have applied.
    digests: BTreeMap<u32, (Incarnation, Digest, DigestParts)>,
    /// The tick that members may run to.
    until: u32,
    /// The tick at which a checkpoint is cut.
    stop: Option<u32>,
    /// The tick from which the next period between checkpoints counts.
    due_from: u32,
    /// A checkpoint that failed, of which members may have written parts since it was removed.
    debris: Option<Place>,
    is_draining: bool,
    /// Workers needed to begin; one is enough to go on.
    wanted: usize,
    /// When the phase began.
    since: Duration,
    /// When the last checkpoint was cut, or tried.
    saved_at: Duration,
    heard_at: Duration,
    commands: Vec<Command>,
}

/// Where the state of a checkpoint is.
#[derive(Clone, Copy, Debug)]
struct Place {
    cell: u32,
    tick: u32,
    generation: u64,
}

#[derive(Clone, Debug, Default)]
struct Progress {
    is_ready: bool,
    tick: u32,
    saved: Option<Vec<Object>>,
    outcome: Option<Object>,
}

impl Logic {
    /// A run that goes on from the last of `bases`, of which there is at least one.
    pub(crate) fn new(settings: Settings, bases: Vec<Base>, generation: u64) -> Self {
        assert!(!bases.is_empty(), "a run has a beginning");
        let wanted = settings.wanted.max(1);
        Self {
            settings,
            phase: Phase::Forming,
            generation,
            live: BTreeMap::new(),
            leaving: BTreeSet::new(),
            members: Vec::new(),
            bases,
            files: Vec::new(),
            digests: BTreeMap::new(),
            until: 0,
            stop: None,
            due_from: 0,
            debris: None,
            is_draining: false,
            wanted,
            since: Duration::ZERO,
            saved_at: Duration::ZERO,
            heard_at: Duration::ZERO,
            commands: Vec::new(),
        }
    }

    /// Takes an event in; what is to be done.
    pub(crate) fn handle(&mut self, event: Event, now: Duration) -> Vec<Command> {
        if self.is_over() {
            return Vec::new();
        }
        match event {
            Event::Joined(who) => self.joined(who, now),
            Event::Beat(who) => self.beat(who, now),
            Event::Ready { from, generation } => self.of_member(from, generation, |logic, member| {
                logic.members[member].1.is_ready = true;
                logic.run_when_ready(now);
            }),
            Event::Applied { from, generation, tick, digest, parts, files, outcome } => {
                self.of_member(from, generation, |logic, member| {
                    logic.members[member].1.outcome = outcome;
                    logic.files.extend(files);
                    logic.applied(member, tick, digest, parts, now);
                });
            }
            Event::Saved { from, generation, tick, objects } => self.of_member(from, generation, |logic, member| {
                logic.saved(member, tick, objects);
            }),
            Event::NotSaved { from, generation, cause } => self.of_member(from, generation, |logic, _| {
                logic.not_saved(&format!("{from} could not write its part of a checkpoint"), &cause, now);
            }),
            Event::Committed => self.committed(now),
            Event::NotCommitted { cause } => self.not_committed(&cause, now),
            Event::Lost { who, cause } => self.lost(who, cause, now),
            Event::Unreachable { from, generation, peer, cause } => self.of_member(from, generation, |logic, _| {
                logic.lost(peer, format!("{from} cannot reach it: {cause}"), now);
            }),
            Event::Damaged { from, generation, cause } => self.of_member(from, generation, |logic, _| logic.damaged(&cause, now)),
            Event::Broken { from, generation, exit, cause } => {
                self.of_member(from, generation, |logic, _| logic.fail(exit, format!("{from}: {cause}")));
            }
            Event::Leaving(who) => self.leave(who),
            Event::Drain => self.drain(),
            Event::Clock => self.clock(now),
        }
        std::mem::take(&mut self.commands)
    }

    /// What the run is doing.
    pub(crate) fn phase(&self) -> Phase {
        self.phase
    }

    /// The current generation.
    pub(crate) fn generation(&self) -> u64 {
        self.generation
    }

    /// Members in the order of their shards, with the tick that each has reached.
    pub(crate) fn members(&self) -> impl Iterator<Item = (Incarnation, u32)> + '_ {
        self.members.iter().map(|(who, progress)| (*who, progress.tick))
    }

    /// The checkpoint that a loss would go back to.
    pub(crate) fn base(&self) -> &Base {
        self.bases.last().expect("a run has a beginning")
    }

    /// Whether nothing more will be decided.
    pub(crate) fn is_over(&self) -> bool {
        matches!(self.phase, Phase::Done | Phase::Failed | Phase::Draining)
    }

    fn enter(&mut self, phase: Phase) {
        assert!(LEGAL.contains(&(self.phase, phase)), "no step leads from {:?} to {phase:?}", self.phase);
        self.phase = phase;
    }

    /// Hears a member of the current generation; others are too late.
    fn of_member(&mut self, from: Incarnation, generation: u64, heard: impl FnOnce(&mut Self, usize)) {
        if generation == self.generation
            && let Some(member) = self.members.iter().position(|(who, _)| *who == from)
        {
            heard(self, member);
        }
    }

    fn joined(&mut self, who: Incarnation, now: Duration) {
        self.live.insert(who, now);
        match self.phase {
            Phase::Forming => self.begin_when_enough(now),
            Phase::Running => self.stop_here(),
            _ => {}
        }
    }

    fn beat(&mut self, who: Incarnation, now: Duration) {
        if let Some(seen) = self.live.get_mut(&who) {
            *seen = now;
        }
    }

    fn begin_when_enough(&mut self, now: Duration) {
        if !self.is_complete() && self.live.keys().filter(|who| !self.leaving.contains(who)).count() >= self.wanted {
            self.wanted = 1;
            self.assign(now);
        }
    }

    /// Places all shards on the workers that are there, from the last checkpoint.
    fn assign(&mut self, now: Duration) {
        self.enter(Phase::Restoring);
        self.generation += 1;
        self.since = now;
        self.files.clear();
        self.digests.clear();
        self.stop = None;
        let base = self.base().clone();
        (self.until, self.due_from) = (base.tick, base.tick);
        let progress = Progress { tick: base.tick, ..Progress::default() };
        self.members = self.live.keys().filter(|who| !self.leaving.contains(who)).map(|who| (*who, progress.clone())).collect();
        let members = self.members.iter().map(|(who, _)| *who).collect();
        self.commands.push(Command::Assign { generation: self.generation, members, base });
    }

    fn run_when_ready(&mut self, now: Duration) {
        if self.phase == Phase::Restoring && self.members.iter().all(|(_, progress)| progress.is_ready) {
            self.enter(Phase::Running);
            self.saved_at = now;
            self.advance();
            let waits = self.live.len() > self.members.len();
            if waits || !self.leaving.is_empty() {
                self.stop_here();
            }
        }
    }

    /// Lets members run on: a window ahead of the slowest, to the next checkpoint, to the end of the cell.
    fn advance(&mut self) {
        let slowest = self.slowest();
        let mut until = (slowest + self.settings.window).min(self.end_of_cell());
        if let Some(every) = self.settings.every_ticks {
            until = until.min(self.due_from + every.max(1));
        }
        until = until.min(self.stop.unwrap_or(u32::MAX)).max(self.until);
        if until > self.until {
            self.until = until;
            self.commands.push(Command::Advance { until });
        }
    }

    fn slowest(&self) -> u32 {
        self.members.iter().map(|(_, progress)| progress.tick).min().expect("a generation has members")
    }

    fn end_of_cell(&self) -> u32 {
        self.settings.ticks[self.base().cell as usize]
    }

    /// A checkpoint where members may run to already.
    fn stop_here(&mut self) {
        if self.phase == Phase::Running {
            self.stop.get_or_insert(self.until);
        }
    }

    fn applied(&mut self, member: usize, tick: u32, digest: Digest, parts: DigestParts, now: Duration) {
        let who = self.members[member].0;
        self.members[member].1.tick = tick;
        let &mut (first, expected, expected_parts) = self.digests.entry(tick).or_insert((who, digest, parts));
        if digest != expected {
            let differing = parts.differing(&expected_parts).join(", ");
            let cause = format!(
                "members disagree after tick {}: {first} has the digest {expected}, {who} has {digest}; they differ in: {differing}",
                tick - 1
            );
            return self.fail(crate::exit::Exit::Bug as u8, cause);
        }
        if self.phase != Phase::Running {
            return;
        }
        let slowest = self.slowest();
        self.digests.retain(|&tick, _| tick >= slowest);
        if slowest == self.end_of_cell() {
            self.end_cell();
            return;
        }
        let due = self.settings.every_ticks.is_some_and(|every| slowest >= self.due_from + every.max(1));
        if due || self.stop == Some(slowest) {
            self.checkpoint();
            return;
        }
        if self.settings.every.is_some_and(|every| now.saturating_sub(self.saved_at) >= every) {
            self.stop_here();
        }
        self.advance();
    }

    fn checkpoint(&mut self) {
        self.enter(Phase::Checkpointing);
        // by now everybody has ended writing the one that failed
        if let Some(place) = self.debris.take() {
            self.discard(place);
        }
        for (_, progress) in &mut self.members {
            progress.saved = None;
        }
        self.commands.push(Command::Save);
    }

    fn saved(&mut self, member: usize, tick: u32, objects: Vec<Object>) {
        if self.phase != Phase::Checkpointing || tick != self.members[member].1.tick {
            return;
        }
        self.members[member].1.saved = Some(objects);
        if self.members.iter().any(|(_, progress)| progress.saved.is_none()) {
            return;
        }
        let objects = self.members.iter().flat_map(|(_, progress)| progress.saved.clone().unwrap_or_default()).collect();
        let base = Base { cell: self.base().cell, tick: self.slowest(), objects, ..self.so_far() };
        self.commands.push(Command::Commit(base));
    }

    /// The results so far: those of the last checkpoint and the files since.
    fn so_far(&self) -> Base {
        let mut base = self.base().clone();
        base.generation = self.generation;
        base.files.extend(self.files.iter().cloned());
        base
    }

    /// All members are at the end of the cell: what it came to is kept, and the next one begins.
    fn end_cell(&mut self) {
        let outcome = self.members[0].1.outcome.clone();
        let Some(outcome) = outcome else {
            return self.fail(crate::exit::Exit::Bug as u8, "the first member ended a cell without an outcome".to_owned());
        };
        let mut base = Base { cell: self.base().cell + 1, tick: 0, objects: Vec::new(), ..self.so_far() };
        base.files_of_earlier_cells = base.files.len();
        base.outcomes.push(outcome);
        self.commands.push(Command::Commit(base));
    }

    /// The manifest of a checkpoint is durable. Carried out before anything else is heard.
    pub(crate) fn keep(&mut self, base: Base) {
        self.bases.push(base);
        self.files.clear();
        // the one before stays, should the last turn out to be damaged
        let beyond = self.bases.len().saturating_sub(2);
        self.bases.drain(..beyond);
    }

    fn committed(&mut self, now: Duration) {
        self.saved_at = now;
        self.stop = None;
        self.due_from = self.base().tick;
        if self.is_complete() {
            self.end();
        } else if self.is_draining {
            self.end_drained();
        } else if self.base().tick == 0 || self.live.len() > self.members.len() || !self.leaving.is_empty() {
            self.enter(Phase::Rescaling);
            self.place_again(now);
        } else {
            self.enter(Phase::Running);
            self.advance();
        }
    }

    /// Whether every cell is computed, as a coordinator may find that begins where another one died.
    fn is_complete(&self) -> bool {
        self.base().cell as usize == self.settings.ticks.len()
    }

    fn end(&mut self) {
        self.enter(Phase::Done);
        self.dismiss_all(0, "the run is complete");
        self.commands.push(Command::Done);
    }

    /// Dismisses those who asked to go, and goes on with the others, or waits for some.
    fn place_again(&mut self, now: Duration) {
        for who in std::mem::take(&mut self.leaving) {
            self.live.remove(&who);
            let exit = crate::exit::Exit::Again as u8;
            self.commands.push(Command::Dismiss { who, exit, cause: "its shards are handed over".to_owned() });
        }
        if self.live.is_empty() {
            self.enter(Phase::Forming);
            self.members.clear();
            self.since = now;
        } else {
            self.assign(now);
        }
    }

    /// Without the manifest of a cell that is over the next one cannot begin; any other checkpoint can be done without.
    fn not_committed(&mut self, cause: &str, now: Duration) {
        if self.phase == Phase::Checkpointing {
            self.not_saved("the manifest of a checkpoint cannot be written", cause, now);
        } else {
            self.fail(crate::exit::Exit::Failed as u8, format!("the results of a cell cannot be kept: {cause}"));
        }
    }

    fn not_saved(&mut self, what: &str, cause: &str, now: Duration) {
        self.commands.push(Command::Tell(format!("{what}, the last one stays: {cause}")));
        if self.phase == Phase::Checkpointing {
            let place = Place { cell: self.base().cell, tick: self.slowest(), generation: self.generation };
            self.discard(place);
            self.debris = Some(place);
            if self.is_draining {
                return self.end_drained();
            }
            self.saved_at = now;
            self.stop = None;
            self.enter(Phase::Running);
            // it counts as tried: the next is due a period later
            self.due_from = self.slowest();
            self.advance();
        }
    }

    fn discard(&mut self, Place { cell, tick, generation }: Place) {
        self.commands.push(Command::Discard { cell, tick, generation });
    }

    fn lost(&mut self, who: Incarnation, cause: String, now: Duration) {
        if self.live.remove(&who).is_none() {
            return;
        }
        let was_member = self.members.iter().any(|(member, _)| *member == who);
        self.leaving.remove(&who);
        let loss = Loss { who, cause, tick: self.members.iter().find(|(member, _)| *member == who).map(|(_, progress)| progress.tick) };
        self.commands.push(Command::Dismiss { who, exit: crate::exit::Exit::Again as u8, cause: loss.cause.clone() });
        self.commands.push(Command::Lost(loss));
        if was_member && matches!(self.phase, Phase::Restoring | Phase::Running | Phase::Checkpointing) {
            self.recover(now);
        }
    }

    fn recover(&mut self, now: Duration) {
        self.enter(Phase::Recovering);
        if self.is_draining {
            // nothing can be added to the last checkpoint any more
            return self.end_drained();
        }
        self.place_again(now);
    }

    /// A checkpoint that cannot be read: the one before it is used.
    fn damaged(&mut self, cause: &str, now: Duration) {
        if self.phase != Phase::Restoring {
            return;
        }
        let damaged = self.bases.pop().expect("a run has a beginning");
        self.commands.push(Command::Tell(format!("the checkpoint of tick {} cannot be used: {cause}", damaged.tick)));
        if self.bases.is_empty() {
            self.bases.push(damaged.start_of_cell());
        }
        self.recover(now);
    }

    fn leave(&mut self, who: Incarnation) {
        if !self.live.contains_key(&who) {
            return;
        }
        if self.members.iter().any(|(member, _)| *member == who) && !matches!(self.phase, Phase::Forming) {
            self.leaving.insert(who);
            self.stop_here();
        } else {
            self.live.remove(&who);
            let exit = crate::exit::Exit::Again as u8;
            self.commands.push(Command::Dismiss { who, exit, cause: "it held no shards".to_owned() });
        }
    }

    fn drain(&mut self) {
        self.is_draining = true;
        match self.phase {
            Phase::Running => self.stop_here(),
            Phase::Checkpointing => {}
            _ => self.end_drained(),
        }
    }

    fn end_drained(&mut self) {
        self.enter(Phase::Draining);
        self.dismiss_all(crate::exit::Exit::Again as u8, "the run was asked to stop");
        self.commands.push(Command::Drained);
    }

    fn clock(&mut self, now: Duration) {
        // a coordinator that slept itself knows nothing about the others
        if now.saturating_sub(self.heard_at) > self.settings.lease / 2 {
            self.live.values_mut().for_each(|seen| *seen = now);
            self.since += now - self.heard_at;
        }
        self.heard_at = now;
        if self.is_complete() {
            return self.end();
        }
        let lease = self.settings.lease;
        let silent: Vec<_> = self.live.iter().filter(|(_, seen)| now.saturating_sub(**seen) > lease).map(|(who, _)| *who).collect();
        for who in silent {
            self.lost(who, format!("no sign of life for {} ms", lease.as_millis()), now);
        }
        if self.phase == Phase::Forming && now.saturating_sub(self.since) > self.settings.patience {
            let (found, wanted) = (self.live.len(), self.wanted);
            let seconds = self.settings.patience.as_secs_f64();
            self.fail(1, format!("{found} of {wanted} workers joined within {seconds} s"));
        }
    }

    fn fail(&mut self, exit: u8, cause: String) {
        self.enter(Phase::Failed);
        self.dismiss_all(exit, &cause);
        self.commands.push(Command::Failed { exit, cause });
    }

    fn dismiss_all(&mut self, exit: u8, cause: &str) {
        for who in std::mem::take(&mut self.live).into_keys() {
            self.commands.push(Command::Dismiss { who, exit, cause: cause.to_owned() });
        }
    }
}
