//! The purse of a campaign: what it may pay for clicks, day by day.
//!
//! A click is whole and a day's budget may be less than one: unspent money is carried, so that clicks are integers and spend over days
//! is the budget. Guarantees that a campaign never pays more than it was given. A listing takes part only while the purse holds several
//! of its bids (the standard remedy for bids that are not small beside the budget: Mehta, Saberi, Vazirani, Vazirani 2007; throttling:
//! Karande, Mehta, Srikant 2013).

use super::books::Campaign;

/// Days of budget that a purse holds at most.
const CARRIED: i64 = 7;
/// Days of budget, today's included, that pacing keeps in the purse, so that a day of many clicks finds money.
const RESERVE: f64 = 3.0;
/// Days in which pacing spends what is above the reserve, or refills what is below.
const REFILL: f64 = 7.0;
/// Bids that the purse must hold for a listing to take part: several may be clicked on the same day.
const HEADROOM: i64 = 3;

/// Who pays the clicks of a day, money units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Payment {
    /// By the campaign's own budget.
    pub(crate) own: i64,
    /// By a boost.
    pub(crate) boosted: i64,
    /// By the search money of the content budget.
    pub(crate) search: i64,
}

impl Payment {
    /// All that is paid.
    pub(crate) fn all(self) -> i64 {
        self.own + self.boosted + self.search
    }
}

impl Campaign {
    /// Money of a new day; what is beyond a week's budget, or beyond a few bids where they are dearer, lapses. Returns the search money
    /// that does.
    pub(crate) fn accrue(&mut self, budget: i64, search: i64, extra: i64) -> i64 {
        let most = |daily: i64, bid: u32| (CARRIED * daily).max((HEADROOM + 1) * i64::from(bid) + daily);
        let dearest = self.dearest;
        (self.budget, self.extra) = (budget, extra);
        self.purse = (self.purse + budget).min(most(budget, dearest));
        let held = self.search + search;
        self.search = if search > 0 { held.min(most(search, dearest)) } else { 0 };
        self.search_budget = search;
        held - self.search
    }

    /// Nothing to spend: the merchant is not in the market. Returns the search money that lapses.
    pub(crate) fn close(&mut self) -> i64 {
        (self.budget, self.extra, self.purse, self.search_budget) = (0, 0, 0, 0);
        std::mem::take(&mut self.search)
    }

    /// Whether a listing takes part at this bid.
    pub(crate) fn affords(&self, bid: u32) -> bool {
        let money = self.purse + self.search + self.extra;
        money > 0 && money >= HEADROOM * i64::from(bid)
    }

    /// What pacing aims at spending in the day, money units: the money of the day, and a part of what the purse holds beyond its
    /// reserve.
    pub(crate) fn planned(&self) -> f64 {
        let daily = (self.budget + self.search_budget) as f64;
        let reserve = RESERVE * daily.max(f64::from(self.dearest));
        let level = (self.purse + self.search) as f64;
        (daily + (level - reserve) / REFILL).max(0.0) + self.extra as f64
    }

    /// Pays for clicks of this price as far as there is money: search money first, which is lent for the day, then the budget of the
    /// day, then a boost, then what was carried.
    pub(crate) fn pay(&mut self, charges: i64) -> Payment {
        let search = charges.min(self.search);
        let rest = (charges - search).min(self.purse + self.extra);
        let boosted = (rest - self.budget).clamp(0, self.extra);
        let payment = Payment { own: rest - boosted, boosted, search };
        self.search -= payment.search;
        self.purse -= payment.own;
        payment
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn nobody_pays_more_than_was_given_and_no_more_than_clicks_cost(
            days in prop::collection::vec((0i64..500, 0i64..300, 0i64..200, 0i64..5000), 1..60), dearest in 0u32..2000,
        ) {
            let mut campaign = Campaign { dearest, ..Campaign::NEW };
            let mut given = 0;
            let mut paid = 0;
            let mut searched = 0;
            for (budget, search, extra, charges) in days {
                let held = campaign.search;
                let lapsed = campaign.accrue(budget, search, extra);
                prop_assert_eq!(campaign.search + lapsed, held + search, "search money is held or lapses");
                searched += search - lapsed;
                let before = campaign.purse + campaign.search + campaign.extra;
                let payment = campaign.pay(charges);
                prop_assert_eq!(payment.all(), charges.min(before), "clicks are paid as far as there is money");
                prop_assert!(payment.own >= 0 && payment.boosted >= 0 && payment.boosted <= extra && payment.search >= 0);
                prop_assert!(campaign.purse >= 0 && campaign.search >= 0);
                given += budget + search + extra;
                paid += payment.all();
                searched -= payment.search;
            }
            prop_assert_eq!(searched, campaign.search);
            prop_assert!(paid <= given, "{} of {}", paid, given);
        }
    }

    #[test]
    fn a_budget_below_a_click_buys_one_every_few_days() {
        // a click costs 100, the budget is 20 a day: one click in five days in the long run
        let mut campaign = Campaign { dearest: 100, ..Campaign::NEW };
        let (mut clicks, mut free) = (0, 0);
        for _ in 0..1000 {
            campaign.accrue(20, 0, 0);
            if campaign.affords(100) {
                clicks += 1;
                free += 100 - campaign.pay(100).all();
            }
        }
        assert!((195..=200).contains(&clicks) && free == 0, "{clicks} clicks, {free} free");
    }

    #[test]
    fn unspent_money_is_carried_for_a_week_and_search_money_lapses_with_its_phase() {
        let mut campaign = Campaign::NEW;
        (0..30).for_each(|_| assert!(campaign.accrue(10, 5, 0) <= 5));
        assert_eq!((campaign.purse, campaign.search), (70, 35));
        assert_eq!(campaign.accrue(10, 0, 0), 35);
        assert_eq!((campaign.purse, campaign.search), (70, 0));
        assert_eq!(campaign.close(), 0);
        assert!(!campaign.affords(0));
    }

    #[test]
    fn a_boost_pays_what_goes_beyond_the_budget_of_the_day() {
        let of = |charges| {
            let mut campaign = Campaign { purse: 50, ..Campaign::NEW };
            campaign.accrue(100, 30, 40);
            campaign.pay(charges)
        };
        assert_eq!(of(20), Payment { own: 0, boosted: 0, search: 20 });
        assert_eq!(of(120), Payment { own: 90, boosted: 0, search: 30 });
        assert_eq!(of(150), Payment { own: 100, boosted: 20, search: 30 });
        assert_eq!(of(500), Payment { own: 150, boosted: 40, search: 30 });
    }
}
