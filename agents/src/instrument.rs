//! Price instruments as data: what a rule does, for whom, who pays, and the order in which rules apply.
//!
//! Guarantees that a rule takes at most half of the price that it finds and at most its cap, and that what it leaves never
//! falls when the price that it finds rises; choosing the best stacking leans on both.

use crate::catalog::Listing;
use crate::params::SEGMENTS;
use sim_core::money::{Money, PPM};

/// Most promotions of a platform.
pub const RULES: usize = 16;
/// No rule.
pub const NO_RULE: u8 = u8::MAX;

/// A price instrument.
#[derive(Clone, Debug)]
pub struct Promotion {
    /// What it does.
    pub instrument: Instrument,
    /// Platform's share of the discount, ppm.
    pub platform_ppm: u32,
    /// Valid categories.
    pub categories: Vec<bool>,
    /// Eligible segments.
    pub segments: [bool; SEGMENTS],
    /// Eligible shoppers among these.
    pub audience: Audience,
    /// Whether every segment is eligible.
    pub all_segments: bool,
    /// Share of listings that take part.
    pub participation: f32,
    /// Largest discount per line, money units.
    pub cap: i64,
    /// Largest discount per check-out, money units; for rules on the check-out.
    pub checkout_cap: i64,
    /// Baseline budget per tick; `None`: paid by the strategy budget.
    pub budget_per_tick: Option<i64>,
    /// First and last tick.
    pub window: (u32, u32),
    /// Whether the subsidy is taken back on return.
    pub clawback: bool,
    /// Place in its stage; smaller applies first, equals in the order of the file.
    pub stacking: u8,
    /// Number of the group of which at most one rule is used: per line, or per check-out for rules on the check-out.
    pub exclusive: Option<u8>,
}

/// Who may use a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// Everybody.
    All,
    /// Paying members of the platform.
    Members,
    /// Shoppers who have not bought on the platform before.
    New,
}

/// Kinds of instruments; shares in ppm, money in money units.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Instrument {
    /// Share of the price for holders, held with probability `reach`.
    Coupon {
        /// Share of the price, ppm.
        discount_ppm: u32,
        /// Probability of holding one.
        reach: f32,
    },
    /// Share of the price for paying members.
    MemberCoupon {
        /// Share of the price, ppm.
        discount_ppm: u32,
    },
    /// Share of the price for everybody.
    InstantDiscount {
        /// Share of the price, ppm.
        discount_ppm: u32,
    },
    /// The gap to the lowest price of the same product elsewhere.
    GapToLowest {
        /// Share of the gap, ppm.
        share_ppm: u32,
        /// Share of the price below the lowest, ppm.
        below_ppm: u32,
        /// Age of the other prices, ticks.
        lag: u32,
        /// Least that is left, ppm of the list price.
        floor_ppm: u32,
    },
    /// Money off for each full threshold of the lines of one shop.
    ThresholdDiscount {
        /// Threshold.
        threshold: i64,
        /// Money off.
        discount: i64,
    },
    /// Money off for each full threshold of all lines of a check-out.
    CrossShopDiscount {
        /// Threshold.
        threshold: i64,
        /// Money off.
        discount: i64,
    },
    /// A deposit that counts for more than was paid.
    Presale {
        /// Deposit: share of the price in ppm, plus an amount.
        deposit: (u32, i64),
        /// What the deposit counts for beyond itself, ppm of it.
        bonus_ppm: u32,
        /// First and last tick in which the balance is paid.
        pay: (u32, u32),
    },
    /// The difference is paid back if the price falls.
    PriceProtection {
        /// Ticks after the purchase.
        ticks: u32,
        /// Probability that a shopper asks for it.
        claims: f32,
    },
    /// Part of the commission is given back to the merchant.
    CommissionRelief {
        /// Share of the commission, ppm.
        share_ppm: u32,
    },
    /// Part of the delivery fee of the shopper.
    DeliverySubsidy {
        /// Share of the fee, ppm.
        share_ppm: u32,
    },
}

/// When a rule acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// On the price of a listing, the same for all shoppers.
    Shelf,
    /// On a line of one shopper.
    Line,
    /// On the lines of a check-out.
    Checkout,
    /// Beside the price: deposit, protection, commission, delivery fee.
    Aside,
}

/// The rules of a platform in the order in which they apply, compiled to bits by rule.
#[derive(Clone, Debug, Default)]
pub struct Stacking {
    /// Rules on the shelf price.
    pub shelf: Vec<u8>,
    /// Rules on a line.
    pub line: Vec<u8>,
    /// Rules on a check-out.
    pub checkout: Vec<u8>,
    /// All others.
    pub aside: Vec<u8>,
    /// Rules on a line, as bits.
    pub line_bits: u16,
    /// Rules on a check-out, as bits.
    pub checkout_bits: u16,
    /// Presales, as bits.
    pub presale_bits: u16,
    /// Delivery subsidies, as bits.
    pub delivery_bits: u16,
    /// Rules that a shopper may leave unused although nothing excludes them.
    pub optional: u16,
    /// By rule: the rules of its exclusive group, itself included; 0 without a group.
    pub exclusive: [u16; RULES],
    /// Rules of exclusive groups.
    pub exclusive_bits: u16,
}

impl Stacking {
    /// Compiles the rules of a platform.
    #[must_use]
    pub fn new(rules: &[Promotion]) -> Stacking {
        assert!(rules.len() <= RULES, "at most {RULES} rules");
        let mut by_place: Vec<u8> = (0..rules.len() as u8).collect();
        by_place.sort_by_key(|&r| (rules[r as usize].stacking, r));
        let of = |stage| by_place.iter().copied().filter(|&r| rules[r as usize].stage() == stage).collect::<Vec<u8>>();
        let which = |wanted: &dyn Fn(&Promotion) -> bool| bits((0..rules.len() as u8).filter(|&r| wanted(&rules[r as usize])));
        let mut exclusive = [0; RULES];
        for (slot, rule) in exclusive.iter_mut().zip(rules) {
            *slot = if rule.exclusive.is_some() { which(&|other| other.exclusive == rule.exclusive) } else { 0 };
        }
        let (shelf, line, checkout, aside) = (of(Stage::Shelf), of(Stage::Line), of(Stage::Checkout), of(Stage::Aside));
        Stacking {
            line_bits: bits(line.iter().copied()),
            checkout_bits: bits(checkout.iter().copied()),
            presale_bits: which(&|r| matches!(r.instrument, Instrument::Presale { .. })),
            delivery_bits: which(&|r| matches!(r.instrument, Instrument::DeliverySubsidy { .. })),
            optional: which(&|r| matches!(r.instrument, Instrument::Coupon { .. } | Instrument::MemberCoupon { .. })),
            exclusive_bits: which(&|r| r.exclusive.is_some()),
            exclusive,
            shelf,
            line,
            checkout,
            aside,
        }
    }
}

fn bits(rules: impl Iterator<Item = u8>) -> u16 {
    rules.fold(0, |bits, r| bits | 1 << r)
}

impl Promotion {
    /// When the rule acts. A discount that only some shoppers get, or that excludes others, is no part of the shelf price.
    #[must_use]
    pub fn stage(&self) -> Stage {
        let everybody = self.audience == Audience::All && self.all_segments && self.exclusive.is_none();
        match self.instrument {
            Instrument::InstantDiscount { .. } | Instrument::GapToLowest { .. } if everybody => Stage::Shelf,
            Instrument::InstantDiscount { .. }
            | Instrument::GapToLowest { .. }
            | Instrument::Coupon { .. }
            | Instrument::MemberCoupon { .. } => Stage::Line,
            Instrument::ThresholdDiscount { .. } | Instrument::CrossShopDiscount { .. } => Stage::Checkout,
            Instrument::Presale { .. }
            | Instrument::PriceProtection { .. }
            | Instrument::CommissionRelief { .. }
            | Instrument::DeliverySubsidy { .. } => Stage::Aside,
        }
    }

    /// Whether the platform invites the listing: its category, and the rule's share of listings, keyed.
    #[inline]
    #[must_use]
    pub fn invites(&self, listing: &Listing) -> bool {
        self.categories[listing.category as usize] && listing.participation < self.participation
    }

    /// Discount of a rule on a running price of a line, money units. `lowest` is the lowest price elsewhere.
    #[must_use]
    pub fn discount(&self, price: i64, list_price: i64, depth_ppm: u32, lowest: Option<i64>) -> i64 {
        let raw = match self.instrument {
            Instrument::Coupon { discount_ppm, .. }
            | Instrument::MemberCoupon { discount_ppm }
            | Instrument::InstantDiscount { discount_ppm } => Money(price).share(deep(discount_ppm, depth_ppm)).0,
            Instrument::GapToLowest { share_ppm, below_ppm, floor_ppm, .. } => lowest.map_or(0, |lowest| {
                let target = lowest - Money(lowest).share(deep(below_ppm, depth_ppm)).0;
                let room = (price - Money(list_price).share(floor_ppm).0).max(0);
                Money((price - target).max(0)).share(deep(share_ppm, depth_ppm)).0.min(room)
            }),
            Instrument::DeliverySubsidy { share_ppm } => return Money(price).share(deep(share_ppm, depth_ppm)).0.min(self.cap),
            Instrument::CommissionRelief { share_ppm } => return Money(price).share(deep(share_ppm, depth_ppm)).0.min(self.cap),
            _ => 0,
        };
        raw.min(self.cap).min(price / 2)
    }

    /// Threshold and money off, for rules on the check-out.
    #[must_use]
    pub fn threshold(&self) -> Option<(i64, i64)> {
        match self.instrument {
            Instrument::ThresholdDiscount { threshold, discount } | Instrument::CrossShopDiscount { threshold, discount } => {
                Some((threshold, discount))
            }
            _ => None,
        }
    }

    /// Whether the lines of one shop count together, not those of all.
    #[must_use]
    pub fn by_shop(&self) -> bool {
        matches!(self.instrument, Instrument::ThresholdDiscount { .. })
    }

    /// Discount of a rule on the check-out at a sum of running prices, before the caps of its lines.
    #[must_use]
    pub fn checkout_discount(&self, sum: i64, depth_ppm: u32) -> i64 {
        let Some((threshold, discount)) = self.threshold() else { return 0 };
        Money(sum / threshold * discount).share(depth_ppm).0.min(self.checkout_cap).min(sum / 2)
    }

    /// Deposit on a price, and what it counts for beyond itself, money units.
    #[must_use]
    pub fn deposit(&self, price: i64) -> (i64, i64) {
        let Instrument::Presale { deposit: (share_ppm, amount), bonus_ppm, .. } = self.instrument else { return (0, 0) };
        let deposit = (Money(price).share(share_ppm).0 + amount).min(price / 2);
        (deposit, self.bonus(deposit, bonus_ppm, price))
    }

    fn bonus(&self, deposit: i64, bonus_ppm: u32, price: i64) -> i64 {
        ((i128::from(deposit) * i128::from(bonus_ppm) / i128::from(PPM)) as i64).min(self.cap).min((price - deposit).max(0)).min(price / 2)
    }

    /// What a deposit that was paid counts for beyond itself at today's price, money units.
    #[must_use]
    pub fn bonus_of(&self, deposit: i64, price: i64) -> i64 {
        let Instrument::Presale { bonus_ppm, .. } = self.instrument else { return 0 };
        self.bonus(deposit, bonus_ppm, price)
    }

    /// Ticks for which the rule protects a price; 0 if it does not.
    #[must_use]
    pub fn protection_ticks(&self) -> u32 {
        if let Instrument::PriceProtection { ticks, .. } = self.instrument { ticks } else { 0 }
    }
}

/// A stated share at a depth, ppm, at most all.
fn deep(ppm: u32, depth_ppm: u32) -> u32 {
    (u64::from(ppm) * u64::from(depth_ppm) / PPM).min(PPM) as u32
}

/// Splits an amount over weights in proportion, by largest remainder, ties to the first: the parts add up to the amount.
///
/// # Panics
/// If the weights are negative, or all 0 while the amount is not.
pub fn split(amount: i64, weights: &[i64], parts: &mut [i64]) {
    assert_eq!(weights.len(), parts.len(), "one part per weight");
    parts.fill(0);
    if amount == 0 {
        return;
    }
    let total: i128 = weights.iter().map(|&w| i128::from(w)).sum();
    assert!(total > 0 && weights.iter().all(|w| *w >= 0), "an amount is split over positive weights: {weights:?}");
    let exact = |w: i64| i128::from(amount) * i128::from(w);
    let mut left = amount;
    for (part, &weight) in parts.iter_mut().zip(weights) {
        *part = (exact(weight) / total) as i64;
        left -= *part;
    }
    let mut served = 0u64;
    for _ in 0..left {
        let open = (0..weights.len()).filter(|i| served >> i & 1 == 0);
        let next =
            open.max_by_key(|&i| (exact(weights[i]) % total, std::cmp::Reverse(i))).expect("fewer fen are left than there are weights");
        parts[next] += 1;
        served |= 1 << next;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_split_adds_up_and_is_within_a_fen_of_proportion(
            weights in prop::collection::vec(0i64..100_000, 1..6), share in 0u32..=1_000_000
        ) {
            let total: i64 = weights.iter().sum();
            prop_assume!(total > 0);
            let amount = Money(total).share(share).0;
            let mut parts = vec![0; weights.len()];
            split(amount, &weights, &mut parts);
            prop_assert_eq!(parts.iter().sum::<i64>(), amount);
            for (part, weight) in parts.iter().zip(&weights) {
                let exact = amount as f64 * *weight as f64 / total as f64;
                prop_assert!((*part as f64 - exact).abs() < 1.0 + 1e-6);
            }
        }
    }
}
