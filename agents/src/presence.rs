//! Where merchants are present: who enters, who leaves, and on which platforms a merchant sells.
//!
//! Expectations are adaptive: everybody sees what the merchants of a group earned per listing on a platform over the last
//! weeks, and what the own shop earned since the last look. Platforms thereby compete for sellers as well as for shoppers
//! (Rochet and Tirole 2003; Armstrong 2006); entry follows profit as in Dixit and Pindyck (1994, ch. 8), without its options.

use crate::catalog::{Catalog, Merchant};
use crate::merchant::WEEK_TICKS;
use crate::metric::GroupSum;
use crate::params::{EntryParams, GroupParams, PLATFORMS, PlatformChoiceParams};
use crate::policy::ExitPolicy;
use serde::{Deserialize, Serialize};
use sim_core::draw::{Purpose, Seed};

/// Weight of a tick in what a group is seen to earn: a memory of four weeks.
const PROSPECT_GAIN: f64 = 1.0 / 28.0;

/// What the merchants of a group earn on a platform, means of four weeks. Replicated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Prospect {
    /// Cash of orders and returns a tick, money units.
    pub cash: f64,
    /// Listings.
    pub listings: f64,
}

impl Prospect {
    /// Expected cash of a listing and tick; nothing where nobody of the group sells.
    #[must_use]
    pub fn per_listing(&self) -> Option<f64> {
        (self.listings > 1e-6).then(|| self.cash / self.listings)
    }
}

/// Brings the prospects up to the sums of a tick.
pub(crate) fn foresee(prospects: &mut Vec<Prospect>, sums: &[GroupSum]) {
    if prospects.is_empty() {
        prospects.extend(sums.iter().map(|sum| Prospect { cash: sum.cash as f64, listings: sum.listings as f64 }));
    }
    for (prospect, sum) in prospects.iter_mut().zip(sums) {
        prospect.cash += (sum.cash as f64 - prospect.cash) * PROSPECT_GAIN;
        prospect.listings += (sum.listings as f64 - prospect.listings) * PROSPECT_GAIN;
    }
}

/// Whether a merchant is in the market.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Status {
    /// It sells.
    Active,
    /// It waits outside.
    Dormant,
    /// It has left for good.
    Exited,
}

impl Status {
    /// Name as in the tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Status::Active => "active",
            Status::Dormant => "dormant",
            Status::Exited => "exited",
        }
    }
}

/// How a merchant stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// Whether it is in the market.
    pub status: Status,
    /// Weeks with a loss in a row.
    pub losing_weeks: u32,
    /// Cash of the week so far, all costs taken off, money units.
    pub week_cash: i64,
    /// Cash on each platform since the last review, listing costs taken off, money units.
    pub reviewed_cash: [i64; PLATFORMS],
}

impl Standing {
    /// At the start.
    #[must_use]
    pub fn new(dormant: bool) -> Standing {
        let status = if dormant { Status::Dormant } else { Status::Active };
        Standing { status, losing_weeks: 0, week_cash: 0, reviewed_cash: [0; PLATFORMS] }
    }
}

/// What a merchant does about its presence in a night.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Move {
    Stay,
    Exit,
    Enter,
    Join(u8),
    Leave(u8),
}

impl Move {
    /// Whether a listing is sold after the move.
    pub(crate) fn lists(self, listed: bool, home: bool, platform: u8) -> bool {
        match self {
            Move::Stay => listed,
            Move::Exit => false,
            Move::Enter => home,
            Move::Join(on) => listed || on == platform,
            Move::Leave(on) => listed && on != platform,
        }
    }
}

/// What a merchant sees when it decides on its presence.
pub(crate) struct Scene<'a> {
    pub(crate) catalog: &'a Catalog,
    pub(crate) seed: Seed,
    pub(crate) tick: u32,
    /// By platform and group.
    pub(crate) prospects: &'a [Prospect],
    /// By listing.
    pub(crate) listed: &'a [bool],
    /// By platform: whether it is in the market.
    pub(crate) trades: &'a [bool],
}

impl Scene<'_> {
    /// Decides on the presence of a merchant with `cash` earned since the start; weeks and reviews in `standing` advance.
    pub(crate) fn decide(&self, id: u32, standing: &mut Standing, cash: i64) -> Move {
        let merchant = &self.catalog.merchants[id as usize];
        let group = &self.catalog.groups[merchant.group as usize];
        let week_ends = (self.tick + id + 1).is_multiple_of(WEEK_TICKS);
        if week_ends {
            standing.losing_weeks = if standing.week_cash < 0 { standing.losing_weeks + 1 } else { 0 };
            standing.week_cash = 0;
        }
        match standing.status {
            Status::Exited => Move::Stay,
            Status::Dormant => match group.entry {
                Some(entry) if week_ends => self.enter(id, merchant, group, entry),
                _ => Move::Stay,
            },
            Status::Active if gives_up(group, standing, cash) => Move::Exit,
            Status::Active => match group.platform_choice {
                Some(choice) if (self.tick + id + 1).is_multiple_of(choice.review) => {
                    let reviewed = std::mem::take(&mut standing.reviewed_cash);
                    self.review(id, merchant, choice, reviewed)
                }
                _ => Move::Stay,
            },
        }
    }

    fn uniforms(&self, id: u32) -> [f64; 2] {
        let words = self.seed.words(Purpose::Presence, u64::from(id), u64::from(self.tick), 0);
        [0, 1].map(|i| f64::from(words.uniform(i)))
    }

    /// Expected cash of a listing and tick of a group on a platform; where nobody of the group sells, its mean elsewhere.
    fn expected(&self, platform: usize, group: u16) -> Option<f64> {
        let groups = self.catalog.groups.len();
        let at = |p: usize| self.prospects.get(p * groups + group as usize).and_then(Prospect::per_listing);
        at(platform).or_else(|| {
            let seen = (0..self.catalog.platforms.len()).filter_map(at);
            let (sum, count) = seen.fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
            (count > 0.0).then(|| sum / count)
        })
    }

    /// Enters with a hazard that rises in proportion to the profit that a week lets expect.
    fn enter(&self, id: u32, merchant: &Merchant, group: &GroupParams, entry: EntryParams) -> Move {
        let home = merchant.listings.iter().map(|&l| &self.catalog.listings[l as usize]).filter(|l| l.home);
        let mut profit = -group.fixed_cost as f64;
        let fee = group.platform_choice.map_or(0.0, |choice| choice.listing_cost());
        for listing in home.filter(|l| self.trades[l.platform as usize]) {
            profit += self.expected(listing.platform as usize, merchant.group).unwrap_or(0.0) - fee;
        }
        let hazard = entry_hazard(entry, profit * f64::from(WEEK_TICKS));
        if self.uniforms(id)[0] < hazard { Move::Enter } else { Move::Stay }
    }

    /// The best move: off the platform that loses most, or onto the one that promises most; taken with the group's rate.
    fn review(&self, id: u32, merchant: &Merchant, choice: PlatformChoiceParams, reviewed: [i64; PLATFORMS]) -> Move {
        let mut best = (0.0, Move::Stay);
        let platforms = || (0..self.catalog.platforms.len()).filter(|&p| self.trades[p]).map(|p| (p, self.here(merchant, p)));
        let present = platforms().filter(|(_, (_, listed))| *listed > 0).count();
        let payback = f64::from(choice.payback);
        for (p, (all, listed)) in platforms().filter(|(_, (all, _))| *all > 0) {
            let (gain, then) = if listed > 0 {
                let stays = present == 1 || merchant.first_party_of == Some(p as u8);
                let loss = -reviewed[p] as f64 / f64::from(choice.review) * payback;
                (if stays { 0.0 } else { loss }, Move::Leave(p as u8))
            } else {
                let cash = self.expected(p, merchant.group).unwrap_or(0.0) - choice.listing_cost();
                (cash * all as f64 * payback - choice.joining_cost as f64, Move::Join(p as u8))
            };
            if gain > best.0 {
                best = (gain, then);
            }
        }
        if self.uniforms(id)[1] < choice.rate { best.1 } else { Move::Stay }
    }

    /// Listings that a merchant has on a platform, and those of them that are sold.
    fn here(&self, merchant: &Merchant, platform: usize) -> (usize, usize) {
        let on = || merchant.listings.iter().filter(|&&l| self.catalog.listings[l as usize].platform as usize == platform);
        (on().count(), on().filter(|&&l| self.listed[l as usize]).count())
    }
}

/// Probability of entering in a week with this expected profit, money units.
fn entry_hazard(entry: EntryParams, profit: f64) -> f64 {
    (entry.hazard * profit / entry.profit.max(1) as f64).clamp(0.0, 1.0)
}

fn gives_up(group: &GroupParams, standing: &Standing, cash: i64) -> bool {
    let insolvent = group.capital + cash < 0;
    match group.exit {
        ExitPolicy::Never => false,
        ExitPolicy::Insolvent => insolvent,
        ExitPolicy::Losses { weeks } => insolvent || standing.losing_weeks >= weeks,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{ParticipationPolicy, PricingPolicy, StockPolicy};

    fn group(exit: ExitPolicy) -> GroupParams {
        GroupParams {
            name: "shops".into(),
            pricing: PricingPolicy::Fixed,
            stock: StockPolicy::Unlimited,
            fixed_cost: 10,
            menu_cost: 0,
            participation: ParticipationPolicy::Always,
            capital: 100,
            exit,
            entry: None,
            platform_choice: None,
        }
    }

    #[test]
    fn a_merchant_gives_up_when_its_capital_is_gone_or_losses_last() {
        let standing = |losing_weeks| Standing { losing_weeks, ..Standing::new(false) };
        for (exit, cash, weeks, expected) in [
            (ExitPolicy::Never, -1000, 99, false),
            (ExitPolicy::Insolvent, -100, 99, false),
            (ExitPolicy::Insolvent, -101, 0, true),
            (ExitPolicy::Losses { weeks: 4 }, 50, 3, false),
            (ExitPolicy::Losses { weeks: 4 }, 50, 4, true),
        ] {
            assert_eq!(gives_up(&group(exit), &standing(weeks), cash), expected, "{exit:?}, {cash}, {weeks}");
        }
    }

    #[test]
    fn listing_fees_below_a_unit_add_up_over_time() {
        let choice = PlatformChoiceParams { review: 7, listing_micros: 230_000, joining_cost: 0, payback: 30, rate: 1.0 };
        for listing in [0, 1, 7, 19_999] {
            let paid: i64 = (0..1000).map(|tick| choice.listing_fee(tick, listing)).sum();
            assert!((229..=231).contains(&paid), "{paid} in 1000 ticks at 0.23");
        }
        assert_eq!(PlatformChoiceParams { listing_micros: 5_000_000, ..choice }.listing_fee(3, 4), 5);
    }

    #[test]
    fn the_hazard_of_entry_rises_with_profit_and_is_zero_at_a_loss() {
        let entry = EntryParams { hazard: 0.1, profit: 200 };
        let hazards = [-50.0, 0.0, 100.0, 200.0, 400.0, 4000.0].map(|profit| entry_hazard(entry, profit));
        assert_eq!(hazards, [0.0, 0.0, 0.05, 0.1, 0.2, 1.0]);
    }

    #[test]
    fn prospects_start_with_what_is_seen_and_follow_it_slowly() {
        let mut prospects = Vec::new();
        foresee(&mut prospects, &[GroupSum { cash: 280, listings: 28 }, GroupSum::default()]);
        assert_eq!((prospects[0].per_listing(), prospects[1].per_listing()), (Some(10.0), None));
        foresee(&mut prospects, &[GroupSum { cash: 560, listings: 28 }, GroupSum { cash: 56, listings: 28 }]);
        assert_eq!(prospects[0], Prospect { cash: 290.0, listings: 28.0 });
        assert_eq!(prospects[1].per_listing(), Some(2.0));
    }

    #[test]
    fn moves_change_what_is_listed_and_nothing_else() {
        let moves = [Move::Stay, Move::Exit, Move::Enter, Move::Join(1), Move::Leave(1)];
        assert_eq!(moves.map(|m| m.lists(true, true, 0)), [true, false, true, true, true]);
        assert_eq!(moves.map(|m| m.lists(true, true, 1)), [true, false, true, true, false]);
        assert_eq!(moves.map(|m| m.lists(false, false, 1)), [false, false, false, true, false]);
    }
}
