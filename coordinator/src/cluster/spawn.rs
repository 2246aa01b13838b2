//! Workers as processes of this machine: started, watched, and gone when this process is.
//!
//! Guarantees that no worker outlives the process that started it: each holds a pipe from it and ends when the pipe does, also
//! when this process is killed.

use std::env;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use crate::cluster::security::TOKEN;
use crate::exit::Failure;

/// How long workers may take to say farewell.
const FAREWELL: Duration = Duration::from_secs(3);

/// Workers that this process started.
#[derive(Default)]
pub(crate) struct Brood(Vec<Child>);

impl Brood {
    /// Starts `count` workers of the coordinator at `address`.
    pub(crate) fn start(count: usize, address: &str, token: &str, threads: usize) -> Result<Self, Failure> {
        let failed = |source| Failure::Io { action: "start", path: PathBuf::from("bazaar worker"), source };
        let program = env::current_exe().map_err(failed)?;
        let mut brood = Self::default();
        for _ in 0..count {
            let mut worker = Command::new(&program);
            worker.args(["worker", "--connect", address, "--ends-with-parent", "--threads", &threads.to_string()]);
            worker.env(TOKEN, token).stdin(Stdio::piped()).stdout(Stdio::null());
            if env::var_os("RUST_LOG").is_none() {
                worker.stderr(Stdio::null());
            }
            #[cfg(unix)]
            std::os::unix::process::CommandExt::process_group(&mut worker, 0);
            brood.0.push(worker.spawn().map_err(failed)?);
        }
        Ok(brood)
    }

    /// How the process `id` ended, if it is one of these and ended within `patience`.
    pub(crate) async fn end_of(&mut self, id: u32, patience: Duration) -> Option<String> {
        let begun = Instant::now();
        let child = self.0.iter_mut().find(|child| child.id() == id)?;
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
        for child in &mut self.0 {
            match child.try_wait() {
                Ok(Some(status)) => last = Some(said(status)),
                _ => return None,
            }
        }
        last
    }
}

impl Drop for Brood {
    /// Lets workers end by themselves for a moment, then ends them.
    fn drop(&mut self) {
        let begun = Instant::now();
        for child in &mut self.0 {
            drop(child.stdin.take());
        }
        for child in &mut self.0 {
            while matches!(child.try_wait(), Ok(None)) && begun.elapsed() < FAREWELL {
                std::thread::sleep(Duration::from_millis(10));
            }
            // one that has ended cannot be killed, and need not be
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn said(status: ExitStatus) -> String {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return format!("its process was ended by signal {signal}");
    }
    status.code().map_or_else(|| "its process ended".to_owned(), |code| format!("its process ended with exit code {code}"))
}
