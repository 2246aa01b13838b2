//! A campaign in three phases: accumulate an audience, seed content, break out.
//!
//! Each phase has its money, paced evenly over the ticks that are left of it, so that what a full channel refuses is spent later in
//! the phase or not at all. Guarantees that no phase spends more than its money.

use super::params::{CampaignParams, PhaseKind, PhaseParams};

/// Ticks in which half of what is known of an audience is out of date.
const AUDIENCE_HALF_LIFE: f64 = 28.0;
/// Impressions of a merchant per mission of the audience that leave 1 / e of it unknown: a judgement.
const SELECTING_IMPRESSIONS: f64 = 1.0;

/// The phase of a tick: its place, and the phase.
#[must_use]
pub fn phase(campaign: Option<&CampaignParams>, tick: u32) -> Option<(usize, &PhaseParams)> {
    campaign?.phases.iter().enumerate().find(|(_, phase)| (phase.from..=phase.to).contains(&tick))
}

/// What a phase may spend in a tick of it, when `spent` is spent.
#[must_use]
pub fn pace(phase: &PhaseParams, tick: u32, spent: i64) -> i64 {
    (phase.budget - spent).max(0) / i64::from(phase.to - tick + 1)
}

/// What is known of the audience after a tick with so many impressions of a merchant per mission, 0 to 1: it grows with what is bought
/// while audiences are selected, and goes out of date after it. Who has reacted to impressions is known: with k impressions per mission a
/// share of 1 - exp(-k / [`SELECTING_IMPRESSIONS`]).
#[must_use]
pub fn known_audience(known: f64, phase: Option<&PhaseParams>, impressions: f64) -> f64 {
    match phase {
        Some(phase) if phase.kind == PhaseKind::Accumulate => {
            1.0 - (1.0 - known) * sim_core::math::exp(-impressions / SELECTING_IMPRESSIONS)
        }
        _ => known * super::response::left_of(AUDIENCE_HALF_LIFE),
    }
}

/// Share of contacts with a merchant of the category that is shopped for: that of the channel, raised toward what the audience
/// selection reaches. People reach half of the way; the rest comes with the performance of the `content` function.
#[must_use]
pub fn precision(channel: f64, campaign: Option<&CampaignParams>, known: f64, performance: f64) -> f64 {
    let selects = |phase: &&PhaseParams| phase.kind == PhaseKind::Accumulate;
    let Some(selection) = campaign.and_then(|c| c.phases.iter().find(selects)) else { return channel };
    channel + (selection.precision - channel).max(0.0) * known * 0.5 * (1.0 + performance)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::params::Allocator;

    fn of(kind: PhaseKind, from: u32, to: u32, budget: i64) -> PhaseParams {
        PhaseParams { kind, from, to, budget, shares: vec![1.0], precision: 0.8, creatives: None, allocator: Allocator::Fixed, review: 7 }
    }

    #[test]
    fn a_phase_spends_its_money_to_the_unit_and_no_more() {
        let phase = of(PhaseKind::Seed, 10, 16, 1000);
        let mut spent = 0;
        for tick in 10..=16 {
            let money = pace(&phase, tick, spent);
            spent += if tick == 12 { money / 2 } else { money }; // a full channel refuses half of it once
        }
        assert_eq!(spent, 1000);
    }

    #[test]
    fn phases_are_found_by_tick() {
        let campaign = CampaignParams { phases: vec![of(PhaseKind::Accumulate, 5, 9, 1), of(PhaseKind::BreakOut, 12, 20, 1)] };
        let at = |tick| phase(Some(&campaign), tick).map(|(place, _)| place);
        assert_eq!([4, 5, 9, 10, 12, 20, 21].map(at), [None, Some(0), Some(0), None, Some(1), Some(1), None]);
        assert!(phase(None, 7).is_none());
    }

    /// What is known after a fortnight of selection in which so many impressions per mission are bought.
    fn selected(campaign: &CampaignParams, impressions: f64) -> f64 {
        (0..14).fold(0.0, |known, tick| known_audience(known, phase(Some(campaign), tick).map(|(_, p)| p), impressions / 14.0))
    }

    #[test]
    fn an_audience_is_known_by_the_impressions_that_are_bought() {
        let campaign = CampaignParams { phases: vec![of(PhaseKind::Accumulate, 0, 13, 1)] };
        let known = [0.0, 0.1, 0.3, 1.0, 3.0].map(|all| selected(&campaign, all * SELECTING_IMPRESSIONS));
        assert_eq!(known[0], 0.0, "no money, no selection");
        assert!(known.is_sorted() && (known[4] - 0.95).abs() < 0.001, "{known:?}");
        assert_eq!(known_audience(0.0, None, 9.0), 0.0, "nobody is selected outside of the phase");
    }

    #[test]
    fn selecting_an_audience_raises_precision_and_ai_reaches_further() {
        let campaign = CampaignParams { phases: vec![of(PhaseKind::Accumulate, 0, 13, 1)] };
        let known = selected(&campaign, 3.0 * SELECTING_IMPRESSIONS);
        let later = (0..28).fold(known, |known, _| known_audience(known, None, 0.0));
        assert!((later - known / 2.0).abs() < 1e-9);
        let [people, ai] = [0.0, 1.0].map(|q| precision(0.3, Some(&campaign), known, q));
        assert!(0.3 < people && people < ai && ai < 0.8, "{people} {ai}");
        assert_eq!(precision(0.3, None, known, 1.0), 0.3);
    }
}
