//! The structural check: does every node have the shape, type and range that the schema asks for?
//!
//! Owns errors about single values. Guarantees that all of them are reported at once, and that a tree without problems
//! deserialises into the model. Leaves out contradictions between values.

use serde_json::{Map, Number, Value};
use sim_core::units::{Amount, Count, Date, Days, Distribution, Share, UnitError};

use crate::path::Path;
use crate::problem::{Problem, did_you_mean, listed};
use crate::schema::{Range, Shape, Variant, View};
use crate::tree::{Entry, Kind, Node, integer, number};

/// After so many problems the rest would not be read anyway.
const ENOUGH: usize = 100;

/// The value of a scenario, or everything that is wrong with single values of it.
pub(crate) fn check(root: &Node) -> Result<Value, Vec<Problem>> {
    let mut check = Check { problems: Vec::new(), path: Path::default() };
    let value = check.value(root, &View::scenario());
    match value {
        Some(value) if check.problems.is_empty() => Ok(value),
        _ => Err(check.problems),
    }
}

struct Check {
    problems: Vec<Problem>,
    path: Path,
}

impl Check {
    fn report(&mut self, problem: Problem) {
        if self.problems.len() < ENOUGH {
            self.problems.push(problem.path(&self.path));
        }
    }

    fn wrong(&mut self, node: &Node, expected: impl Into<String>) {
        let what = match self.path.0.is_empty() {
            true => "this is no scenario".to_owned(),
            false => format!("wrong value for `{}`", Path(self.path.0[self.path.0.len() - 1..].to_vec())),
        };
        self.report(Problem::new(what).at(&node.place).found(node.describe()).expected(expected));
    }

    fn value(&mut self, node: &Node, view: &View<'_>) -> Option<Value> {
        if matches!(node.kind, Kind::Null) && view.nullable() {
            return Some(Value::Null);
        }
        match view.shape() {
            Shape::Unit("distribution") => self.distribution(node, view),
            Shape::Unit(kind) => self.unit(node, kind, view),
            Shape::Fields { fields, required } => self.fields(node, fields, &required),
            Shape::Named(values) => self.named(node, &values),
            Shape::List { item, min, max } => self.list(node, &item, min, max),
            Shape::Choice(variants) => self.choice(node, &variants),
            Shape::Integer { low, high } => self.integer(node, low, high, view.range()),
            Shape::Number => self.number(node, view.range()).map(Value::Number),
            Shape::Truth => self.truth(node),
            Shape::Text => self.text(node),
            Shape::Any => Some(node.to_value()),
        }
    }

    fn fields(&mut self, node: &Node, fields: &Map<String, Value>, required: &[&str]) -> Option<Value> {
        let Kind::Map(map) = &node.kind else {
            self.wrong(node, format!("a map with {}", listed(if required.is_empty() { names(fields) } else { required.to_vec() })));
            return None;
        };
        for (key, entry) in map.iter().filter(|(key, _)| !fields.contains_key(*key)) {
            self.unknown_field(key, entry, fields);
        }
        let missing: Vec<&str> = required.iter().copied().filter(|key| !map.contains_key(*key)).collect();
        if !missing.is_empty() {
            let keys = if missing.len() == 1 { "key" } else { "keys" };
            let at = if self.path.0.is_empty() { "the scenario" } else { "this" };
            let problem = Problem::new(format!("{at} lacks the {keys} {}", listed(missing.iter().copied()))).at(&node.place);
            self.report(problem.help(missing_help(&missing, fields)));
        }
        let shape = Shape::Fields { fields, required: Vec::new() };
        let known = map.iter().filter_map(|(key, entry)| shape.child(key).map(|view| (key, entry, view)));
        let values: Vec<_> = known.map(|(key, entry, view)| (key.clone(), self.step(key, entry, &view))).collect();
        values.into_iter().map(|(key, value)| value.map(|value| (key, value))).collect()
    }

    fn unknown_field(&mut self, key: &str, entry: &Entry, fields: &Map<String, Value>) {
        let help = match key {
            "<<" => "merge keys are not part of the language; `extends: other.yaml` builds on another file".to_owned(),
            _ => did_you_mean(key, names(fields)).unwrap_or_else(|| format!("known here: {}", listed(names(fields)))),
        };
        self.path.key(key);
        self.report(Problem::new(format!("unknown key `{key}`")).at(&entry.key).help(help));
        self.path.up();
    }

    fn step(&mut self, key: &str, entry: &Entry, view: &View<'_>) -> Option<Value> {
        self.path.key(key);
        let value = self.value(&entry.value, view);
        self.path.up();
        value
    }

    fn named(&mut self, node: &Node, values: &View<'_>) -> Option<Value> {
        let Kind::Map(map) = &node.kind else {
            self.wrong(node, "a map of names to values");
            return None;
        };
        let values: Vec<_> = map.iter().map(|(key, entry)| (key.clone(), self.step(key, entry, values))).collect();
        values.into_iter().map(|(key, value)| value.map(|value| (key, value))).collect()
    }

    fn list(&mut self, node: &Node, item: &View<'_>, min: usize, max: usize) -> Option<Value> {
        let Kind::List(list) = &node.kind else {
            self.wrong(node, if max == usize::MAX { "a list".to_owned() } else { format!("a list of {max}") });
            return None;
        };
        if !(min..=max).contains(&list.len()) {
            self.wrong(node, format!("a list of {min}"));
            return None;
        }
        let mut values = Vec::with_capacity(list.len());
        for (i, node) in list.iter().enumerate() {
            self.path.index(i);
            values.push(self.value(node, item));
            self.path.up();
        }
        values.into_iter().collect()
    }

    fn choice(&mut self, node: &Node, variants: &[Variant<'_>]) -> Option<Value> {
        let expected = || format!("one of {}", listed(variants.iter().map(|variant| variant.name)));
        let (name, place, body) = match &node.kind {
            Kind::Scalar { text, .. } => (text, &node.place, None),
            Kind::Map(map) => match map.iter().next().filter(|_| map.len() == 1) {
                Some((name, entry)) => (name, &entry.key, Some(entry)),
                None => {
                    self.wrong(node, format!("exactly one key, {}", expected()));
                    return None;
                }
            },
            Kind::Null | Kind::List(_) => {
                self.wrong(node, expected());
                return None;
            }
        };
        let Some(variant) = variants.iter().find(|variant| variant.name == name) else {
            let problem = Problem::new("unknown choice").at(place).found(format!("`{name}`")).expected(expected());
            let names = variants.iter().map(|variant| variant.name);
            self.report(problem.maybe_help(did_you_mean(name, names)));
            return None;
        };
        match (&variant.body, body) {
            (None, None) => Some(Value::String(name.clone())),
            (Some(view), Some(entry)) => {
                let value = self.step(name, entry, view)?;
                Some(Value::Object(Map::from_iter([(name.clone(), value)])))
            }
            (Some(view), None) => {
                let problem = Problem::new(format!("`{name}` needs its parameters")).at(place);
                self.report(problem.help(format!("write `{}`", example(name, view))));
                None
            }
            (None, Some(_)) => {
                self.report(Problem::new(format!("`{name}` has no parameters")).at(place).help(format!("write `{name}` alone")));
                None
            }
        }
    }

    fn integer(&mut self, node: &Node, low: i128, high: i128, range: Range) -> Option<Value> {
        let expected = || match (range.single(), range.words()) {
            (Some(only), _) => format!("`{only}`"),
            (None, words) if words.contains(" to ") => format!("a whole number{words}"),
            (None, words) if words.is_empty() => format!("a whole number from {low} to {high}"),
            (None, words) => format!("a whole number{words} to {high}"),
        };
        let value = match &node.kind {
            Kind::Scalar { text, quoted: false } => integer(text),
            _ => None,
        };
        match value.filter(|value| (low..=high).contains(value) && range.contains(*value as f64)) {
            Some(value) => match u64::try_from(value) {
                Ok(value) => Some(value.into()),
                Err(_) => i64::try_from(value).ok().map(Value::from),
            },
            None => {
                self.wrong(node, expected());
                None
            }
        }
    }

    fn number(&mut self, node: &Node, range: Range) -> Option<Number> {
        let value = match &node.kind {
            Kind::Scalar { text, quoted: false } => number(text),
            _ => None,
        };
        let value = value.filter(|&value| range.contains(value)).and_then(Number::from_f64);
        if value.is_none() {
            self.wrong(node, format!("a number{}", range.words()));
        }
        value
    }

    fn truth(&mut self, node: &Node) -> Option<Value> {
        match node.to_value() {
            Value::Bool(truth) => Some(Value::Bool(truth)),
            _ => {
                self.wrong(node, "`true` or `false`");
                None
            }
        }
    }

    fn text(&mut self, node: &Node) -> Option<Value> {
        match &node.kind {
            Kind::Scalar { text, .. } => Some(Value::String(text.clone())),
            _ => {
                self.wrong(node, "a text");
                None
            }
        }
    }

    fn unit(&mut self, node: &Node, kind: &str, view: &View<'_>) -> Option<Value> {
        let Kind::Scalar { text, .. } = &node.kind else {
            self.wrong(node, format!("{} such as {}", article(kind), example_of(view)));
            return None;
        };
        match read(kind, text) {
            Err(error) => self.wrong(node, error.expected),
            Ok(size) if !view.range().contains(size) => {
                let words = if kind == "share" { view.range().percents() } else { view.range().words() };
                self.wrong(node, format!("{}{words}", article(kind)));
            }
            Ok(_) => return Some(Value::String(text.clone())),
        }
        None
    }

    fn distribution(&mut self, node: &Node, view: &View<'_>) -> Option<Value> {
        let value = match &node.kind {
            Kind::Scalar { text, quoted: false } => number(text).and_then(Number::from_f64).map(Value::Number),
            Kind::Map(_) => Some(view.alternative(1).and_then(|named| self.value(node, &named))?),
            _ => None,
        };
        let Some(value) = value else {
            self.wrong(node, "a number, or a distribution such as `{lognormal: {median: 1.2, sigma: 0.4}}`");
            return None;
        };
        match serde_json::from_value::<Distribution>(value.clone()).map_err(|error| error.to_string()) {
            Err(error) => {
                let expected = error.split_once("expected ").map_or(error.as_str(), |(_, expected)| expected);
                self.wrong(node, expected);
                None
            }
            Ok(distribution) => self.in_range(node, &distribution, view.range()).then_some(value),
        }
    }

    /// A bounded distribution must lie in the range, an unbounded one must have its mean there (draws are cut at the range).
    fn in_range(&mut self, node: &Node, distribution: &Distribution, range: Range) -> bool {
        let (values, of_what) = match distribution {
            Distribution::Constant(value) => (vec![*value], "a number"),
            Distribution::Uniform { low, high } => (vec![*low, *high], "a distribution with values"),
            other => (vec![other.mean()], "a distribution with its mean"),
        };
        let fits = values.iter().all(|&value| range.contains(value));
        if !fits {
            let found = match distribution {
                Distribution::Constant(_) | Distribution::Uniform { .. } => node.describe(),
                other => format!("the mean {:.4}", other.mean()),
            };
            let problem = Problem::new("a distribution out of range").at(&node.place).found(found);
            self.report(problem.expected(format!("{of_what}{}", range.words())));
        }
        fits
    }
}

/// Reads a quantity; its size for the range.
fn read(kind: &str, text: &str) -> Result<f64, UnitError> {
    match kind {
        "share" => text.parse().map(|share: Share| share.0),
        "amount" => text.parse().map(Amount::yuan),
        "count" => text.parse().map(|count: Count| count.0 as f64),
        "days" => text.parse().map(|days: Days| days.0),
        "date" => text.parse().map(|_: Date| 0.0),
        other => unreachable!("the schema has no quantity {other}"),
    }
}

fn article(kind: &str) -> &str {
    match kind {
        "share" => "a share",
        "amount" => "an amount of money",
        "count" => "a whole number",
        "days" => "a duration",
        _ => "a day",
    }
}

fn names(fields: &Map<String, Value>) -> Vec<&str> {
    fields.keys().map(String::as_str).collect()
}

fn example_of(view: &View<'_>) -> String {
    let examples = view.get("examples").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    examples.iter().map(|example| format!("`{}`", plain(example))).collect::<Vec<_>>().join(" or ")
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// How a variant with its required parameters looks.
pub(crate) fn example(name: &str, view: &View<'_>) -> String {
    match view.shape() {
        Shape::Fields { required, .. } => {
            let fields: Vec<String> = required.iter().map(|field| format!("{field}: ...")).collect();
            format!("{name}: {{{}}}", fields.join(", "))
        }
        _ => format!("{name}: ..."),
    }
}

fn missing_help(missing: &[&str], fields: &Map<String, Value>) -> String {
    let describe = |key: &&str| {
        let schema = fields.get(*key)?.get("description")?.as_str()?;
        let sentence = schema.split(". ").next()?.trim_end_matches('.');
        Some(format!("`{key}`: {sentence}"))
    };
    missing.iter().filter_map(describe).collect::<Vec<_>>().join("; ")
}
