//! The files that ship with the crate, and the starter.

use std::path::Path;

use scenarios::{BASELINE, Override, Project, Strategy, forecast, load, load_moments, load_text, schema_json, starter};
use sim_core::units::Count;

const FILES: [&str; 11] = [
    "library/ai-race-2023-2028.yaml",
    "library/assistant-takeover.yaml",
    "library/double-11-2025-wars.yaml",
    "library/double-11-2025-year.yaml",
    "library/double-11-2025.yaml",
    "library/laggard.yaml",
    "library/merchant-squeeze.yaml",
    "library/service-agents.yaml",
    "library/three-phase-campaign.yaml",
    "regression/reference-market.yaml",
    "regression/tiny.yaml",
];

fn loaded(path: &str) -> Project {
    load(Path::new(path), &[]).unwrap_or_else(|problems| panic!("{}", problems.render(120, false)))
}

#[test]
fn every_shipped_file_passes_all_checks() {
    for file in FILES {
        loaded(file);
    }
}

#[test]
fn no_shipped_file_is_warned_of() {
    for file in FILES {
        assert_eq!(loaded(file).warnings(120, false), "", "{file}");
    }
}

#[test]
fn the_moments_of_the_main_job_pass_all_checks() {
    let project = loaded("library/double-11-2025.yaml");
    let moments = load_moments(Path::new("library/double-11-2025.moments.yaml"), &project.baseline().scenario);
    let moments = moments.unwrap_or_else(|problems| panic!("{}", problems.render(120, false)));
    assert_eq!(moments.groups.keys().collect::<Vec<_>>(), ["double-11-2025", "field-experiments"]);
    let bands = moments.groups["double-11-2025"].values().filter(|moment| moment.band.is_some()).count();
    assert_eq!(bands, 17, "no fact is dropped");
}

#[test]
fn the_starter_passes_all_checks() {
    load_text(Path::new("starter.yaml"), starter(), &[]).unwrap_or_else(|problems| panic!("{}", problems.render(120, false)));
}

#[test]
fn the_resolved_scenario_loads_again_to_the_same_hash() {
    for file in FILES {
        let project = loaded(file);
        for name in project.arm_names() {
            let arm = project.arm(name).expect("its own arm");
            let again = load_text(Path::new(file), &arm.resolved_yaml, &[])
                .unwrap_or_else(|problems| panic!("{file} {name}: {}", problems.render(120, false)));
            assert_eq!(again.baseline().hash, arm.hash, "{file} {name}");
            assert_eq!(again.baseline().resolved_yaml, arm.resolved_yaml, "{file} {name}");
        }
    }
}

#[test]
fn arms_differ_in_their_patches_only() {
    let project = loaded("library/double-11-2025.yaml");
    assert_eq!(project.arm_names().collect::<Vec<_>>(), [BASELINE, "price-war", "efficiency-war"]);
    let focal = |arm: &str| project.arm(arm).expect("an arm").scenario.platforms["taobao-tmall"].strategy.clone();
    assert!(matches!(focal(BASELINE), Strategy::Steady));
    assert!(matches!(focal("price-war"), Strategy::PriceWar(_)));
    assert_eq!(focal("price-war").budget(), focal("efficiency-war").budget());
    assert_eq!(project.compared(), Some(["efficiency-war".to_owned(), "price-war".to_owned()]));
    assert_eq!(project.replications(), 5);
}

#[test]
fn the_year_is_the_season_with_more_days_and_the_same_money() {
    let (season, year) = (loaded("library/double-11-2025.yaml"), loaded("library/double-11-2025-year.yaml"));
    assert_eq!(forecast(&year.baseline().scenario).ticks, 365);
    for arm in ["price-war", "efficiency-war"] {
        let budget = |project: &Project| project.arm(arm).expect("an arm").scenario.platforms["taobao-tmall"].strategy.budget();
        assert_eq!(budget(&year), budget(&season), "{arm}");
    }
    let festivals = |project: &Project| project.baseline().scenario.calendar.festivals.len();
    assert!(festivals(&year) > festivals(&season) + 2);
}

#[test]
fn the_main_job_has_the_size_that_it_states() {
    let project = loaded("library/double-11-2025.yaml");
    let size = forecast(&project.baseline().scenario);
    assert_eq!(size.ticks, 101);
    assert_eq!(size.shopper_days, 101 * 200_000);
    assert!((3_900..=4_200).contains(&size.merchants), "{size:?}");
    assert!((21_000..=24_000).contains(&size.listings), "{size:?}");
    let million = load(Path::new("library/double-11-2025.yaml"), &[Override::shoppers(Count(1_000_000))]).expect("a million");
    let large = forecast(&million.baseline().scenario);
    assert_eq!(large.listings, size.listings, "what shoppers choose from is the same at every size");
    assert!(large.memory_bytes < 3 << 30);
}

#[test]
fn every_pricing_policy_of_the_main_job_is_held_by_a_twentieth_of_the_merchants() {
    let scenario = loaded("library/double-11-2025.yaml").baseline().scenario.clone();
    let mut held = std::collections::BTreeMap::<String, u32>::new();
    for group in scenario.catalog.merchants.values() {
        let policy = serde_json::to_value(&group.pricing).expect("JSON");
        let name = policy.as_str().map(str::to_owned).or_else(|| policy.as_object()?.keys().next().cloned());
        *held.entry(name.expect("a name")).or_default() += group.count;
    }
    let all: u32 = held.values().sum();
    assert!(held.len() >= 8, "{held:?}");
    assert!(held.values().all(|&count| 20 * count >= all), "{held:?}");
}

#[test]
fn a_shock_holds_from_its_day_on() {
    let project = loaded("regression/tiny.yaml");
    let baseline = project.baseline();
    let [(tick, after)] = baseline.shocked() else { panic!("one shock") };
    assert_eq!(*tick, 17);
    assert_eq!(baseline.scenario.platforms["south"].take_rate.0, 0.06);
    assert_eq!(after.platforms["south"].take_rate.0, 0.05);
}

#[test]
fn overrides_are_patches_of_the_file() {
    let overrides = [
        Override::seed(42),
        Override::replications(9),
        Override::parse("platforms.north.take_rate=7.5 %").expect("a patch"),
        Override::parse("population.choice.mu=2").expect("a patch"),
        Override::parse("catalog.merchants.streamers.stock={once: {units: 3}}").expect("a patch"),
        Override::parse("calendar.week[0]=1.05").expect("a patch"),
    ];
    let project = load(Path::new("regression/tiny.yaml"), &overrides).expect("a scenario");
    let scenario = &project.arm("price-war").expect("an arm").scenario;
    assert_eq!((scenario.seed, project.replications()), (42, 9));
    assert_eq!(scenario.platforms["north"].take_rate.0, 0.075);
    assert_eq!(scenario.population.choice.mu, 2.0);
    assert_ne!(project.baseline().hash, loaded("regression/tiny.yaml").baseline().hash);
}

#[test]
fn outputs_and_names_leave_the_hash_alone() {
    let plain = loaded("regression/tiny.yaml").baseline().hash.clone();
    let with = |text: &str| {
        let project = load(Path::new("regression/tiny.yaml"), &[Override::parse(text).expect("a patch")]).expect("a scenario");
        project.baseline().hash.clone()
    };
    assert_eq!(with("outputs.sample=50 %"), plain);
    assert_eq!(with("name=other"), plain);
    assert_ne!(with("seed=8"), plain);
}

#[test]
fn the_schema_beside_the_library_is_current() {
    let path = "scenario.schema.json";
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::write(path, schema_json()).expect("writable");
    }
    let found = std::fs::read_to_string(path).expect("the schema file");
    assert!(found == schema_json(), "{path} is old: run the tests of `scenarios` once with UPDATE_SCHEMA=1");
}
