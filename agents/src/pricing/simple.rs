//! Rules of thumb: cost-plus, matching, target margin, nudge. They follow retail practice and learn nothing.

use super::outlook::{Night, Outlook, Shop};
use sim_core::math;

/// Break-even price without discounts, times (1 + markup).
pub(super) fn cost_plus(outlook: &Outlook, markup: f64) -> f64 {
    outlook.plain_cost * (1.0 + markup)
}

/// The lowest rival price, not below the floor; without a rival the old price.
pub(super) fn matching(outlook: &Outlook, floor_margin: f64) -> f64 {
    let floor = outlook.cost / (1.0 - floor_margin);
    outlook.rival.map_or(outlook.old, |lowest| lowest.max(floor))
}

/// Up by the step when sales of three days beat those of two weeks, else down; not below the margin.
pub(super) fn target_margin(outlook: &Outlook, margin: f64, step: f64) -> f64 {
    let wish = outlook.old * if outlook.sales_rise { 1.0 + step } else { 1.0 - step };
    wish.max(outlook.cost / (1.0 - margin))
}

/// The reference market's rule, in integers: up when the listing sold more than the mean listing.
pub(super) fn nudge(night: &Night, shop: &Shop, old: u32, step: f64) -> u32 {
    let by = ((u64::from(old) * math::round_i64(step * 1e6) as u64 + 500_000) / 1_000_000) as u32;
    if night.sells_more_than_the_mean(shop) { old.saturating_add(by).min(u32::MAX / 2) } else { (old - by).max(1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_of_thumb_follow_their_table() {
        // old price, break-even, lowest rival -> cost-plus 50 %, match with a floor of 20 %
        for (old, cost, rival, plus, matched) in [
            (100.0, 40.0, Some(90.0), 60.0, 90.0),
            (100.0, 80.0, Some(90.0), 120.0, 100.0),
            (100.0, 40.0, None, 60.0, 100.0),
            (100.0, 40.0, Some(150.0), 60.0, 150.0),
        ] {
            let outlook = Outlook { old, cost, plain_cost: cost, rival, ..Outlook::example() };
            assert_eq!((cost_plus(&outlook, 0.5), matching(&outlook, 0.2)), (plus, matched), "{outlook:?}");
        }
    }

    #[test]
    fn a_target_margin_follows_sales_and_stops_at_the_margin() {
        let at = |old, sales_rise| target_margin(&Outlook { old, cost: 60.0, sales_rise, ..Outlook::example() }, 0.25, 0.1);
        assert_eq!([at(100.0, true), at(100.0, false), at(85.0, false)].map(|p| (p + 0.5) as u32), [110, 90, 80]);
    }
}
