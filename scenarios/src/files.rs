//! Scenario files from disk, and what they build on.
//!
//! Owns reading (bounded) and `extends`. Guarantees that a cycle or a missing file is named where it is asked for. Leaves out
//! patches and the meaning of the tree.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::parse::{MAX_BYTES, parse};
use crate::problem::{Problem, Problems};
use crate::schema::View;
use crate::source::Source;
use crate::tree::{Kind, Node};

/// Longest chain of files that build on each other.
const MAX_CHAIN: usize = 16;

/// The tree of a file with everything that it builds on.
///
/// # Errors
/// Files that cannot be read or are not YAML, cycles, chains of more than 16 files.
pub(crate) fn read_tree(path: &Path) -> Result<Node, Problems> {
    let source = read(path).map_err(|reason| Problem::new(format!("cannot read `{}`: {reason}", path.display())))?;
    tree_of(source, path, &mut vec![identity(path)])
}

/// The tree of a text that is named as if it were the file `path`.
pub(crate) fn tree_of_text(path: &Path, text: &str) -> Result<Node, Problems> {
    tree_of(Source::new(path.display().to_string(), text), path, &mut vec![identity(path)])
}

/// The tree of a file that builds on no other.
///
/// # Errors
/// A file that cannot be read or is not YAML.
pub(crate) fn read_plain(path: &Path) -> Result<Node, Problems> {
    let source = read(path).map_err(|reason| Problem::new(format!("cannot read `{}`: {reason}", path.display())))?;
    parse(&source, 0)
}

/// The same for a text that is named as if it were the file `path`.
#[cfg(test)]
pub(crate) fn plain_text(path: &Path, text: &str) -> Result<Node, Problems> {
    parse(&Source::new(path.display().to_string(), text), 0)
}

fn tree_of(source: Arc<Source>, path: &Path, chain: &mut Vec<PathBuf>) -> Result<Node, Problems> {
    let mut root = parse(&source, 0)?;
    let Kind::Map(map) = &mut root.kind else {
        let what = match root.kind {
            Kind::Null => "the file is empty".to_owned(),
            _ => format!("the file holds {}, not a scenario", root.describe()),
        };
        let help = "`bazaar init` writes a commented scenario to start from";
        return Err(Problem::new(what).at(&root.place).expected("a map that begins with `bazaar: 1`").help(help).into());
    };
    let Some(extends) = map.shift_remove("extends") else { return Ok(root) };
    let place = &extends.value.place;
    let base = base_path(path, &extends.value)?;
    let id = identity(&base);
    if chain.contains(&id) {
        let names: Vec<_> = chain.iter().chain([&id]).map(|path| name(path)).collect();
        return Err(Problem::new("the files build on each other in a circle")
            .at(place)
            .path("extends")
            .help(names.join(" extends "))
            .into());
    }
    if chain.len() == MAX_CHAIN {
        let what = format!("more than {MAX_CHAIN} files build on each other");
        return Err(Problem::new(what).at(place).path("extends").into());
    }
    let source = read(&base).map_err(|reason| {
        Problem::new(format!("cannot read `{}`: {reason}", base.display()))
            .at(place)
            .path("extends")
            .help("the path is relative to the file that it stands in")
    })?;
    chain.push(id);
    let below = tree_of(source, &base, chain)?;
    Ok(below.overlaid(root, &View::scenario()))
}

fn base_path(path: &Path, value: &Node) -> Result<PathBuf, Problem> {
    match &value.kind {
        Kind::Scalar { text, .. } => Ok(path.parent().unwrap_or(Path::new("")).join(text)),
        _ => Err(Problem::new("wrong value for `extends`")
            .at(&value.place)
            .path("extends")
            .found(value.describe())
            .expected("the path of a scenario file")),
    }
}

fn read(path: &Path) -> Result<Arc<Source>, String> {
    let mut bytes = Vec::new();
    let mut file = File::open(path).map_err(|error| plain_reason(&error))?.take(MAX_BYTES as u64 + 1);
    file.read_to_end(&mut bytes).map_err(|error| plain_reason(&error))?;
    if bytes.len() > MAX_BYTES {
        return Err(format!("a scenario has at most {} MiB", MAX_BYTES >> 20));
    }
    let text = String::from_utf8(bytes).map_err(|error| format!("byte {} is not UTF-8", error.utf8_error().valid_up_to()))?;
    Ok(Source::new(path.display().to_string(), text))
}

fn plain_reason(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
        std::io::ErrorKind::IsADirectory => "it is a directory".to_owned(),
        _ => error.to_string(),
    }
}

/// The same for all ways to write the path of a file.
fn identity(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

fn name(path: &Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
}
