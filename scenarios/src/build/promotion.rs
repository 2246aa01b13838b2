//! From the promotions of a platform to the rules of the kernels.

use super::params::{Units, ppm};
use crate::model::{self, Named, PromotionBudget};
use agents::instrument::{Audience, Instrument, Promotion};
use agents::params::SEGMENTS;
use sim_core::units::Date;

/// The rules of a platform, in the order of the file.
pub(super) fn promotions(units: &Units, rules: &Named<model::Promotion>, warm_up: u32) -> Vec<Promotion> {
    let group = |name: &String| rules.values().position(|rule| rule.exclusive.as_ref() == Some(name)).map(|at| at as u8);
    rules.values().map(|rule| promotion(units, rule, rule.exclusive.as_ref().and_then(group), warm_up)).collect()
}

fn promotion(units: &Units, rule: &model::Promotion, exclusive: Option<u8>, warm_up: u32) -> Promotion {
    let scenario = units.scenario;
    let listed = |names: &[String], name: &String| names.is_empty() || names.contains(name);
    let mut segments = [false; SEGMENTS];
    for (slot, name) in segments.iter_mut().zip(scenario.population.segments.keys()) {
        *slot = listed(&rule.segments, name);
    }
    let first = rule.from.map_or(0, |date| first_tick(units, date, warm_up));
    let last = rule.to.map_or(u32::MAX, |date| last_tick(units, date, warm_up));
    let audience = match (&rule.kind, rule.audience) {
        (model::Instrument::MemberCoupon { .. }, _) | (_, model::Audience::Members) => Audience::Members,
        (_, model::Audience::New) => Audience::New,
        (_, model::Audience::All) => Audience::All,
    };
    Promotion {
        instrument: instrument(units, &rule.kind, warm_up),
        platform_ppm: ppm(rule.platform_share),
        categories: scenario.catalog.categories.keys().map(|name| listed(&rule.categories, name)).collect(),
        segments,
        audience,
        all_segments: scenario.population.segments.keys().all(|name| listed(&rule.segments, name)),
        participation: rule.participation.0 as f32,
        cap: rule.cap.map_or(i64::MAX, |cap| units.intensive(cap)),
        checkout_cap: rule.checkout_cap.map_or(i64::MAX, |cap| units.intensive(cap)),
        budget_per_tick: match &rule.budget {
            PromotionBudget::PerDay(amount) => Some(units.per_tick(units.extensive(*amount))),
            PromotionBudget::Strategy => None,
        },
        window: (first, last),
        clawback: rule.clawback,
        stacking: rule.stacking,
        exclusive,
    }
}

fn first_tick(units: &Units, date: Date, warm_up: u32) -> u32 {
    units.scenario.calendar.tick_of(date) + warm_up
}

fn last_tick(units: &Units, date: Date, warm_up: u32) -> u32 {
    first_tick(units, date, warm_up) + units.scenario.calendar.ticks_per_day() - 1
}

fn instrument(units: &Units, kind: &model::Instrument, warm_up: u32) -> Instrument {
    use model::Instrument as Kind;
    let calendar = &units.scenario.calendar;
    match kind {
        Kind::Coupon { discount, reach } => Instrument::Coupon { discount_ppm: ppm(*discount), reach: reach.0 as f32 },
        Kind::MemberCoupon { discount } => Instrument::MemberCoupon { discount_ppm: ppm(*discount) },
        Kind::InstantDiscount { discount } => Instrument::InstantDiscount { discount_ppm: ppm(*discount) },
        Kind::GapToLowest { share, below, lag, floor } => Instrument::GapToLowest {
            share_ppm: ppm(*share),
            below_ppm: ppm(*below),
            lag: (lag.0 / calendar.tick.0).round() as u32,
            floor_ppm: ppm(*floor),
        },
        Kind::ThresholdDiscount { threshold, discount } => {
            Instrument::ThresholdDiscount { threshold: units.intensive(*threshold).max(1), discount: units.intensive(*discount) }
        }
        Kind::CrossShopDiscount { threshold, discount } => {
            Instrument::CrossShopDiscount { threshold: units.intensive(*threshold).max(1), discount: units.intensive(*discount) }
        }
        Kind::Presale { deposit, expansion, pay_from, pay_to } => Instrument::Presale {
            deposit: match deposit {
                model::Deposit::Share(share) => (ppm(*share), 0),
                model::Deposit::Amount(amount) => (0, units.intensive(*amount)),
            },
            bonus_ppm: ((expansion - 1.0) * 1e6).round() as u32,
            pay: (first_tick(units, *pay_from, warm_up), last_tick(units, *pay_to, warm_up)),
        },
        Kind::PriceProtection { days, claims } => {
            Instrument::PriceProtection { ticks: days * calendar.ticks_per_day(), claims: claims.0 as f32 }
        }
        Kind::CommissionRelief { share } => Instrument::CommissionRelief { share_ppm: ppm(*share) },
        Kind::DeliverySubsidy { share } => Instrument::DeliverySubsidy { share_ppm: ppm(*share) },
    }
}
