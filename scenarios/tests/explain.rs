//! Every field can be explained.

use scenarios::{explain, schema_json};
use serde_json::Value;

#[test]
fn a_field_shows_meaning_values_unit_range_default_and_source() {
    insta::assert_snapshot!("number", explain("population.choice.loss_aversion").expect("a field"));
    insta::assert_snapshot!("share", explain("platforms.jd.take_rate").expect("a field"));
    insta::assert_snapshot!("distribution", explain("population.segments.students.visit_rate").expect("a field"));
    insta::assert_snapshot!("choice", explain("catalog.merchants.brands.stock").expect("a field"));
    insta::assert_snapshot!("variant", explain("platforms.jd.strategy.price-war.budget").expect("a field"));
    insta::assert_snapshot!("variant-without-fields", explain("catalog.merchants.brands.ads.budget.per-day").expect("a field"));
    insta::assert_snapshot!("section", explain("experiment").expect("a section"));
    insta::assert_snapshot!("scenario", explain("").expect("the scenario"));
}

#[test]
fn a_misspelt_path_gets_a_guess() {
    let report = |path: &str| explain(path).expect_err("no field").render(100, false);
    insta::assert_snapshot!("misspelt", report("population.choise.mu"));
    insta::assert_snapshot!("too-deep", report("seed.first"));
}

/// Walks the schema; map values stand under the name `any`.
fn fields(schema: &Value, root: &Value, path: &str, found: &mut Vec<String>) {
    let target = schema.get("$ref").and_then(Value::as_str).map(|name| &root["$defs"][name.trim_start_matches("#/$defs/")]);
    let schema = target.unwrap_or(schema);
    for (name, field) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        found.push(path.clone());
        fields(field, root, &path, found);
    }
    if let Some(values) = schema.get("additionalProperties").filter(|values| values.is_object()) {
        fields(values, root, &format!("{path}.any"), found);
    }
    for variant in schema.get("oneOf").and_then(Value::as_array).into_iter().flatten() {
        fields(variant, root, path, found);
    }
}

#[test]
fn every_field_of_the_schema_has_a_page_with_a_meaning() {
    let schema: Value = serde_json::from_str(&schema_json()).expect("JSON");
    let mut found = Vec::new();
    fields(&schema, &schema, "", &mut found);
    found.retain(|path| path != "extends");
    assert!(found.len() > 150, "{} fields", found.len());
    for path in found {
        let page = explain(&path).unwrap_or_else(|problems| panic!("{}", problems.render(100, false)));
        let lines = page.lines().filter(|line| !line.trim().is_empty()).count();
        assert!(lines >= 3 || page.contains("One of"), "{path} is not documented:\n{page}");
    }
}
