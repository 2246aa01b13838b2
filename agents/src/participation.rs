//! Whether a merchant joins the promotions that its platform invites it to: a decision by listing and rule, each week.

use crate::merchant::WEEK_TICKS;
use crate::policy::ParticipationPolicy;
use crate::pricing::{Demand, Night, Shop};
use crate::promotion::{JOINS_ALL, Quotes, for_user};
use sim_core::money::Money;

/// The rules that are joined at the start, as bits.
pub(crate) fn at_start(policy: &ParticipationPolicy) -> u16 {
    match policy {
        ParticipationPolicy::Always | ParticipationPolicy::Profitable { .. } => JOINS_ALL,
        ParticipationPolicy::Never => 0,
    }
}

/// Whether a listing's promotions are looked at in a night.
pub(crate) fn reviews(policy: &ParticipationPolicy, tick: u32, listing: u32) -> bool {
    matches!(policy, ParticipationPolicy::Profitable { .. }) && (tick + listing).is_multiple_of(WEEK_TICKS)
}

/// An offer to take something off the price.
#[derive(Clone, Copy, Debug)]
struct Discount {
    /// List price, money units.
    price: f64,
    /// Taken off it.
    off: f64,
    /// Part that the merchant pays.
    own: f64,
}

/// The rules that a listing joins, as bits; rules that would take nothing off are joined.
pub(crate) fn joins(hurdle: f64, night: &Night, shop: &Shop, price: u32) -> u16 {
    let platform = shop.listing.platform as usize;
    let rules = &night.params.platforms[platform].promotions;
    let states = &night.view.state.platforms[platform].rules;
    let outlook = night.outlook(&crate::policy::PricingPolicy::Fixed, shop, price);
    let quotes = Quotes { prices: &night.view.asked, earlier: &night.view.state.earlier };
    let carts = night.params.cart.is_on();
    let mut joins = JOINS_ALL;
    for (i, (rule, state)) in rules.iter().zip(states).enumerate().filter(|(_, (rule, _))| rule.invites(shop.listing)) {
        let lowest = quotes.lowest_elsewhere(rule, shop.listing);
        let off = for_user(rule, i64::from(price), state.depth_ppm, lowest, carts);
        let own = off - Money(off).share(rule.platform_ppm).0;
        let discount = Discount { price: f64::from(price), off: off as f64, own: own as f64 };
        if off > 0 && !pays(discount, outlook.plain_cost, outlook.demand, outlook.share, hurdle) {
            joins &= !(1 << i);
        }
    }
    joins
}

/// Whether the lift of logit demand pays for the merchant's part: (p - own - b) x lift >= (1 + hurdle) (p - b), with b the
/// break-even price.
fn pays(discount: Discount, cost: f64, demand: Demand, share: f64, hurdle: f64) -> bool {
    let without = discount.price - cost;
    let with = (without - discount.own) * demand.lift(discount.price, discount.price - discount.off, share);
    with >= without + hurdle * without.abs()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_promotion_is_joined_where_its_lift_pays_the_own_part() {
        let demand = Demand::Log { sensitivity: 3.0 };
        // a tenth off lifts sales by 37 %: the margin may fall by 27 %
        for (cost, own, hurdle, expected) in [
            (60.0, 10.0, 0.0, true),  // 30 x 1.37 against 40
            (70.0, 10.0, 0.0, false), // 20 x 1.37 against 30
            (70.0, 5.0, 0.0, true),   // half is paid by the platform
            (60.0, 10.0, 0.1, false),
            (90.0, 0.0, 0.3, true),
            (110.0, 0.0, 0.0, false), // more sales at a loss
        ] {
            let discount = Discount { price: 100.0, off: 10.0, own };
            assert_eq!(pays(discount, cost, demand, 0.0, hurdle), expected, "cost {cost}, own part {own}, hurdle {hurdle}");
        }
    }

    #[test]
    fn policies_begin_with_all_or_nothing_and_only_the_profitable_one_reviews() {
        let profitable = ParticipationPolicy::Profitable { hurdle: 0.0 };
        assert_eq!([ParticipationPolicy::Always, ParticipationPolicy::Never, profitable].map(|p| at_start(&p)), [JOINS_ALL, 0, JOINS_ALL]);
        assert_eq!([0, 6, 7].map(|tick| reviews(&profitable, tick, 1)), [false, true, false]);
        assert!(!reviews(&ParticipationPolicy::Always, 6, 1));
    }
}
