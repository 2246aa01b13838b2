//! Stock policies: how many pieces there are and when more arrive. Sold pieces leave at night, after the grant phase made sure
//! that no piece was sold twice. Pieces are paid for when they are sold; a newsvendor also pays for what a piece loses while it
//! waits: the part of its cost that is not salvaged, for each piece that is left when the next delivery is due.

use crate::merchant::ListingState;
use crate::policy::StockPolicy;
use sim_core::math;

/// Least pieces that a restocking merchant keeps.
const LEAST: i64 = 2;
/// Range of the probability of meeting all demand.
const CRITICAL: (f64, f64) = (0.01, 0.999);

/// What a piece costs and brings, money units.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Piece {
    /// Kept of the list price after commission, delivery and goods.
    pub(crate) margin: f64,
    /// Unit cost.
    pub(crate) cost: f64,
}

/// Stock at the start for expected sales a tick; -1 is unlimited.
pub(crate) fn first(policy: &StockPolicy, expected_sales: f32, piece: Piece) -> i64 {
    match *policy {
        StockPolicy::Unlimited => -1,
        StockPolicy::Once { units } => i64::from(units),
        StockPolicy::ReorderUpTo { level_days, .. } => level(level_days, expected_sales),
        StockPolicy::Newsvendor { critical_ratio, salvage, review, lead_time } => {
            let ratio = critical_ratio.unwrap_or_else(|| ratio_of(piece, salvage));
            base_stock(ratio, review + lead_time, expected_sales, expected_sales)
        }
    }
}

fn level(days: f64, sales: f32) -> i64 {
    ((days * f64::from(sales)) as i64 + 1).max(LEAST)
}

/// Critical ratio of the newsvendor: lost margin over lost margin and loss on an unsold piece (Arrow, Harris, Marschak 1951).
fn ratio_of(piece: Piece, salvage: f64) -> f64 {
    let (under, over) = (piece.margin.max(0.0), piece.cost * (1.0 - salvage));
    (under / (under + over).max(1e-9)).clamp(CRITICAL.0, CRITICAL.1)
}

/// Order-up-to level: mean demand of so many ticks plus the quantile of its normal approximation, from the mean and the
/// variance of sales a tick.
fn base_stock(critical_ratio: f64, ticks: u32, mean: f32, variance: f32) -> i64 {
    let ticks = f64::from(ticks);
    let deviation = math::sqrt(ticks * f64::from(variance).max(0.0));
    let wanted = ticks * f64::from(mean) + normal_quantile(critical_ratio) * deviation;
    (math::round_i64(wanted + 0.499_999)).max(LEAST)
}

/// Quantile of the standard normal distribution, relative error below 2e-9 (Acklam 2003), for 0 < p < 1.
fn normal_quantile(p: f64) -> f64 {
    const A: [f64; 6] = [
        -3.969_683_028_665_376e1,
        2.209_460_984_245_205e2,
        -2.759_285_104_469_687e2,
        1.383_577_518_672_69e2,
        -3.066_479_806_614_716e1,
        2.506_628_277_459_239,
    ];
    const B: [f64; 5] =
        [-5.447_609_879_822_406e1, 1.615_858_368_580_409e2, -1.556_989_798_598_866e2, 6.680_131_188_771_972e1, -1.328_068_155_288_572e1];
    const C: [f64; 6] = [
        -7.784_894_002_430_293e-3,
        -3.223_964_580_411_365e-1,
        -2.400_758_277_161_838,
        -2.549_732_539_343_734,
        4.374_664_141_464_968,
        2.938_163_982_698_783,
    ];
    const D: [f64; 4] = [7.784_695_709_041_462e-3, 3.224_671_290_700_398e-1, 2.445_134_137_142_996, 3.754_408_661_907_416];
    let polynomial = |coefficients: &[f64], x: f64| coefficients.iter().fold(0.0, |sum, c| sum * x + c);
    let tail = |p: f64| {
        let q = math::sqrt(-2.0 * math::ln(p));
        polynomial(&C, q) / (polynomial(&D, q) * q + 1.0)
    };
    if p < 0.024_25 {
        return tail(p);
    }
    if p > 0.975_75 {
        return -tail(1.0 - p);
    }
    let q = p - 0.5;
    let r = q * q;
    polynomial(&A, r) * q / (polynomial(&B, r) * r + 1.0)
}

/// What unsold pieces of a newsvendor lose at the end of a cycle, money units: (1 - salvage) x cost for each piece that is left
/// before the next delivery, the overage of the critical ratio.
pub(crate) fn overage(policy: &StockPolicy, tick: u32, state: &ListingState, sold: i64, piece: Piece) -> i64 {
    let StockPolicy::Newsvendor { salvage, review, lead_time, .. } = *policy else { return 0 };
    let due = tick >= lead_time && (tick - lead_time).is_multiple_of(review.max(1));
    let left = state.stock - sold;
    if due && left > 0 { math::round_i64(left as f64 * piece.cost * (1.0 - salvage)) } else { 0 }
}

/// Takes sold pieces, receives deliveries, orders more where the listing is still sold; returns whether an order was placed.
pub(crate) fn replenish(policy: &StockPolicy, tick: u32, state: &mut ListingState, sold: i64, listed: bool, piece: Piece) -> bool {
    if state.stock < 0 {
        return false;
    }
    state.stock -= sold;
    assert!(state.stock >= 0, "a piece was sold twice: {sold} sold, {} too many", -state.stock);
    let arrived: i64 = state.on_order.iter().filter(|(due, _)| *due <= tick).map(|(_, pieces)| pieces).sum();
    state.on_order.retain(|(due, _)| *due > tick);
    state.stock += arrived;
    if !listed {
        return false;
    }
    let position = state.stock + state.on_order.iter().map(|(_, pieces)| pieces).sum::<i64>();
    let (wanted, lead_time) = match *policy {
        StockPolicy::Unlimited | StockPolicy::Once { .. } => return false,
        StockPolicy::ReorderUpTo { reorder_days, level_days, lead_time } => {
            if position > level(reorder_days, state.mean_sales) - 1 {
                return false;
            }
            (level(level_days, state.mean_sales), lead_time)
        }
        StockPolicy::Newsvendor { critical_ratio, salvage, review, lead_time } => {
            if !tick.is_multiple_of(review.max(1)) {
                return false;
            }
            let ratio = critical_ratio.unwrap_or_else(|| ratio_of(piece, salvage));
            (base_stock(ratio, review + lead_time, state.mean_sales, state.sales_variance), lead_time)
        }
    };
    if wanted <= position {
        return false;
    }
    state.on_order.push((tick + lead_time, wanted - position));
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pricing::Memory;
    use proptest::prelude::*;

    const PIECE: Piece = Piece { margin: 30.0, cost: 50.0 };

    fn state(stock: i64) -> ListingState {
        ListingState {
            stock,
            on_order: vec![],
            mean_sales: 2.0,
            recent_sales: 2.0,
            sales_variance: 2.0,
            kept: 0.0,
            paid_share: 1.0,
            week: [0; 5],
            memory: Memory::default(),
        }
    }

    #[test]
    fn an_order_arrives_after_the_lead_time_and_fills_to_the_level() {
        let policy = StockPolicy::ReorderUpTo { reorder_days: 3.0, level_days: 10.0, lead_time: 2 };
        let mut s = state(21);
        assert!(!replenish(&policy, 0, &mut s, 10, true, PIECE));
        assert!(replenish(&policy, 1, &mut s, 6, true, PIECE), "5 left, s is 6");
        assert_eq!(s.on_order, [(3, 16)]);
        assert!(!replenish(&policy, 2, &mut s, 1, true, PIECE), "what is under way counts");
        assert!(!replenish(&policy, 3, &mut s, 4, true, PIECE));
        assert_eq!((s.stock, s.on_order.len()), (16, 0));
    }

    #[test]
    #[should_panic(expected = "sold twice")]
    fn selling_more_than_the_stock_is_a_bug() {
        replenish(&StockPolicy::Once { units: 1 }, 0, &mut state(1), 2, true, PIECE);
    }

    #[test]
    fn the_quantile_of_the_normal_is_that_of_the_tables() {
        for (p, z) in [(0.5, 0.0), (0.841_344_746, 1.0), (0.975, 1.959_963_985), (0.99, 2.326_347_874), (0.001, -3.090_232_306)] {
            assert!((normal_quantile(p) - z).abs() < 1e-7, "{p}: {} instead of {z}", normal_quantile(p));
        }
    }

    #[test]
    fn a_newsvendor_orders_up_to_the_closed_form() {
        // margin 30, loss on an unsold piece 50 x (1 - 0.8) = 10: ratio 0.75, z = 0.674 490; mean 10 and variance 16 a tick,
        // 9 ticks: 90 + 0.674 490 x 12 = 98.09
        assert!((ratio_of(PIECE, 0.8) - 0.75).abs() < 1e-12);
        assert_eq!(base_stock(0.75, 9, 10.0, 16.0), 99);
        let policy = StockPolicy::Newsvendor { critical_ratio: None, salvage: 0.8, review: 7, lead_time: 2 };
        let mut s = ListingState { mean_sales: 10.0, sales_variance: 16.0, ..state(40) };
        assert!(!replenish(&policy, 6, &mut s, 10, true, PIECE), "orders every seventh tick");
        assert!(replenish(&policy, 7, &mut s, 10, true, PIECE));
        assert_eq!(s.on_order, [(9, 79)]);
        assert!(!replenish(&policy, 14, &mut ListingState { stock: 200, ..s.clone() }, 0, true, PIECE), "it has enough");
        assert!(!replenish(&policy, 14, &mut ListingState { on_order: vec![], ..s }, 0, false, PIECE), "it does not sell");
    }

    #[test]
    fn what_waits_for_the_next_delivery_loses_what_is_not_salvaged() {
        let policy = StockPolicy::Newsvendor { critical_ratio: None, salvage: 0.8, review: 7, lead_time: 2 };
        let lost = |tick, sold| overage(&policy, tick, &state(12), sold, PIECE);
        assert_eq!([lost(2, 2), lost(9, 2), lost(9, 12)], [100, 100, 0], "10 pieces lose 20 % of 50 each");
        assert_eq!([lost(1, 2), lost(8, 2), lost(10, 2)], [0; 3], "only when a delivery is due");
        let reorder = StockPolicy::ReorderUpTo { reorder_days: 3.0, level_days: 10.0, lead_time: 2 };
        assert_eq!(overage(&reorder, 9, &state(12), 2, PIECE), 0);
    }

    #[test]
    fn the_newsvendor_level_beats_its_neighbours_in_expected_cost() {
        // expected cost of level S under normal demand: over x E(S - D)+ + under x E(D - S)+, by quadrature
        let (mean, deviation, piece) = (90.0, 12.0, PIECE);
        let cost = |level: f64| -> f64 {
            let mut sum = 0.0;
            for k in -4000..4000 {
                let z = (f64::from(k) + 0.5) / 1000.0;
                let (demand, weight) = (mean + deviation * z, math::exp(-0.5 * z * z));
                sum += weight * (10.0 * (level - demand).max(0.0) + piece.margin * (demand - level).max(0.0));
            }
            sum
        };
        let best = base_stock(0.75, 9, 10.0, 16.0) as f64;
        assert!(cost(best) < cost(best - 2.0) && cost(best) < cost(best + 2.0));
    }

    proptest! {
        #[test]
        fn stock_is_never_negative_and_more_safety_never_means_less_stock(
            sales in prop::collection::vec(0i64..9, 1..60), ratio in 0.02f64..0.99, review in 1u32..8, lead_time in 1u32..6
        ) {
            let policy = StockPolicy::Newsvendor { critical_ratio: Some(ratio), salvage: 0.5, review, lead_time };
            let mut s = state(first(&policy, 2.0, PIECE));
            for (tick, wanted) in sales.iter().enumerate() {
                let sold = (*wanted).min(s.stock);
                replenish(&policy, tick as u32, &mut s, sold, true, PIECE);
                prop_assert!(s.stock >= 0 && s.on_order.iter().all(|(due, pieces)| *due > tick as u32 && *pieces > 0));
            }
            prop_assert!(base_stock(ratio, 7, 3.0, 5.0) <= base_stock(ratio + 0.005, 7, 3.0, 5.0));
        }
    }
}
