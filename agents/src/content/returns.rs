//! What a channel returns to the money of a merchant, as an allocator sees it: orders a tick.
//!
//! A contact returns the orders that it may lead to later (the steps of the funnel, `ChannelParams::worth`) and those that follow at
//! once: with a merchant of the category that is shopped for, followed to its product, and bought there as often as clicks on its
//! platform have been of late. Search returns what its clicks have cost and brought in the last weeks; what the file says of its price and response
//! does not enter.

use super::allocator::{Curve, estimated};
use super::campaign;
use super::params::{Allocator, ContentProgramme};
use super::plan::{GroupContent, Night, creative_factor, performance};
use super::response::Hill;
use super::sums::ContentSum;
use crate::ads::books::AdMarket;
use serde::{Deserialize, Serialize};
use sim_core::draw::{Purpose, Seed};

/// Share of what was found that a tick leaves: a memory of a week.
const LEFT: f64 = 1.0 - 1.0 / 7.0;
/// Clicks at the price of the platform that count beside those of the group.
const PRIOR_CLICKS: f64 = 10.0;
/// Most search money that is expected to find clicks, over what it paid of late: it may double.
const GROWTH: f64 = 2.0;
/// Share of the money of a tick that search may try whatever it paid of late.
const TRIED: f64 = 1.0 / 16.0;
/// Search money at which the price of a click has doubled, over what may be spent.
const DEARER: f64 = 4.0;
/// Ticks for which an AI errs alike: eight weeks, about the time between two lift studies.
const ERROR_TICKS: u32 = 56;

/// What the clicks of a channel have brought to a group; sums fade with a memory of a week.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Found {
    /// Ticks.
    pub ticks: f64,
    /// Contacts.
    pub contacts: f64,
    /// What they cost, money units.
    pub spend: f64,
}

impl Found {
    /// Takes in a tick.
    pub(super) fn see(&mut self, sum: ContentSum) {
        let fade = |mean: &mut f64, seen: f64| *mean = *mean * LEFT + seen;
        fade(&mut self.ticks, 1.0);
        fade(&mut self.contacts, sum.contacts as f64);
        fade(&mut self.spend, sum.spend as f64);
    }

    /// Contacts for a money unit, where a click costs `usual` elsewhere.
    fn contacts_of_money(&self, usual: f64) -> f64 {
        (self.contacts + PRIOR_CLICKS) / (self.spend + PRIOR_CLICKS * usual)
    }

    /// The most that each of so many merchants is expected to pay in a tick, of what it has.
    fn limit(&self, payers: i64, money: f64) -> f64 {
        let paid = self.spend / self.ticks.max(1.0) / payers.max(1) as f64;
        (GROWTH * paid).max(TRIED * money).min(money)
    }
}

/// Whose money is split, and how.
pub(super) struct Plan<'a> {
    pub(super) group: usize,
    pub(super) programme: &'a ContentProgramme,
    pub(super) allocator: Allocator,
    /// Split that the scenario says.
    pub(super) shares: &'a [f64],
    pub(super) money: i64,
}

impl Night<'_> {
    /// What a channel returns to steady money of a merchant; a channel that the scenario gives no share is not among them.
    pub(super) fn curve(&self, plan: &Plan, channel: usize, content: &GroupContent) -> Curve {
        let (rules, buy) = (&self.content.channels[channel], &content.buys[channel]);
        let usable = plan.shares[channel] > 0.0 && buy.audience > 0.0 && buy.payers > 0;
        let curve = if rules.auctioned { self.searched(plan, channel, content) } else { self.bought(plan, channel, content) };
        let curve = Curve { worth: if usable { curve.worth } else { 0.0 }, ..curve };
        let Allocator::Ai { noise } = plan.allocator else { return curve };
        let bits = error_bits(self.market.seed, plan.group, self.tick, channel);
        estimated(curve, noise * (1.0 - performance(self.platforms, rules.platform)), bits)
    }

    /// Impressions: at the true response.
    fn bought(&self, plan: &Plan, channel: usize, content: &GroupContent) -> Curve {
        let (rules, buy) = (&self.content.channels[channel], &content.buys[channel]);
        let quality = performance(self.platforms, rules.platform);
        let precision = campaign::precision(rules.precision, plan.programme.campaign.as_ref(), content.known, quality);
        let conversion = rules.platform.map_or_else(AdMarket::default, |p| self.platforms[p].ads).conversion();
        let orders = rules.worth + precision * rules.click_through * conversion;
        let contacts = rules.effect * buy.audience * creative_factor(plan.programme, self.tick, content, quality);
        Curve {
            worth: orders * contacts,
            per_money: 1000.0 / rules.cpm / buy.audience.max(1.0),
            left: rules.left,
            hill: rules.hill,
            limit: rules.capacity * buy.audience * rules.cpm / 1000.0 / buy.payers.max(1) as f64,
        }
    }

    /// Clicks: at what they have cost and brought.
    fn searched(&self, plan: &Plan, channel: usize, content: &GroupContent) -> Curve {
        let (rules, buy) = (&self.content.channels[channel], &content.buys[channel]);
        let platform = rules.platform.expect("what is auctioned is on a platform");
        let market = &self.platforms[platform].ads;
        let reserve = self.params.platforms[platform].ads.as_ref().map_or(1.0, |ads| f64::from(ads.reserve));
        let contacts = content.found[channel].contacts_of_money(market.cost_per_click().unwrap_or(reserve).max(1.0));
        let limit = content.found[channel].limit(buy.payers, plan.money as f64);
        let half = (DEARER * limit).max(1.0);
        let orders = rules.worth + market.conversion();
        Curve { worth: orders * contacts * half, per_money: 1.0, left: 0.0, hill: Hill { half, exponent: 1.0 }, limit }
    }
}

/// Random bits of an estimate: the same for a group and channel while its errors last.
fn error_bits(seed: Seed, group: usize, tick: u32, channel: usize) -> u32 {
    seed.words(Purpose::Allocation, group as u64, u64::from(tick / ERROR_TICKS), channel as u64).bits(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_clicks_cost_and_bring_is_learned() {
        let mut found = Found::default();
        assert_eq!(found.contacts_of_money(50.0), 1.0 / 50.0, "before anything is known a click costs what it costs on the platform");
        assert_eq!(found.limit(10, 1600.0), 100.0);
        (0..40).for_each(|_| found.see(ContentSum { contacts: 100, spend: 10_000, ..ContentSum::default() }));
        assert!((found.contacts_of_money(50.0) * 100.0 - 1.0).abs() < 0.02);
        assert!((found.limit(10, 1e9) - TRIED * 1e9).abs() < 1.0 && (found.limit(10, 10_000.0) - 2000.0).abs() < 1.0);
    }

    #[test]
    fn an_ai_errs_alike_for_eight_weeks() {
        let bits = |tick, channel| error_bits(Seed(3), 1, tick, channel);
        assert_eq!(bits(56, 2), bits(111, 2));
        assert_ne!(bits(55, 2), bits(56, 2));
        assert_ne!(bits(56, 2), bits(56, 1));
    }
}
