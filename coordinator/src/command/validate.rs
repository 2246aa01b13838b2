//! `bazaar validate`: checks a scenario and says what a run of it will cost.

use std::fmt::Write;
use std::thread::available_parallelism;

use scenarios::forecast;

use crate::cli::ValidateArgs;
use crate::exit::Failure;
use crate::experiment;
use crate::output::{self, bytes, counted, duration, grouped};
use crate::plan::Plan;

/// Shoppers times days that one core simulates in a second, measured on `library/double-11-2025.yaml`; the true rate is
/// within a factor of three on current machines.
const SHOPPER_DAYS_PER_SECOND: f64 = 0.7e6;

/// Columns of a warning.
const WIDTH: usize = 120;

/// Runs the command.
pub(crate) fn validate(args: &ValidateArgs) -> Result<(), Failure> {
    let project = scenarios::load(&args.file, &args.changes.overrides()?)?;
    let plan = Plan::new(project, &[])?;
    plan.check()?;
    output::print(&(plan.project.warnings(WIDTH, false) + &text(&plan)))
}

fn text(plan: &Plan) -> String {
    let baseline = plan.project.baseline();
    let scenario = &baseline.scenario;
    let forecasts: Vec<_> = plan.arms.iter().map(|(_, loaded)| forecast(&loaded.scenario)).collect();
    let memory = forecasts.iter().map(|forecast| forecast.memory_bytes).max().unwrap_or(0);
    let one = &forecasts[0];
    let output: u128 = forecasts.iter().map(|forecast| forecast.output_bytes).sum::<u128>() * u128::from(plan.replications);
    let cores = available_parallelism().map_or(1, usize::from);
    let memory = memory * experiment::lanes(plan, cores) as u128;
    let shopper_days = plan.shopper_days();
    let seconds = shopper_days as f64 / SHOPPER_DAYS_PER_SECOND / cores as f64;
    let arms: Vec<_> = plan.arms.iter().map(|(arm, _)| arm.as_str()).collect();
    let mut text = String::new();
    let mut line = |name: &str, value: String| writeln!(text, "  {name:<14}{value}").expect("a string takes everything");
    line("calendar", format!("{} to {}, {}", scenario.calendar.start, scenario.calendar.end, counted(one.ticks as usize, "tick")));
    let people = grouped(scenario.population.people.0.into());
    line("shoppers", format!("{} for {people} people", grouped(scenario.population.shoppers.0.into())));
    line("platforms", scenario.platforms.keys().map(String::as_str).collect::<Vec<_>>().join(", "));
    line("merchants", grouped(one.merchants.into()));
    line("listings", format!("about {}", grouped(one.listings.into())));
    line("arms", format!("{} x {}", arms.join(", "), counted(plan.replications as usize, "replication")));
    line("memory", format!("about {}", bytes(memory)));
    line("output", format!("about {}", bytes(output)));
    let work = format!("{} shopper-days", grouped(shopper_days));
    line("time", format!("about {} on {}, for {work}, the warm-up included", duration(seconds), counted(cores, "core")));
    line("hash", baseline.hash.clone());
    format!("{} is valid\n{text}", scenario.name)
}
