//! `bazaar schema`: the JSON Schema of scenario files.

use std::fs;

use crate::cli::SchemaArgs;
use crate::exit::Failure;
use crate::output;

/// Runs the command.
pub(crate) fn schema(args: &SchemaArgs) -> Result<(), Failure> {
    let schema = scenarios::schema_json();
    match &args.output {
        None => output::print(&schema),
        Some(path) => fs::write(path, schema).map_err(|source| Failure::Io { action: "write", path: path.clone(), source }),
    }
}
