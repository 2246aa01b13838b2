//! What is wrong with a scenario is said where it is wrong, in words that help. One snapshot for each broken file.

use std::fs;
use std::path::Path;

use scenarios::{Override, Problems, load};

const WIDTH: usize = 120;

/// Broken files that build on `valid/market.yaml` or stand alone; sorted by name.
fn broken_files() -> Vec<String> {
    let entries = fs::read_dir("tests/broken").expect("the directory of broken scenarios");
    let names = entries.map(|entry| entry.expect("readable").file_name().into_string().expect("ASCII names"));
    let mut files: Vec<String> = names.filter(|name| name.ends_with(".yaml")).collect();
    files.sort();
    files
}

fn problems_of(file: &str, overrides: &[Override]) -> Problems {
    let path = format!("tests/broken/{file}");
    match load(Path::new(&path), overrides) {
        Ok(_) => panic!("{file} is not broken"),
        Err(problems) => problems,
    }
}

#[test]
fn the_market_that_the_broken_files_build_on_is_valid() {
    load(Path::new("tests/broken/valid/market.yaml"), &[]).unwrap_or_else(|problems| panic!("{}", problems.render(WIDTH, false)));
}

#[test]
fn every_broken_file_gets_a_located_and_helpful_report() {
    let files = broken_files();
    assert!(files.len() >= 40);
    for file in files {
        let problems = problems_of(&file, &[]);
        for problem in problems.iter() {
            assert!(problem.location().is_some(), "{file}: {problem}");
        }
        let name = file.trim_end_matches(".yaml");
        insta::assert_snapshot!(name, problems.render(WIDTH, false));
    }
}

#[test]
fn a_broken_option_is_shown_like_a_broken_file() {
    let parsed = |text: &str| match Override::parse(text) {
        Err(problems) => problems,
        Ok(patch) => match load(Path::new("tests/broken/valid/market.yaml"), &[patch]) {
            Err(problems) => problems,
            Ok(_) => panic!("{text} is not broken"),
        },
    };
    for (name, text) in [
        ("set-without-equals", "platforms.red.take_rate"),
        ("set-without-a-value", "platforms.red.take_rate="),
        ("set-of-a-misspelt-field", "platforms.red.take_rte=5 %"),
        ("set-of-a-misspelt-name", "platforms.rde.take_rate=5 %"),
        ("set-of-a-value-out-of-range", "platforms.red.take_rate=500 %"),
        ("set-of-a-wrong-type", "population.choice.mu=[1, 2]"),
        ("set-of-a-broken-value", "population.choice={mu: 2"),
        ("set-below-a-single-value", "seed.first=5"),
        ("set-below-a-choice", "platforms.red.strategy.price-war.budget=5 m yuan"),
        ("set-below-a-number", "population.segments.careful.price_sensitivity.constant=3"),
        ("set-beyond-a-list", "shocks[0].on=2025-11-02"),
        ("set-with-an-empty-path", "=5"),
        ("set-with-a-broken-path", "platforms.[x]=5"),
        ("set-that-contradicts", "population.shoppers=5 million"),
    ] {
        insta::assert_snapshot!(name, parsed(text).render(WIDTH, false));
    }
}

#[test]
fn targets_below_break_even_are_warned_of_with_the_break_even_roi() {
    let set = [
        "catalog.merchants.shops.ads.bidding={target-roi: {roi: 1.2}}",
        "catalog.merchants.streamers.ads.bidding={net-target-roi: {roi: 1.2}}",
    ];
    let patches = set.map(|text| Override::parse(text).expect("an override"));
    let project = load(Path::new("regression/tiny.yaml"), &patches).expect("a scenario that loses money is valid");
    insta::assert_snapshot!("warned-targets-below-break-even", project.warnings(WIDTH, false));
}

#[test]
fn what_advertising_hardly_means_is_warned_of() {
    let set = [
        "catalog.merchants.factories.ads.bidding={target-cpa: {cost: 90 yuan}}",
        "catalog.merchants.streamers.ads.bidding={manual: {bid: 0.01 yuan}}",
        "catalog.merchants.climbers.ads.bidding={manual: {bid: 90 yuan}}",
        "catalog.merchants.shops.ads.whole_site={roi: 12, adopted: 0, hazard: 0}", // the switch of the tool, hence no warning
        "platforms.south.ads.guarantee={tolerance: 10 %}",
        "platforms.east.ads.reserve=900 yuan",
    ];
    let patches = set.map(|text| Override::parse(text).expect("an override"));
    let project = load(Path::new("regression/tiny.yaml"), &patches).expect("a scenario that is valid");
    insta::assert_snapshot!("warned-advertising", project.warnings(WIDTH, false));
}

#[test]
fn what_arms_shocks_and_boosts_make_of_targets_is_warned_of_where_they_do() {
    let set = [
        "catalog.merchants.streamers.ads.boost.relax=50 %",
        "experiment.arms={dear: {platforms.north.take_rate: 55 %, platforms.east.take_rate: 55 %}, \
         greedy: {catalog.merchants.shops.ads.bidding: {target-roi: {roi: 1.2}}}, \
         mended: {catalog.merchants.shops.ads.whole_site.roi: 1, catalog.merchants.shops.ads.whole_site: {roi: 20}}}",
        "shocks=[{name: squeeze, on: 2025-03-20, set: {platforms.north.take_rate: 60 %}}]",
        "experiment.compare=[dear, greedy]",
    ];
    let patches = set.map(|text| Override::parse(text).expect("an override"));
    let project = load(Path::new("regression/tiny.yaml"), &patches).unwrap_or_else(|problems| panic!("{}", problems.render(WIDTH, false)));
    insta::assert_snapshot!("warned-arms-and-shocks", project.warnings(WIDTH, false));
}

#[test]
fn content_that_does_nothing_is_warned_of() {
    let set = [
        "catalog.merchants.brands.content.creatives={mode: human, cost: 400 yuan, per_week: 2}",
        "catalog.merchants.brands.brand.attention=0",
        "channels.portal.effect=0",
        "catalog.merchants.shops.campaign.accumulate.precision=20 %",
        "catalog.merchants.shops.campaign.seed.creatives={mode: aigc, cost: 30 yuan, per_week: 40}",
        "catalog.merchants.shops.campaign.accumulate.share=0",
        "catalog.merchants.shops.campaign.break_out.share=60 %",
    ];
    let patches = set.map(|text| Override::parse(text).expect("an override"));
    let project = load(Path::new("regression/tiny.yaml"), &patches).expect("a scenario that is valid");
    insta::assert_snapshot!("warned-content", project.warnings(WIDTH, false));
}

#[test]
fn service_that_changes_nothing_is_warned_of() {
    let set = [
        "platforms.north.service.proactive={}",
        "platforms.south.service.proactive={reach: 30 %, repair: 0}",
        "platforms.south.service.dispute_cost=20 yuan",
        "platforms.east.service={disputes: 10 %}",
    ];
    let patches = set.map(|text| Override::parse(text).expect("an override"));
    let project = load(Path::new("regression/tiny.yaml"), &patches).expect("a scenario that is valid");
    insta::assert_snapshot!("warned-service", project.warnings(WIDTH, false));
}

#[test]
fn an_unknown_arm_names_the_arms() {
    let project = load(Path::new("regression/tiny.yaml"), &[]).expect("a scenario");
    let problems = project.arm("prize-war").expect_err("no such arm");
    insta::assert_snapshot!("unknown-arm", problems.render(WIDTH, false));
}

#[test]
fn a_missing_file_and_a_directory_are_named() {
    for (name, path) in [("missing-file", "tests/broken/no-such-file.yaml"), ("directory", "tests/broken")] {
        let problems = load(Path::new(path), &[]).expect_err("no file");
        insta::assert_snapshot!(name, problems.render(WIDTH, false));
    }
}

#[test]
fn a_report_fits_the_width_of_the_terminal_and_is_coloured_on_demand() {
    let problems = problems_of("key-of-a-thousand-letters.yaml", &[]);
    let snippet = problems.render(80, false).lines().filter(|line| line.contains(" | ")).map(|line| line.chars().count()).max();
    assert!(snippet.is_some_and(|longest| longest <= 80 + 1), "{snippet:?}");
    assert!(problems.render(80, true).contains("\u{1b}[1;31m"));
    assert!(!problems.render(80, false).contains('\u{1b}'));
}

#[test]
fn files_that_are_too_large_or_no_text_are_refused_unread() {
    let directory = tempfile::tempdir().expect("a directory");
    let with = |bytes: &[u8]| {
        let path = directory.path().join("file.yaml");
        fs::write(&path, bytes).expect("writable");
        load(&path, &[]).expect_err("no scenario").to_string()
    };
    assert!(with(&vec![b'#'; 5 << 20]).contains("at most 4 MiB"));
    assert!(with(b"name: \xff\xfe").contains("byte 6 is not UTF-8"));
}
