//! The best reply in multinomial logit demand (Anderson, de Palma, Thisse 1992, ch. 7): what the market's mean shopper lets
//! expect, with the own share as observed.

use super::outlook::{Demand, Outlook};
use sim_core::math;

/// Largest relative step in one revision.
const STEP: f64 = 0.2;
/// Least elasticity that is believed: below 1 no price is best.
const LEAST_ELASTICITY: f64 = 1.2;

/// Halvings of the interval in which the reply lies: to a millionth of it.
const HALVINGS: u32 = 30;

/// The price at which the first-order condition of Nash-Bertrand competition holds, rivals' prices as they are. Cost is the
/// list price at which nothing is left after the discounts that the merchant funds; the share is that of all listings that it
/// has on the page, so that its prices are set jointly: logit gives them one absolute (linear utility) or relative (logs)
/// margin.
pub(super) fn price(outlook: &Outlook) -> f64 {
    let (mut low, mut high) = (outlook.old * (1.0 - STEP), outlook.old * (1.0 + STEP));
    // the margin that is asked falls in the price, because the own share does: one crossing
    let short = |price: f64| price < outlook.cost + margin(outlook, price);
    if !short(low) {
        return low;
    }
    for _ in 0..HALVINGS {
        let middle = 0.5 * (low + high);
        if short(middle) { low = middle } else { high = middle }
    }
    high
}

/// The margin of the first-order condition where the listings ask `price`.
fn margin(outlook: &Outlook, price: f64) -> f64 {
    let Outlook { cost, joint_share, old, paid_share, .. } = *outlook;
    // what a shopper pays moves by the listed price less the own discounts
    let fall = match outlook.demand {
        Demand::Log { .. } => outlook.demand.fall(old, price),
        Demand::Linear { .. } => outlook.demand.fall(old * paid_share, price * paid_share),
    };
    let weight = joint_share * math::exp(-fall);
    let outside = (1.0 - joint_share) / (1.0 - joint_share + weight);
    match outlook.demand {
        Demand::Log { sensitivity } => cost / ((sensitivity * outside).max(LEAST_ELASTICITY) - 1.0),
        Demand::Linear { sensitivity, scale } => scale / (sensitivity * paid_share * outside),
    }
}

#[cfg(test)]
mod tests {
    use super::super::logit_market::Duopoly;
    use super::*;
    use crate::policy::PricingPolicy;

    #[test]
    fn a_reply_follows_its_first_order_condition() {
        let close = |found: f64, expected: f64| assert!((found - expected).abs() < 1e-3, "{found} instead of {expected}");
        let log = Outlook { cost: 60.0, joint_share: 0.0, demand: Demand::Log { sensitivity: 3.0 }, old: 95.0, ..Outlook::example() };
        close(price(&log), 90.0);
        // where the share is 0.2 the elasticity is 2.4: a price of 60 x 2.4 / 1.4 is its own reply
        close(price(&Outlook { joint_share: 0.2, old: 60.0 * 2.4 / 1.4, ..log.clone() }), 60.0 * 2.4 / 1.4);
        close(price(&Outlook { old: 50.0, ..log.clone() }), 60.0);
        close(price(&Outlook { old: 200.0, ..log }), 160.0);
        let demand = Demand::Linear { sensitivity: 2.0, scale: 50.0 };
        let linear = Outlook { cost: 60.0, joint_share: 0.5, demand, old: 110.0, ..Outlook::example() };
        close(price(&linear), 110.0);
        // half of each yuan asked reaches the shopper: twice the margin
        close(price(&Outlook { paid_share: 0.5, old: 160.0, ..linear.clone() }), 160.0);
        let dearer = price(&Outlook { old: 120.0, ..linear });
        assert!(dearer > 110.0 && dearer < 120.0, "the same share at a higher price: more is asked, {dearer}");
    }

    #[test]
    fn two_best_replies_meet_at_the_bertrand_nash_price() {
        let policy = || PricingPolicy::BestResponse { interval: 1 };
        let mut market = Duopoly::new(policy(), policy());
        for _ in 0..400 {
            market.step();
        }
        let nash = market.nash();
        for price in market.prices() {
            assert!((price / nash - 1.0).abs() < 1e-3, "{price}, Nash {nash}");
        }
        assert!(nash > market.cost() && nash < market.collusion());
    }
}
