//! The canonical form of a resolved scenario: its YAML as run, and the hash of what determines results.
//!
//! Owns the spelling of both. Guarantees that the YAML loads again to the same hash. Leaves out how the scenario came about.

use std::fmt::Write;

use serde_json::Value;
use xxhash_rust::xxh3::xxh3_128;

use crate::model::Scenario;

/// What names, explains or observes a run but does not change its results. Arms are patches: they are in the model already.
const OUTSIDE_THE_HASH: [&str; 4] = ["name", "description", "outputs", "experiment"];

/// XXH3-128 of the canonical JSON, without names, outputs and experiment; 32 hexadecimal digits.
pub(crate) fn hash(scenario: &Scenario) -> String {
    let mut model = to_value(scenario);
    if let Value::Object(sections) = &mut model {
        sections.retain(|key, _| !OUTSIDE_THE_HASH.contains(&key.as_str()));
    }
    format!("{:032x}", xxh3_128(model.to_string().as_bytes()))
}

/// Every field, defaults included, in the order of the model.
pub(crate) fn yaml(scenario: &Scenario) -> String {
    let mut out = String::new();
    block(&mut out, &to_value(scenario), 0);
    out
}

pub(crate) fn to_value(scenario: &Scenario) -> Value {
    serde_json::to_value(scenario).expect("a scenario is JSON")
}

/// Writes the value that stands behind `key:` or `-`, the cursor still on their line; ends with a line break.
fn block(out: &mut String, value: &Value, indent: usize) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            out.push_str(if indent == 0 { "" } else { "\n" });
            for (key, value) in map {
                let _ = write!(out, "{:1$}{2}:", "", 2 * indent, scalar(&Value::String(key.clone())));
                block(out, value, indent + 1);
            }
        }
        Value::Array(list) if !list.is_empty() => {
            out.push('\n');
            for value in list {
                let _ = write!(out, "{:1$}-", "", 2 * indent);
                block(out, value, indent + 1);
            }
        }
        leaf => {
            out.push(' ');
            out.push_str(&scalar(leaf));
            out.push('\n');
        }
    }
}

/// A scalar or an empty collection. Text is quoted, as in JSON, unless it cannot be taken for anything else.
fn scalar(value: &Value) -> String {
    match value {
        Value::String(text) if is_plain(text) => text.clone(),
        other => other.to_string(),
    }
}

fn is_plain(text: &str) -> bool {
    let harmless = |c: char| c.is_ascii_alphanumeric() || " ._%-".contains(c);
    let word = !matches!(text.to_ascii_lowercase().as_str(), "true" | "false" | "null" | "yes" | "no" | "on" | "off");
    let is_number = crate::tree::number(text).is_some() || crate::tree::integer(text).is_some();
    text.starts_with(|c: char| c.is_ascii_alphanumeric()) && text.chars().all(harmless) && !text.ends_with(' ') && word && !is_number
}
