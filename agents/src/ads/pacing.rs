//! Pacing: a factor on the bids of a campaign that spreads its budget over the days.
//!
//! Both controllers compare what clicks cost in the tick, over-delivery included, with what the purse plans to spend, in units of that
//! plan or of a click where one is dearer: a campaign of one click in five days is paced like one of a hundred a day. The factor stays
//! at or below 1 where a policy says what a click is worth; `maximise-volume` has no such limit, and search money, which is to be
//! spent, raises it by its part in the money of the day.

use super::books::Campaign;
use crate::params::{Bidding, Pacing};
use sim_core::math;

/// Least factor.
const LEAST: f64 = 0.02;
/// Largest factor of a campaign that is to spend its budget whatever a click is worth.
const MOST_VOLUME: f64 = 30.0;
/// Largest factor where all money is search money.
pub(crate) const MOST_SEARCH: f64 = 4.0;
/// Bound of the summed errors of a PID controller.
const WINDUP: f64 = 3.0;
/// Largest step of a tick in logs.
const STEP: f64 = 1.0;
/// Gain by which `maximise-volume` follows its budget without pacing.
const VOLUME_STEP: f64 = 0.2;

/// Brings the factor up to a tick in which clicks cost `charges` where `planned` was to be spent; true if it moved.
pub(crate) fn pace(campaign: &mut Campaign, pacing: Pacing, bidding: Bidding, planned: f64, charges: i64) -> bool {
    let unit = planned.max(f64::from(campaign.dearest));
    let volume = bidding == Bidding::MaximiseVolume || campaign.search_budget > 0;
    if pacing == Pacing::None && !volume {
        return std::mem::replace(&mut campaign.pace, 1.0) != 1.0; // what search money moved
    }
    if unit <= 0.0 {
        return false;
    }
    let most = match bidding {
        Bidding::MaximiseVolume => MOST_VOLUME,
        _ => 1.0 + (MOST_SEARCH - 1.0) * campaign.search_part(),
    };
    let error = ((planned - charges as f64) / unit).clamp(-3.0, 1.0);
    let step = match pacing {
        Pacing::None => VOLUME_STEP * error,
        Pacing::Dual { step } => step * error,
        Pacing::Pid { gains: [p, i, d] } => {
            let change = error - campaign.last_error;
            // a factor at its limit gathers no error: it could not act on it
            if campaign.pace < most || error < 0.0 {
                campaign.integral = (campaign.integral + error).clamp(-WINDUP, WINDUP);
            }
            campaign.last_error = error;
            p * error + i * campaign.integral + d * change
        }
    };
    let before = campaign.pace;
    campaign.pace = (before * math::exp(step.clamp(-STEP, STEP))).clamp(LEAST, most);
    campaign.pace != before
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ads::purse::{Lent, Term};

    fn daily(given: i64) -> Lent {
        Lent { given, term: Term::Week, ended: false }
    }

    /// Charges of the last 40 ticks over the budget, where clicks cost `full` budgets at a factor of 1 and one click is `click` of them.
    fn settles(pacing: Pacing, bidding: Bidding, full: f64, search: i64) -> f64 {
        let mut campaign = Campaign { dearest: 10, ..Campaign::NEW };
        let mut spent = 0.0;
        for tick in 0..400 {
            campaign.accrue(1000, daily(search), 0);
            let charges = (full * 1000.0 * campaign.pace) as i64;
            let planned = campaign.planned();
            campaign.pay(charges);
            pace(&mut campaign, pacing, bidding, planned, charges);
            spent += if tick >= 360 { charges as f64 / (1000 + search) as f64 / 40.0 } else { 0.0 };
        }
        spent
    }

    #[test]
    fn both_controllers_settle_at_the_budget() {
        let manual = Bidding::Manual { bid: 100.0 };
        for pacing in [Pacing::Dual { step: 0.2 }, Pacing::Pid { gains: [0.2, 0.02, 0.05] }] {
            let (scarce, ample) = (settles(pacing, manual, 5.0, 0), settles(pacing, manual, 0.3, 0));
            assert!((scarce - 1.0).abs() < 0.03, "{pacing:?} settles at {scarce}");
            assert!((ample - 0.3).abs() < 1e-9, "a budget that is not reached changes no bid: {ample}");
        }
        assert_eq!(settles(Pacing::None, manual, 5.0, 0), 5.0);
    }

    #[test]
    fn volume_is_bought_until_the_budget_is_spent() {
        for pacing in [Pacing::None, Pacing::Dual { step: 0.3 }] {
            let spent = settles(pacing, Bidding::MaximiseVolume, 0.1, 0);
            assert!((spent - 1.0).abs() < 0.03, "{pacing:?}: {spent}");
        }
    }

    #[test]
    fn search_money_raises_bids_until_it_is_spent() {
        let manual = Bidding::Manual { bid: 100.0 };
        for pacing in [Pacing::None, Pacing::Dual { step: 0.2 }] {
            let spent = settles(pacing, manual, 0.8, 1000);
            assert!((spent - 1.0).abs() < 0.03, "{pacing:?}: {spent} of both budgets, where 0.4 would be spent without");
        }
    }

    #[test]
    fn little_search_money_raises_bids_by_little() {
        let manual = Bidding::Manual { bid: 100.0 };
        let highest = |search: i64| {
            let mut campaign = Campaign { dearest: 10, ..Campaign::NEW };
            let mut highest = 0.0f64;
            for _ in 0..100 {
                campaign.accrue(1000, daily(search), 0);
                let planned = campaign.planned();
                pace(&mut campaign, Pacing::None, manual, planned, 0);
                highest = highest.max(campaign.pace);
            }
            highest
        };
        let [none, little, half] = [0, 10, 1000].map(highest);
        assert_eq!((none, half), (1.0, 2.5));
        assert!((little - 1.0 - 3.0 * 10.0 / 1010.0).abs() < 1e-9, "{little}");
    }

    #[test]
    fn bids_without_pacing_are_as_written_again_when_search_money_ends() {
        let mut campaign = Campaign { dearest: 10, ..Campaign::NEW };
        let manual = Bidding::Manual { bid: 100.0 };
        for _ in 0..9 {
            campaign.accrue(1000, daily(100), 0);
            pace(&mut campaign, Pacing::None, manual, 1100.0, 5000);
        }
        assert!(campaign.pace < 0.9, "clicks beyond all money lower the bids: {}", campaign.pace);
        campaign.search = 0;
        campaign.accrue(1000, daily(0), 0);
        assert!(pace(&mut campaign, Pacing::None, manual, 1000.0, 5000));
        assert_eq!(campaign.pace, 1.0);
    }

    #[test]
    fn a_campaign_of_rare_clicks_is_paced_like_one_of_many() {
        // clicks cost five budgets a day at a factor of 1; one click is ten budgets, so that they come every second day
        let mut campaign = Campaign { dearest: 10_000, ..Campaign::NEW };
        let (mut debt, mut spent, mut paid) = (0.0, 0i64, 0i64);
        for tick in 0..6000 {
            campaign.accrue(1000, daily(0), 0);
            let planned = campaign.planned();
            if !campaign.affords(10_000) {
                continue;
            }
            debt += 5000.0 * campaign.pace;
            let charges = if debt >= 10_000.0 { 10_000 } else { 0 };
            debt -= charges as f64;
            let payment = campaign.pay(charges);
            pace(&mut campaign, Pacing::Dual { step: 0.2 }, Bidding::Manual { bid: 1.0 }, planned, charges);
            if tick >= 1000 {
                spent += charges;
                paid += payment.all();
            }
        }
        let share = spent as f64 / 5_000_000.0;
        assert!((share - 1.0).abs() < 0.1 && paid == spent, "{share} of the budget, {paid} of {spent} paid");
    }
}
