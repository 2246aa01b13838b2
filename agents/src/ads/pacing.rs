//! Pacing: a factor on the bids of a campaign that spreads its budget over the days.
//!
//! Both controllers see the share of the budget that clicks cost in the tick, over-delivery included. The factor stays at or below 1
//! where a policy says what a click is worth; `maximise-volume` has no such limit and may raise it.

use super::books::Campaign;
use crate::params::{Bidding, Pacing};
use sim_core::math;

/// Least factor.
const LEAST: f64 = 0.02;
/// Largest factor of a campaign that is to spend its budget whatever a click is worth.
const MOST_VOLUME: f64 = 30.0;
/// Bound of the summed errors of a PID controller.
const WINDUP: f64 = 3.0;
/// Largest step of a tick in logs.
const STEP: f64 = 1.0;
/// Gain by which `maximise-volume` follows its budget without pacing.
const VOLUME_STEP: f64 = 0.2;

/// Brings the factor up to a tick in which clicks cost `charges` of what could be paid; true if it moved.
pub(crate) fn pace(campaign: &mut Campaign, pacing: Pacing, bidding: Bidding, charges: i64) -> bool {
    let money = campaign.budget + campaign.extra;
    if money <= 0 {
        return false;
    }
    let volume = bidding == Bidding::MaximiseVolume;
    let error = (1.0 - charges as f64 / money as f64).clamp(-3.0, 1.0);
    let step = match pacing {
        Pacing::None if volume => VOLUME_STEP * error,
        Pacing::None => return false,
        Pacing::Dual { step } => step * error,
        Pacing::Pid { gains: [p, i, d] } => {
            let change = error - campaign.last_error;
            // a factor at its limit gathers no error: it could not act on it
            let most = if volume { MOST_VOLUME } else { 1.0 };
            if campaign.pace < most || error < 0.0 {
                campaign.integral = (campaign.integral + error).clamp(-WINDUP, WINDUP);
            }
            campaign.last_error = error;
            p * error + i * campaign.integral + d * change
        }
    };
    let before = campaign.pace;
    let most = if volume { MOST_VOLUME } else { 1.0 };
    campaign.pace = (before * math::exp(step.clamp(-STEP, STEP))).clamp(LEAST, most);
    campaign.pace != before
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Charges of the last ticks over the budget, where clicks cost 5 budgets at a factor of 1.
    fn settles(pacing: Pacing, bidding: Bidding, full: f64) -> f64 {
        let mut campaign = Campaign { budget: 1000, ..Campaign::NEW };
        let mut spent = 0.0;
        for tick in 0..120 {
            let charges = full * 1000.0 * campaign.pace;
            pace(&mut campaign, pacing, bidding, charges as i64);
            spent += if tick >= 100 { charges / 1000.0 / 20.0 } else { 0.0 };
        }
        spent
    }

    #[test]
    fn both_controllers_settle_at_the_budget() {
        let manual = Bidding::Manual { bid: 100.0 };
        for pacing in [Pacing::Dual { step: 0.2 }, Pacing::Pid { gains: [0.2, 0.02, 0.05] }] {
            let (scarce, ample) = (settles(pacing, manual, 5.0), settles(pacing, manual, 0.3));
            assert!((scarce - 1.0).abs() < 0.02, "{pacing:?} settles at {scarce}");
            assert!((ample - 0.3).abs() < 1e-9, "a budget that is not reached changes no bid: {ample}");
        }
        assert_eq!(settles(Pacing::None, manual, 5.0), 5.0);
    }

    #[test]
    fn volume_is_bought_until_the_budget_is_spent() {
        for pacing in [Pacing::None, Pacing::Dual { step: 0.3 }] {
            let spent = settles(pacing, Bidding::MaximiseVolume, 0.1);
            assert!((spent - 1.0).abs() < 0.02, "{pacing:?}: {spent}");
        }
    }
}
