//! Real processes that die, sleep, come late and leave: the run ends with the history of the undisturbed one, and no row is
//! lost or doubled. Each schedule is drawn from a seed, has an exact budget of faults, and leases of a second.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/cluster.rs"]
mod cluster;
mod support;

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use cluster::{Cluster, SMALL, signal, small, worker};
use support::{bazaar, fails, files, same_bytes, scenario, stdout};

/// Ticks of the engine of a cell of the scenario, and cells.
const TICKS: u64 = 30;
const CELLS: u64 = 4;

/// The run in one process.
fn undisturbed() -> &'static Path {
    support::undisturbed(&SMALL)
}

/// A stream of numbers from a seed (xorshift, Marsaglia 2003).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        for shift in [13i32, -7, 17] {
            self.0 ^= if shift > 0 { self.0 << shift } else { self.0 >> -shift };
        }
        self.0 % sides
    }

    /// A tick of the run, early enough that something is left.
    fn tick(&mut self) -> u64 {
        2 + self.roll(CELLS * TICKS - 20)
    }
}

/// Runs each seed on `wanted` workers with what `disturb` does to them.
fn survives(seeds: std::ops::Range<u64>, wanted: usize, disturb: impl Fn(&mut Dice, &mut Cluster)) {
    for seed in seeds {
        let dir = tempfile::tempdir().unwrap();
        let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let mut cluster = Cluster::new(&dir.path().join("run"), wanted, &[]);
        cluster.join(wanted);
        disturb(&mut dice, &mut cluster);
        let (code, said) = cluster.end();
        assert_eq!(code, Some(0), "seed {seed}: {said}");
        same_bytes(undisturbed(), &cluster.out);
    }
}

#[test]
fn a_killed_worker_changes_nothing() {
    survives(1..7, 3, |dice, cluster| {
        let (victim, tick) = (dice.roll(3) as usize, dice.tick());
        cluster.reach(tick, TICKS);
        cluster.signal(victim, "KILL");
    });
}

#[test]
fn two_workers_killed_at_once_or_one_after_the_other_change_nothing() {
    survives(11..15, 3, |dice, cluster| {
        let mut ticks = [dice.tick(), dice.tick()];
        ticks.sort_unstable();
        cluster.reach(ticks[0], TICKS);
        cluster.signal(0, "KILL");
        if dice.roll(2) == 0 {
            cluster.reach(ticks[1], TICKS);
        }
        cluster.signal(1, "KILL");
    });
}

#[test]
fn a_killed_coordinator_is_replaced_and_its_workers_say_try_again() {
    survives(21..25, 2, |dice, cluster| {
        let tick = dice.tick();
        cluster.reach(tick, TICKS);
        let again = 1 + dice.roll(3) as usize;
        cluster.replace_coordinator(again);
        assert_eq!((cluster.end_of(0), cluster.end_of(1)), (Some(75), Some(75)));
        cluster.join(again);
    });
}

#[test]
fn a_worker_that_slept_beyond_its_lease_is_fenced() {
    survives(31..34, 2, |dice, cluster| {
        let (sleeper, tick) = (dice.roll(2) as usize, dice.tick());
        cluster.reach(tick, TICKS);
        cluster.signal(sleeper, "STOP");
        cluster.losses(1);
        cluster.signal(sleeper, "CONT");
        assert_eq!(cluster.end_of(sleeper), Some(75), "it does not count any more");
    });
}

#[test]
fn a_run_goes_from_two_workers_to_three_to_one() {
    survives(41..44, 2, |dice, cluster| {
        let (first, second) = (2 + dice.roll(40), 50 + dice.roll(40));
        cluster.reach(first, TICKS);
        cluster.join(1);
        cluster.until(|metrics| metrics.matches("bazaar_tick{").count() == 3);
        cluster.reach(second, TICKS);
        for leaver in [0, 2] {
            cluster.signal(leaver, "TERM");
            assert_eq!(cluster.end_of(leaver), Some(75), "its shards are handed over");
        }
    });
}

#[test]
fn without_workers_the_wait_is_bounded_and_the_dead_are_listed() {
    let dir = tempfile::tempdir().unwrap();
    let mut cluster = Cluster::new(&dir.path().join("run"), 2, &["--wait", "1.5"]);
    cluster.join(2);
    cluster.reach(10, TICKS);
    cluster.signal(0, "KILL");
    cluster.signal(1, "KILL");
    let (code, said) = cluster.end();
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("0 of 1 workers joined within 1.5 s") && said.matches(" lost after tick ").count() >= 2, "{said}");
    stdout(bazaar().arg("resume").arg(&cluster.out).args(["--workers", "3", "--quiet"]));
    same_bytes(undisturbed(), &cluster.out);
}

#[test]
fn a_checkpoint_with_one_flipped_bit_is_refused_by_name_and_the_one_before_is_used() {
    let dir = tempfile::tempdir().unwrap();
    let mut cluster = Cluster::new(&dir.path().join("run"), 2, &[]);
    cluster.join(2);
    cluster.reach(20, TICKS);
    cluster.kill_coordinator();
    let store = cluster.out.join(".run");
    let shards = files(&store).into_iter().filter(|file| file.to_string_lossy().ends_with("s0000003.bin"));
    let newest = shards.max().unwrap();
    let mut bytes = fs::read(store.join(&newest)).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 4;
    fs::write(store.join(&newest), bytes).unwrap();
    let done = bazaar().arg("resume").arg(&cluster.out).args(["--workers", "2"]).output().unwrap();
    let said = support::text(&done.stderr);
    assert!(done.status.success(), "{said}");
    assert!(said.contains(&*newest.to_string_lossy()) && said.contains("is damaged"), "{newest:?}: {said}");
    same_bytes(undisturbed(), &cluster.out);
}

#[test]
fn workers_end_with_the_process_that_started_them() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("run");
    let mut command = bazaar();
    command.arg("run").arg(scenario("regression/tiny.yaml")).arg("--out").arg(&out);
    let run = command.args(["--workers", "2", "--quiet", "--replications", "40"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    let mut run = run.unwrap();
    while !out.join(".run/gen/000002.json").exists() {
        assert!(run.try_wait().unwrap().is_none(), "the run ended by itself");
        std::thread::yield_now();
    }
    let children = children_of(run.id());
    assert_eq!(children.len(), 2);
    run.kill().unwrap();
    run.wait().unwrap();
    while children.iter().any(|child| is_alive(*child)) {
        std::thread::yield_now();
    }
}

#[test]
fn ctrl_c_leaves_a_run_that_can_go_on() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("run");
    let mut command = bazaar();
    command.arg("run").arg(scenario("regression/tiny.yaml")).arg("--out").arg(&out);
    let run = small(&mut command).args(["--workers", "2", "--quiet"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    let mut run = run.unwrap();
    while !out.join(".run/gen/000002.json").exists() {
        assert!(run.try_wait().unwrap().is_none(), "the run ended by itself");
        std::thread::yield_now();
    }
    signal(run.id(), "INT");
    assert_eq!(run.wait().unwrap().code(), Some(130));
    stdout(bazaar().arg("resume").arg(&out).args(["--quiet", "--workers", "3"]));
    same_bytes(undisturbed(), &out);
}

/// A run on two workers of its own, with leases of a second.
fn with_own_workers(out: &Path, options: &[&str]) -> std::process::Child {
    let mut command = bazaar();
    command.arg("run").arg(scenario("regression/tiny.yaml")).arg("--out").arg(out);
    small(&mut command).args(["--workers", "2", "--lease", "1", "--beat", "0.25", "--checkpoint-ticks", "6"]).args(options);
    command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Waits for the second cell, when both workers are at work.
fn await_second_cell(run: &mut std::process::Child, out: &Path) -> Vec<u32> {
    while !out.join(".run/gen/000002.json").exists() {
        assert!(run.try_wait().unwrap().is_none(), "the run ended by itself");
        std::thread::yield_now();
    }
    let children = children_of(run.id());
    assert_eq!(children.len(), 2);
    children
}

#[test]
fn workers_that_were_lost_alive_are_started_again() {
    for sleepers in ["workers", "coordinator"] {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("run");
        let mut run = with_own_workers(&out, &[]);
        let children = await_second_cell(&mut run, &out);
        let (mut said, mut lines) = (String::new(), std::io::BufReader::new(run.stderr.take().unwrap()));
        if sleepers == "workers" {
            children.iter().for_each(|child| signal(*child, "STOP"));
            while said.matches(" lost after ").count() < 2 {
                assert!(std::io::BufRead::read_line(&mut lines, &mut said).unwrap() > 0, "{said}");
            }
            children.iter().for_each(|child| signal(*child, "CONT"));
        } else {
            // as Ctrl-Z does, for longer than workers wait
            signal(run.id(), "STOP");
            while children.iter().any(|child| is_alive(*child)) {
                std::thread::yield_now();
            }
            signal(run.id(), "CONT");
        }
        lines.read_to_string(&mut said).unwrap();
        assert_eq!(run.wait().unwrap().code(), Some(0), "{sleepers}: {said}");
        assert!(said.contains("started again"), "{sleepers}: {said}");
        same_bytes(undisturbed(), &out);
    }
}

#[test]
fn a_worker_that_was_killed_is_not_started_again() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("run");
    let mut run = with_own_workers(&out, &[]);
    let children = await_second_cell(&mut run, &out);
    children.iter().for_each(|child| signal(*child, "KILL"));
    let said = support::text(&run.wait_with_output().unwrap().stderr);
    assert!(said.contains("no worker is left") && said.matches("ended by signal 9").count() >= 2, "{said}");
    stdout(bazaar().arg("resume").arg(&out).args(["--workers", "2", "--quiet"]));
    same_bytes(undisturbed(), &out);
}

#[test]
fn every_event_in_a_log_says_which_run_worker_and_generation() {
    let dir = tempfile::tempdir().unwrap();
    let run = with_own_workers(&dir.path().join("run"), &["--quiet", "--replications", "1", "--log", "info", "--log-json"]);
    let said = support::text(&run.wait_with_output().unwrap().stderr);
    let events: Vec<serde_json::Value> = said.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let of_worker = |event: &&serde_json::Value| event["spans"][0]["name"] == "worker";
    let (of_workers, of_coordinator): (Vec<_>, Vec<_>) = events.iter().partition(of_worker);
    assert!(of_coordinator.iter().any(|event| event["fields"]["message"] == "shards are placed"), "{said}");
    let run = &of_coordinator[0]["spans"][0]["run"];
    assert!(run.as_str().is_some_and(|run| run.starts_with("tiny-")), "{said}");
    for worker in [1, 2] {
        let saved = of_workers.iter().find(|event| event["spans"][0]["worker"] == worker && event["fields"]["message"] == "state saved");
        let saved = saved.unwrap_or_else(|| panic!("worker {worker} saves: {said}"));
        assert_eq!((&saved["spans"][0]["run"], &saved["spans"][1]["generation"]), (run, &serde_json::json!(1)), "{said}");
    }
}

#[test]
fn whoever_does_not_belong_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let cluster = Cluster::new(&dir.path().join("run"), 1, &[]);
    let said = fails(worker(&cluster.address).env("BAZAAR_TOKEN", "another"), 78);
    assert!(said.contains("another token"), "{said}");
    let mut other = worker(&cluster.address);
    let said = fails(other.arg(scenario("regression/tiny.yaml")).args(["--shoppers", "600"]), 78);
    assert!(said.contains("the coordinator has the scenario hash") && said.contains("the worker has"), "{said}");
    let (program, own) = another_build(dir.path());
    let mut other = std::process::Command::new(program);
    let said = fails(other.args(["worker", "--connect", &cluster.address]).env("BAZAAR_TOKEN", "of-the-test"), 78);
    assert!(said.contains(&format!("the program build {own}, the worker has {OTHER_BUILD}")), "{said}");
    let said = fails(bazaar().args(["worker", "--listen", "0.0.0.0:0"]), 2);
    assert!(said.contains("not loopback") && said.contains("--insecure"), "{said}");
}

const OTHER_BUILD: &str = "0123456789abcdef";

/// A program that says it was compiled from other sources; and the build of this one.
fn another_build(dir: &Path) -> (PathBuf, String) {
    let said = stdout(bazaar().arg("--version"));
    let own = said.split("build ").nth(1).and_then(|rest| rest.split(')').next()).unwrap().to_owned();
    let mut program = fs::read(env!("CARGO_BIN_EXE_bazaar")).unwrap();
    let places: Vec<_> = (0..program.len() - own.len()).filter(|&at| program[at..].starts_with(own.as_bytes())).collect();
    assert!(!places.is_empty() && own.len() == OTHER_BUILD.len());
    for at in places {
        program[at..at + own.len()].copy_from_slice(OTHER_BUILD.as_bytes());
    }
    let path = dir.join("another-build");
    fs::copy(env!("CARGO_BIN_EXE_bazaar"), &path).unwrap();
    fs::write(&path, program).unwrap();
    (path, own)
}

#[test]
#[cfg(not(feature = "s3"))]
fn a_program_without_buckets_refuses_them_before_anything_is_written() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("run");
    let mut coordinator = bazaar();
    coordinator.arg("coordinator").arg(scenario("regression/tiny.yaml")).args(["--store", "s3://bucket/prefix"]).arg("--out").arg(&out);
    let said = fails(&mut coordinator, 2);
    assert!(said.contains("s3://bucket/prefix") && said.contains("is a bucket") && said.contains("--features s3"), "{said}");
    assert!(!out.exists());
}

#[test]
fn a_store_of_ones_own_choice_is_empty_at_the_end() {
    let dir = tempfile::tempdir().unwrap();
    let (store, out) = (dir.path().join("store"), dir.path().join("run"));
    let mut cluster = Cluster::new(&out, 2, &["--store", store.to_str().unwrap()]);
    cluster.join(2);
    cluster.reach(20, TICKS);
    assert!(!files(&store).is_empty() && !out.join(".run").exists());
    cluster.replace_coordinator(2);
    cluster.join(2);
    let (code, said) = cluster.end();
    assert_eq!(code, Some(0), "{said}");
    same_bytes(undisturbed(), &out);
    assert_eq!(files(&store), Vec::<PathBuf>::new());
}

#[test]
fn strangers_harm_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let mut cluster = Cluster::new(&dir.path().join("run"), 2, &[]);
    let mut strangers: Vec<TcpStream> = (0..1000).filter_map(|_| TcpStream::connect(&cluster.address).ok()).collect();
    assert_eq!(strangers.len(), 1000);
    // garbage, half a greeting, a frame that announces 16 MiB, and a message, with the right token, that announces 4 GiB
    let said = [
        b"\x00\xff\x17garbage".to_vec(),
        b"PRI * HTTP/2.0\r\n\r\nSM".to_vec(),
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\xff\xff\xff\0\0\0\0\0\x01".to_vec(),
        announcement_of_4_gib(),
    ];
    for (i, stranger) in strangers.iter_mut().enumerate() {
        let _ = stranger.write_all(&said[i % said.len()]);
    }
    assert!(is_refused(&mut strangers[3]), "the announcement is answered before it is read");
    cluster.join(2);
    cluster.reach(60, TICKS);
    assert!(peak_kib(cluster.coordinator()) < 1 << 20, "nobody makes it take a GiB");
    let (code, said) = cluster.end();
    assert_eq!(code, Some(0), "{said}");
    same_bytes(undisturbed(), &cluster.out);
}

/// Whether the first call on an HTTP/2 connection gets its status: a frame of headers that ends the stream.
fn is_refused(stranger: &mut TcpStream) -> bool {
    stranger.set_read_timeout(Some(std::time::Duration::from_secs(30))).unwrap();
    let (mut heard, mut piece) = (Vec::new(), [0; 4096]);
    while let Ok(count @ 1..) = stranger.read(&mut piece) {
        heard.extend_from_slice(&piece[..count]);
        if heard.windows(9).any(|frame| frame[3] == 1 && frame[4] & 1 == 1 && frame[5..] == [0, 0, 0, 1]) {
            return true;
        }
    }
    false
}

/// A request to join whose message announces 4 GiB: HTTP/2 by hand, headers without compression.
fn announcement_of_4_gib() -> Vec<u8> {
    let mut headers = Vec::new();
    for (name, value) in [
        (":method", "POST"),
        (":scheme", "http"),
        (":path", "/bazaar.v1.Coordinator/Join"),
        (":authority", "stranger"),
        ("content-type", "application/grpc"),
        ("te", "trailers"),
        ("authorization", "Bearer of-the-test"),
    ] {
        headers.push(0);
        for text in [name, value] {
            headers.push(u8::try_from(text.len()).unwrap());
            headers.extend(text.bytes());
        }
    }
    let frame = |kind: u8, flags: u8, stream: u8, body: &[u8]| {
        let length = u32::try_from(body.len()).unwrap().to_be_bytes();
        [&length[1..], &[kind, flags, 0, 0, 0, stream], body].concat()
    };
    let parts = [frame(4, 0, 0, &[]), frame(1, 4, 1, &headers), frame(0, 0, 1, b"\0\xff\xff\xff\xffa few bytes of it")];
    [b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(), parts.concat()].concat()
}

/// The most memory that a process had, KiB.
fn peak_kib(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|rest| rest.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

fn children_of(parent: u32) -> Vec<u32> {
    let processes = fs::read_dir("/proc").unwrap().filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    processes.filter(|process| parent_of(*process) == Some(parent)).collect()
}

/// Fields 3 and 4 of `stat`, behind the name in brackets: state and parent.
fn state_of(process: u32) -> Option<(String, u32)> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let mut fields = stat.rsplit(')').next()?.split_whitespace();
    Some((fields.next()?.to_owned(), fields.next()?.parse().ok()?))
}

fn parent_of(process: u32) -> Option<u32> {
    state_of(process).map(|(_, parent)| parent)
}

fn is_alive(process: u32) -> bool {
    state_of(process).is_some_and(|(state, _)| state != "Z")
}
