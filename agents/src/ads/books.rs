//! What merchants and platforms remember of advertising: sums that fade by listing, a campaign by merchant and platform, and the
//! rates of a platform that a beginner starts from.

use super::click::AdTallies;
use crate::catalog::Catalog;
use crate::metric::{Metric, Totals};
use serde::{Deserialize, Serialize};
use sim_core::digest::hash_of;

/// Share of a sum that is left after a tick: a memory of two weeks.
const LEFT: f32 = 1.0 - 1.0 / 14.0;
/// The same for the rates of a platform: a memory of a week.
const MARKET_LEFT: f64 = 1.0 - 1.0 / 7.0;
/// Orders per click that are expected before anything is known: a judgement; it is worth [`PRIOR_CLICKS`] clicks.
const PRIOR_CONVERSION: f64 = 0.15;
const PRIOR_CLICKS: f64 = 50.0;

/// Largest share of GMV that counts as the ad cost of an order: what few clicks say is no cost of a sale.
const DEAREST_SALES: f64 = 0.5;

/// Weekly sums: impressions, clicks, ad orders, GMV of ad orders, spend.
pub const AD_WEEK: usize = 5;

/// What a campaign got and paid in a week beside its own budget: over-delivery, refunds, boost, search money, money units.
pub const CAMPAIGN_WEEK: usize = 4;

/// What is remembered of a listing; sums fade with a memory of two weeks.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct ItemBook {
    /// Clicks.
    pub clicks: f32,
    /// Ad orders.
    pub orders: f32,
    /// GMV of ad orders, money units.
    pub gmv: f32,
    /// What clicks cost, over-delivery left out, money units.
    pub spend: f32,
    /// Ad orders by shoppers who did not have the merchant in mind.
    pub new_shoppers: f32,
    /// Lines kept in a cart after a click.
    pub favourites: f32,
    /// GMV of all shipped orders, paid and organic, money units.
    pub sold: f32,
    /// GMV returned, money units.
    pub refunds: f32,
    /// GMV of all shipped orders, paid and organic, of the days on which whole-site promotion promoted it, money units.
    pub promoted_gmv: f32,
    /// What clicks cost on those days, over-delivery left out, money units.
    pub promoted_spend: f32,
    /// The bid that stands, money units.
    pub bid: u32,
    /// Whether whole-site promotion has picked it.
    pub picked: bool,
    /// Sums of the week so far.
    pub week: [i64; AD_WEEK],
    /// What the clicks of the tick cost, over-delivery left out, money units; for the record, as what follows: the digest holds its sums.
    pub paid: i64,
    /// Whether whole-site promotion promoted it in the tick.
    pub promoted: bool,
}

/// A merchant's campaign on a platform.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Campaign {
    /// Factor on bids that holds them to the budget.
    pub pace: f64,
    /// Sum of the errors of the controller.
    pub integral: f64,
    /// Its last error.
    pub last_error: f64,
    /// Factor on bids that moves the result to the target.
    pub trim: f64,
    /// Budget of the tick, money units.
    pub budget: i64,
    /// Money of a boost on top, money units.
    pub extra: i64,
    /// What its own budgets have left to spend, that of the tick included, money units.
    pub purse: i64,
    /// What the search money of the content budget has left to spend, money units.
    pub search: i64,
    /// Search money of a tick, money units: as last given, while there is any.
    pub search_budget: i64,
    /// Ticks since search money was last given.
    pub search_idle: i64,
    /// Search money that has come back unspent, for the other channels of its phase, money units.
    pub returned: i64,
    /// What the clicks of a tick with clicks cost, in the mean of a week, money units.
    pub mean_charges: f64,
    /// Share of its clicks that search money is expected to pay, of 255.
    pub search_share: u8,
    /// The dearest bid that it would place, whether there is money for it or not, money units.
    pub dearest: u32,
    /// Spend, value and orders of the guarantee's period.
    pub period: [i64; 3],
    /// Sums of the week so far.
    pub week: [i64; CAMPAIGN_WEEK],
}

/// Books of all merchants; empty where nobody advertises.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct AdBooks {
    /// By listing.
    pub items: Vec<ItemBook>,
    /// By merchant and platform.
    pub campaigns: Vec<Campaign>,
    /// By merchant: whether it has whole-site promotion.
    pub adopted: Vec<bool>,
}

/// What the advertising of a platform lets expect; sums fade with a memory of a week. Replicated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AdMarket {
    /// Clicks.
    pub clicks: f64,
    /// Ad orders.
    pub orders: f64,
    /// What clicks cost, money units.
    pub charges: f64,
    /// Campaigns with whole-site promotion, of those that may have it.
    pub adopters: [i64; 2],
}

/// Fading sums of a campaign, or of a listing.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Sums {
    pub(crate) clicks: f64,
    pub(crate) orders: f64,
    pub(crate) gmv: f64,
    pub(crate) spend: f64,
    pub(crate) new_shoppers: f64,
    pub(crate) favourites: f64,
    pub(crate) sold: f64,
    pub(crate) refunds: f64,
    pub(crate) promoted_gmv: f64,
    pub(crate) promoted_spend: f64,
}

impl Sums {
    pub(crate) fn add(&mut self, other: Sums) {
        self.clicks += other.clicks;
        self.orders += other.orders;
        self.gmv += other.gmv;
        self.spend += other.spend;
        self.new_shoppers += other.new_shoppers;
        self.favourites += other.favourites;
        self.sold += other.sold;
        self.refunds += other.refunds;
        self.promoted_gmv += other.promoted_gmv;
        self.promoted_spend += other.promoted_spend;
    }

    /// Share of GMV that comes back.
    pub(crate) fn returned(&self) -> f64 {
        if self.sold > 0.0 { (self.refunds / self.sold).clamp(0.0, 0.95) } else { 0.0 }
    }
}

impl ItemBook {
    pub(crate) fn sums(&self) -> Sums {
        Sums {
            clicks: f64::from(self.clicks),
            orders: f64::from(self.orders),
            gmv: f64::from(self.gmv),
            spend: f64::from(self.spend),
            new_shoppers: f64::from(self.new_shoppers),
            favourites: f64::from(self.favourites),
            sold: f64::from(self.sold),
            refunds: f64::from(self.refunds),
            promoted_gmv: f64::from(self.promoted_gmv),
            promoted_spend: f64::from(self.promoted_spend),
        }
    }

    /// Ad spend over GMV, paid and organic; at most a half.
    pub(crate) fn cost_of_sales(&self) -> f64 {
        if self.sold > 0.0 { (f64::from(self.spend) / f64::from(self.sold)).min(DEAREST_SALES) } else { 0.0 }
    }

    /// Takes in a tick: `paid` is what its clicks cost the merchant, `sold` and `refunds` GMV of all orders.
    pub(crate) fn learn(&mut self, at: usize, ads: &AdTallies, paid: i64, sold: i64, refunds: i64) {
        let fade = |sum: &mut f32, now: i64| *sum = *sum * LEFT + now as f32;
        fade(&mut self.clicks, ads.clicks[at]);
        fade(&mut self.orders, ads.orders[at]);
        fade(&mut self.gmv, ads.gmv[at]);
        fade(&mut self.spend, paid);
        fade(&mut self.new_shoppers, ads.new_shoppers[at]);
        fade(&mut self.favourites, ads.favourites[at]);
        fade(&mut self.sold, sold);
        fade(&mut self.refunds, refunds);
        (self.paid, self.promoted) = (paid, self.picked);
        let [promoted_gmv, promoted_spend] = if self.picked { [sold, paid] } else { [0; 2] };
        fade(&mut self.promoted_gmv, promoted_gmv);
        fade(&mut self.promoted_spend, promoted_spend);
        let now = [ads.impressions[at], ads.clicks[at], ads.orders[at], ads.gmv[at], paid];
        for (sum, now) in self.week.iter_mut().zip(now) {
            *sum += now;
        }
    }

    /// Hash for the digest.
    pub(crate) fn hash(&self, listing: usize) -> u64 {
        let floats = [
            self.clicks,
            self.orders,
            self.gmv,
            self.spend,
            self.new_shoppers,
            self.favourites,
            self.sold,
            self.refunds,
            self.promoted_gmv,
            self.promoted_spend,
        ];
        let mut bytes = [0u8; 48 + 8 * AD_WEEK];
        for (slot, word) in
            bytes.as_chunks_mut().0.iter_mut().zip(floats.map(f32::to_bits).into_iter().chain([self.bid, u32::from(self.picked)]))
        {
            *slot = word.to_le_bytes();
        }
        for (slot, sum) in bytes[48..].as_chunks_mut().0.iter_mut().zip(self.week) {
            *slot = sum.to_le_bytes();
        }
        hash_of(2 << 40 | listing as u64, &bytes)
    }
}

impl Campaign {
    pub(crate) const NEW: Campaign = Campaign {
        pace: 1.0,
        integral: 0.0,
        last_error: 0.0,
        trim: 1.0,
        budget: 0,
        extra: 0,
        purse: 0,
        search: 0,
        search_budget: 0,
        search_idle: 0,
        returned: 0,
        mean_charges: 0.0,
        search_share: 0,
        dearest: 0,
        period: [0; 3],
        week: [0; CAMPAIGN_WEEK],
    };

    /// Hash for the digest.
    pub(crate) fn hash(&self, place: usize) -> u64 {
        let floats = [self.pace, self.integral, self.last_error, self.trim, self.mean_charges].map(f64::to_bits);
        let mut bytes = [0u8; 136 + 8 * CAMPAIGN_WEEK];
        let money = [self.budget, self.extra, self.purse, self.search, self.search_budget, i64::from(self.dearest)];
        let more = [self.search_idle, self.returned, i64::from(self.search_share)];
        let words = floats.into_iter().chain(money.into_iter().chain(more).chain(self.period).chain(self.week).map(|n| n as u64));
        for (slot, word) in bytes.as_chunks_mut().0.iter_mut().zip(words) {
            *slot = word.to_le_bytes();
        }
        hash_of(3 << 40 | place as u64, &bytes)
    }
}

impl AdBooks {
    /// Books at the start, if any group advertises.
    #[must_use]
    pub fn new(catalog: &Catalog, adopted: impl Fn(usize) -> bool) -> AdBooks {
        if !catalog.advertises() {
            return AdBooks::default();
        }
        let merchants = catalog.merchants.len();
        AdBooks {
            items: vec![ItemBook::default(); catalog.listings.len()],
            campaigns: vec![Campaign::NEW; merchants * catalog.platforms.len()],
            adopted: (0..merchants).map(adopted).collect(),
        }
    }

    /// The campaigns of a merchant, by platform; none where nobody advertises.
    pub(crate) fn of(&self, merchant: u32, platforms: usize) -> &[Campaign] {
        self.campaigns.get(merchant as usize * platforms..).map_or(&[], |from| &from[..platforms.min(from.len())])
    }

    /// The same, to change.
    pub(crate) fn of_mut(&mut self, merchant: u32, platforms: usize) -> &mut [Campaign] {
        self.campaigns.get_mut(merchant as usize * platforms..).map_or(&mut [], |from| {
            let len = platforms.min(from.len());
            &mut from[..len]
        })
    }

    /// Whether anybody advertises.
    #[must_use]
    pub fn is_on(&self) -> bool {
        !self.items.is_empty()
    }
}

impl AdMarket {
    /// Takes in the totals of a tick.
    pub(crate) fn observe(&mut self, platform: usize, totals: &Totals) {
        let fade = |sum: &mut f64, metric| *sum = *sum * MARKET_LEFT + totals.sum(platform, metric) as f64;
        fade(&mut self.clicks, Metric::AdClicks);
        fade(&mut self.orders, Metric::AdOrders);
        fade(&mut self.charges, Metric::AdCharges);
        self.adopters = [Metric::AdAdopters, Metric::AdEligible].map(|metric| totals.sum(platform, metric));
    }

    /// Orders per click of a listing of which nothing is known.
    pub(crate) fn conversion(&self) -> f64 {
        (self.orders + PRIOR_CONVERSION * PRIOR_CLICKS) / (self.clicks + PRIOR_CLICKS)
    }

    /// Mean price of a click, money units, if there were any.
    pub(crate) fn cost_per_click(&self) -> Option<f64> {
        (self.clicks >= 1.0).then(|| self.charges / self.clicks)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_fades_and_a_week_does_not() {
        let mut tallies = AdTallies::new(1);
        (tallies.clicks[0], tallies.impressions[0]) = (14, 20);
        let mut item = ItemBook::default();
        item.learn(0, &tallies, 70, 500, 50);
        tallies.clicks[0] = 0;
        item.learn(0, &tallies, 0, 0, 0);
        assert_eq!((item.clicks, item.week[1], item.week[0]), (13.0, 14, 40));
        assert!((item.sums().returned() - 0.1).abs() < 1e-6);
    }

    #[test]
    fn the_first_guess_gives_way_to_what_a_platform_sees() {
        let seen = |clicks, orders| AdMarket { clicks, orders, ..AdMarket::default() }.conversion();
        assert_eq!(seen(0.0, 0.0), PRIOR_CONVERSION);
        assert!((seen(1e6, 3e5) - 0.3).abs() < 1e-4);
    }

    #[test]
    fn every_remembered_number_moves_the_hash() {
        let item = ItemBook::default();
        let mut week = item.clone();
        week.week[4] = 1;
        let changed =
            [ItemBook { clicks: 1.0, ..item.clone() }, ItemBook { refunds: 1.0, ..item.clone() }, ItemBook { bid: 1, ..item.clone() }];
        let promoted = [ItemBook { promoted_gmv: 1.0, ..item.clone() }, ItemBook { promoted_spend: 1.0, ..item.clone() }];
        for other in changed.into_iter().chain(promoted).chain([ItemBook { picked: true, ..item.clone() }, week]) {
            assert_ne!(item.hash(0), other.hash(0), "{other:?}");
        }
        let campaign = Campaign::NEW;
        for other in [
            Campaign { pace: 0.5, ..campaign.clone() },
            Campaign { extra: 1, ..campaign.clone() },
            Campaign { purse: 1, ..campaign.clone() },
            Campaign { search: 1, ..campaign.clone() },
            Campaign { search_budget: 1, ..campaign.clone() },
            Campaign { search_idle: 1, ..campaign.clone() },
            Campaign { returned: 1, ..campaign.clone() },
            Campaign { mean_charges: 1.0, ..campaign.clone() },
            Campaign { search_share: 1, ..campaign.clone() },
            Campaign { dearest: 1, ..campaign.clone() },
            Campaign { period: [0, 0, 1], ..campaign.clone() },
            Campaign { week: [0, 0, 0, 1], ..campaign.clone() },
        ] {
            assert_ne!(campaign.hash(0), other.hash(0), "{other:?}");
        }
    }
}
