//! Workers as processes of this machine: started, watched, started again, and gone when this process is.
//!
//! Guarantees that no worker outlives the process that started it: each holds a pipe from it and ends when the pipe does, also
//! when this process is killed. One that was lost although it lived, because it slept or was cut off, ends with the code that
//! says "start me again", and is; one that crashed or was killed is not.

use std::collections::BTreeSet;
use std::env;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use crate::cluster::security::TOKEN;
use crate::exit::{Exit, Failure};
use crate::log;

/// How long workers that were dismissed may take to end by themselves.
const FAREWELL: Duration = Duration::from_secs(1);
/// How long they may take when they are told that nobody is left.
const LAST_CALL: Duration = Duration::from_secs(2);
/// How often each worker is started again while no checkpoint is reached.
const AGAIN: usize = 3;

/// Workers that this process started.
#[derive(Default)]
pub(crate) struct Brood {
    children: Vec<Child>,
    order: Option<Order>,
    /// Processes that were lost, and may be alive.
    lost: BTreeSet<u32>,
    /// Starts that are left until the next checkpoint.
    again: usize,
}

/// How a worker is started.
struct Order {
    address: String,
    token: String,
    threads: usize,
}

impl Brood {
    /// Starts `count` workers of the coordinator at `address`.
    pub(crate) fn start(count: usize, address: String, token: String, threads: usize) -> Result<Self, Failure> {
        let order = Order { address, token, threads };
        let mut brood = Self::default();
        for _ in 0..count {
            brood.children.push(order.worker()?);
        }
        brood.order = Some(order);
        brood.got_on();
        Ok(brood)
    }

    /// How the process `id` ended, if it is one of these and ended within `patience`.
    pub(crate) async fn end_of(&mut self, id: u32, patience: Duration) -> Option<String> {
        let begun = Instant::now();
        let child = self.children.iter_mut().find(|child| child.id() == id)?;
        loop {
            if let Ok(Some(status)) = child.try_wait() {
                return Some(said(status));
            }
            if begun.elapsed() > patience {
                return None;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Whether there were workers and none is left; how the last one ended.
    pub(crate) fn all_ended(&mut self) -> Option<String> {
        let mut last = None;
        for child in &mut self.children {
            match child.try_wait() {
                Ok(Some(status)) => last = Some(said(status)),
                _ => return None,
            }
        }
        last
    }

    /// Notes that the worker with the process `id` counts as lost.
    pub(crate) fn lose(&mut self, id: u32) {
        self.lost.insert(id);
    }

    /// Starts those again that were lost and have ended as those do who lived; their numbers.
    pub(crate) fn start_again(&mut self) -> Result<usize, Failure> {
        let Some(order) = &self.order else { return Ok(0) };
        let mut started = 0;
        for child in &mut self.children {
            let lived = |status: ExitStatus| status.code() == Some(Exit::Again as i32);
            if self.again > 0 && self.lost.contains(&child.id()) && matches!(child.try_wait(), Ok(Some(status)) if lived(status)) {
                self.lost.remove(&child.id());
                *child = order.worker()?;
                self.again -= 1;
                started += 1;
            }
        }
        Ok(started)
    }

    /// Notes a checkpoint: the run gets on.
    pub(crate) fn got_on(&mut self) {
        self.again = AGAIN * self.children.len();
    }

    /// Waits until all have ended, at most for `patience`.
    fn await_all(&mut self, patience: Duration) {
        let begun = Instant::now();
        for child in &mut self.children {
            while matches!(child.try_wait(), Ok(None)) && begun.elapsed() < patience {
                std::thread::sleep(Duration::from_millis(2));
            }
        }
    }
}

impl Drop for Brood {
    /// Lets workers end by themselves for a moment, then ends them.
    fn drop(&mut self) {
        self.await_all(FAREWELL);
        self.children.iter_mut().for_each(|child| drop(child.stdin.take()));
        self.await_all(LAST_CALL);
        for child in &mut self.children {
            // one that has ended cannot be killed, and need not be
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Order {
    fn worker(&self) -> Result<Child, Failure> {
        let failed = |source| Failure::Io { action: "start", path: PathBuf::from("bazaar worker"), source };
        let program = env::current_exe().map_err(failed)?;
        let mut worker = Command::new(&program);
        worker.args(["worker", "--connect", &self.address, "--ends-with-parent", "--threads", &self.threads.to_string()]);
        worker.env(TOKEN, &self.token).stdin(Stdio::piped()).stdout(Stdio::null());
        match log::passed_on() {
            Some(arguments) => worker.args(arguments),
            None => worker.stderr(Stdio::null()),
        };
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut worker, 0);
        worker.spawn().map_err(failed)
    }
}

fn said(status: ExitStatus) -> String {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return format!("its process was ended by signal {signal}");
    }
    status.code().map_or_else(|| "its process ended".to_owned(), |code| format!("its process ended with exit code {code}"))
}
