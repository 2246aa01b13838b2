//! A coordinator and workers as processes on loopback, and what can go wrong with them.
#![allow(dead_code, reason = "each test file uses a part")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::{bazaar, scenario, text};

/// Longest wait for anything.
const PATIENCE: Duration = Duration::from_secs(60);
/// Options of the scenario that all runs here have.
pub(crate) const SMALL: [&str; 8] =
    ["--shoppers", "500", "--set", "population.shard_size=72", "--set", "outputs.sample=50 %", "--set", "population.loss_attribution=true"];
/// Names a fault, in builds with debug assertions: `POINT:N:kill` or `POINT:N:stop`.
const FAULT: &str = "BAZAAR_FAULT";

/// Processes of one run. Whatever is left ends with it.
pub(crate) struct Cluster {
    pub(crate) out: PathBuf,
    coordinator: Child,
    said: Option<std::thread::JoinHandle<String>>,
    pub(crate) address: String,
    pub(crate) workers: Vec<Child>,
    options: Vec<String>,
}

impl Cluster {
    /// A coordinator that waits for `wanted` workers, and none of them.
    pub(crate) fn new(out: &Path, wanted: usize, options: &[&str]) -> Self {
        let options: Vec<String> = options.iter().map(|&option| option.to_owned()).collect();
        let (coordinator, address, said) = start(out, wanted, &options, None);
        Self { out: out.to_owned(), coordinator, said: Some(said), address, workers: Vec::new(), options }
    }

    /// A coordinator that waits for `wanted` workers, and in which the fault strikes.
    pub(crate) fn with_fault(out: &Path, wanted: usize, options: &[&str], fault: &str) -> Self {
        let options: Vec<String> = options.iter().map(|&option| option.to_owned()).collect();
        let (coordinator, address, said) = start(out, wanted, &options, Some(fault));
        Self { out: out.to_owned(), coordinator, said: Some(said), address, workers: Vec::new(), options }
    }

    /// Starts a worker in which the fault strikes.
    pub(crate) fn join_with_fault(&mut self, fault: &str) {
        let worker = worker(&self.address).env(FAULT, fault).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        self.workers.push(worker.expect("a worker starts"));
    }

    /// Waits until the coordinator has ended by a fault.
    pub(crate) fn await_coordinator(&mut self) -> Option<i32> {
        ended(&mut self.coordinator)
    }

    /// Starts so many workers.
    pub(crate) fn join(&mut self, count: usize) {
        for _ in 0..count {
            let worker = worker(&self.address).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("a worker starts");
            self.workers.push(worker);
        }
    }

    /// The coordinator's process.
    pub(crate) fn coordinator(&self) -> u32 {
        self.coordinator.id()
    }

    /// Sends a signal to a worker.
    pub(crate) fn signal(&self, worker: usize, name: &str) {
        signal(self.workers[worker].id(), name);
    }

    /// The exit code with which a worker ends; none if a signal ended it.
    pub(crate) fn end_of(&mut self, worker: usize) -> Option<i32> {
        ended(&mut self.workers[worker])
    }

    /// Waits until the run is so many ticks of the engine in, over cells of `ticks` ticks.
    pub(crate) fn reach(&mut self, tick: u64, ticks: u64) {
        self.until(|metrics| number(metrics, "bazaar_cell ") * ticks + number(metrics, "bazaar_tick{") >= tick);
    }

    /// Waits until the coordinator has noticed so many losses.
    pub(crate) fn losses(&mut self, count: u64) {
        self.until(|metrics| number(metrics, "bazaar_lost_workers_total ") >= count);
    }

    /// Waits until something holds of the metrics, or the run is over.
    pub(crate) fn until(&mut self, holds: impl Fn(&str) -> bool) {
        let begun = Instant::now();
        while self.coordinator.try_wait().expect("a child").is_none() && !self.metrics().is_some_and(|metrics| holds(&metrics)) {
            assert!(begun.elapsed() < PATIENCE, "waited too long: {:?}", self.metrics());
            std::thread::sleep(Duration::from_millis(3));
        }
    }

    /// Kills the coordinator and starts another in its place, that waits for `wanted` workers.
    pub(crate) fn replace_coordinator(&mut self, wanted: usize) {
        self.kill_coordinator();
        let (coordinator, address, said) = start(&self.out, wanted, &self.options, None);
        (self.coordinator, self.address, self.said) = (coordinator, address, Some(said));
    }

    /// Kills the coordinator.
    pub(crate) fn kill_coordinator(&mut self) {
        let _ = self.coordinator.kill();
        let _ = self.coordinator.wait();
    }

    /// Waits for the end of the coordinator; its exit code and what it said.
    pub(crate) fn end(&mut self) -> (Option<i32>, String) {
        let code = ended(&mut self.coordinator);
        let said = self.said.take().expect("the end comes once").join().expect("no panic");
        (code, said)
    }

    fn metrics(&self) -> Option<String> {
        let mut stream = TcpStream::connect(&self.address).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
        write!(stream, "GET /metrics HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        Some(answer)
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        for child in self.workers.iter_mut().chain([&mut self.coordinator]) {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Sends a signal to a process.
pub(crate) fn signal(process: u32, name: &str) {
    let sent = Command::new("kill").args([&format!("-{name}"), &process.to_string()]).stderr(Stdio::null()).status();
    sent.expect("kill starts");
}

/// A worker of a run with the test's token.
pub(crate) fn worker(address: &str) -> Command {
    let mut worker = bazaar();
    worker.args(["worker", "--connect", address, "--threads", "1"]).env("BAZAAR_TOKEN", "of-the-test");
    worker
}

/// The arguments of the scenario that all runs here have.
pub(crate) fn small(command: &mut Command) -> &mut Command {
    command.args(SMALL)
}

fn start(out: &Path, wanted: usize, options: &[String], fault: Option<&str>) -> (Child, String, std::thread::JoinHandle<String>) {
    let mut command = bazaar();
    command.envs(fault.map(|fault| (FAULT, fault)));
    command.arg("coordinator").arg(scenario("regression/tiny.yaml")).arg("--out").arg(out).env("BAZAAR_TOKEN", "of-the-test");
    small(&mut command).args(["--listen", "127.0.0.1:0", "--workers", &wanted.to_string(), "--lease", "1", "--beat", "0.25"]);
    command.args(["--checkpoint-ticks", "6"]).args(options);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("a coordinator starts");
    let mut lines = BufReader::new(child.stderr.take().expect("it is piped"));
    let mut said = String::new();
    let address = loop {
        let mut line = String::new();
        let is_over = lines.read_line(&mut line).expect("text") == 0;
        if is_over {
            // by the fault, or because nothing was left to do: nobody reaches it
            assert!(fault.is_some() || said.contains("is finished"), "the coordinator ended: {said}");
            break "127.0.0.1:9".to_owned();
        }
        said += &line;
        if let Some(address) = line.strip_prefix("coordinator listens on ") {
            break address.trim().to_owned();
        }
    };
    let rest = std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = lines.read_to_end(&mut bytes);
        said + &text(&bytes)
    });
    (child, address, rest)
}

fn ended(child: &mut Child) -> Option<i32> {
    let begun = Instant::now();
    loop {
        if let Some(status) = child.try_wait().expect("a child") {
            return status.code();
        }
        assert!(begun.elapsed() < PATIENCE, "a process does not end");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The smallest value of a metric.
fn number(metrics: &str, name: &str) -> u64 {
    let values = metrics.lines().filter(|line| line.starts_with(name)).filter_map(|line| line.rsplit(' ').next()?.parse().ok());
    values.min().unwrap_or(0)
}
