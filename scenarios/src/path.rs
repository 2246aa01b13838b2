//! A path into a scenario, such as `platforms.taobao-tmall.promotions."88.vip".cap` or `shocks[0].on`.
//!
//! Owns the syntax of paths. Leaves out whether a path leads anywhere.

use std::fmt;
use std::str::FromStr;

/// A step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Into a map.
    Key(String),
    /// Into a list, from 0.
    Index(usize),
}

/// A path into a scenario.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Path(pub(crate) Vec<Step>);

/// Why a text is no path.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason} at character {}", .at + 1)]
pub(crate) struct PathError {
    pub(crate) reason: &'static str,
    /// Byte offset into the text.
    pub(crate) at: usize,
}

/// No field is deeper.
const MAX_STEPS: usize = 32;

impl Path {
    pub(crate) fn key(&mut self, key: &str) {
        self.0.push(Step::Key(key.to_owned()));
    }

    pub(crate) fn index(&mut self, index: usize) {
        self.0.push(Step::Index(index));
    }

    pub(crate) fn up(&mut self) {
        self.0.pop();
    }

    /// The path of the first `steps` steps.
    pub(crate) fn prefix(&self, steps: usize) -> Path {
        Path(self.0[..steps].to_vec())
    }

    /// Whether the path begins with these keys.
    pub(crate) fn starts_with(&self, keys: &[&str]) -> bool {
        keys.iter().enumerate().all(|(i, key)| matches!(self.0.get(i), Some(Step::Key(step)) if step == key))
    }
}

impl<'a> FromIterator<&'a str> for Path {
    fn from_iter<T: IntoIterator<Item = &'a str>>(keys: T) -> Self {
        Path(keys.into_iter().map(|key| Step::Key(key.to_owned())).collect())
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, step) in self.0.iter().enumerate() {
            match step {
                Step::Index(index) => write!(f, "[{index}]")?,
                Step::Key(key) => {
                    let dot = if i == 0 { "" } else { "." };
                    let plain = !key.is_empty() && !key.contains(['.', '[', ']', '"', ' ', '=']);
                    if plain { write!(f, "{dot}{key}")? } else { write!(f, "{dot}{key:?}")? }
                }
            }
        }
        Ok(())
    }
}

impl FromStr for Path {
    type Err = PathError;

    fn from_str(text: &str) -> Result<Self, PathError> {
        let mut path = Path::default();
        let mut rest = text;
        while !rest.is_empty() {
            let at = text.len() - rest.len();
            let error = |reason| PathError { reason, at };
            if path.0.len() == MAX_STEPS {
                return Err(error("a path has at most 32 steps"));
            }
            if let Some(index) = rest.strip_prefix('[') {
                let (digits, after) = index.split_once(']').ok_or_else(|| error("`[` without `]`"))?;
                path.index(digits.parse().map_err(|_| error("an index is a number from 0"))?);
                rest = after;
                continue;
            }
            if !path.0.is_empty() {
                rest = rest.strip_prefix('.').ok_or_else(|| error("expected `.` or `[`"))?;
            }
            let (key, after) = split_key(rest).ok_or_else(|| error("`\"` without its partner"))?;
            if key.is_empty() {
                return Err(error("a name is missing"));
            }
            path.key(key);
            rest = after;
        }
        if path.0.is_empty() { Err(PathError { reason: "the path is empty", at: 0 }) } else { Ok(path) }
    }
}

fn split_key(text: &str) -> Option<(&str, &str)> {
    match text.strip_prefix('"') {
        Some(quoted) => quoted.split_once('"'),
        None => Some(text.split_at(text.find(['.', '[']).unwrap_or(text.len()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_read_and_written() {
        for text in ["platforms.taobao-tmall.strategy", "shocks[0].on", "a[1][2].b", "\"a.b\".c"] {
            assert_eq!(text.parse::<Path>().map(|path| path.to_string()).as_deref(), Ok(text));
        }
    }

    #[test]
    fn broken_paths_name_the_character() {
        for (text, at) in [("", 0), ("a..b", 1), ("a.", 1), ("a[x]", 1), ("a[1", 1), ("a[0]b", 4), ("\"a", 0)] {
            assert_eq!(text.parse::<Path>().map_err(|error| error.at), Err(at), "{text}");
        }
    }
}
