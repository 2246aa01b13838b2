//! The pages of docs/ say what the program does.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::PathBuf;

use results::KPIS;
use results::dictionary::data_dictionary;

fn page(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs").join(name)
}

#[test]
fn the_data_dictionary_is_up_to_date() {
    let path = page("data-dictionary.md");
    let expected = data_dictionary();
    if std::env::var_os("BAZAAR_REGENERATE").is_some() {
        fs::write(&path, &expected).unwrap();
    }
    let found = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == expected,
        "docs/data-dictionary.md differs from the schema; regenerate it with\n  BAZAAR_REGENERATE=1 cargo test -p results --test documents"
    );
}

#[test]
fn docs_metrics_defines_every_kpi_once() {
    let text = fs::read_to_string(page("metrics.md")).unwrap();
    for kpi in KPIS {
        let heading = format!("| `{}` |", kpi.name);
        assert_eq!(text.matches(&heading).count(), 1, "docs/metrics.md has one row that begins with {heading}");
    }
}
