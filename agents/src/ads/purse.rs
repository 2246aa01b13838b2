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
/// Days of search money that a purse holds at most where the phase has other channels that can spend it.
const LENT: i64 = 2;
/// Weight of a day in the mean cost of a day's clicks.
const CHARGES_GAIN: f64 = 1.0 / 7.0;
/// Days in which pacing spends what is above the reserve, or refills what is below.
const REFILL: f64 = 7.0;
/// Bids that the purse must hold for a listing to take part: several may be clicked on the same day.
const HEADROOM: i64 = 3;

/// Whose search money it is, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Term {
    /// The daily budget's: it is carried for a week.
    Week,
    /// A phase's with so many ticks left, the coming one included; what the purse need not hold goes back where there is an
    /// `elsewhere` to spend it.
    Phase { left: i64, elsewhere: bool },
}

/// Search money of a new day.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lent {
    /// Given for the day, money units.
    pub(crate) given: i64,
    pub(crate) term: Term,
    /// Whether a phase has ended in this night: its money lapses.
    pub(crate) ended: bool,
}

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
    pub(crate) fn accrue(&mut self, budget: i64, search: Lent, extra: i64) -> i64 {
        (self.budget, self.extra) = (budget, extra);
        self.purse = (self.purse + budget).min(self.most(CARRIED, budget));
        self.borrow(search)
    }

    /// The most that so many days of money may come to; never less than a few bids.
    fn most(&self, days: i64, daily: i64) -> i64 {
        (days * daily).max((HEADROOM + 1) * i64::from(self.dearest) + daily)
    }

    /// Search money of a new day: it is held while its phase lasts, or for a week. Returns what lapses.
    fn borrow(&mut self, Lent { given, term, ended }: Lent) -> i64 {
        let lapsed = if ended { std::mem::take(&mut self.search) + std::mem::take(&mut self.returned) } else { 0 };
        self.search_idle = if given > 0 { 0 } else { self.search_idle + 1 };
        if given > 0 || self.search == 0 {
            self.search_budget = given;
        }
        let most = match term {
            Term::Week if self.search_idle >= CARRIED => 0,
            Term::Week => self.most(CARRIED, self.search_budget),
            Term::Phase { left, elsewhere: true } => self.loan(left),
            Term::Phase { elsewhere: false, .. } => i64::MAX,
        };
        let held = self.search + given;
        self.search = held.min(most);
        let rest = held - self.search;
        if term == Term::Week {
            return lapsed + rest;
        }
        self.returned += rest;
        lapsed
    }

    /// The most that a purse holds of a phase that has other channels, so many ticks before its end: what lets its bids take part, if its own
    /// money does not, and on the last tick no more than twice what clicks cost.
    fn loan(&self, left: i64) -> i64 {
        let daily = self.search_budget;
        let last = if self.mean_charges > 0.0 { daily.min((2.0 * self.mean_charges) as i64) } else { daily };
        match left {
            ..=1 => last,
            LENT => LENT * daily,
            _ => (LENT * daily).max((HEADROOM + 1) * i64::from(self.dearest) - self.purse),
        }
    }

    /// Nothing to spend: the merchant is not in the market. Returns the search money that lapses.
    pub(crate) fn close(&mut self) -> i64 {
        (self.budget, self.extra, self.purse, self.search_budget, self.search_share) = (0, 0, 0, 0, 0);
        std::mem::take(&mut self.search) + std::mem::take(&mut self.returned)
    }

    /// Takes in what the clicks of a day cost; days without clicks say nothing about those with some.
    pub(crate) fn note_charges(&mut self, charges: i64) {
        if charges > 0 {
            let gain = if self.mean_charges > 0.0 { CHARGES_GAIN } else { 1.0 };
            self.mean_charges += (charges as f64 - self.mean_charges) * gain;
        }
    }

    /// Share of the clicks of a day that search money is expected to pay: it pays first.
    pub(crate) fn searched(&self) -> f64 {
        // before the first click it is expected to spend what it plans to
        let charges = if self.mean_charges > 0.0 { self.mean_charges } else { self.planned() };
        if self.search == 0 { 0.0 } else { self.search as f64 / charges.max(self.search as f64) }
    }

    /// Share of search money in what a day gives.
    pub(crate) fn search_part(&self) -> f64 {
        self.search_budget as f64 / (self.search_budget + self.budget).max(1) as f64
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

    /// Pays for clicks of this price as far as there is money: search money first, which does not stay, then the budget of the
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

    /// Search money of the daily budget.
    fn daily(given: i64) -> Lent {
        Lent { given, term: Term::Week, ended: false }
    }

    proptest! {
        #[test]
        fn nobody_pays_more_than_was_given_and_no_more_than_clicks_cost(
            days in prop::collection::vec((0i64..500, 0i64..300, 0i64..200, 0i64..5000, 0u8..6), 1..60), dearest in 0u32..2000,
        ) {
            let mut campaign = Campaign { dearest, ..Campaign::NEW };
            let mut given = 0;
            let mut paid = 0;
            let mut searched = 0;
            for (budget, search, extra, charges, kind) in days {
                let held = campaign.search + campaign.returned;
                let term = if kind < 2 { Term::Week } else { Term::Phase { left: i64::from(kind), elsewhere: kind < 5 } };
                let lapsed = campaign.accrue(budget, Lent { given: search, term, ended: kind == 0 }, extra);
                prop_assert_eq!(campaign.search + campaign.returned + lapsed, held + search, "search money is held, comes back or lapses");
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
            prop_assert_eq!(searched, campaign.search + campaign.returned);
            prop_assert!(paid <= given, "{} of {}", paid, given);
        }
    }

    #[test]
    fn a_budget_below_a_click_buys_one_every_few_days() {
        // a click costs 100, the budget is 20 a day: one click in five days in the long run
        let mut campaign = Campaign { dearest: 100, ..Campaign::NEW };
        let (mut clicks, mut free) = (0, 0);
        for _ in 0..1000 {
            campaign.accrue(20, daily(0), 0);
            if campaign.affords(100) {
                clicks += 1;
                free += 100 - campaign.pay(100).all();
            }
        }
        assert!((195..=200).contains(&clicks) && free == 0, "{clicks} clicks, {free} free");
    }

    #[test]
    fn unspent_money_is_carried_for_a_week() {
        let mut campaign = Campaign::NEW;
        (0..30).for_each(|_| assert!(campaign.accrue(10, daily(5), 0) <= 5));
        assert_eq!((campaign.purse, campaign.search), (70, 35));
        (1..7).for_each(|_| assert_eq!(campaign.accrue(10, daily(0), 0), 0, "a day without search money ends no week"));
        assert_eq!(campaign.accrue(10, daily(0), 0), 35);
        assert_eq!((campaign.purse, campaign.search), (70, 0));
        assert_eq!(campaign.close(), 0);
        assert!(!campaign.affords(0));
    }

    #[test]
    fn search_money_of_a_phase_goes_back_to_it_and_lapses_with_it() {
        let phase = |given, left| Lent { given, term: Term::Phase { left, elsewhere: true }, ended: false };
        let mut campaign = Campaign::NEW;
        (0..8).for_each(|day| assert_eq!(campaign.accrue(0, phase(5, 10 - day), 0), 0));
        assert_eq!((campaign.search, campaign.returned), (10, 30));
        campaign.note_charges(1);
        campaign.accrue(0, phase(0, 2), 0);
        campaign.accrue(0, phase(5, 1), 0);
        assert_eq!((campaign.search, campaign.returned), (2, 43), "the last day holds what it can spend");
        assert_eq!(campaign.accrue(0, Lent { given: 3, term: Term::Week, ended: true }, 0), 45);
        assert_eq!((campaign.search, campaign.returned), (3, 0));
        let mut alone = Campaign::NEW;
        let all = |left| Lent { given: 5, term: Term::Phase { left, elsewhere: false }, ended: false };
        (1..=20).rev().for_each(|left| assert_eq!(alone.accrue(0, all(left), 0), 0));
        assert_eq!((alone.search, alone.returned), (100, 0), "where else is nothing to buy it waits for clicks");
    }

    #[test]
    fn the_clicks_that_search_money_pays_are_in_proportion_to_it() {
        let share = |search| Campaign { search, mean_charges: 1000.0, ..Campaign::NEW }.searched();
        assert_eq!([0, 1, 250, 1000, 5000].map(share), [0.0, 0.001, 0.25, 1.0, 1.0]);
        let mut campaign = Campaign::NEW;
        [700, 0, 0, 1400].into_iter().for_each(|charges| campaign.note_charges(charges));
        assert_eq!(campaign.mean_charges, 800.0);
    }

    #[test]
    fn a_boost_pays_what_goes_beyond_the_budget_of_the_day() {
        let of = |charges| {
            let mut campaign = Campaign { purse: 50, ..Campaign::NEW };
            campaign.accrue(100, daily(30), 40);
            campaign.pay(charges)
        };
        assert_eq!(of(20), Payment { own: 0, boosted: 0, search: 20 });
        assert_eq!(of(120), Payment { own: 90, boosted: 0, search: 30 });
        assert_eq!(of(150), Payment { own: 100, boosted: 20, search: 30 });
        assert_eq!(of(500), Payment { own: 150, boosted: 40, search: 30 });
    }
}
