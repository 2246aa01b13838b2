//! `bazaar explain`: what a field of a scenario means.

use crate::cli::ExplainArgs;
use crate::exit::Failure;
use crate::output;

/// Runs the command.
pub(crate) fn explain(args: &ExplainArgs) -> Result<(), Failure> {
    output::print(&scenarios::explain(&args.path)?)
}
