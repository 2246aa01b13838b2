//! Where a run is written when nobody said where: `runs/<name>-<number>`.
//!
//! Guarantees that two runs that start together get different directories: each is created, not looked for.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::exit::Failure;

/// Folder of all runs without `--out`, below the current directory.
const RUNS: &str = "runs";

/// Creates `runs/<name>-<next number>`.
pub(crate) fn next(name: &str) -> Result<PathBuf, Failure> {
    let runs = Path::new(RUNS);
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| Failure::Io { action: "create", path, source }
    };
    fs::create_dir_all(runs).map_err(failed(runs))?;
    let taken = fs::read_dir(runs).map_err(failed(runs))?.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let mut number = taken.filter_map(|entry| number_of(&entry, name)).max().unwrap_or(0);
    loop {
        number += 1;
        let dir = runs.join(format!("{name}-{number}"));
        match fs::create_dir(&dir) {
            Ok(()) => return Ok(dir),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(failed(&dir)(error)),
        }
    }
}

fn number_of(entry: &str, name: &str) -> Option<u32> {
    entry.strip_prefix(name)?.strip_prefix('-')?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::number_of;

    #[test]
    fn only_runs_of_the_same_name_count() {
        assert_eq!(number_of("tiny-12", "tiny"), Some(12));
        assert_eq!(number_of("tiny-war-3", "tiny"), None);
        assert_eq!(number_of("tiny", "tiny"), None);
    }
}
