//! The directory a run writes into.
//!
//! Owns the rule what may be replaced. Guarantees that nothing is touched unless the directory is empty or a Bazaar run
//! that the caller asked to replace, and that the run replaced exists until the new one is finished.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::manifest::{MANIFEST, SCENARIO};
use crate::part::{PARTS, TABLES};
use crate::writer::Existing;

/// A directory made ready for a run.
#[derive(Debug)]
pub(crate) struct Target {
    /// The directory.
    pub(crate) dir: PathBuf,
    /// Where the earlier run waits to be deleted.
    pub(crate) replaced: Option<PathBuf>,
}

/// Makes `dir` ready for a new run.
pub(crate) fn claim(dir: &Path, existing: Existing) -> Result<Target> {
    let mut target = Target { dir: dir.to_owned(), replaced: None };
    match state(dir)? {
        State::Free => {}
        State::Foreign => return Err(Error::NotARun { dir: dir.to_owned() }),
        State::Finished | State::Unfinished if existing == Existing::Refuse => {
            return Err(Error::RunExists { dir: dir.to_owned() });
        }
        found => {
            target.dir = canonical(dir)?;
            target.replaced = Some(move_away(&target.dir, found)?);
        }
    }
    for folder in [PARTS, TABLES].map(|name| target.dir.join(name)) {
        fs::create_dir_all(&folder).map_err(Error::io("create", &folder))?;
    }
    Ok(target)
}

/// Makes the unfinished run in `dir` ready to go on: half-written files go, committed ones stay.
pub(crate) fn reopen(dir: &Path) -> Result<Target> {
    match state(dir)? {
        State::Unfinished => {}
        State::Finished => return Err(Error::RunExists { dir: dir.to_owned() }),
        State::Free | State::Foreign => return Err(Error::NotARun { dir: dir.to_owned() }),
    }
    let parts = dir.join(PARTS);
    if parts.exists() {
        fs::remove_dir_all(&parts).map_err(Error::io("clear", &parts))?;
    }
    fs::create_dir_all(&parts).map_err(Error::io("create", &parts))?;
    let dir = canonical(dir)?;
    let waiting = waiting_place(&dir)?;
    Ok(Target { dir, replaced: waiting.exists().then_some(waiting) })
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Free,
    Finished,
    Unfinished,
    Foreign,
}

fn state(dir: &Path) -> Result<State> {
    let mut entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(State::Free),
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
            return Err(Error::NotADirectory { path: dir.to_owned() });
        }
        Err(error) => return Err(Error::io("open", dir)(error)),
    };
    if entries.next().is_none() {
        return Ok(State::Free);
    }
    let has = |name: &str| dir.join(name).exists();
    Ok(match (has(MANIFEST), has(SCENARIO) || has(PARTS)) {
        (true, _) => State::Finished,
        (false, true) => State::Unfinished,
        (false, false) => State::Foreign,
    })
}

/// Moves a run aside. Of a finished run and an unfinished one that was to replace it, the finished one is kept.
fn move_away(dir: &Path, found: State) -> Result<PathBuf> {
    let waiting = waiting_place(dir)?;
    if waiting.exists() {
        let lesser = if found == State::Finished { waiting.as_path() } else { dir };
        fs::remove_dir_all(lesser).map_err(Error::io("remove", lesser))?;
    }
    if dir.exists() {
        fs::rename(dir, &waiting).map_err(Error::io("move away", dir))?;
    }
    Ok(waiting)
}

fn waiting_place(dir: &Path) -> Result<PathBuf> {
    let name = dir.file_name().ok_or_else(|| Error::NotARun { dir: dir.to_owned() })?;
    Ok(dir.with_file_name(format!(".{}.replaced", name.to_string_lossy())))
}

/// The path without links and dots, so that moving a directory away cannot move the ground under the new one.
fn canonical(dir: &Path) -> Result<PathBuf> {
    fs::canonicalize(dir).map_err(Error::io("open", dir))
}
