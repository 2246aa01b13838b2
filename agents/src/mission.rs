//! Shopping: who sets out, for what, and what is chosen. Orders are provisional until they are granted.

use crate::anticipation::{AHEAD, RELEASED};
use crate::assistant::{AUTONOMOUS, Helper};
use crate::calendar::MISSIONS;
use crate::checkout::Buyer;
use crate::loss::Ended;
use crate::market::Bazaar;
use crate::metric::{Mechanism, Metric, Totals};
use crate::page::Page;
use crate::params::{PLATFORMS, RATE_LEVELS};
use crate::protection;
use crate::ranking;
use crate::service::Considered;
use crate::shard::{ShardState, ShopperShard};
use crate::shopper::{Q10, Q12, Shopper};
use crate::view::View;
use crate::visit::{Access, Basket, COMPARED, Keys, NOTHING, Option_, PAGES, Tour};
use sim_core::draw::{Purpose, Words};
use sim_core::lanes::Kernel;
use sim_core::math::{exp_f32, larger, ln_f32};
use sim_core::tick::Wishes;

/// Shoppers that share a block of visit draws.
const LANES: usize = 8;
/// Shoppers whose rows are fetched together: a multiple of [`LANES`].
const BATCH: usize = 64;

/// A need that a shopper sets out for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Need {
    /// Number of the mission in the tick: the key of its draws. Ordinary needs come first, then those taken up again, then
    /// those bought ahead, then those of assistants that buy alone, so that one kind leaves the draws of the others.
    pub(crate) number: u32,
    /// Category; drawn where it is not known.
    pub(crate) category: Option<usize>,
}

impl Need {
    fn new(number: u32) -> Need {
        Need { number, category: None }
    }

    fn ahead(self, category: usize) -> Need {
        Need { number: AHEAD + self.number, category: Some(category) }
    }

    /// Neither put off before nor bought ahead.
    pub(crate) fn is_ordinary(self) -> bool {
        self.number < RELEASED
    }

    /// Put off in an earlier tick.
    pub(crate) fn is_released(self) -> bool {
        (RELEASED..AHEAD).contains(&self.number)
    }

    /// Ahead of need.
    pub(crate) fn is_ahead(self) -> bool {
        (AHEAD..AUTONOMOUS).contains(&self.number)
    }
}

/// Where a mission goes, and for what.
struct Errand {
    category: usize,
    /// The platform that is visited first.
    first: usize,
    /// All platforms visited, as bits.
    visited: u8,
}

/// Who ends which mission how.
struct End {
    index: usize,
    segment: usize,
    category: usize,
    need: Need,
    sensitivity: f32,
    /// Fatigue of the shopper, utils.
    tired: f32,
    /// Weight of all that was examined and of leaving, and of leaving alone.
    total: f32,
    outside: f32,
}

/// Leaving without a purchase: its weight, and its utility relative to the best choice.
#[derive(Clone, Copy)]
struct Leaving {
    weight: f32,
    utility: f32,
}

/// Every shopper of a shard shops.
pub(crate) fn shop(market: &Bazaar, tick: u32, view: &View, shard: &mut ShopperShard, wishes: &mut Wishes<Bazaar>) {
    shard.lines.clear();
    shard.parts.clear();
    shard.state.note_carts();
    let params = market.params(view);
    let mut access = [Access::default(); PLATFORMS];
    let mut spending = [0.0; PLATFORMS];
    let missions: f64 = view.state.platforms.iter().map(|p| p.mean_missions).sum();
    for (p, platform) in params.platforms.iter().enumerate() {
        let state = &view.state.platforms[p];
        access[p] = Access::new(platform, &state.rules);
        spending[p] = state.mean_gmv / missions.max(1.0) * params.ai.tick_days;
    }
    protection::fall_due(market, tick, view, shard, wishes);
    let priority_key = market.seed.words(Purpose::Priority, 0, u64::from(tick), 0).0[0];
    let day = &market.days[tick as usize];
    let tour = Tour { market, catalog: &market.catalog, params, view, seed: market.seed, tick, day, priority_key, access, spending };
    let (releases, restockers) = (tour.releases(), tour.restockers());
    let mut basket = Basket {
        options: [NOTHING; COMPARED],
        len: 0,
        pages: [(0, 0, 0); PAGES],
        visited: 0,
        keys: Keys::default(),
        followed: None,
        written: false,
        page: Page::empty(),
    };
    market.lanes.run(Round { tour: &tour, releases, restockers, shard: &mut *shard, basket: &mut basket, wishes: &mut *wishes });
    tour.check_out_due(shard, wishes);
}

/// A shopper who sets out.
#[derive(Clone, Copy, Default)]
struct Outing {
    index: usize,
    /// Ordinary missions.
    missions: u32,
    /// Pent-up needs that are taken up.
    released: u32,
}

/// Everybody of a shard, in order.
struct Round<'a, 'b> {
    tour: &'a Tour<'b>,
    /// Whether needs that were put off are taken up again today.
    releases: bool,
    /// Assistants that may buy alone today, as bits.
    restockers: u8,
    shard: &'a mut ShopperShard,
    basket: &'a mut Basket,
    wishes: &'a mut Wishes<Bazaar>,
}

impl Kernel for Round<'_, '_> {
    #[inline(always)]
    fn run(self) {
        let Round { tour, releases, restockers, shard, basket, wishes } = self;
        let members = shard.state.rows.len();
        for batch in (0..members).step_by(BATCH) {
            let (mut outings, mut count) = ([Outing::default(); BATCH], 0);
            for group in (batch..members.min(batch + BATCH)).step_by(LANES) {
                let block = (shard.state.first + group as u64) / LANES as u64;
                if restockers != 0 {
                    tour.restock(block, group..members.min(group + LANES), restockers, shard, basket, wishes);
                }
                let words = tour.seed.words(Purpose::Visit, block, u64::from(tour.tick), 0);
                for lane in 0..LANES.min(members - group) {
                    let index = group + lane;
                    let thresholds = &tour.view.visits.more_than[shard.state.rate[index] as usize];
                    let bits = words.bits(lane) >> 1;
                    let pent_up = if releases { shard.state.pent_up[index] } else { 0 };
                    if bits < thresholds[0] && pent_up == 0 {
                        continue;
                    }
                    let missions = (0..MISSIONS).take_while(|&k| bits >= thresholds[k]).count() as u32;
                    let released = if pent_up > 0 { tour.released(shard.state.shopper(index), pent_up) } else { 0 };
                    if missions + released > 0 {
                        outings[count] = Outing { index, missions, released };
                        count += 1;
                    }
                }
            }
            // all rows first, so that one is fetched while another is hashed
            for outing in &outings[..count] {
                shard.row(outing.index, tour.tick, &tour.params.memory);
            }
            for &Outing { index, missions, released } in &outings[..count] {
                tour.set_out(shard, index, missions, released, basket, wishes);
            }
        }
    }
}

impl Tour<'_> {
    /// Sets out for the ordinary needs of the tick and for pent-up needs that are taken up; the row is decayed to the tick.
    #[inline(always)]
    fn set_out(
        &self,
        shard: &mut ShopperShard,
        index: usize,
        missions: u32,
        released: u32,
        basket: &mut Basket,
        wishes: &mut Wishes<Bazaar>,
    ) {
        basket.written = self.market.writes(self.tick, shard.state.shopper(index));
        for need in (0..missions).chain(RELEASED..RELEASED + released).map(Need::new) {
            let mut next = Some(need);
            while let Some(need) = next {
                let bought = self.mission(shard, index, need, basket, wishes);
                next = bought
                    .filter(|&(category, saved)| self.buys_ahead(&shard.state, index, need, category, saved))
                    .map(|(category, _)| need.ahead(category));
            }
        }
    }

    /// One mission; returns the category of what is chosen and the share of its list price that is saved.
    #[inline(always)]
    pub(crate) fn mission(
        &self,
        shard: &mut ShopperShard,
        index: usize,
        need: Need,
        basket: &mut Basket,
        wishes: &mut Wishes<Bazaar>,
    ) -> Option<(usize, f32)> {
        let mission = need.number;
        let totals = &mut wishes.totals;
        let state = &mut shard.state;
        let id = state.shopper(index);
        let segment = state.rate[index] as usize / RATE_LEVELS;
        let words = self.seed.words(Purpose::Mission, id, u64::from(self.tick), u64::from(mission));
        let helper = self.helper(&state.rows[index], id, need);
        let Errand { category, first, visited } = self.errand(state, index, need, helper, words, totals)?;
        if let Some(helper) = helper {
            self.note_helper(helper, first, segment, totals);
        }
        basket.keys = self.keys(id, mission);
        basket.followed = self.meet(state, index, first, segment, category, basket.keys.contacts, totals).map(|merchant| (merchant, first));
        (basket.len, basket.visited) = (0, 0);
        let mut weights = [0.0f32; COMPARED];
        for platform in (0..self.params.platforms.len()).filter(|p| visited >> p & 1 == 1) {
            totals.add_to(platform, segment, Metric::Visits, 1);
            self.visit(state, index, platform, category, mission, words.uniform(7), helper, basket, &mut shard.scratch, totals);
        }
        let options = &basket.options[..basket.len];
        let row = &state.rows[index];
        let tired = self.params.segments[segment].fatigue_sensitivity * row.total_fatigue();
        let leaving = self.params.choice.outside + self.params.choice.outside_fatigue * tired;
        // relative to the best, so that no exponential overflows
        let best = options.iter().filter(|o| o.examined).map(|o| o.utility).fold(leaving, larger);
        for (weight, option) in weights.iter_mut().zip(options) {
            *weight = if option.examined { exp_f32(option.utility - best) } else { 0.0 };
        }
        let outside = exp_f32(leaving - best);
        let order = by_listing(options);
        let total = total_of(&weights, &order[..options.len()], outside);
        let sensitivity = self.sensitivity(row);
        let value = ln_f32(total) - (leaving - best);
        totals.add_to(first, segment, Metric::ConsumerSurplus, self.surplus(value, sensitivity, category));
        let leaving = Leaving { weight: outside, utility: leaving - best };
        self.learn(state, index, &basket.pages[..basket.visited], &basket.options[..basket.len], &weights, leaving, totals);
        let chosen = pick_in_order(&weights, &order[..basket.len], words.uniform(6) * total);
        let end = End { index, segment, category, need, sensitivity, tired, total, outside };
        let chosen = self.conclude(shard, &end, basket, &mut weights, chosen, totals);
        if basket.written {
            self.write_mission(shard, id, mission, segment, category, &basket.options[..basket.len], chosen);
        }
        let option = &basket.options[chosen?];
        if let Some(helper) = helper {
            self.note_helped(helper, option, segment, totals);
        }
        let buyer = Buyer { index, mission: mission as u16, platform: option.platform as usize, sensitivity };
        let total = if self.params.inquiry.is_on() { total_of(&weights, &order[..basket.len], outside) } else { total };
        self.take(shard, buyer, option, weights[chosen?] / total, wishes);
        let list_price = self.view.state.prices[option.listing as usize];
        Some((category, 1.0 - option.goods as f32 / list_price.max(1) as f32))
    }

    /// What a mission leaves before anything is paid: a question to the shop, clicks, the cause of a lost sale, interest. Returns what is
    /// chosen after the answer.
    #[inline(always)]
    fn conclude(
        &self,
        shard: &mut ShopperShard,
        end: &End,
        basket: &mut Basket,
        weights: &mut [f32; COMPARED],
        chosen: Option<usize>,
        totals: &mut Totals,
    ) -> Option<usize> {
        let End { index, segment, category, need, sensitivity, tired, total, outside } = *end;
        let state = &mut shard.state;
        let chosen = if self.params.inquiry.is_on() && need.assistant().is_none() {
            let (options, weights) = (&mut basket.options[..basket.len], &mut weights[..]);
            let mut considered = Considered { segment, key: basket.keys.inquiry, options, weights, total, outside, chosen };
            self.inquire(&mut considered, &mut shard.asked, totals)
        } else {
            chosen
        };
        let clicks_from = shard.ad_views.len();
        self.note_ads(&mut shard.ad_views, basket.keys.clicks, segment, &basket.options[..basket.len], &weights[..], outside, chosen);
        if self.view.contacts.has_search() {
            self.meet_by_click(state, index, segment, need.number, &shard.ad_views[clicks_from..], totals);
        }
        if self.market.attribution {
            let reference = self.reference(&state.rows[index], category);
            let ended = Ended {
                segment,
                category,
                sensitivity,
                reference,
                tired,
                options: &basket.options[..basket.len],
                weights: &weights[..basket.len],
                outside,
                pages: &basket.pages[..basket.visited],
                chosen,
            };
            self.attribute(&ended, &mut shard.losses, totals);
        }
        self.look(state, index, segment, need.number, &basket.options[..basket.len], totals);
        chosen
    }

    /// What a mission is for and where it goes; nowhere if the need can wait.
    #[inline(always)]
    fn errand(
        &self,
        state: &mut ShardState,
        index: usize,
        need: Need,
        helper: Option<Helper>,
        words: Words,
        totals: &mut Totals,
    ) -> Option<Errand> {
        let segment = state.rate[index] as usize / RATE_LEVELS;
        let category = self.category(need, segment, words.bits(0));
        totals.fired(Mechanism::Mission, 1, 0);
        if need.is_ordinary() && self.satisfied_from_stock(&state.rows[index], category, words.uniform(1)) {
            totals.fired(Mechanism::StockAtHome, 1, 0);
            return None;
        }
        let (first, visited) = self.platforms(&state.rows[index], segment, category, helper, words)?;
        let put_off = self.puts_off(state, index, need, category);
        if put_off || !need.is_ordinary() && need.assistant().is_none() {
            self.note(state, index, first, segment, need, totals);
        }
        if put_off {
            return None;
        }
        totals.add_to(first, segment, Metric::Missions, 1);
        if visited.count_ones() > 1 {
            totals.fired(Mechanism::MultiHoming, 1, 0);
        }
        if self.params.choice.membership != 0.0 && state.rows[index].memberships() != 0 {
            totals.fired(Mechanism::MembershipChoice, 1, 0);
        }
        Some(Errand { category, first, visited })
    }

    /// What is needed: as known, or drawn; needs that were put off are of categories that can wait.
    fn category(&self, need: Need, segment: usize, bits: u32) -> usize {
        let visits = &self.view.visits;
        let table = if need.is_released() { &visits.deferrable } else { &visits.category };
        need.category.unwrap_or_else(|| pick_category(&table[segment], bits))
    }

    #[inline(always)]
    fn satisfied_from_stock(&self, row: &Shopper, category: usize, u: f32) -> bool {
        let fill = self.params.memory.stock_days;
        fill > 0.0 && self.params.categories[category].storable && u * fill < f32::from(row.stock_at_home(category as u16))
    }

    /// Consumer surplus of the mission in money units: log-sum over the marginal utility of money (Small and Rosen 1981).
    /// `value` is the log-sum over the utility of leaving, 0 where nothing is worth buying.
    #[inline(always)]
    fn surplus(&self, value: f32, sensitivity: f32, category: usize) -> i64 {
        let money =
            if self.params.choice.log_price { self.params.categories[category].price_level } else { self.params.choice.price_scale };
        (value / sensitivity.max(1e-3) * money) as i64
    }

    /// What a mission teaches, bought or not: the inclusive value of the pages, the credit of deals, fatigue.
    #[expect(clippy::too_many_arguments, reason = "one call, in the hot loop")]
    #[inline(always)]
    fn learn(
        &self,
        state: &mut ShardState,
        index: usize,
        pages: &[(u8, u8, u8)],
        options: &[Option_],
        weights: &[f32],
        leaving: Leaving,
        totals: &mut Totals,
    ) {
        let memory = &self.params.memory;
        if memory.inclusive_value_gain == 0.0 && memory.deal_credit_gain == 0.0 && memory.fatigue_gain_deal == 0.0 {
            return;
        }
        let segment = state.rate[index] as usize / RATE_LEVELS;
        let row = &mut state.rows[index];
        for &(platform, from, to) in pages {
            let p = platform as usize;
            let page = from as usize..to as usize;
            if memory.inclusive_value_gain > 0.0 {
                // what is not examined weighs nothing
                let logsum = ln_f32(weights[page.clone()].iter().sum::<f32>() + leaving.weight) - leaving.utility;
                let value = logsum * Q10;
                let old = f32::from(row.inclusive[p]);
                row.inclusive[p] = (old + (value - old) * memory.inclusive_value_gain).clamp(-32_000.0, 32_000.0) as i16;
                totals.fired(Mechanism::InclusiveValue, 1, 0);
            }
            let deal = self.view.deals[p][segment];
            if deal > 0.0 && memory.deal_credit_gain > 0.0 {
                let (mut list, mut off) = (0.0f32, 0.0f32);
                for o in options[page].iter().filter(|o| o.examined) {
                    let price = self.view.state.prices[o.listing as usize] as f32;
                    list += price;
                    off += price - o.goods as f32;
                }
                row.realise(p, (off / list.max(1.0) / deal).min(1.0), memory.deal_credit_gain);
                totals.fired(Mechanism::DealCredit, 1, 0);
            }
            if deal > 0.0 && memory.fatigue_gain_deal > 0.0 {
                row.fatigue[p] = row.fatigue[p].saturating_add((memory.fatigue_gain_deal * deal * Q12) as u16);
                totals.fired(Mechanism::PromotionFatigue, 1, 0);
            }
        }
    }
}

#[inline(always)]
fn pick_category(cumulative: &[u32], bits: u32) -> usize {
    cumulative[..cumulative.len() - 1].iter().map(|&c| usize::from(bits >= c)).sum()
}

/// Places of the options in the order of listing ids, so that a choice does not depend on ranks. Counts how many come before, for
/// eight at a time: no branches.
#[inline(always)]
fn by_listing(options: &[Option_]) -> [u8; COMPARED] {
    let mut keys = [0i64; COMPARED];
    for (i, (key, option)) in keys.iter_mut().zip(options).enumerate() {
        *key = i64::from(option.listing) << 8 | i as i64;
    }
    let (all, eights) = (&keys[..options.len()], keys.as_chunks::<{ ranking::LANES }>().0);
    let mut order = [0u8; COMPARED];
    for (at, eight) in eights.iter().enumerate().take(options.len().div_ceil(ranking::LANES)) {
        let mut before = [0i64; ranking::LANES];
        for &other in all {
            for (before, &mine) in before.iter_mut().zip(eight) {
                *before += i64::from(other < mine);
            }
        }
        for (lane, &before) in before.iter().enumerate().take(options.len() - at * ranking::LANES) {
            order[before as usize] = (at * ranking::LANES + lane) as u8;
        }
    }
    order
}

/// Weight of the options and of leaving; an answer may move that of an option.
#[inline(always)]
fn total_of(weights: &[f32], order: &[u8], outside: f32) -> f32 {
    order.iter().map(|&i| weights[i as usize]).sum::<f32>() + outside
}

#[inline(always)]
fn pick_in_order(weights: &[f32], order: &[u8], mut left: f32) -> Option<usize> {
    for &i in order {
        let w = weights[i as usize];
        if left < w {
            return Some(i as usize);
        }
        left -= w;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_listings_is_that_of_a_stable_sort() {
        let listings = [9, 4, 9, 1, 7, 4, 1, 1, 30, 2, 2];
        let options = listings.map(|listing| Option_ { listing, ..NOTHING });
        let mut sorted: Vec<u8> = (0..11).collect();
        sorted.sort_by_key(|&i| listings[i as usize]);
        assert_eq!(by_listing(&options)[..11], sorted);
    }

    #[test]
    fn a_category_follows_its_thresholds() {
        assert_eq!([0, 99, 100, u32::MAX].map(|b| pick_category(&[100, 200, u32::MAX], b)), [0, 0, 1, 2]);
    }
}
