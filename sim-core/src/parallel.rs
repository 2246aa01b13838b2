//! The one module that runs things in parallel. Wraps rayon; every result is independent of threads and timing.

use rayon::prelude::*;
use std::sync::Mutex;

/// Runs `work` on each item, with an accumulator per thread, and merges the accumulators.
///
/// Items go to threads as they come, so `merge` must not depend on order: accumulators hold integers that are summed.
pub fn accumulate<T: Send, A: Send>(
    items: &mut [T],
    new: impl Fn() -> A + Sync,
    work: impl Fn(&mut A, &mut T) + Sync,
    merge: impl Fn(&mut A, A),
) -> A {
    let threads = rayon::current_num_threads().min(items.len()).max(1);
    let queue = Mutex::new(items.iter_mut());
    let next = || queue.lock().expect("no worker panics while it takes an item").next();
    let parts: Vec<A> = (0..threads)
        .into_par_iter()
        .with_max_len(1)
        .map(|_| {
            let mut part = new();
            while let Some(item) = next() {
                work(&mut part, item);
            }
            part
        })
        .collect();
    let mut parts = parts.into_iter();
    let mut total = parts.next().unwrap_or_else(&new);
    parts.for_each(|part| merge(&mut total, part));
    total
}

/// Runs `work` on each item and returns the results in the order of the items.
pub fn map<T: Send, R: Send>(items: &mut [T], work: impl Fn(&mut T) -> R + Sync + Send) -> Vec<R> {
    items.par_iter_mut().with_max_len(1).map(work).collect()
}

/// Builds `count` items by number, in parallel, in order.
pub fn build<R: Send>(count: u32, work: impl Fn(u32) -> R + Sync + Send) -> Vec<R> {
    (0..count).into_par_iter().with_max_len(1).map(work).collect()
}

/// Writes `out[i] = work(i)` in constant chunks.
pub fn fill<R: Send>(out: &mut [R], work: impl Fn(usize) -> R + Sync) {
    const CHUNK: usize = 1024;
    out.par_chunks_mut(CHUNK).enumerate().for_each(|(chunk, slots)| {
        for (i, slot) in slots.iter_mut().enumerate() {
            *slot = work(chunk * CHUNK + i);
        }
    });
}

/// A pool of `threads` threads in which [`Pool::run`] runs everything of this module.
pub struct Pool(rayon::ThreadPool);

impl Pool {
    /// A pool of `threads` threads.
    ///
    /// # Errors
    /// If the operating system refuses threads.
    pub fn new(threads: usize) -> Result<Pool, std::io::Error> {
        rayon::ThreadPoolBuilder::new().num_threads(threads).build().map(Pool).map_err(std::io::Error::other)
    }

    /// Runs `job` in the pool.
    pub fn run<R: Send>(&self, job: impl FnOnce() -> R + Send) -> R {
        self.0.install(job)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_and_order_do_not_depend_on_threads() {
        let mut items: Vec<u64> = (0..1009).map(|i| i * i % 251).collect();
        let expected: u64 = items.iter().sum();
        for threads in [1, 2, 3, 7] {
            let pool = Pool::new(threads).expect("threads");
            let (sum, doubled) =
                pool.run(|| (accumulate(&mut items.clone(), || 0, |a, i| *a += *i, |a, b| *a += b), map(&mut items, |i| *i * 2)));
            assert_eq!(sum, expected);
            assert!(doubled.iter().zip(&items).all(|(d, i)| *d == 2 * i));
        }
    }
}
