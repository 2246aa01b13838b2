//! What a merchant's tool does about lost sales: the cause that dominates a week is acted on, where there is a lever.
//!
//! Price or a rival's deal: the price goes down by a step, never below the floor. Stock-out: a week of sales more is ordered. Service:
//! one more person, at most as many as the desk had; they leave when service no longer dominates. What a merchant cannot change (the
//! promise of the platform, the taste of shoppers) stays as it is.

use crate::loss::Cause;
use crate::merchant::{ListingState, WEEK_TICKS};
use crate::params::ToolParams;
use crate::policy::StockPolicy;
use sim_core::math;

/// Lost sales of a week below which a cause proves nothing.
const FEW: u32 = 3;
/// Ticks until what is ordered on advice arrives.
const LEAD_TICKS: u32 = 2;

/// The cause that cost most sales in a week, where it is one that somebody can act on; the first of equals.
pub(crate) fn dominant(lost: &[u32]) -> Option<Cause> {
    let causes = Cause::ALL.into_iter().zip(lost).filter(|(cause, count)| *cause != Cause::NoNeed && **count >= FEW);
    causes.reduce(|best, next| if next.1 > best.1 { next } else { best }).map(|(cause, _)| cause)
}

/// The price after the advice, money units: lower by the step, at least the floor over `break_even`.
pub(crate) fn cut(tool: &ToolParams, price: u32, break_even: f64) -> u32 {
    let floor = break_even / (1.0 - tool.floor_margin).max(0.05);
    let lower = f64::from(price) * (1.0 - tool.price_step);
    if lower < floor { price } else { math::round_i64(lower).max(1) as u32 }
}

/// Orders a week of sales more; whether anything was ordered.
pub(crate) fn order_more(policy: &StockPolicy, state: &mut ListingState, tick: u32) -> bool {
    let restocks = matches!(policy, StockPolicy::ReorderUpTo { .. } | StockPolicy::Newsvendor { .. });
    if !restocks || state.stock < 0 {
        return false;
    }
    let pieces = (f64::from(state.mean_sales) * f64::from(WEEK_TICKS)) as i64 + 1;
    state.on_order.push((tick + LEAD_TICKS, pieces));
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_cause_that_can_be_acted_on_dominates() {
        let lost = |price, service, none| {
            let mut lost = [0; Cause::COUNT];
            (lost[Cause::Price as usize], lost[Cause::Service as usize], lost[Cause::NoNeed as usize]) = (price, service, none);
            dominant(&lost)
        };
        assert_eq!(lost(5, 9, 100), Some(Cause::Service));
        assert_eq!(lost(9, 9, 0), Some(Cause::Price), "the first of equals");
        assert_eq!(lost(2, 2, 50), None, "too few to prove anything");
    }
}
