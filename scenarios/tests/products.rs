//! The page of products: its fields exist, its indicators are defined, its tests are there; and what the efficiency arm pays for.

mod support;

use agents::params::{ADS, CONTENT};
use scenarios::explain;
use std::fs;
use std::path::Path;
use support::{DOUBLE_11, built, built_from, run};

const PAGE: &str = include_str!("../../docs/products.md");
const INDICATORS: [&str; 2] = [include_str!("../../docs/metrics.md"), include_str!("../../docs/data-dictionary.md")];

/// Words in backticks of a column of all tables of the page.
fn cells(column: usize) -> Vec<&'static str> {
    let rows = PAGE.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| product"));
    let texts = rows.map(|row| row.split(" | ").nth(column).unwrap_or_else(|| panic!("a row of four columns: {row}")));
    texts.flat_map(|text| text.split('`').skip(1).step_by(2)).collect()
}

/// All sources below a directory, joined.
fn sources(directory: &Path) -> String {
    let mut text = String::new();
    let mut entries: Vec<_> = fs::read_dir(directory).expect("a directory").map(|entry| entry.expect("readable").path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            text += &sources(&path);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            text += &fs::read_to_string(&path).expect("UTF-8");
        }
    }
    text
}

#[test]
fn every_field_of_the_page_of_products_exists() {
    let fields: Vec<&str> = cells(1).into_iter().filter(|word| word.contains('.') || ["funnel", "shocks"].contains(word)).collect();
    assert!(fields.len() > 120, "{} fields", fields.len());
    for field in fields {
        let path = field.replace('*', "any");
        let page = explain(&path).unwrap_or_else(|problems| panic!("{field}: {}", problems.render(120, false)));
        assert!(!page.is_empty());
    }
}

#[test]
fn every_indicator_of_the_page_of_products_is_defined() {
    let words = cells(2);
    assert!(words.len() > 90, "{} indicators", words.len());
    for word in words {
        let quoted = format!("`{word}`");
        assert!(INDICATORS.iter().any(|page| page.contains(&quoted)), "{quoted} is neither a KPI nor a table");
    }
}

#[test]
fn every_test_that_the_page_of_products_names_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = sources(&root.join("tests")) + &sources(&root.join("../agents/src"));
    let names = cells(3);
    assert!(names.len() > 60, "{} tests", names.len());
    for name in names {
        assert!(text.contains(&format!("fn {name}(")), "no test is called `{name}`");
    }
}

#[test]
fn every_row_of_the_page_of_products_has_fields_indicators_and_a_test() {
    for row in PAGE.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| product")) {
        let columns: Vec<&str> = row.split(" | ").collect();
        assert_eq!(columns.len(), 4, "{row}");
        assert!(columns[1..].iter().all(|column| column.contains('`')), "{row}");
    }
}

#[test]
fn the_efficiency_arm_of_the_main_job_builds_ads_and_content() {
    let built_up = |arm: &str| {
        let built = built_from(DOUBLE_11, arm, &["population.shoppers=1000", "calendar.warm_up=7d"]);
        let world = run(&built, |_, _, _, _| {});
        let capability = &world.view.state.platforms[0].capability;
        [capability[ADS], capability[CONTENT]]
    };
    let (without, with) = (built_up("baseline"), built_up("efficiency-war"));
    for function in 0..2 {
        assert!(with[function] > 1.1 * without[function], "{without:?} in the baseline, {with:?} with the money");
    }
}

#[test]
fn content_ai_lets_the_ai_allocator_beat_fixed_shares_in_the_market() {
    // a feed that nobody notices beside one that works: who sees it moves the money
    let contacts = |allocator: &str, q: &str| {
        let function = format!("ai_market.functions.content={{q0: {q}, q_max: 0.999, scale: 100, exponent: 0.5}}");
        let initial = format!("platforms.north.ai.initial={{matching: 0.5, content: {q}}}");
        let allocator = format!("catalog.merchants.brands.content.allocator={allocator}");
        let set = [
            &*function,
            &*initial,
            &*allocator,
            "catalog.merchants.brands.content.budget=60 yuan",
            "catalog.merchants.brands.content.channels={north-feed: 50 %, seeding: 50 %}",
            "catalog.merchants.brands.content.review=1d",
            "catalog.merchants.brands.platforms={north: 100 %}",
            "channels.seeding.effect=0.02 %",
            "channels.north-feed.capacity=100",
        ];
        let built = built(&set);
        let catalog = &built.market.catalog;
        let brands = catalog.groups.iter().position(|g| &*g.name == "brands").expect("a group");
        let channels = built.market.epochs[0].content.channels.len();
        let mut sum = 0;
        run(&built, |_, _, totals, _| sum += (0..channels).map(|c| totals.content.of(brands, c).contacts).sum::<i64>());
        sum as f64
    };
    let fixed = contacts("fixed", "0.95");
    let sharp = contacts("{ai: {noise: 1}}", "0.95");
    let blind = contacts("{ai: {noise: 6}}", "0");
    let fixed_blind = contacts("fixed", "0");
    assert!(fixed > 200.0, "the test needs contacts, found {fixed}");
    assert!(sharp > 1.05 * fixed, "{sharp} contacts with sharp AI, {fixed} at fixed shares");
    assert!(blind / fixed_blind < sharp / fixed, "{blind} of {fixed_blind} with blind AI, {sharp} of {fixed} with sharp AI");
}
