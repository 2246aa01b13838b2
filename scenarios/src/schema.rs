//! The JSON Schema of a scenario, and a typed view of it.
//!
//! Owns the one description of names, types, units and ranges, derived from `model`; the located check, patches, `explain`
//! and editors all read it. Beyond the standard keywords it uses `x-kind` (which quantity a value is), `x-unit`, `x-source`
//! and `x-values` (keywords of each value of a map or list). Leaves out contradictions between fields.

use std::sync::LazyLock;

use serde_json::{Map, Value, json};

use crate::model::Scenario;

static SCHEMA: LazyLock<Value> = LazyLock::new(|| serde_json::to_value(schemars::schema_for!(Scenario)).expect("a schema is JSON"));

/// The JSON Schema of scenario files, for editors.
pub fn schema_json() -> String {
    let mut schema = SCHEMA.clone();
    let required = schema.as_object_mut().and_then(|root| root.remove("required"));
    schema["anyOf"] = json!([{ "required": ["extends"] }, { "required": required }]);
    schema["properties"]["extends"] =
        json!({ "type": "string", "description": "Another scenario file that this one builds on, beside it." });
    let mut text = serde_json::to_string_pretty(&schema).expect("a schema is JSON");
    text.push('\n');
    text
}

/// A schema with the keywords of the field that uses it on top.
#[derive(Clone)]
pub(crate) struct View<'a> {
    /// Most specific first.
    layers: Vec<&'a Value>,
    nullable: bool,
    /// What the variant of a choice means of which it holds the parameters.
    variant: Option<&'a str>,
}

/// What a value must be.
pub(crate) enum Shape<'a> {
    /// A quantity of `sim_core::units`.
    Unit(&'a str),
    /// A section with known fields.
    Fields { fields: &'a Map<String, Value>, required: Vec<&'a str> },
    /// A map of names to values of one kind.
    Named(View<'a>),
    /// A list.
    List { item: View<'a>, min: usize, max: usize },
    /// One of several variants, externally tagged.
    Choice(Vec<Variant<'a>>),
    /// A whole number between the bounds of its type.
    Integer { low: i128, high: i128 },
    /// A finite number.
    Number,
    /// `true` or `false`.
    Truth,
    /// Text.
    Text,
    /// Anything.
    Any,
}

/// A variant of a choice.
pub(crate) struct Variant<'a> {
    pub(crate) name: &'a str,
    pub(crate) doc: &'a str,
    /// Its parameters, if it has any.
    pub(crate) body: Option<View<'a>>,
}

impl View<'static> {
    /// The whole scenario.
    pub(crate) fn scenario() -> Self {
        Self::new(vec![&SCHEMA])
    }
}

impl<'a> View<'a> {
    fn new(layers: Vec<&'a Value>) -> Self {
        let mut view = Self { layers, nullable: false, variant: None };
        while view.descend() {}
        view
    }

    /// Follows a reference or the one alternative that is not null.
    fn descend(&mut self) -> bool {
        let Some(last) = self.layers.last().copied() else { return false };
        if let Some(target) = last.get("$ref").and_then(Value::as_str) {
            let name = target.trim_start_matches("#/$defs/");
            self.layers.push(&SCHEMA["$defs"][name]);
            return true;
        }
        let Some([first, second]) = last.get("anyOf").and_then(Value::as_array).map(Vec::as_slice) else { return false };
        if second.get("type").and_then(Value::as_str) == Some("null") {
            self.nullable = true;
            self.layers.push(first);
            return true;
        }
        false
    }

    pub(crate) fn get(&self, keyword: &str) -> Option<&'a Value> {
        self.layers.iter().find_map(|layer| layer.get(keyword))
    }

    pub(crate) fn text(&self, keyword: &str) -> Option<&'a str> {
        self.get(keyword).and_then(Value::as_str)
    }

    /// Descriptions from the field inwards.
    pub(crate) fn descriptions(&self) -> impl Iterator<Item = &'a str> {
        let layers = self.layers.iter().filter_map(|layer| layer.get("description").and_then(Value::as_str));
        self.variant.into_iter().chain(layers)
    }

    pub(crate) fn nullable(&self) -> bool {
        self.nullable || matches!(self.get("type"), Some(Value::Array(types)) if types.iter().any(|t| t == "null"))
    }

    pub(crate) fn range(&self) -> Range {
        let number = |keyword| self.get(keyword).and_then(Value::as_f64);
        Range { low: number("minimum"), above: number("exclusiveMinimum"), high: number("maximum") }
    }

    /// The named form of a distribution.
    pub(crate) fn alternative(&self, index: usize) -> Option<View<'a>> {
        self.get("anyOf").and_then(|list| list.get(index)).map(|schema| View::new(vec![schema]))
    }

    fn value_view(&self, schema: &'a Value) -> View<'a> {
        match self.get("x-values") {
            Some(values) => View::new(vec![values, schema]),
            None => View::new(vec![schema]),
        }
    }

    pub(crate) fn shape(&self) -> Shape<'a> {
        if let Some(kind) = self.text("x-kind") {
            return Shape::Unit(kind);
        }
        if let Some(Value::Array(variants)) = self.get("oneOf") {
            return Shape::Choice(variants.iter().flat_map(variants_of).collect());
        }
        let kind = match self.get("type") {
            Some(Value::String(kind)) => kind.as_str(),
            Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).find(|&kind| kind != "null").unwrap_or(""),
            _ => "",
        };
        match kind {
            "object" => self.object(),
            "array" => Shape::List {
                item: self.value_view(self.get("items").unwrap_or(&Value::Bool(true))),
                min: self.count("minItems").unwrap_or(0),
                max: self.count("maxItems").unwrap_or(usize::MAX),
            },
            "integer" => integer(self.text("format")),
            "number" => Shape::Number,
            "boolean" => Shape::Truth,
            "string" if self.get("enum").is_some() => Shape::Choice(variants_of(self.layers[self.layers.len() - 1])),
            "string" => Shape::Text,
            _ => Shape::Any,
        }
    }

    fn object(&self) -> Shape<'a> {
        match (self.get("properties"), self.get("additionalProperties")) {
            (Some(Value::Object(fields)), _) => {
                let required = self.get("required").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
                Shape::Fields { fields, required: required.iter().filter_map(Value::as_str).collect() }
            }
            (_, Some(values)) => Shape::Named(self.value_view(values)),
            _ => Shape::Any,
        }
    }

    fn count(&self, keyword: &str) -> Option<usize> {
        self.get(keyword).and_then(Value::as_u64).and_then(|count| usize::try_from(count).ok())
    }
}

impl<'a> Shape<'a> {
    /// What the value behind `key` must be.
    pub(crate) fn child(&self, key: &str) -> Option<View<'a>> {
        match self {
            Shape::Fields { fields, .. } => fields.get(key).map(|schema| View::new(vec![schema])),
            Shape::Named(values) => Some(values.clone()),
            Shape::Choice(variants) => variants.iter().find(|variant| variant.name == key).and_then(|variant| variant.body.clone()),
            _ => None,
        }
    }
}

/// The range of a number; open where there is no bound.
#[derive(Clone, Copy)]
pub(crate) struct Range {
    low: Option<f64>,
    above: Option<f64>,
    high: Option<f64>,
}

impl Range {
    pub(crate) fn contains(&self, value: f64) -> bool {
        self.low.is_none_or(|low| value >= low) && self.above.is_none_or(|low| value > low) && self.high.is_none_or(|high| value <= high)
    }

    /// The one value that is possible, if there is only one.
    pub(crate) fn single(&self) -> Option<f64> {
        self.low.filter(|_| self.low == self.high)
    }

    /// In words, with a blank before them: ` from 0 to 10`; empty without bounds.
    pub(crate) fn words(&self) -> String {
        self.words_in(|bound| bound.to_string())
    }

    /// The same for shares: ` from 0 % to 5 %`.
    pub(crate) fn percents(&self) -> String {
        self.words_in(|bound| format!("{} %", (bound * 1e8).round() / 1e6))
    }

    fn words_in(&self, write: impl Fn(f64) -> String) -> String {
        let low = match (self.above, self.low) {
            (Some(low), _) => Some(format!("above {}", write(low))),
            (None, Some(low)) => Some(format!("from {}", write(low))),
            (None, None) => None,
        };
        match (low, self.high.map(write)) {
            (Some(low), Some(high)) => format!(" {low} to {high}"),
            (Some(low), None) => format!(" {low}"),
            (None, Some(high)) => format!(" up to {high}"),
            (None, None) => String::new(),
        }
    }
}

fn variants_of(schema: &Value) -> Vec<Variant<'_>> {
    let doc = schema.get("description").and_then(Value::as_str).unwrap_or("");
    let plain = |name| Variant { name, doc, body: None };
    if let Some(name) = schema.get("const").and_then(Value::as_str) {
        return vec![plain(name)];
    }
    if let Some(names) = schema.get("enum").and_then(Value::as_array) {
        return names.iter().filter_map(Value::as_str).map(plain).collect();
    }
    let bodies = schema.get("properties").and_then(Value::as_object);
    let bodies = bodies.into_iter().flatten();
    let view = |body| View { variant: Some(doc).filter(|doc| !doc.is_empty()), ..View::new(vec![body]) };
    bodies.map(|(name, body)| Variant { name, doc, body: Some(view(body)) }).collect()
}

fn integer(format: Option<&str>) -> Shape<'static> {
    let (low, high) = match format {
        Some("uint8") => (0, u8::MAX.into()),
        Some("uint16") => (0, u16::MAX.into()),
        Some("uint32") => (0, u32::MAX.into()),
        Some("uint64" | "uint") => (0, u64::MAX.into()),
        Some("int32") => (i32::MIN.into(), i32::MAX.into()),
        _ => (i64::MIN.into(), i64::MAX.into()),
    };
    Shape::Integer { low, high }
}
