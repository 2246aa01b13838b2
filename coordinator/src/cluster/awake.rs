//! How long something has taken, sleep of one's own left out.
//!
//! A process that was stopped, or got no processor for a while, finds every deadline past when it wakes, and its partners'
//! answers not read yet. Guarantees that such a sleep counts as one step at most, however long it was, so that nobody is
//! taken for dead by somebody who has slept.

use std::time::Duration;

use tokio::time::{Instant, timeout};

/// What a sleep counts at most: a hundred of these are a lease of ten seconds.
const STEP: Duration = Duration::from_millis(100);

/// Time spent awake.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Awake(Duration);

impl Awake {
    /// The time so far.
    pub(crate) fn time(self) -> Duration {
        self.0
    }

    /// Waits for `future`, at most for `most`; none if that was too short.
    pub(crate) async fn wait<T>(&mut self, most: Duration, future: impl Future<Output = T>) -> Option<T> {
        let mut future = std::pin::pin!(future);
        let mut left = most;
        while !left.is_zero() {
            let step = left.min(STEP);
            let begun = Instant::now();
            let found = timeout(step, &mut future).await.ok();
            self.0 += begun.elapsed().min(step);
            if found.is_some() {
                return found;
            }
            left -= step;
        }
        None
    }

    /// Lets time pass.
    pub(crate) async fn pause(&mut self, time: Duration) {
        let nothing: Option<()> = self.wait(time, std::future::pending()).await;
        debug_assert!(nothing.is_none());
    }
}

/// A runtime whose clock goes on only while everybody waits.
#[cfg(test)]
pub(crate) fn paused() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().expect("a runtime")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waking_time_counts_and_ends_a_wait() {
        paused().block_on(async {
            let mut awake = Awake::default();
            awake.pause(Duration::from_millis(250)).await;
            assert_eq!(awake.time(), Duration::from_millis(250));
            assert_eq!(awake.wait(Duration::from_secs(1), std::future::ready(7)).await, Some(7));
            let begun = Instant::now();
            assert_eq!(awake.wait(Duration::from_secs(3), std::future::pending::<()>()).await, None);
            assert_eq!((begun.elapsed(), awake.time()), (Duration::from_secs(3), Duration::from_millis(3250)));
        });
    }

    #[test]
    fn a_sleep_counts_one_step_however_long() {
        paused().block_on(async {
            let mut awake = Awake::default();
            let slept = async {
                tokio::task::yield_now().await;
                // the clock of somebody who was stopped: nothing is polled while it goes on
                tokio::time::advance(Duration::from_secs(3600)).await;
                std::future::pending::<()>().await;
            };
            assert_eq!(awake.wait(Duration::from_secs(2), slept).await, None);
            assert_eq!(awake.time(), Duration::from_secs(2), "two seconds after the hour");
        });
    }
}
