//! The page of products: its fields exist, its indicators are defined, its tests are there; and what the efficiency arm pays for.

mod support;

use agents::params::{ADS, CONTENT};
use scenarios::{build, explain, load_text};
use std::fs;
use std::path::Path;
use support::{DOUBLE_11, TINY, built_from, overrides, run};

/// A page of the documentation.
fn page(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs").join(name)).expect("a page")
}

/// Rows of all tables of the page of products.
fn rows() -> Vec<String> {
    let text = page("products.md");
    text.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| product")).map(str::to_owned).collect()
}

/// Words in backticks of a column of all tables of the page.
fn words(column: usize) -> Vec<String> {
    let mut found = Vec::new();
    for row in rows() {
        let text = row.split(" | ").nth(column).unwrap_or_else(|| panic!("a row of four columns: {row}"));
        found.extend(text.split('`').skip(1).step_by(2).map(str::to_owned));
    }
    found
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
    let fields: Vec<String> = words(1).into_iter().filter(|word| word.contains('.') || ["funnel", "shocks"].contains(&&**word)).collect();
    assert!(fields.len() > 120, "{} fields", fields.len());
    let wrong: Vec<String> = fields.iter().filter_map(|field| explain(&field.replace('*', "any")).err()).map(|p| p.to_string()).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_indicator_of_the_page_of_products_is_defined() {
    let pages = [page("metrics.md"), page("data-dictionary.md")];
    let words = words(2);
    assert!(words.len() > 90, "{} indicators", words.len());
    let defined = |word: &String| pages.iter().any(|page| page.contains(&format!("`{word}`")) || page.contains(&format!("\n## {word}\n")));
    let unknown: Vec<&String> = words.iter().filter(|word| !defined(word)).collect();
    assert!(unknown.is_empty(), "neither KPIs nor tables: {unknown:?}");
}

#[test]
fn every_test_that_the_page_of_products_names_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = sources(&root.join("tests")) + &sources(&root.join("../agents/src"));
    let names = words(3);
    assert!(names.len() > 60, "{} tests", names.len());
    let missing: Vec<&String> = names.iter().filter(|name| !text.contains(&format!("fn {name}("))).collect();
    assert!(missing.is_empty(), "no such tests: {missing:?}");
}

#[test]
fn every_row_of_the_page_of_products_has_fields_indicators_and_a_test() {
    for row in rows() {
        let columns: Vec<&str> = row.split(" | ").collect();
        assert_eq!(columns.len(), 4, "{row}");
        assert!(columns[1..].iter().all(|column| column.contains('`')), "{row}");
    }
}

/// Fields of the page that no file of the library sets: defaults that come with a source or are a judgement, which no file overrules.
const NOT_IN_THE_LIBRARY: [&str; 15] = [
    "platforms.*.ads.click",
    "catalog.merchants.*.ads.budget.per-day",
    "catalog.merchants.*.ads.pacing.dual.step",
    "catalog.merchants.*.ads.pacing.pid.proportional",
    "catalog.merchants.*.ads.pass_on",
    "channels.*.audience",
    "catalog.merchants.*.content.creatives.artificial",
    "platforms.*.service.proactive.nudge",
    "assistants.*.search_cost",
    "platforms.*.exit.losing_ticks",
    "platforms.*.promotions.*.stacking",
    "platforms.*.promotions.*.clawback",
    "platforms.*.experience.service_half",
    "platforms.*.experience.delivery_cut",
    "platforms.*.experience.checks_cut",
];

/// Whether a text names the keys of a path one after the other, in the section of the first or in patches that begin with it.
fn names_in_order(text: &str, path: &str) -> bool {
    let keys: Vec<&str> = path.split('.').filter(|key| *key != "*").collect();
    let (section, patch) = (format!("{}:", keys[0]), format!("{}.", keys[0]));
    let mut inside = false;
    let mut part = String::new();
    for line in text.lines() {
        inside = if line.is_empty() || line.starts_with([' ', '}']) { inside } else { line.starts_with(&section) };
        if inside || line.trim_start().starts_with(&patch) {
            part += line;
            part.push('\n');
        }
    }
    let mut rest = &part[..];
    keys.into_iter().all(|key| {
        let found = rest.match_indices(key).find(|(at, _)| {
            let is_key = rest[at + key.len()..].starts_with([':', '.']);
            is_key && !rest[..*at].ends_with(|c: char| c.is_alphanumeric() || c == '-' || c == '_')
        });
        found.inspect(|(at, _)| rest = &rest[at + key.len()..]).is_some()
    })
}

#[test]
fn every_field_of_the_page_of_products_is_set_in_the_library() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("library");
    let mut files: Vec<_> = fs::read_dir(directory).expect("a directory").map(|entry| entry.expect("readable").path()).collect();
    files.retain(|path| path.extension().is_some_and(|e| e == "yaml") && !path.to_string_lossy().contains(".moments."));
    files.sort();
    assert!(files.len() > 5, "{files:?}");
    let code = |line: &str| line.split(" #").next().filter(|code| !code.starts_with('#')).unwrap_or_default().to_owned();
    let texts: Vec<String> =
        files.iter().map(|path| fs::read_to_string(path).expect("UTF-8").lines().map(|line| code(line) + "\n").collect()).collect();
    let fields: Vec<String> = words(1).into_iter().filter(|word| word.contains('.')).collect();
    let unset: Vec<&String> = fields.iter().filter(|field| !texts.iter().any(|text| names_in_order(text, field))).collect();
    assert_eq!(unset, NOT_IN_THE_LIBRARY, "fields of products that no file of the library sets");
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

/// Contacts of the brands over three replications, with an allocator where the AI for content performs at q: three channels, of which
/// one is noticed more than the others and none can take all of the money.
fn contacts_of_brands(allocator: &str, q: &str) -> f64 {
    let function = format!("ai_market.functions.content={{q0: {q}, q_max: 0.999, scale: 100, exponent: 0.5}}");
    let initial = format!("platforms.north.ai.initial={{matching: 0.5, content: {q}}}");
    let allocator = format!("catalog.merchants.brands.content.allocator={allocator}");
    let channel = |name: &str, kind: &str, effect: &str| {
        let fields = "platform: north, capacity: 1000, cpm: 30 yuan, half_saturation: 4, half_life: 1d";
        format!("channels.{name}={{kind: {kind}, {fields}, effect: {effect}}}")
    };
    let channels = [
        channel("north-feed", "feed", "4 %"),
        channel("seeding", "influencer-seeding", "2 %"),
        channel("south-video", "short-video", "1 %"),
    ];
    let set = [
        &*function,
        &*initial,
        &*allocator,
        &*channels[0],
        &*channels[1],
        &*channels[2],
        "catalog.merchants.brands.content.budget=60 yuan",
        "catalog.merchants.brands.content.channels={north-feed: 34 %, seeding: 33 %, south-video: 33 %}",
        "catalog.merchants.brands.content.review=1d",
        "catalog.merchants.brands.content.creatives={mode: human, cost: 0 yuan, per_week: 5}",
        "catalog.merchants.brands.platforms={north: 100 %}",
    ];
    let project = load_text(Path::new("scenario.yaml"), TINY, &overrides(&set)).unwrap_or_else(|p| panic!("{}", p.render(120, false)));
    let contacts = |replication| {
        let built = build(&project.baseline().clone(), project.directory(), replication).expect("a world");
        let catalog = &built.market.catalog;
        let brands = catalog.groups.iter().position(|g| &*g.name == "brands").expect("a group");
        let channels = built.market.epochs[0].content.channels.len();
        let mut sum = 0;
        run(&built, |_, _, totals, _| sum += (0..channels).map(|c| totals.content.of(brands, c).contacts).sum::<i64>());
        sum as f64
    };
    (0..3).map(contacts).sum()
}

#[test]
fn a_sharp_ai_allocator_beats_fixed_shares_in_the_market_and_a_blind_one_loses_to_them() {
    let fixed = contacts_of_brands("fixed", "0.95");
    // the same error where AI performs at nothing; only its performance differs
    let [sharp, blind] = ["0.95", "0"].map(|q| contacts_of_brands("{ai: {noise: 5}}", q));
    let fixed_blind = contacts_of_brands("fixed", "0");
    assert!(fixed > 600.0, "the test needs contacts, found {fixed}");
    assert!(sharp > 1.02 * fixed, "{sharp} contacts with sharp AI, {fixed} at fixed shares");
    assert!(blind < 0.9 * fixed_blind, "{blind} contacts with blind AI, {fixed_blind} at fixed shares");
}
