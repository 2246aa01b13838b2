//! x
use crate::cli::BenchArgs;
use crate::exit::Failure;
pub(crate) fn bench(_: &BenchArgs) -> Result<(), Failure> { Ok(()) }
