//! Stock policies: how many pieces there are and when more arrive. Sold pieces leave at night, after the grant phase made sure
//! that no piece was sold twice.

use crate::merchant::ListingState;
use crate::policy::StockPolicy;

/// Least pieces that a restocking merchant keeps.
const LEAST: i64 = 2;

/// Stock at the start for expected sales a tick; -1 is unlimited.
pub(crate) fn first(policy: &StockPolicy, expected_sales: f32) -> i64 {
    match *policy {
        StockPolicy::Unlimited => -1,
        StockPolicy::Once { units } => i64::from(units),
        StockPolicy::ReorderUpTo { level_days, .. } => level(level_days, expected_sales),
    }
}

fn level(days: f64, sales: f32) -> i64 {
    ((days * f64::from(sales)) as i64 + 1).max(LEAST)
}

/// Takes sold pieces, receives deliveries, orders more; returns whether an order was placed.
pub(crate) fn replenish(policy: &StockPolicy, tick: u32, state: &mut ListingState, sold: i64) -> bool {
    if state.stock < 0 {
        return false;
    }
    state.stock -= sold;
    assert!(state.stock >= 0, "a piece was sold twice: {sold} sold, {} too many", -state.stock);
    let arrived: i64 = state.on_order.iter().filter(|(due, _)| *due <= tick).map(|(_, pieces)| pieces).sum();
    state.on_order.retain(|(due, _)| *due > tick);
    state.stock += arrived;
    let StockPolicy::ReorderUpTo { reorder_days, level_days, lead_time } = *policy else { return false };
    let position = state.stock + state.on_order.iter().map(|(_, pieces)| pieces).sum::<i64>();
    if position > level(reorder_days, state.mean_sales) - 1 {
        return false;
    }
    state.on_order.push((tick + lead_time, level(level_days, state.mean_sales) - position));
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(stock: i64) -> ListingState {
        ListingState { stock, on_order: vec![], mean_sales: 2.0, recent_sales: 2.0, week: [0; 5] }
    }

    #[test]
    fn an_order_arrives_after_the_lead_time_and_fills_to_the_level() {
        let policy = StockPolicy::ReorderUpTo { reorder_days: 3.0, level_days: 10.0, lead_time: 2 };
        let mut s = state(21);
        assert!(!replenish(&policy, 0, &mut s, 10));
        assert!(replenish(&policy, 1, &mut s, 6), "5 left, s is 6");
        assert_eq!(s.on_order, [(3, 16)]);
        assert!(!replenish(&policy, 2, &mut s, 1), "what is under way counts");
        assert!(!replenish(&policy, 3, &mut s, 4));
        assert_eq!((s.stock, s.on_order.len()), (16, 0));
    }

    #[test]
    #[should_panic(expected = "sold twice")]
    fn selling_more_than_the_stock_is_a_bug() {
        replenish(&StockPolicy::Once { units: 1 }, 0, &mut state(1), 2);
    }
}
