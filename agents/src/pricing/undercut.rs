//! Undercutting: a price war in steps that ends at the floor and begins anew, the cycle of Edgeworth (1925) as an
//! equilibrium of alternating moves in Maskin and Tirole (1988).

use super::outlook::Outlook;

/// Below the lowest rival by `step`. Where that is below the floor it relents to the high price with probability `relent`
/// and stays at the floor otherwise. It never asks more than the high price, rivals or not.
pub(super) fn price(outlook: &Outlook, step: f64, floor_margin: f64, relent_margin: f64, relent: f64) -> f64 {
    let floor = outlook.cost / (1.0 - floor_margin);
    let high = (outlook.cost / (1.0 - relent_margin)).max(floor);
    match outlook.rival.map(|lowest| lowest * (1.0 - step)) {
        None => high,
        Some(target) if target >= floor => target.min(high),
        Some(_) if f64::from(outlook.uniforms[0]) < relent => high,
        Some(_) => floor,
    }
}

#[cfg(test)]
mod tests {
    use super::super::logit_market::Duopoly;
    use super::*;
    use crate::policy::PricingPolicy;

    #[test]
    fn undercutting_follows_its_table() {
        // lowest rival, draw -> price; floor 50 / 0.8 = 62.5, high price 50 / 0.5 = 100
        for (rival, draw, expected) in [
            (Some(100.0), 0.9, 90.0),
            (Some(70.0), 0.9, 63.0),
            (Some(69.0), 0.9, 62.5),
            (Some(69.0), 0.1, 100.0),
            (Some(300.0), 0.9, 100.0),
            (None, 0.9, 100.0),
        ] {
            let outlook = Outlook { cost: 50.0, rival, uniforms: [draw, 0.0], ..Outlook::example() };
            assert_eq!(price(&outlook, 0.1, 0.2, 0.5, 0.5), expected, "{rival:?}");
        }
    }

    #[test]
    fn two_who_undercut_each_other_run_through_edgeworth_cycles() {
        let policy = PricingPolicy::Undercut { step: 0.03, floor_margin: 0.05, relent_margin: 0.5, relent: 0.3, lag: 1, interval: 1 };
        let mut market = Duopoly::new(policy.clone(), policy);
        let prices: Vec<f64> = (0..2000).map(|_| market.step()).map(|[a, b]| a.min(b)).collect();
        let (floor, high) = (market.cost() / 0.95, market.cost() / 0.5);
        let (mut rises, mut falls) = (0, 0);
        for pair in prices.windows(2) {
            rises += usize::from(pair[1] > pair[0] * 1.2);
            falls += usize::from(pair[1] < pair[0]);
            assert!((floor * 0.999..=high * 1.001).contains(&pair[1]));
        }
        assert!((20..200).contains(&rises), "{rises} restorations");
        assert!(falls > 5 * rises, "long falls, short rises: {falls} falls, {rises} rises");
        let at_floor = prices.iter().filter(|p| **p < floor * 1.001).count();
        assert!(at_floor >= rises, "a war ends at the floor");
    }
}
