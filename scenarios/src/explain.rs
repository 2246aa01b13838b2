//! What a field means, for people: meaning, values, unit, range, default and source, from the schema.
//!
//! Owns the wording of `bazaar explain`. Guarantees that every field of the model can be explained. Leaves out values of a
//! particular scenario.

use std::fmt::Write;

use serde_json::{Map, Value};

use crate::path::{Path, Step};
use crate::problem::{Problem, Problems, did_you_mean, listed};
use crate::schema::{Shape, Variant, View};
use crate::source::{Place, Source};
use crate::structure::example;

/// Explains the field at `path`, such as `platforms.jd.take_rate`; names of platforms, segments and the like may be any. An
/// empty path, or a section, lists its fields.
///
/// # Errors
/// A path that leads nowhere.
pub fn explain(path: &str) -> Result<String, Problems> {
    let source = Source::new("explain", path);
    let place = Place::new(&source, 0..path.len());
    let fail = |what: String, help: Option<String>| -> Problems { Problem::new(what).at(&place).maybe_help(help).into() };
    let steps = if path.trim().is_empty() {
        Path::default()
    } else {
        path.trim().parse().map_err(|error| fail(format!("this is no path: {error}"), None))?
    };
    let mut view = View::scenario();
    let mut required = true;
    for (depth, step) in steps.0.iter().enumerate() {
        let shape = view.shape();
        let next = match step {
            Step::Index(_) => {
                if let Shape::List { item, .. } = &shape {
                    Some(item.clone())
                } else {
                    None
                }
            }
            Step::Key(key) => child(&view, &shape, key),
        };
        let Some(next) = next else {
            let names = children(&view, &shape);
            let typed = match step {
                Step::Key(key) => key.clone(),
                Step::Index(index) => index.to_string(),
            };
            let guess = did_you_mean(&typed, names.iter().map(String::as_str));
            let known = || (!names.is_empty()).then(|| format!("known here: {}", listed(names.iter().map(String::as_str))));
            return Err(fail(format!("there is no `{}`", steps.prefix(depth + 1)), guess.or_else(known)));
        };
        required = matches!((&shape, step), (Shape::Fields { required, .. }, Step::Key(key)) if required.contains(&key.as_str()));
        view = next;
    }
    Ok(page(&steps, &view, required))
}

/// As `Shape::child`, with the named forms of a distribution and variants without parameters.
fn child<'a>(view: &View<'a>, shape: &Shape<'a>, key: &str) -> Option<View<'a>> {
    match shape {
        Shape::Unit("distribution") => view.alternative(1).and_then(|named| named.shape().child(key)),
        other => other.child(key),
    }
}

fn children(view: &View<'_>, shape: &Shape<'_>) -> Vec<String> {
    match shape {
        Shape::Fields { fields, .. } => fields.keys().cloned().collect(),
        Shape::Choice(variants) => variants.iter().map(|variant| variant.name.to_owned()).collect(),
        Shape::Unit("distribution") => view.alternative(1).map(|named| children(&named, &named.shape())).unwrap_or_default(),
        _ => Vec::new(),
    }
}

fn page(path: &Path, view: &View<'_>, required: bool) -> String {
    let mut out = String::new();
    let title = if path.0.is_empty() { "scenario".to_owned() } else { path.to_string() };
    let _ = writeln!(out, "{title}\n");
    for text in unique(view.descriptions()) {
        let _ = writeln!(out, "  {text}");
    }
    out.push('\n');
    let mut line = |name: &str, text: &str| {
        let _ = writeln!(out, "  {:9}{text}", format!("{name}:"));
    };
    line("value", &value_words(view));
    if let Some(unit) = unit(view) {
        line("unit", unit);
    }
    let range = match view.text("x-kind") {
        Some("share") if view.range().percents().is_empty() => " from 0 % to 100 %".to_owned(),
        Some("share") => view.range().percents(),
        _ => view.range().words(),
    };
    if !range.is_empty() {
        line("range", range.trim());
    }
    if !path.0.is_empty() {
        match view.get("default") {
            Some(Value::Object(default)) if !default.is_empty() => line("default", "see its fields"),
            Some(default) => line("default", &brief(default)),
            None if required => line("default", "none: it must be there"),
            None => line("default", "absent"),
        }
    }
    if let Some(source) = view.text("x-source") {
        line("source", source);
    }
    body(&mut out, view);
    out
}

/// Fields of a section, variants of a choice.
fn body(out: &mut String, view: &View<'_>) {
    match view.shape() {
        Shape::Fields { fields, required } => field_list(out, fields, &required, view.get("default")),
        Shape::Choice(variants) => variant_list(out, &variants),
        Shape::Named(values) => {
            let _ = writeln!(out, "\n  Each value:");
            for text in unique(values.descriptions()) {
                let _ = writeln!(out, "    {text}");
            }
            body(out, &values);
        }
        Shape::List { item, .. } => body(out, &item),
        Shape::Unit("distribution") => {
            if let Some(Shape::Choice(variants)) = view.alternative(1).map(|named| named.shape()) {
                variant_list(out, &variants);
            }
        }
        _ => {}
    }
}

fn field_list(out: &mut String, fields: &Map<String, Value>, required: &[&str], defaults: Option<&Value>) {
    let _ = writeln!(out, "\n  Fields:");
    let width = fields.keys().map(String::len).max().unwrap_or(0);
    for (name, schema) in fields {
        let doc = schema.get("description").and_then(Value::as_str).unwrap_or("");
        let default = defaults.and_then(|defaults| defaults.get(name)).or_else(|| schema.get("default"));
        let state = match default {
            _ if required.contains(&name.as_str()) => " (required)".to_owned(),
            Some(Value::Object(map)) if !map.is_empty() => String::new(),
            Some(default) => format!(" (default {})", brief(default)),
            None => String::new(),
        };
        let _ = writeln!(out, "    {name:width$}  {doc}{state}");
    }
}

fn variant_list(out: &mut String, variants: &[Variant<'_>]) {
    let _ = writeln!(out, "\n  One of:");
    for variant in variants {
        let written = variant.body.as_ref().map_or_else(|| variant.name.to_owned(), |body| example(variant.name, body));
        let _ = writeln!(out, "    {written}\n        {}", variant.doc);
    }
}

fn value_words(view: &View<'_>) -> String {
    match view.shape() {
        Shape::Unit("share") => "a share, written `15 %` or `0.15`".to_owned(),
        Shape::Unit("amount") => "money, written `12.5`, `12.5 yuan` or `380 bn yuan`".to_owned(),
        Shape::Unit("count") => "a whole number, written `200_000` or `974 million`".to_owned(),
        Shape::Unit("days") => "a duration, written `1d`, `12h` or `6 weeks`".to_owned(),
        Shape::Unit("date") => "a day, written `2025-11-11`".to_owned(),
        Shape::Unit(_) => "a number, or a distribution".to_owned(),
        Shape::Fields { .. } => "a section".to_owned(),
        Shape::Named(_) => "a map of names to values".to_owned(),
        Shape::List { min, max, .. } if min == max => format!("a list of {max}"),
        Shape::List { .. } => "a list".to_owned(),
        Shape::Choice(_) => "a choice".to_owned(),
        Shape::Integer { .. } => "a whole number".to_owned(),
        Shape::Number => "a number".to_owned(),
        Shape::Truth => "`true` or `false`".to_owned(),
        Shape::Text => "a text".to_owned(),
        Shape::Any => "any value that fits the path".to_owned(),
    }
}

fn unit<'a>(view: &View<'a>) -> Option<&'a str> {
    view.text("x-unit").or_else(|| match view.shape() {
        Shape::Unit("amount") => Some("yuan"),
        Shape::Unit("share") => Some("share of 1"),
        Shape::Unit("days") => Some("days"),
        _ => None,
    })
}

fn brief(value: &Value) -> String {
    match value {
        Value::String(text) if text.is_empty() => "empty".to_owned(),
        Value::String(text) => text.clone(),
        Value::Object(map) if map.is_empty() => "none".to_owned(),
        Value::Array(list) if list.is_empty() => "none".to_owned(),
        Value::Number(number) => number.as_f64().filter(|_| number.is_f64()).map_or_else(|| number.to_string(), |float| float.to_string()),
        other => other.to_string(),
    }
}

fn unique<'a>(texts: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut seen: Vec<&str> = Vec::new();
    for text in texts {
        if !seen.contains(&text) {
            seen.push(text);
        }
    }
    seen
}
