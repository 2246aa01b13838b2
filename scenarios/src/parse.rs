//! YAML text to a tree, in bounded time and memory.
//!
//! Owns the limits on a scenario file and the reports of what is not YAML. Guarantees that hostile text (alias bombs, deep
//! nesting, long documents) ends in a problem. Leaves out the meaning of what is read.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use granit_parser::{Event, Parser, ScalarStyle, options};
use indexmap::IndexMap;

use crate::problem::{Problem, Problems};
use crate::source::{Place, Source};
use crate::tree::{Entry, Kind, Node};

/// Largest scenario file, in bytes.
pub(crate) const MAX_BYTES: usize = 4 << 20;
/// Deepest nesting of lists and maps.
const MAX_DEPTH: usize = 64;
/// Most nodes, aliases expanded.
const MAX_NODES: usize = 200_000;

/// Parses the part of `source` from byte `from` on.
///
/// # Errors
/// Text that is no YAML document, or breaks a limit.
pub(crate) fn parse(source: &Arc<Source>, from: usize) -> Result<Node, Problems> {
    tabs(source, from)?;
    let mut builder = Builder::new(source, from);
    let limits = options! { flow_nesting_limit: 2 * MAX_DEPTH, block_nesting_limit: 2 * MAX_DEPTH };
    for next in Parser::new_from_str_with_options(&source.text[from..], limits) {
        let (event, span) = next.map_err(|error| {
            let at = from + error.marker().byte_offset().unwrap_or(0);
            scan_problem(&error.info(), &Place::new(source, at..word_end(&source.text, at)))
        })?;
        let range = span.byte_range().unwrap_or(0..0);
        builder.take(&event, from + range.start..from + range.end)?;
    }
    builder.finish()
}

/// Tabs that indent a line: YAML forbids them, and its error would point elsewhere.
fn tabs(source: &Arc<Source>, from: usize) -> Result<(), Problems> {
    let mut problems = Vec::new();
    let mut at = from;
    for line in source.text[from..].split_inclusive('\n') {
        let indent = line.len() - line.trim_start_matches([' ', '\t']).len();
        let tab = line[..indent].find('\t').filter(|_| !line.trim().is_empty());
        if let Some(tab) = tab {
            let place = Place::new(source, at + tab..at + indent);
            problems.push(Problem::new("a tab indents this line").at(&place).help("YAML is indented by blanks only"));
        }
        at += line.len();
    }
    Problems::none_in(problems)
}

/// The end of the word that begins at `at`, at least one character on.
fn word_end(text: &str, at: usize) -> usize {
    let rest = text.get(at..).unwrap_or("");
    let word = rest.find(|c: char| c.is_whitespace() || ",]}".contains(c)).unwrap_or(rest.len());
    at + word.clamp(1, 40)
}

fn scan_problem(info: &str, place: &Place) -> Problem {
    if info.contains("recursion limit") {
        return too_deep(place);
    }
    if info.contains("unknown anchor") {
        return Problem::new(format!("there is no anchor for `{}`", place.text()))
            .at(place)
            .help("an anchor, `&name`, stands above its aliases, `*name`");
    }
    let problem = Problem::new(format!("this is not YAML: {info}")).at(place);
    match glued_colon(place) {
        Some(colon) => problem.related(&colon, "a `:` without a blank after it"),
        None => problem.help("often a missing quote or bracket, or an indentation that does not match the lines above"),
    }
}

/// A `key:value` on the line of `place` or the one above: YAML reads it as one word and stumbles over what follows.
fn glued_colon(place: &Place) -> Option<Place> {
    let text = &place.source.text;
    let end = text[..place.range().start].rfind('\n').unwrap_or(0);
    let start = text[..end].rfind('\n').map_or(0, |at| at + 1);
    let (key, value) = text[start..end].split_once(':')?;
    let bare = !key.trim().is_empty() && key.trim().bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
    let colon = start + key.len();
    (bare && !value.is_empty() && !value.starts_with([' ', '\r'])).then(|| Place::new(&place.source, colon..colon + 1))
}

fn too_deep(place: &Place) -> Problem {
    Problem::new(format!("lists and maps are nested more than {MAX_DEPTH} deep")).at(place)
}

/// A list or map that is being read.
struct Open {
    node: Node,
    anchor: usize,
    /// Nodes counted before it.
    before: usize,
    /// The key that waits for its value.
    key: Option<(String, Place)>,
}

struct Builder<'a> {
    source: &'a Arc<Source>,
    from: usize,
    open: Vec<Open>,
    root: Option<Node>,
    documents: usize,
    nodes: usize,
    /// Finished anchored nodes and their sizes.
    anchors: HashMap<usize, (Node, usize)>,
}

impl<'a> Builder<'a> {
    fn new(source: &'a Arc<Source>, from: usize) -> Self {
        Self { source, from, open: Vec::new(), root: None, documents: 0, nodes: 0, anchors: HashMap::new() }
    }

    fn take(&mut self, event: &Event<'_>, range: Range<usize>) -> Result<(), Problem> {
        let place = Place::new(self.source, range);
        match event {
            Event::DocumentStart(..) => {
                self.documents += 1;
                if self.documents > 1 {
                    return Err(Problem::new("the file holds a second YAML document").at(&place).help("remove the `---`"));
                }
            }
            Event::Scalar(text, style, anchor, tag) => {
                let text_tag = tag.as_ref().is_some_and(|tag| tag.is_yaml_core_schema_tag("str"));
                if tag.is_some() && !text_tag {
                    return Err(tagged(&place));
                }
                let kind = scalar(text, text_tag || !matches!(style, ScalarStyle::Plain));
                self.count(1, &place)?;
                self.add(Node { kind, place }, *anchor, 1)?;
            }
            Event::SequenceStart(_, anchor, tag) => self.begin(Kind::List(Vec::new()), *anchor, tag.is_some(), place)?,
            Event::MappingStart(_, anchor, tag) => self.begin(Kind::Map(IndexMap::new()), *anchor, tag.is_some(), place)?,
            Event::SequenceEnd | Event::MappingEnd => self.end(&place)?,
            Event::Alias(id) => {
                let Some((node, size)) = self.anchors.get(id) else {
                    return Err(Problem::new("an alias stands inside the node that it repeats").at(&place));
                };
                let (node, size) = (node.clone(), *size);
                self.count(size, &place)?;
                self.add(node, 0, size)?;
            }
            _ => {}
        }
        Ok(())
    }

    fn count(&mut self, nodes: usize, place: &Place) -> Result<(), Problem> {
        self.nodes = self.nodes.saturating_add(nodes);
        if self.nodes > MAX_NODES {
            let what = format!("the file has more than {MAX_NODES} values");
            return Err(Problem::new(what).at(place).help("aliases count as often as they are used"));
        }
        Ok(())
    }

    fn begin(&mut self, kind: Kind, anchor: usize, tagged_node: bool, place: Place) -> Result<(), Problem> {
        if tagged_node {
            return Err(tagged(&place));
        }
        self.check_key_is_scalar(&place)?;
        if self.open.len() == MAX_DEPTH {
            return Err(too_deep(&place));
        }
        let before = self.nodes;
        self.count(1, &place)?;
        self.open.push(Open { node: Node { kind, place }, anchor, before, key: None });
        Ok(())
    }

    fn end(&mut self, place: &Place) -> Result<(), Problem> {
        let Some(mut open) = self.open.pop() else { return Ok(()) };
        let range = open.node.place.range().start..place.range().end;
        open.node.place = Place::new(self.source, range);
        let size = self.nodes - open.before;
        self.add(open.node, open.anchor, size)
    }

    /// Puts a finished node of `size` nodes where it belongs.
    fn add(&mut self, node: Node, anchor: usize, size: usize) -> Result<(), Problem> {
        if anchor != 0 {
            self.count(size, &node.place)?;
            self.anchors.insert(anchor, (node.clone(), size));
        }
        let Some(open) = self.open.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        match &mut open.node.kind {
            Kind::List(list) => list.push(node),
            Kind::Map(map) => match open.key.take() {
                None => open.key = Some(key(&node, map)?),
                Some((key, place)) => {
                    map.insert(key, Entry { key: place, value: node });
                }
            },
            Kind::Null | Kind::Scalar { .. } => unreachable!("only lists and maps are opened"),
        }
        Ok(())
    }

    fn check_key_is_scalar(&self, place: &Place) -> Result<(), Problem> {
        let as_key = |open: &Open| matches!(open.node.kind, Kind::Map(_)) && open.key.is_none();
        if self.open.last().is_some_and(as_key) { Err(odd_key(place)) } else { Ok(()) }
    }

    fn finish(self) -> Result<Node, Problems> {
        let nothing = Place::new(self.source, self.from..self.from);
        Ok(self.root.unwrap_or(Node { kind: Kind::Null, place: nothing }))
    }
}

fn scalar(text: &str, quoted: bool) -> Kind {
    match text {
        "" | "~" | "null" | "Null" | "NULL" if !quoted => Kind::Null,
        _ => Kind::Scalar { text: text.to_owned(), quoted },
    }
}

/// The text of a key, unless the map has it already.
fn key(node: &Node, map: &IndexMap<String, Entry>) -> Result<(String, Place), Problem> {
    let Kind::Scalar { text, .. } = &node.kind else { return Err(odd_key(&node.place)) };
    match map.get(text) {
        None => Ok((text.clone(), node.place.clone())),
        Some(first) => Err(Problem::new(format!("the key `{text}` stands here twice"))
            .at(&node.place)
            .found("the second")
            .related(&first.key, "the first")
            .help("keep one of them")),
    }
}

fn odd_key(place: &Place) -> Problem {
    Problem::new("a key of a map must be a name").at(place)
}

fn tagged(place: &Place) -> Problem {
    Problem::new("a scenario has no YAML tags").at(place).help("remove the `!...`; write `\"text\"` to keep a number as text")
}
