//! x
use crate::cli::VerifyArgs;
use crate::exit::Failure;
pub(crate) fn verify(_: &VerifyArgs) -> Result<(), Failure> { Ok(()) }
