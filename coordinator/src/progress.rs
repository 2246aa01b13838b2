//! What a run tells while it goes on: a bar on a terminal, a line now and then elsewhere, nothing if it is asked to be quiet.
//!
//! Owns the wording and its cadence. Everything goes to standard error. Leaves out what the numbers mean.

use std::io::{self, IsTerminal};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use results::human::Format;
use results::kpi::Unit;

use crate::output;

/// Time between two lines where there is no terminal.
const BETWEEN_LINES: Duration = Duration::from_secs(5);

/// What there is to tell.
pub(crate) struct Progress {
    voice: Voice,
    begun: Instant,
    replications: u32,
    ticks: u64,
    done: u64,
    missions: u64,
}

enum Voice {
    Quiet,
    Bar(ProgressBar),
    Lines { last: Instant },
}

/// Where a run is.
pub(crate) struct Whereabouts<'a> {
    pub(crate) arm: &'a str,
    pub(crate) replication: u32,
    /// Tick of the calendar; none in the warm-up.
    pub(crate) tick: Option<u32>,
    /// Ticks of the calendar.
    pub(crate) ticks: u32,
    /// Missions of the tick, simulated.
    pub(crate) missions: u64,
    /// GMV of the focal platform (else of all) in the cell so far, yuan, extrapolated; none where nobody counts it.
    pub(crate) gmv: Option<f64>,
}

impl Progress {
    /// Progress over `ticks` ticks of all cells.
    pub(crate) fn new(quiet: bool, ticks: u64, replications: u32) -> Self {
        let begun = Instant::now();
        let voice = match (quiet, io::stderr().is_terminal()) {
            (true, _) => Voice::Quiet,
            (false, true) => Voice::Bar(bar(ticks)),
            (false, false) => Voice::Lines { last: begun },
        };
        Self { voice, begun, replications, ticks, done: 0, missions: 0 }
    }

    /// Says a line of its own.
    pub(crate) fn say(&self, text: &str) {
        match &self.voice {
            Voice::Quiet => {}
            Voice::Bar(bar) => bar.suspend(|| output::note(&format!("{text}\n"))),
            Voice::Lines { .. } => output::note(&format!("{text}\n")),
        }
    }

    /// A tick is over.
    pub(crate) fn tick(&mut self, at: &Whereabouts<'_>) {
        self.done += 1;
        self.missions += at.missions;
        let line = || self.line(at);
        match &self.voice {
            Voice::Quiet => {}
            Voice::Bar(bar) => {
                bar.set_message(line());
                bar.set_position(self.done);
            }
            Voice::Lines { last } if last.elapsed() >= BETWEEN_LINES => {
                output::note(&format!("{}\n", line()));
                self.voice = Voice::Lines { last: Instant::now() };
            }
            Voice::Lines { .. } => {}
        }
    }

    /// Missions simulated so far.
    pub(crate) fn missions(&self) -> u64 {
        self.missions
    }

    /// Clears the bar.
    pub(crate) fn finish(&self) {
        if let Voice::Bar(bar) = &self.voice {
            bar.finish_and_clear();
        }
    }

    fn line(&self, at: &Whereabouts<'_>) -> String {
        let seconds = self.begun.elapsed().as_secs_f64().max(1e-9);
        let left = seconds / self.done as f64 * (self.ticks - self.done.min(self.ticks)) as f64;
        let rate = self.missions as f64 / seconds;
        let tick = at.tick.map_or("warm-up".to_owned(), |tick| format!("tick {}/{}", tick + 1, at.ticks));
        let gmv = at.gmv.map_or(String::new(), |gmv| format!(", GMV {}", Format::of_values(Unit::Money, gmv).value(gmv)));
        format!(
            "{} {}/{}, {tick}{gmv}, {} missions/s, ETA {}",
            at.arm,
            at.replication + 1,
            self.replications,
            Format::of_values(Unit::Count(""), rate).value(rate),
            output::duration(left),
        )
    }
}

fn bar(ticks: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{wide_msg}\n{wide_bar} {percent:>3} %").expect("the template is constant");
    ProgressBar::new(ticks).with_style(style)
}
