//! Quantities survive the way through files.

use proptest::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sim_core::units::{Amount, Count, Date, Days, Distribution, Share};

fn through_json<T: Serialize + DeserializeOwned>(value: &T) -> T {
    let text = serde_json::to_string(value).expect("JSON");
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn distribution() -> impl Strategy<Value = Distribution> {
    let positive = || 1e-6..1e6_f64;
    prop_oneof![
        any::<f64>().prop_filter("finite", |value| value.is_finite()).prop_map(Distribution::Constant),
        (-1e9..1e9_f64, 0.0..1e9_f64).prop_map(|(low, width)| Distribution::Uniform { low, high: low + width }),
        (-1e9..1e9_f64, 0.0..1e9_f64).prop_map(|(mean, sd)| Distribution::Normal { mean, sd }),
        (positive(), 0.0..5.0_f64).prop_map(|(median, sigma)| Distribution::Lognormal { median, sigma }),
        (positive(), positive()).prop_map(|(alpha, beta)| Distribution::Beta { alpha, beta }),
        (positive(), positive()).prop_map(|(scale, shape)| Distribution::Pareto { scale, shape }),
        (1..=1_000_000_u64, 0.0..20.0_f64).prop_map(|(n, exponent)| Distribution::Zipf { n, exponent }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn quantities_survive_being_written_and_read(share in 0.0..=1.0_f64, micros in 0..i64::MAX, count: u64, days in 0.0..100_000.0_f64) {
        prop_assert_eq!(through_json(&Share(share)), Share(share));
        prop_assert_eq!(through_json(&Amount::from_micros(micros)), Amount::from_micros(micros));
        prop_assert_eq!(through_json(&Count(count)), Count(count));
        prop_assert_eq!(through_json(&Days(days)), Days(days));
    }

    #[test]
    fn distributions_survive_being_written_and_read(distribution in distribution()) {
        prop_assert!(distribution.check().is_ok());
        prop_assert_eq!(through_json(&distribution), distribution);
    }

    #[test]
    fn money_as_a_number_is_as_exact_as_money_as_a_text(cents in 0..1_000_000_000_i64) {
        let number: Amount = serde_json::from_str(&format!("{}.{:02}", cents / 100, cents % 100)).expect("money");
        prop_assert_eq!(number.micros(), cents * 10_000);
        prop_assert_eq!(number.to_units(100), cents);
    }

    #[test]
    fn percent_is_read_to_the_nearest_float(basis_points in 0..=10_000_u32) {
        let share: Share = format!("{}.{:02} %", basis_points / 100, basis_points % 100).parse().expect("a share");
        prop_assert_eq!(share.0, f64::from(basis_points) / 10_000.0);
        prop_assert_eq!(share.as_bps(), basis_points);
    }
}

#[test]
fn every_day_survives_being_written_and_read() {
    let day: Date = "2024-02-29".parse().expect("a day");
    assert_eq!(through_json(&day), day);
}
