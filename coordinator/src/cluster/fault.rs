//! Faults on demand: a process that kills or stops itself at a point of its work that a test names.
//!
//! `BAZAAR_FAULT=POINT:N:kill` (or `stop`) is obeyed by builds with debug assertions, at the N-th passage of the point,
//! counted from 1. In other builds passing a point does nothing, and the variable is not read.

use std::fmt::Arguments;

/// A point of the work, such as `demand-published`.
#[cfg(not(debug_assertions))]
#[inline]
pub(crate) fn passing(_point: Arguments<'_>) {}

/// A point of the work, such as `demand-published`.
#[cfg(debug_assertions)]
pub(crate) fn passing(point: Arguments<'_>) {
    if let Some(fault) = wished::fault()
        && fault.strikes(&point.to_string())
    {
        fault.strike();
    }
}

#[cfg(debug_assertions)]
mod wished {
    use std::env;
    use std::process::Command;
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU64, Ordering};

    const VARIABLE: &str = "BAZAAR_FAULT";

    /// What the environment wishes, if anything.
    pub(super) fn fault() -> Option<&'static Fault> {
        static FAULT: OnceLock<Option<Fault>> = OnceLock::new();
        FAULT.get_or_init(|| env::var(VARIABLE).ok().map(|text| Fault::parse(&text))).as_ref()
    }

    pub(super) struct Fault {
        point: String,
        passage: u64,
        signal: &'static str,
        passed: AtomicU64,
    }

    impl Fault {
        fn parse(text: &str) -> Self {
            let parts: Vec<_> = text.split(':').collect();
            let &[point, passage, signal] = &parts[..] else { panic!("{VARIABLE}={text}: expected POINT:N:kill or POINT:N:stop") };
            let passage = passage.parse().unwrap_or_else(|_| panic!("{VARIABLE}={text}: `{passage}` is no number"));
            let signal = match signal {
                "kill" => "-KILL",
                "stop" => "-STOP",
                _ => panic!("{VARIABLE}={text}: `{signal}` is neither kill nor stop"),
            };
            Self { point: point.to_owned(), passage, signal, passed: AtomicU64::new(0) }
        }

        pub(super) fn strikes(&self, point: &str) -> bool {
            point == self.point && self.passed.fetch_add(1, Ordering::Relaxed) + 1 == self.passage
        }

        /// Returns only from a signal that lets a process go on.
        pub(super) fn strike(&self) {
            let id = std::process::id().to_string();
            let done = Command::new("kill").args([self.signal, &id]).status();
            assert!(done.is_ok_and(|status| status.success()), "{VARIABLE}: `kill {} {id}` failed", self.signal);
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn a_fault_strikes_once_at_its_passage() {
            let fault = Fault::parse("demand-published:3:kill");
            let struck: Vec<_> = ["demand-published", "saving", "demand-published", "demand-published", "demand-published"]
                .map(|at| fault.strikes(at))
                .into();
            assert_eq!(struck, [false, false, false, true, false]);
            assert_eq!((fault.signal, Fault::parse("saving:1:stop").signal), ("-KILL", "-STOP"));
        }
    }
}
