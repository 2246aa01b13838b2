//! What a run tells Prometheus: `/metrics` on the coordinator, in the text format.
//!
//! Owns names and units. Everything that workers know reaches the coordinator with each tick, so that one target is enough.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Mutex;

use crate::cluster::logic::{Incarnation, Phase};
use crate::cluster::wire::Load;
use crate::engine::STAGES;

/// Numbers of a run.
#[derive(Default)]
pub(crate) struct Metrics(Mutex<Numbers>);

#[derive(Default)]
struct Numbers {
    phase: String,
    generation: u64,
    cell: u32,
    losses: usize,
    checkpoints: u64,
    workers: BTreeMap<Incarnation, Sums>,
}

/// Sums of one worker over the ticks that it has applied.
#[derive(Clone, Default)]
struct Sums {
    tick: u32,
    stage_us: [u64; STAGES.len()],
    rows_us: u64,
    waited_us: u64,
    sent_bytes: u64,
    /// Bytes by the worker that they came from.
    fetched: BTreeMap<u64, u64>,
    resident_bytes: u64,
}

impl Metrics {
    /// Adds a tick of a worker.
    pub(crate) fn add(&self, from: Incarnation, tick: u32, load: &Load) {
        let mut numbers = self.0.lock().expect("nobody panics while holding the numbers");
        let sums = numbers.workers.entry(from).or_default();
        sums.tick = tick;
        sums.stage_us.iter_mut().zip(&load.stage_us).for_each(|(sum, part)| *sum += part);
        sums.rows_us += load.rows_us;
        sums.waited_us += load.waited_us;
        sums.sent_bytes += load.sent_bytes;
        for fetched in &load.fetched {
            *sums.fetched.entry(fetched.peer).or_default() += fetched.bytes;
        }
        sums.resident_bytes = load.resident_bytes;
    }

    /// Notes where the run is, and which workers there are.
    pub(crate) fn at(&self, phase: Phase, generation: u64, cell: u32, losses: usize, members: &[Incarnation]) {
        let mut numbers = self.0.lock().expect("nobody panics while holding the numbers");
        numbers.phase = format!("{phase:?}").to_lowercase();
        (numbers.generation, numbers.cell, numbers.losses) = (generation, cell, losses);
        numbers.workers.retain(|who, _| members.contains(who));
    }

    /// A checkpoint counts.
    pub(crate) fn checkpoint(&self) {
        self.0.lock().expect("nobody panics while holding the numbers").checkpoints += 1;
    }

    /// The text that Prometheus reads.
    pub(crate) fn text(&self) -> String {
        let numbers = self.0.lock().expect("nobody panics while holding the numbers");
        let mut text = String::new();
        let mut metric = |name: &str, kind: &str, help: &str, values: Vec<(String, String)>| {
            writeln!(text, "# HELP bazaar_{name} {help}\n# TYPE bazaar_{name} {kind}").expect("a string takes everything");
            for (labels, value) in values {
                writeln!(text, "bazaar_{name}{labels} {value}").expect("a string takes everything");
            }
        };
        let one = |value: u64| vec![(String::new(), value.to_string())];
        metric("phase", "gauge", "What the run is doing.", vec![(format!("{{phase=\"{}\"}}", numbers.phase), "1".to_owned())]);
        metric("generation", "gauge", "Placements of shards so far.", one(numbers.generation));
        metric("cell", "gauge", "Arm and replication in the order of the plan.", one(numbers.cell.into()));
        metric("lost_workers_total", "counter", "Workers that were lost.", one(numbers.losses as u64));
        metric("checkpoints_total", "counter", "Checkpoints that count, ends of cells among them.", one(numbers.checkpoints));
        let fastest = numbers.workers.values().map(|sums| sums.tick).max().unwrap_or(0);
        let each = |value: &dyn Fn(&Sums) -> String| {
            numbers.workers.iter().map(|(who, sums)| (format!("{{worker=\"{}\"}}", who.0), value(sums))).collect::<Vec<_>>()
        };
        metric("tick", "gauge", "Next tick of the engine.", each(&|sums| sums.tick.to_string()));
        metric("lag_ticks", "gauge", "Ticks behind the fastest worker.", each(&|sums| (fastest - sums.tick).to_string()));
        metric("sent_bytes_total", "counter", "Bytes sent to other workers.", each(&|sums| sums.sent_bytes.to_string()));
        let fetched = numbers.workers.iter().flat_map(|(who, sums)| {
            let of = |(peer, bytes): (&u64, &u64)| (format!("{{worker=\"{}\",peer=\"{peer}\"}}", who.0), bytes.to_string());
            sums.fetched.iter().map(of).collect::<Vec<_>>()
        });
        metric("received_bytes_total", "counter", "Bytes fetched from each other worker.", fetched.collect());
        metric("waited_seconds_total", "counter", "Time in exchanges, within the stages.", each(&|sums| seconds(sums.waited_us)));
        metric("rows_seconds_total", "counter", "Time to record rows.", each(&|sums| seconds(sums.rows_us)));
        metric("resident_bytes", "gauge", "Memory.", each(&|sums| sums.resident_bytes.to_string()));
        let stages = numbers.workers.iter().flat_map(|(who, sums)| {
            let of = |((_, name), us): (&(_, &str), &u64)| (format!("{{worker=\"{}\",stage=\"{name}\"}}", who.0), seconds(*us));
            STAGES.iter().zip(&sums.stage_us).map(of).collect::<Vec<_>>()
        });
        metric("stage_seconds_total", "counter", "Time by stage of the tick.", stages.collect());
        text
    }
}

fn seconds(micros: u64) -> String {
    format!("{:.6}", micros as f64 / 1e6)
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::cluster::wire::Fetched;

    #[test]
    fn the_text_has_a_line_for_each_worker() {
        let metrics = Metrics::default();
        for (who, tick) in [(1, 7), (2, 5)] {
            let fetched = vec![Fetched { peer: 3 - who, bytes: 40 }];
            let load = Load { stage_us: vec![1_500_000, 0, 0, 0], sent_bytes: 10, fetched, ..Load::default() };
            metrics.add(Incarnation(who), tick, &load);
            metrics.add(Incarnation(who), tick, &load);
        }
        metrics.at(Phase::Running, 3, 1, 2, &[Incarnation(1), Incarnation(2)]);
        let text = metrics.text();
        for line in [
            "bazaar_phase{phase=\"running\"} 1",
            "bazaar_lag_ticks{worker=\"2\"} 2",
            "bazaar_stage_seconds_total{worker=\"1\",stage=\"shop\"} 3.000000",
            "bazaar_received_bytes_total{worker=\"1\",peer=\"2\"} 80",
            "bazaar_lost_workers_total 2",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
    }
}
