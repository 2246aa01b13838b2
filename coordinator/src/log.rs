//! What the program tells people who look for a cause: events with fields, on standard error.
//!
//! Owns the level and the format, and passes both on to workers that this process starts. Every event of a run on workers
//! stands in a span with the run, and the worker and the generation where there is one.

use std::sync::OnceLock;

use tracing_subscriber::EnvFilter;

use crate::exit::Failure;

/// What was asked for: a filter, and whether as JSON.
static ASKED: OnceLock<(String, bool)> = OnceLock::new();

/// Logs what `level`, or else `RUST_LOG`, asks for, as text or as an object on each line.
pub(crate) fn listen(level: Option<&str>, as_json: bool) -> Result<(), Failure> {
    let from_environment = std::env::var("RUST_LOG").ok();
    let Some(wanted) = level.map(str::to_owned).or(from_environment).filter(|wanted| !wanted.is_empty()) else { return Ok(()) };
    let filter = EnvFilter::try_new(&wanted).map_err(|error| Failure::Usage {
        what: format!("`{wanted}` is no log level: {error}"),
        advice: "error, warn, info, debug or trace; or a filter such as `coordinator=debug`".to_owned(),
    })?;
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    if as_json {
        log.json().init()
    } else {
        log.init()
    }
    // a process listens once
    let _ = ASKED.set((wanted, as_json));
    Ok(())
}

/// Arguments for a process that is to log as this one does; none if this one does not log.
pub(crate) fn passed_on() -> Option<Vec<String>> {
    let (filter, as_json) = ASKED.get()?;
    let format = as_json.then(|| "--log-json".to_owned());
    Some(["--log".to_owned(), filter.clone()].into_iter().chain(format).collect())
}
