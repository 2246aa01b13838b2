//! `bazaar calibrate`: what a scenario is held to, and whether it holds.

use std::path::PathBuf;

use results::moments::{self, Measured};
use scenarios::{BASELINE, load_moments};
use serde::Serialize;

use crate::calibration::Calibration;
use crate::cli::CalibrateArgs;
use crate::command::run::{pool, threads};
use crate::exit::Failure;
use crate::mechanisms::json_text;
use crate::output::{counted, grouped};
use crate::plan::{Plan, VERSION};
use crate::progress::Progress;
use crate::{interrupt, output};

#[derive(Serialize)]
struct Document<'a> {
    name: &'a str,
    program_version: &'static str,
    scenario_hash: &'a str,
    moments_file: String,
    seed: u64,
    shoppers: u64,
    replications: u32,
    moments: &'a [Measured],
}

/// Runs the command.
pub(crate) fn calibrate(args: &CalibrateArgs) -> Result<(), Failure> {
    let overrides = args.changes.overrides()?;
    let plan = Plan::new(scenarios::load(&args.file, &overrides)?, &[BASELINE.to_owned()])?;
    let file = args.moments.clone().unwrap_or_else(|| args.file.with_extension("moments.yaml"));
    let scenario = &plan.project.baseline().scenario;
    let moments = load_moments(&file, scenario)?;
    let calibration = Calibration::new(&plan, &moments, &args.file, &overrides)?;
    let measured = pool(threads(args.threads))?.run(|| {
        plan.check()?;
        interrupt::listen();
        let mut progress = Progress::new(args.quiet, calibration.ticks(), plan.replications);
        let measured = calibration.measure(&mut progress);
        progress.finish();
        measured
    })?;
    output::print(&text(args, &plan, file, &measured))?;
    if args.strict { strict(&measured) } else { Ok(()) }
}

fn text(args: &CalibrateArgs, plan: &Plan, file: PathBuf, measured: &[Measured]) -> String {
    let baseline = plan.project.baseline();
    let scenario = &baseline.scenario;
    if args.json {
        return json_text(&Document {
            name: &scenario.name,
            program_version: VERSION,
            scenario_hash: &baseline.hash,
            moments_file: file.display().to_string(),
            seed: scenario.seed,
            shoppers: scenario.population.shoppers.0,
            replications: plan.replications,
            moments: measured,
        });
    }
    let heading = format!(
        "{}: {}, {} shoppers, {}, seed {}",
        scenario.name,
        BASELINE,
        grouped(scenario.population.shoppers.0.into()),
        counted(plan.replications as usize, "replication"),
        scenario.seed
    );
    let table = if args.markdown { moments::markdown(measured) } else { moments::terminal(measured) };
    format!("{heading}\n\n{table}")
}

/// Fails if a moment is out that should be in.
fn strict(measured: &[Measured]) -> Result<(), Failure> {
    let out: Vec<&str> =
        measured.iter().filter(|moment| moment.is_in == Some(false) && !moment.known_miss).map(|moment| moment.name.as_str()).collect();
    if out.is_empty() {
        return Ok(());
    }
    Err(Failure::Missed {
        what: format!("out of the band: {}", out.join(", ")),
        advice: "mend the scenario, or mark the moment `known_miss: true` with a note in the moments file".to_owned(),
    })
}
