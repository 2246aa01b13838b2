//! The command line: what can be asked, and what becomes of errors.
//!
//! Owns names, units and defaults of all options, as `--help` shows them. Leaves out what the commands do.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use sim_core::units::Count;

use crate::exit::{Exit, Failure};
use crate::{bug, command, log, output};

/// Deterministic agent-based simulation of an e-commerce marketplace.
#[derive(Debug, Parser)]
#[command(name = "bazaar", version = BUILT, propagate_version = true, after_help = EXIT_CODES, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    /// Log to standard error: error, warn, info, debug or trace [default: off, or what RUST_LOG says]
    #[arg(long, global = true, value_name = "LEVEL")]
    log: Option<String>,
    /// Log one JSON object a line
    #[arg(long, global = true)]
    log_json: bool,
}

/// Two programs with the same answer to `--version` compute the same histories and may share a run.
const BUILT: &str = concat!(env!("CARGO_PKG_VERSION"), " (build ", env!("BAZAAR_BUILD"), ")");

const EXIT_CODES: &str = "\
Exit codes:
  0 done   1 environment or I/O failed   2 bad input, nothing was written   3 a check failed
  70 bug, or a run that does not repeat itself   75 try again: start the process again, the run goes on
  78 written by another version, or refused   130 interrupted

A first look:
  bazaar run scenarios/library/double-11-2025.yaml";

#[derive(Debug, Subcommand)]
enum Command {
    /// Run a scenario, write its tables, compare its arms
    Run(RunArgs),
    /// Go on with a run on several workers that did not finish, from its last checkpoint
    Resume(ResumeArgs),
    /// Coordinate one run of workers on other machines; starts none itself
    Coordinator(CoordinatorArgs),
    /// Take part in a run as a worker of a coordinator
    Worker(WorkerArgs),
    /// Check a scenario and say what a run of it will cost; writes nothing
    Validate(ValidateArgs),
    /// Print the JSON Schema of scenario files, for editors
    Schema(SchemaArgs),
    /// Write a commented scenario to start from
    Init(InitArgs),
    /// Say what a field of a scenario means: values, unit, range, default, source
    Explain(ExplainArgs),
    /// Show what a run holds: KPIs, comparison, tables, mechanisms
    Inspect(InspectArgs),
    /// Check the files of a run by their hashes, then run it again and compare the digests
    Verify(VerifyArgs),
    /// Measure the moments that a scenario is held to, and compare them with the field
    Calibrate(CalibrateArgs),
    /// Measure the reference market against the bare kernel
    Bench(BenchArgs),
}

/// Arguments of `run`.
#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// The scenario
    pub(crate) file: PathBuf,
    /// Directory for the results [default: runs/<name>-<next number>]
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Replace an earlier run in the directory; anything else in it is left alone and refused
    #[arg(long)]
    pub(crate) force: bool,
    #[command(flatten)]
    pub(crate) changes: Changes,
    /// Arm to run, `baseline` is the file without patches; repeat for more [default: the arms of the file]
    #[arg(long = "arm", value_name = "NAME")]
    pub(crate) arms: Vec<String>,
    /// Threads, with --workers of all of them together; results do not depend on it [default: all cores, with --workers twice as
    /// many]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) threads: Option<u16>,
    /// No progress
    #[arg(long, short)]
    pub(crate) quiet: bool,
    /// Print one JSON object instead of tables
    #[arg(long)]
    pub(crate) json: bool,
    /// Processes on this machine that share the run; results do not depend on it [default: none, all in one process]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) workers: Option<u16>,
    #[command(flatten)]
    pub(crate) clocks: Clocks,
}

/// When a run on workers saves its state, and when a worker counts as lost.
#[derive(Debug, Args)]
pub(crate) struct Clocks {
    /// Ticks between checkpoints of a run on workers [default: by time only]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) checkpoint_ticks: Option<u32>,
    /// Seconds between checkpoints of a run on workers
    #[arg(long, value_name = "SECONDS", default_value_t = 60.0, value_parser = seconds)]
    pub(crate) checkpoint_seconds: f64,
    /// A worker that is silent for so many seconds is lost; at least three times --beat
    #[arg(long, value_name = "SECONDS", default_value_t = 15.0, value_parser = seconds)]
    pub(crate) lease: f64,
    /// Seconds between two signs of life
    #[arg(long, value_name = "SECONDS", default_value_t = 2.0, value_parser = seconds)]
    pub(crate) beat: f64,
    /// Seconds to wait for workers when there are too few [default: 600, of `run` and `resume` 120]
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) wait: Option<f64>,
}

/// Arguments of `resume`.
#[derive(Debug, Args)]
pub(crate) struct ResumeArgs {
    /// Directory of the run
    pub(crate) run: PathBuf,
    /// Processes on this machine that share the run; any number goes on with any other
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) workers: u16,
    /// Threads of all workers together [default: twice as many as there are cores]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) threads: Option<u16>,
    /// No progress
    #[arg(long, short)]
    pub(crate) quiet: bool,
    /// Print one JSON object instead of tables
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) clocks: Clocks,
}

/// Arguments of `coordinator`.
#[derive(Debug, Args)]
pub(crate) struct CoordinatorArgs {
    /// The scenario
    pub(crate) file: PathBuf,
    /// Directory for the results; an unfinished run in it goes on
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// Replace an earlier run in the directory
    #[arg(long)]
    pub(crate) force: bool,
    #[command(flatten)]
    pub(crate) changes: Changes,
    /// Arm to run; repeat for more [default: the arms of the file]
    #[arg(long = "arm", value_name = "NAME")]
    pub(crate) arms: Vec<String>,
    /// Workers to wait for before the run begins; later ones get shards at the next checkpoint
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) workers: u16,
    /// Address to listen on
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:7400")]
    pub(crate) listen: std::net::SocketAddr,
    /// Where checkpoints go: a directory that all workers see, or s3://bucket/prefix; the run gets a folder in it [default:
    /// `.run` below --out]
    #[arg(long, value_name = "PLACE")]
    pub(crate) store: Option<String>,
    #[command(flatten)]
    pub(crate) security: SecurityArgs,
    #[command(flatten)]
    pub(crate) clocks: Clocks,
    /// No progress
    #[arg(long, short)]
    pub(crate) quiet: bool,
    /// Print one JSON object instead of tables
    #[arg(long)]
    pub(crate) json: bool,
}

/// Arguments of `worker`.
#[derive(Debug, Args)]
pub(crate) struct WorkerArgs {
    /// The scenario that the run must have [default: whatever the coordinator runs]
    pub(crate) file: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) changes: Changes,
    /// The coordinator
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:7400")]
    pub(crate) connect: String,
    /// Address to listen on for other workers; port 0 takes any that is free
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:0")]
    pub(crate) listen: std::net::SocketAddr,
    /// Where other workers reach it [default: where the coordinator sees it]
    #[arg(long, value_name = "HOST:PORT")]
    pub(crate) advertise: Option<String>,
    /// Where checkpoints are [default: where the coordinator says]
    #[arg(long, value_name = "PLACE")]
    pub(crate) store: Option<String>,
    #[command(flatten)]
    pub(crate) security: SecurityArgs,
    /// Threads [default: all cores]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) threads: Option<u16>,
    /// Seconds to wait for the coordinator
    #[arg(long, value_name = "SECONDS", default_value_t = 60.0, value_parser = seconds)]
    pub(crate) wait: f64,
    /// End when standard input does
    #[arg(long, hide = true)]
    pub(crate) ends_with_parent: bool,
}

/// Who may talk. The token of the run is read from the environment: BAZAAR_TOKEN.
#[derive(Debug, Args)]
pub(crate) struct SecurityArgs {
    /// Certificate of this process, PEM
    #[arg(long, value_name = "FILE")]
    pub(crate) tls_cert: Option<PathBuf>,
    /// Its key, PEM
    #[arg(long, value_name = "FILE")]
    pub(crate) tls_key: Option<PathBuf>,
    /// Authority that signed the certificates of the other side, PEM
    #[arg(long, value_name = "FILE")]
    pub(crate) tls_ca: Option<PathBuf>,
    /// Name in the certificates of the other side [default: its host]
    #[arg(long, value_name = "NAME")]
    pub(crate) tls_name: Option<String>,
    /// Listen in plain text where others can hear
    #[arg(long)]
    pub(crate) insecure: bool,
}

/// Changes to a scenario.
#[derive(Debug, Args)]
pub(crate) struct Changes {
    /// Seed of all draws [default: the scenario's]
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,
    /// Simulated shoppers, such as 200_000 or `1 million`; money and supply scale with it [default: the scenario's]
    #[arg(long, value_name = "N")]
    pub(crate) shoppers: Option<Count>,
    /// Replications of each arm, each with a seed of its own that all arms share [default: the scenario's]
    #[arg(long, value_name = "N")]
    pub(crate) replications: Option<u32>,
    /// Change a field, such as `platforms.jd.take_rate=5 %`; repeat for more
    #[arg(long = "set", value_name = "PATH=VALUE")]
    pub(crate) sets: Vec<String>,
}

/// Arguments of `validate`.
#[derive(Debug, Args)]
pub(crate) struct ValidateArgs {
    /// The scenario
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) changes: Changes,
}

/// Arguments of `schema`.
#[derive(Debug, Args)]
pub(crate) struct SchemaArgs {
    /// Write it to this file [default: standard output]
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

/// Arguments of `init`.
#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    /// The file to write
    #[arg(default_value = "scenario.yaml")]
    pub(crate) file: PathBuf,
    /// Overwrite the file if it exists
    #[arg(long)]
    pub(crate) force: bool,
}

/// Arguments of `explain`.
#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// Path into a scenario, such as platforms.jd.take_rate [default: the whole scenario]
    #[arg(default_value = "", hide_default_value = true)]
    pub(crate) path: String,
}

/// Arguments of `inspect`.
#[derive(Debug, Args)]
pub(crate) struct InspectArgs {
    /// Directory of the run
    pub(crate) run: PathBuf,
    /// Show the columns and first rows of this table
    pub(crate) table: Option<String>,
    /// Rows of the table to show
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub(crate) rows: usize,
}

/// Arguments of `verify`.
#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    /// Directory of the run
    pub(crate) run: PathBuf,
    /// Only check the files; do not run the scenario again
    #[arg(long)]
    pub(crate) files_only: bool,
    /// Threads; results do not depend on it [default: all cores]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) threads: Option<u16>,
    /// No progress
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

/// Arguments of `calibrate`.
#[derive(Debug, Args)]
pub(crate) struct CalibrateArgs {
    /// The scenario; it runs without the patches of its arms
    pub(crate) file: PathBuf,
    /// Moments, targets and bands [default: FILE with `.moments.yaml` for `.yaml`]
    #[arg(long, value_name = "FILE")]
    pub(crate) moments: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) changes: Changes,
    /// Threads; results do not depend on it [default: all cores]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) threads: Option<u16>,
    /// No progress
    #[arg(long, short)]
    pub(crate) quiet: bool,
    /// Print one JSON object instead of a table
    #[arg(long, conflicts_with = "markdown")]
    pub(crate) json: bool,
    /// Print the table in Markdown
    #[arg(long)]
    pub(crate) markdown: bool,
    /// Exit with 3 if a moment is out of its band that is not marked `known_miss`
    #[arg(long)]
    pub(crate) strict: bool,
}

/// Arguments of `bench`.
#[derive(Debug, Args)]
pub(crate) struct BenchArgs {
    /// Print one JSON object instead of a table
    #[arg(long)]
    pub(crate) json: bool,
    /// Simulated shoppers
    #[arg(long, value_name = "N", default_value = "2000000")]
    pub(crate) shoppers: Count,
    /// Simulated days, 1 to 365
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=365))]
    pub(crate) days: u16,
}

fn seconds(text: &str) -> Result<f64, String> {
    let found: f64 = text.parse().map_err(|_| format!("`{text}` is no number of seconds"))?;
    if (0.05..=1e6).contains(&found) { Ok(found) } else { Err(format!("{found} seconds; expected 0.05 to 1000000")) }
}

/// Runs the program on the arguments of the process.
#[must_use]
pub fn main() -> ExitCode {
    bug::install_hook();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return refuse(&error),
    };
    let done = bug::caught(|| run(cli)).unwrap_or_else(|message| {
        Err(Failure::Bug { what: message, advice: "please report it with the command line and this message".to_owned() })
    });
    match done {
        Ok(()) => ExitCode::from(Exit::Done as u8),
        Err(failure) => {
            output::note(&failure.render());
            ExitCode::from(failure.exit() as u8)
        }
    }
}

/// Help and version go to standard output; wrong arguments are bad input.
fn refuse(error: &clap::Error) -> ExitCode {
    // A closed pipe is no error: there is nobody to tell.
    let _ = error.print();
    ExitCode::from(if error.use_stderr() { Exit::BadInput as u8 } else { Exit::Done as u8 })
}

fn run(cli: Cli) -> Result<(), Failure> {
    log::listen(cli.log.as_deref(), cli.log_json)?;
    match cli.command {
        Command::Run(args) => command::run::run(&args),
        Command::Resume(args) => command::cluster::resume(&args),
        Command::Coordinator(args) => command::cluster::coordinator(&args),
        Command::Worker(args) => command::cluster::worker(&args),
        Command::Validate(args) => command::validate::validate(&args),
        Command::Schema(args) => command::schema::schema(&args),
        Command::Init(args) => command::init::init(&args),
        Command::Explain(args) => command::explain::explain(&args),
        Command::Inspect(args) => command::inspect::inspect(&args),
        Command::Verify(args) => command::verify::verify(&args),
        Command::Calibrate(args) => command::calibrate::calibrate(&args),
        Command::Bench(args) => command::bench::bench(&args),
    }
}

impl Changes {
    /// The changes as patches, those of the named options first.
    pub(crate) fn overrides(&self) -> Result<Vec<scenarios::Override>, Failure> {
        use scenarios::Override;
        let named = [self.seed.map(Override::seed), self.shoppers.map(Override::shoppers), self.replications.map(Override::replications)];
        let mut overrides: Vec<Override> = named.into_iter().flatten().collect();
        for set in &self.sets {
            overrides.push(Override::parse(set)?);
        }
        Ok(overrides)
    }
}
