//! `bazaar init`: a commented scenario to start from.

use std::fs::OpenOptions;
use std::io::{self, Write};

use crate::cli::InitArgs;
use crate::exit::Failure;
use crate::output;

/// Runs the command.
pub(crate) fn init(args: &InitArgs) -> Result<(), Failure> {
    let path = &args.file;
    let mut options = OpenOptions::new();
    options.write(true);
    if args.force {
        options.create(true).truncate(true);
    } else {
        options.create_new(true);
    }
    let written = options.open(path).and_then(|mut file| file.write_all(scenarios::starter().as_bytes()));
    written.map_err(|source| match source.kind() {
        io::ErrorKind::AlreadyExists => Failure::Usage {
            what: format!("{} exists already; nothing was written", path.display()),
            advice: "name another file, or pass --force to overwrite it".to_owned(),
        },
        _ => Failure::Io { action: "write", path: path.clone(), source },
    })?;
    let file = path.display();
    output::print(&format!(
        "Wrote {file}. Next:\n  bazaar validate {file}    check it and see what it costs\n  bazaar run {file}         run it\n  \
         bazaar explain platforms.red.take_rate    what a field means\n"
    ))
}
