//! One-key boost: for a window a campaign gets more money and a lower target, so that its bids rise.

use crate::params::BoostParams;

/// Whether the boost runs in a tick of the engine.
pub(crate) fn runs(boost: Option<&BoostParams>, tick: u32) -> bool {
    boost.is_some_and(|b| tick >= b.from && tick - b.from < b.ticks)
}

/// Factor on bids in a tick: a target lowered by `relax` is met with bids higher by 1 / (1 - relax).
pub(crate) fn lift(boost: Option<&BoostParams>, tick: u32) -> f64 {
    match boost {
        Some(b) if runs(boost, tick) => 1.0 / (1.0 - b.relax),
        _ => 1.0,
    }
}

/// Money on top of the budget in a tick, money units.
pub(crate) fn money(boost: Option<&BoostParams>, tick: u32) -> i64 {
    boost.filter(|_| runs(boost, tick)).map_or(0, |b| b.budget)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params::SoldOn;

    #[test]
    fn a_boost_begins_and_ends_on_time() {
        let boost = BoostParams { from: 10, ticks: 3, budget: 500, relax: 0.5, platforms: SoldOn::ALL };
        let seen: Vec<_> = (8..15).map(|tick| (lift(Some(&boost), tick), money(Some(&boost), tick))).collect();
        let (off, on) = ((1.0, 0), (2.0, 500));
        assert_eq!(seen, [off, off, on, on, on, off, off]);
        assert_eq!((lift(None, 10), money(None, 10)), off);
    }
}
