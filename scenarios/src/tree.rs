//! The tree of a YAML document, each node with the place where it was written.
//!
//! Owns navigation and the merge of `extends`. Guarantees that keys are unique and keep their order. Leaves out reading YAML
//! and the meaning of nodes.

use indexmap::IndexMap;
use serde_json::Value;

use crate::path::{Path, Step};
use crate::schema::{Shape, View};
use crate::source::Place;

/// A node.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) kind: Kind,
    pub(crate) place: Place,
}

/// What a node is.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    /// Nothing, `~` or `null`.
    Null,
    /// A scalar; unquoted text may be a number or a truth value.
    Scalar { text: String, quoted: bool },
    /// A list.
    List(Vec<Node>),
    /// A map in the order of the file.
    Map(IndexMap<String, Entry>),
}

/// A value and the place of its key.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) key: Place,
    pub(crate) value: Node,
}

impl Node {
    pub(crate) fn empty_map(place: &Place) -> Self {
        Self { kind: Kind::Map(IndexMap::new()), place: place.clone() }
    }

    pub(crate) fn entry(&self, key: &str) -> Option<&Entry> {
        match &self.kind {
            Kind::Map(map) => map.get(key),
            _ => None,
        }
    }

    pub(crate) fn child(&self, step: &Step) -> Option<&Node> {
        match (step, &self.kind) {
            (Step::Key(key), Kind::Map(map)) => map.get(key).map(|entry| &entry.value),
            (Step::Index(index), Kind::List(list)) => list.get(*index),
            _ => None,
        }
    }

    /// The best place to underline for `path`: its scalar, else its key, else the key of the nearest ancestor that is there.
    pub(crate) fn place_of(&self, path: &Path) -> &Place {
        let (mut node, mut place) = (self, &self.place);
        for step in &path.0 {
            let Some(child) = node.child(step) else { break };
            let key = match step {
                Step::Key(key) => node.entry(key).map(|entry| &entry.key),
                Step::Index(_) => None,
            };
            place = match child.kind {
                Kind::Scalar { .. } | Kind::Null => &child.place,
                Kind::List(_) | Kind::Map(_) => key.unwrap_or(&child.place),
            };
            node = child;
        }
        place
    }

    /// The place of the last key of `path`, if it is there.
    pub(crate) fn key_place(&self, path: &Path) -> Option<&Place> {
        let (last, parents) = path.0.split_last()?;
        let parent = parents.iter().try_fold(self, |node, step| node.child(step))?;
        match last {
            Step::Key(key) => parent.entry(key).map(|entry| &entry.key),
            Step::Index(_) => parent.child(last).map(|node| &node.place),
        }
    }

    /// In words, for a message.
    pub(crate) fn describe(&self) -> String {
        match &self.kind {
            Kind::Null => "nothing".to_owned(),
            Kind::Scalar { text, quoted: true } => format!("the text \"{text}\""),
            Kind::Scalar { text, .. } => format!("`{text}`"),
            Kind::List(list) => format!("a list of {}", list.len()),
            Kind::Map(map) => match map.keys().next() {
                None => "an empty map".to_owned(),
                Some(key) if map.len() == 1 => format!("a map with the key `{key}`"),
                Some(key) => format!("a map of {} keys (`{key}`, ...)", map.len()),
            },
        }
    }

    /// The plain value, types by the core schema of YAML 1.2.
    pub(crate) fn to_value(&self) -> Value {
        match &self.kind {
            Kind::Null => Value::Null,
            Kind::Scalar { text, quoted: true } => Value::String(text.clone()),
            Kind::Scalar { text, .. } => plain_value(text),
            Kind::List(list) => list.iter().map(Node::to_value).collect(),
            Kind::Map(map) => map.iter().map(|(key, entry)| (key.clone(), entry.value.to_value())).collect(),
        }
    }

    /// This node with what `over` writes on top: maps of fields and of names are merged, everything else is replaced.
    pub(crate) fn overlaid(self, over: Node, view: &View<'_>) -> Node {
        let shape = view.shape();
        let mergeable = matches!(shape, Shape::Fields { .. } | Shape::Named(_));
        match (self.kind, over.kind) {
            (Kind::Map(mut base), Kind::Map(over_map)) if mergeable => {
                for (key, entry) in over_map {
                    let merged = match (base.swap_remove_entry_in_place(&key), shape.child(&key)) {
                        (Some(old), Some(child)) => Entry { key: entry.key, value: old.value.overlaid(entry.value, &child) },
                        _ => entry,
                    };
                    base.insert(key, merged);
                }
                Node { kind: Kind::Map(base), place: over.place }
            }
            (_, kind) => Node { kind, place: over.place },
        }
    }
}

/// Takes a value out of a map and leaves its position to the next insertion of the same key.
trait TakeInPlace {
    fn swap_remove_entry_in_place(&mut self, key: &str) -> Option<Entry>;
}

impl TakeInPlace for IndexMap<String, Entry> {
    fn swap_remove_entry_in_place(&mut self, key: &str) -> Option<Entry> {
        let entry = self.get_mut(key)?;
        let place = entry.key.clone();
        let hole = Entry { key: place.clone(), value: Node { kind: Kind::Null, place } };
        Some(std::mem::replace(entry, hole))
    }
}

/// A finite number, if the text is one; `1_000` is.
pub(crate) fn number(text: &str) -> Option<f64> {
    let numeric = text.bytes().all(|byte| byte.is_ascii_digit() || b"+-._eE".contains(&byte));
    if !numeric || text.len() > 400 {
        return None;
    }
    text.replace('_', "").parse().ok().filter(|number: &f64| number.is_finite())
}

/// A whole number, if the text is one and fits.
pub(crate) fn integer(text: &str) -> Option<i128> {
    if text.len() > 60 { None } else { text.replace('_', "").parse().ok() }
}

fn plain_value(text: &str) -> Value {
    match text {
        "true" | "True" | "TRUE" => return Value::Bool(true),
        "false" | "False" | "FALSE" => return Value::Bool(false),
        _ => {}
    }
    if let Some(integer) = integer(text) {
        if let Ok(integer) = u64::try_from(integer) {
            return integer.into();
        }
        if let Ok(integer) = i64::try_from(integer) {
            return integer.into();
        }
    }
    number(text).map_or_else(|| Value::String(text.to_owned()), Value::from)
}
