//! Patches: a path into the scenario and a value. Arms, shocks and `--set` are all made of them.
//!
//! Owns where a patch may reach and how it is applied. Guarantees that a patch that does not fit leaves the tree as it was.
//! Leaves out whether the patched scenario makes sense: it is checked again like a file.

use std::str::FromStr;
use std::sync::Arc;

use sim_core::units::Count;

use crate::parse::parse;
use crate::path::{Path, PathError, Step};
use crate::problem::{Problem, Problems, did_you_mean, listed};
use crate::schema::{Shape, View};
use crate::source::{Place, Source};
use crate::tree::{Entry, Kind, Node};

/// A patch from the command line.
#[derive(Clone, Debug)]
pub struct Override(Patch);

impl Override {
    /// Parses `path=value`, the value in YAML, such as `platforms.jd.take_rate=5 %`.
    ///
    /// # Errors
    /// No `=`, a broken path, or a value that is not YAML.
    pub fn parse(text: &str) -> Result<Self, Problems> {
        Self::from_option("--set", text)
    }

    /// As `--shoppers`: the number of simulated shoppers.
    pub fn shoppers(shoppers: Count) -> Self {
        Self::known("--shoppers", &format!("population.shoppers={shoppers}"))
    }

    /// As `--seed`.
    pub fn seed(seed: u64) -> Self {
        Self::known("--seed", &format!("seed={seed}"))
    }

    /// As `--replications`.
    pub fn replications(replications: u32) -> Self {
        Self::known("--replications", &format!("experiment.replications={replications}"))
    }

    fn known(option: &str, text: &str) -> Self {
        Self::from_option(option, text).expect("a path and a number")
    }

    fn from_option(option: &str, text: &str) -> Result<Self, Problems> {
        let source = Source::new(option, text);
        let Some(equals) = equals_sign(text) else {
            let place = Place::new(&source, 0..text.len());
            return Err(Problem::new(format!("`{option}` without `=`"))
                .at(&place)
                .expected("`path=value`, such as `platforms.jd.take_rate=5 %`")
                .into());
        };
        let place = Place::new(&source, 0..equals);
        let path = parse_path(&place)?;
        let value = parse(&source, equals + 1)?;
        if matches!(value.kind, Kind::Null) {
            let place = Place::new(&source, equals..equals + 1);
            return Err(Problem::new(format!("`{option}` without a value")).at(&place).path(path).into());
        }
        Ok(Self(Patch { origin: option.to_owned(), path, place, value }))
    }

    pub(crate) fn patch(&self) -> &Patch {
        &self.0
    }
}

impl FromStr for Override {
    type Err = Problems;

    fn from_str(text: &str) -> Result<Self, Problems> {
        Self::parse(text)
    }
}

/// A path and a value, and who wants it.
#[derive(Clone, Debug)]
pub(crate) struct Patch {
    /// In words: `--set`, ``arm `price-war` ``.
    pub(crate) origin: String,
    pub(crate) path: Path,
    /// Where the path is written.
    pub(crate) place: Place,
    pub(crate) value: Node,
}

/// The patches of an arm or a shock: a map of paths to values.
pub(crate) fn patches(origin: &str, map: &Node) -> Result<Vec<Patch>, Vec<Problem>> {
    let Kind::Map(entries) = &map.kind else { return Ok(Vec::new()) };
    let mut patches = Vec::new();
    let mut problems = Vec::new();
    for entry in entries.values() {
        match parse_path(&entry.key) {
            Ok(path) => patches.push(Patch { origin: origin.to_owned(), path, place: entry.key.clone(), value: entry.value.clone() }),
            Err(problem) => problems.push(problem.within(origin)),
        }
    }
    if problems.is_empty() { Ok(patches) } else { Err(problems) }
}

impl Patch {
    /// Replaces what stands at the path.
    ///
    /// # Errors
    /// A path that leads nowhere; the tree is then unchanged but for empty sections, which mean their defaults.
    pub(crate) fn apply(&self, root: &mut Node) -> Result<(), Problem> {
        let Some((last, parents)) = self.path.0.split_last() else { return Ok(()) };
        let (mut node, mut view) = (root, View::scenario());
        for (depth, step) in parents.iter().enumerate() {
            view = self.child_view(node, &view, depth, step)?;
            node = self.descend(node, &view, depth, step)?;
        }
        let depth = parents.len();
        self.child_view(node, &view, depth, last)?;
        self.put(node, depth, last)
    }

    /// Whether a path of the scenario leads to what the patch sets, or into it.
    pub(crate) fn holds(&self, path: Option<&str>) -> bool {
        path.and_then(|path| path.parse::<Path>().ok()).is_some_and(|path| path.0.starts_with(&self.path.0))
    }

    /// The schema behind the step at `depth`.
    fn child_view<'v>(&self, node: &Node, view: &View<'v>, depth: usize, step: &Step) -> Result<View<'v>, Problem> {
        let shape = view.shape();
        match (step, &shape) {
            (Step::Index(_), Shape::List { item, .. }) => Ok(item.clone()),
            (Step::Key(key), Shape::Fields { fields, .. }) => shape.child(key).ok_or_else(|| {
                let help = did_you_mean(key, fields.keys().map(String::as_str))
                    .unwrap_or_else(|| format!("known here: {}", listed(fields.keys().map(String::as_str))));
                self.nowhere(depth, format!("there is no field `{key}`")).help(help)
            }),
            (Step::Key(_), Shape::Named(values)) => Ok(values.clone()),
            (Step::Key(key), Shape::Choice(_)) if node.entry(key).is_some() => {
                shape.child(key).ok_or_else(|| self.nowhere(depth, format!("`{key}` has no parameters")))
            }
            (Step::Key(key), Shape::Unit("distribution")) if node.entry(key).is_some() => {
                let named = view.alternative(1).map(|named| named.shape());
                named.and_then(|named| named.child(key)).ok_or_else(|| self.nowhere(depth, format!("there is no `{key}`")))
            }
            (Step::Key(key), Shape::Choice(_) | Shape::Unit("distribution")) => Err(self
                .nowhere(depth, format!("there is no `{key}`: {} stands here", node.describe()))
                .help(format!("set the whole value: `{}`", self.path.prefix(depth)))),
            (Step::Key(key), Shape::List { .. }) => {
                Err(self.nowhere(depth, format!("`{key}` into a list")).help("write `[0]` for its first element"))
            }
            (Step::Index(index), _) => Err(self.nowhere(depth, format!("`[{index}]` into what is no list"))),
            (Step::Key(key), _) => {
                Err(self.nowhere(depth, format!("there is no `{key}`: `{}` is a single value", self.path.prefix(depth))))
            }
        }
    }

    /// The node behind the step at `depth`; a section that the file leaves out is added, empty.
    fn descend<'n>(&self, node: &'n mut Node, view: &View<'_>, depth: usize, step: &Step) -> Result<&'n mut Node, Problem> {
        let names = match &node.kind {
            Kind::Map(map) => map.keys().cloned().collect(),
            _ => Vec::new(),
        };
        let length = if let Kind::List(list) = &node.kind { list.len() } else { 0 };
        match (step, &mut node.kind) {
            (Step::Index(index), Kind::List(list)) => list.get_mut(*index).ok_or_else(|| self.out_of_range(depth, *index, length)),
            (Step::Key(key), Kind::Map(map)) => {
                let section = matches!(view.shape(), Shape::Fields { .. } | Shape::Named(_)) && view.get("default").is_some();
                if section && !map.contains_key(key) {
                    let entry = Entry { key: self.place.clone(), value: Node::empty_map(&self.place) };
                    map.insert(key.clone(), entry);
                }
                let missing = || match view.get("default") {
                    Some(_) => self
                        .nowhere(depth, format!("`{key}` is not in the file and has its default"))
                        .help(format!("set the whole value: `{}`", self.path.prefix(depth + 1))),
                    None => {
                        let names = || names.iter().map(String::as_str);
                        let help = did_you_mean(key, names()).unwrap_or_else(|| format!("there are {}", listed(names())));
                        self.nowhere(depth, format!("there is no `{key}`")).help(help)
                    }
                };
                map.get_mut(key).map(|entry| &mut entry.value).ok_or_else(missing)
            }
            _ => Err(self.nowhere(depth, format!("`{}` is not a section", self.path.prefix(depth)))),
        }
    }

    fn put(&self, node: &mut Node, depth: usize, step: &Step) -> Result<(), Problem> {
        match (step, &mut node.kind) {
            (Step::Index(index), Kind::List(list)) => {
                let length = list.len();
                let slot = list.get_mut(*index).ok_or_else(|| self.out_of_range(depth, *index, length))?;
                *slot = self.value.clone();
            }
            (Step::Key(key), Kind::Map(map)) => {
                map.insert(key.clone(), Entry { key: self.place.clone(), value: self.value.clone() });
            }
            _ => return Err(self.nowhere(depth, format!("`{}` is not a section", self.path.prefix(depth)))),
        }
        Ok(())
    }

    fn out_of_range(&self, depth: usize, index: usize, length: usize) -> Problem {
        self.nowhere(depth, format!("there is no element `[{index}]`: the list has {length}, from `[0]`"))
    }

    fn nowhere(&self, depth: usize, reason: String) -> Problem {
        Problem::new(format!("{}: {reason}", self.origin)).at(&self.place).path(self.path.prefix(depth + 1))
    }
}

/// The first `=` outside quotes.
fn equals_sign(text: &str) -> Option<usize> {
    let mut quoted = false;
    text.bytes().position(|byte| {
        quoted ^= byte == b'"';
        byte == b'=' && !quoted
    })
}

/// The path that is written at `place`.
fn parse_path(place: &Place) -> Result<Path, Problem> {
    let text = place.text();
    // A key that holds quotes or brackets is itself quoted in YAML.
    let inner = text.strip_prefix('\'').and_then(|text| text.strip_suffix('\'')).unwrap_or(text);
    inner.trim().parse().map_err(|PathError { reason, at }| {
        let start = place.range().start + (text.len() - inner.len()) / 2 + at;
        let start = start.min(place.range().end.saturating_sub(1)).max(place.range().start);
        let rest = Place::new(&Arc::clone(&place.source), start..place.range().end);
        Problem::new(format!("this is no path: {reason}")).at(&rest).help("a path looks like `platforms.jd.take_rate` or `shocks[0].on`")
    })
}
