//! `bazaar bench`: the reference market, as the engine runs it and as the bare kernel does.
//!
//! Owns the measurement: separate processes, taken in turns, median of three. The kernel in `bench/yardstick` times only its
//! days, so the engine's time is that of ticks and rows, without building the population. Leaves out any judgement.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fmt::Write};

use agents::order::OpenLine;
use agents::shopper::SHOPPER_BYTES;
use chrono::TimeDelta;
use serde::Serialize;
use serde_json::Value;

use crate::cli::BenchArgs;
use crate::engine::STAGES;
use crate::exit::Failure;
use crate::mechanisms::json_text;
use crate::output::{self, counted, grouped};

const MARKET: &str = "scenarios/regression/reference-market.yaml";
const KERNEL: &str = "bench/yardstick";
const THREADS: [u16; 2] = [1, 2];
const ROUNDS: usize = 3;

#[derive(Serialize)]
struct Bench {
    shoppers: u64,
    days: u16,
    rounds: usize,
    shopper_bytes: usize,
    open_line_bytes: usize,
    optimised: bool,
    results: Vec<Pair>,
}

/// Engine and kernel on the same number of threads: the rounds with the median rate of each.
#[derive(Serialize)]
struct Pair {
    threads: u16,
    engine: EngineRound,
    kernel: KernelRound,
    /// Sessions per second of the engine over those of the kernel.
    ratio: f64,
}

#[derive(Clone, Serialize)]
struct EngineRound {
    sessions_per_second: f64,
    /// Seconds of ticks and rows, without building the population.
    seconds: f64,
    build_seconds: f64,
    rows_seconds: f64,
    stage_seconds: Vec<(String, f64)>,
}

#[derive(Clone, Serialize)]
struct KernelRound {
    sessions_per_second: f64,
    seconds: f64,
}

/// Runs the command.
pub(crate) fn bench(args: &BenchArgs) -> Result<(), Failure> {
    let root = sources()?;
    let kernel = build_kernel(&root)?;
    let work = Work::new(args, root, kernel)?;
    let mut results = Vec::new();
    for threads in THREADS {
        results.push(work.pair(threads)?);
    }
    let bench = Bench {
        shoppers: args.shoppers.0,
        days: args.days,
        rounds: ROUNDS,
        shopper_bytes: SHOPPER_BYTES,
        open_line_bytes: size_of::<OpenLine>(),
        optimised: !cfg!(debug_assertions),
        results,
    };
    output::print(&if args.json { json_text(&bench) } else { table(&bench) })
}

/// The directory of the sources: the current one or the nearest above it that has them.
fn sources() -> Result<PathBuf, Failure> {
    let here = env::current_dir().map_err(|source| Failure::Io { action: "open", path: PathBuf::from("."), source })?;
    let has = |dir: &&Path| dir.join(KERNEL).join("Cargo.toml").is_file() && dir.join(MARKET).is_file();
    here.ancestors().find(has).map(Path::to_owned).ok_or_else(|| Failure::Missing {
        what: format!("there is no {KERNEL}/Cargo.toml and {MARKET} in {} or above it", here.display()),
        advice: "bench needs the sources of Bazaar: run it inside a clone of the repository".to_owned(),
    })
}

fn build_kernel(root: &Path) -> Result<PathBuf, Failure> {
    let dir = root.join(KERNEL);
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let target = dir.join("target");
    let mut build = Command::new(cargo);
    build.args(["build", "--release", "--quiet"]).current_dir(&dir).env("CARGO_TARGET_DIR", &target);
    let built = build.stdin(Stdio::null()).stdout(Stdio::null()).status().map_err(|source| Failure::Missing {
        what: format!("cannot start cargo: {source}"),
        advice: "bench compiles the bare kernel: install Rust (rustup.rs), or set CARGO to the program".to_owned(),
    })?;
    if !built.success() {
        return Err(Failure::Missing {
            what: format!("cargo could not build {KERNEL} ({built})"),
            advice: format!("try `cargo build --release` in {}", dir.display()),
        });
    }
    Ok(target.join("release").join(format!("yardstick{}", env::consts::EXE_SUFFIX)))
}

struct Work {
    shoppers: u64,
    days: u16,
    root: PathBuf,
    kernel: PathBuf,
    program: PathBuf,
    last_day: String,
    scratch: tempfile::TempDir,
}

impl Work {
    fn new(args: &BenchArgs, root: PathBuf, kernel: PathBuf) -> Result<Self, Failure> {
        let io = |action, path: &Path| {
            let path = path.to_owned();
            move |source| Failure::Io { action, path, source }
        };
        let program = env::current_exe().map_err(io("find", Path::new("bazaar")))?;
        let scratch = tempfile::tempdir().map_err(io("create a directory in", &env::temp_dir()))?;
        let market = scenarios::load(&root.join(MARKET), &[])?;
        let start = market.baseline().scenario.calendar.start.0;
        let last_day = (start + TimeDelta::days(i64::from(args.days) - 1)).to_string();
        Ok(Self { shoppers: args.shoppers.0, days: args.days, root, kernel, program, last_day, scratch })
    }

    fn pair(&self, threads: u16) -> Result<Pair, Failure> {
        let (mut engine, mut kernel) = (Vec::new(), Vec::new());
        for round in 0..ROUNDS {
            engine.push(self.engine(threads, round)?);
            kernel.push(self.kernel(threads)?);
        }
        let engine = median(engine, |round| round.sessions_per_second);
        let kernel = median(kernel, |round| round.sessions_per_second);
        let ratio = engine.sessions_per_second / kernel.sessions_per_second;
        Ok(Pair { threads, engine, kernel, ratio })
    }

    fn engine(&self, threads: u16, round: usize) -> Result<EngineRound, Failure> {
        let out = self.scratch.path().join(format!("threads-{threads}-round-{round}"));
        let mut run = Command::new(&self.program);
        run.arg("run").arg(self.root.join(MARKET)).args(["--json", "--quiet", "--out"]).arg(&out);
        run.args(["--threads", &threads.to_string(), "--shoppers", &self.shoppers.to_string()]);
        run.arg("--set").arg(format!("calendar.end={}", self.last_day));
        // The shoppers of the real market follow, so that nothing is extrapolated.
        run.arg("--set").arg(format!("population.people={}", self.shoppers));
        let text = output_of(&mut run)?;
        fs::remove_dir_all(&out).map_err(|source| Failure::Io { action: "remove", path: out.clone(), source })?;
        let document: Value = serde_json::from_str(&text).map_err(|_| unreadable(&self.program, &text))?;
        engine_round(&document).ok_or_else(|| unreadable(&self.program, &text))
    }

    fn kernel(&self, threads: u16) -> Result<KernelRound, Failure> {
        let mut run = Command::new(&self.kernel);
        let text = output_of(run.args([self.shoppers.to_string(), self.days.to_string(), threads.to_string()]))?;
        let number = |name: &str| {
            let of = |word: &str| word.strip_prefix(name)?.strip_prefix('=')?.parse::<f64>().ok();
            text.split_whitespace().find_map(of).ok_or_else(|| unreadable(&self.kernel, &text))
        };
        Ok(KernelRound { sessions_per_second: number("sessions_per_s")?, seconds: number("seconds")? })
    }
}

fn engine_round(document: &Value) -> Option<EngineRound> {
    let timings = document.get("timings")?;
    let number = |name: &str| timings.get(name)?.as_f64();
    let stage = |name: &str| Some((name.to_owned(), timings.get("stages")?.get(name)?.as_f64()?));
    let seconds = number("ticks")? + number("rows")?;
    Some(EngineRound {
        sessions_per_second: number("missions")? / seconds,
        seconds,
        build_seconds: number("build")?,
        rows_seconds: number("rows")?,
        stage_seconds: STAGES.iter().map(|(_, name)| stage(name)).collect::<Option<_>>()?,
    })
}

fn output_of(command: &mut Command) -> Result<String, Failure> {
    let program = PathBuf::from(command.get_program());
    let done = command.stdin(Stdio::null()).stderr(Stdio::inherit()).output();
    let done = done.map_err(|source| Failure::Io { action: "start", path: program.clone(), source })?;
    if !done.status.success() {
        let name = program.file_name().unwrap_or(OsStr::new("the program")).to_string_lossy().into_owned();
        return Err(Failure::Missing {
            what: format!("{name} failed ({})", done.status),
            advice: "its own message stands above".to_owned(),
        });
    }
    Ok(String::from_utf8_lossy(&done.stdout).into_owned())
}

fn unreadable(program: &Path, text: &str) -> Failure {
    let start: String = text.chars().take(120).collect();
    Failure::Missing {
        what: format!("cannot read what {} printed: {start}", program.display()),
        advice: "bench expects the kernel of this version; build it again".to_owned(),
    }
}

fn median<T>(mut rounds: Vec<T>, rate: impl Fn(&T) -> f64) -> T {
    rounds.sort_by(|a, b| rate(a).total_cmp(&rate(b)));
    let middle = rounds.len() / 2;
    rounds.swap_remove(middle)
}

fn table(bench: &Bench) -> String {
    let mut text = format!(
        "Reference market: {} shoppers, {} days; median of {}; days only, without building the population\n\n",
        grouped(bench.shoppers.into()),
        bench.days,
        bench.rounds
    );
    let mut line = |line: &str| writeln!(text, "{line}").expect("a string takes everything");
    line("threads   engine sessions/s   kernel sessions/s   ratio   engine s   kernel s   build s");
    for pair in &bench.results {
        line(&format!(
            "{:>7}   {:>17}   {:>17}   {:>5.2}   {:>8.3}   {:>8.3}   {:>7.3}",
            pair.threads,
            grouped(pair.engine.sessions_per_second as u128),
            grouped(pair.kernel.sessions_per_second as u128),
            pair.ratio,
            pair.engine.seconds,
            pair.kernel.seconds,
            pair.engine.build_seconds,
        ));
    }
    line("");
    for pair in &bench.results {
        let stages: Vec<_> = pair.engine.stage_seconds.iter().map(|(name, seconds)| format!("{name} {seconds:.3} s")).collect();
        line(&format!("{}: {}, rows {:.3} s", counted(pair.threads.into(), "thread"), stages.join(", "), pair.engine.rows_seconds));
    }
    line(&format!("\nShopper row {} bytes, open order line {} bytes.", bench.shopper_bytes, bench.open_line_bytes));
    if !bench.optimised {
        line("This is a build without optimisation: measure with `cargo run --release -- bench`.");
    }
    text
}
