//! Shopping: who sets out, for what, to which platforms, and what is chosen. Orders are provisional until they are granted.

use crate::calendar::MISSIONS;
use crate::catalog::Catalog;
use crate::market::Bazaar;
use crate::metric::{Mechanism, Metric, Totals};
use crate::order::Line;
use crate::page::{Page, PageRequest};
use crate::params::{PLATFORMS, Params, RATE_LEVELS, SHOWN};
use crate::promotion::{Offerings, coupons_held, effective_price, rule_parts};
use crate::shard::{ShardState, ShopperShard};
use crate::shopper::{Q10, Q12, Q14, Shopper};
use crate::view::{View, price_term};
use sim_core::draw::{Purpose, Seed, Words, mix};
use sim_core::grant::Rank;
use sim_core::math::{exp_f32, ln_f32};
use sim_core::rows::MissionRow;
use sim_core::tick::Wishes;

/// Most pages that a mission looks at.
const PAGES: usize = 3;
/// Most offers that a mission compares.
const COMPARED: usize = PAGES * SHOWN;
/// Shoppers that share a block of visit draws.
const LANES: usize = 8;

/// An offer that the shopper looks at.
#[derive(Clone, Copy, Debug)]
struct Option_ {
    listing: u32,
    utility: f32,
    price: u32,
    true_match: f32,
    perceived: f32,
    estimate: f32,
    platform: u8,
    position: u8,
    examined: bool,
}

const NOTHING: Option_ = Option_ {
    listing: 0,
    utility: 0.0,
    price: 0,
    true_match: 0.0,
    perceived: 0.0,
    estimate: 0.0,
    platform: 0,
    position: 0,
    examined: false,
};

/// What shopping in a tick depends on.
struct Tour<'a> {
    market: &'a Bazaar,
    catalog: &'a Catalog,
    params: &'a Params,
    view: &'a View,
    seed: Seed,
    tick: u32,
    /// Key of the tick's priorities.
    priority_key: u64,
    /// Whether a platform has rules for shoppers (not listings) open.
    shopper_rules: [bool; PLATFORMS],
}

/// Leaving without a purchase: its weight, and its utility relative to the best choice.
#[derive(Clone, Copy)]
struct Leaving {
    weight: f32,
    utility: f32,
}

/// What a mission adds up while it runs.
struct Basket {
    options: [Option_; COMPARED],
    len: usize,
    /// Pages in the order of visits: platform, and its range of options.
    pages: [(u8, u8, u8); PAGES],
    visited: usize,
    /// Whether the shopper's missions are written.
    written: bool,
    page: Page,
}

/// Every shopper of a shard shops.
pub(crate) fn shop(market: &Bazaar, tick: u32, view: &View, shard: &mut ShopperShard, wishes: &mut Wishes<Bazaar>) {
    shard.lines.clear();
    shard.parts.clear();
    let params = market.params(view);
    let mut shopper_rules = [false; PLATFORMS];
    for (p, platform) in params.platforms.iter().enumerate() {
        let states = &view.state.platforms[p].rules;
        shopper_rules[p] = platform.promotions.iter().zip(states).any(|(rule, state)| state.open && !rule.on_listing());
    }
    let priority_key = market.seed.words(Purpose::Priority, 0, u64::from(tick), 0).0[0];
    let tour = Tour { market, catalog: &market.catalog, params, view, seed: market.seed, tick, priority_key, shopper_rules };
    let mut basket =
        Basket { options: [NOTHING; COMPARED], len: 0, pages: [(0, 0, 0); PAGES], visited: 0, written: false, page: Page::empty() };
    let members = shard.state.rows.len();
    for group in (0..members).step_by(LANES) {
        let words = market.seed.words(Purpose::Visit, (shard.state.first + group as u64) / LANES as u64, u64::from(tick), 0);
        for lane in 0..LANES.min(members - group) {
            let thresholds = &view.visits.more_than[shard.state.rate[group + lane] as usize];
            let bits = words.bits(lane) >> 1;
            if bits < thresholds[0] {
                continue;
            }
            let missions = (1..MISSIONS).take_while(|&k| bits >= thresholds[k]).count() + 1;
            tour.set_out(shard, group + lane, missions, &mut basket, wishes);
        }
    }
}

impl Tour<'_> {
    fn set_out(&self, shard: &mut ShopperShard, index: usize, missions: usize, basket: &mut Basket, wishes: &mut Wishes<Bazaar>) {
        shard.row(index, self.tick, &self.params.memory);
        basket.written = self.market.writes(self.tick, shard.state.shopper(index));
        for mission in 0..missions as u32 {
            self.mission(shard, index, mission, basket, wishes);
        }
    }

    fn mission(&self, shard: &mut ShopperShard, index: usize, mission: u32, basket: &mut Basket, wishes: &mut Wishes<Bazaar>) {
        let totals = &mut wishes.totals;
        let state = &mut shard.state;
        let id = state.shopper(index);
        let segment = state.rate[index] as usize / RATE_LEVELS;
        let words = self.seed.words(Purpose::Mission, id, u64::from(self.tick), u64::from(mission));
        let category = pick_category(&self.view.visits.category[segment], words.bits(0));
        totals.fired(Mechanism::Mission, 1, 0);
        if self.satisfied_from_stock(&state.rows[index], category, words.uniform(1)) {
            totals.fired(Mechanism::StockAtHome, 1, 0);
            return;
        }
        let Some((first, visited)) = self.platforms(&state.rows[index], segment, category, words) else { return };
        totals.add_to(first, segment, Metric::Missions, 1);
        if visited.count_ones() > 1 {
            totals.fired(Mechanism::MultiHoming, 1, 0);
        }
        (basket.len, basket.visited) = (0, 0);
        let mut weights = [0.0f32; COMPARED];
        for platform in (0..self.params.platforms.len()).filter(|p| visited >> p & 1 == 1) {
            totals.add_to(platform, segment, Metric::Visits, 1);
            self.visit(state, index, platform, category, mission, words.uniform(7), basket, totals);
        }
        let options = &basket.options[..basket.len];
        let row = &state.rows[index];
        let leaving = self.params.choice.outside + self.params.choice.outside_fatigue * row.total_fatigue();
        // relative to the best, so that no exponential overflows
        let best = options.iter().filter(|o| o.examined).map(|o| o.utility).fold(leaving, f32::max);
        for (weight, option) in weights.iter_mut().zip(options) {
            *weight = if option.examined { exp_f32(option.utility - best) } else { 0.0 };
        }
        let outside = exp_f32(leaving - best);
        let order = by_listing(options);
        let total = order[..options.len()].iter().map(|&i| weights[i as usize]).sum::<f32>() + outside;
        let sensitivity = self.sensitivity(row);
        let value = ln_f32(total) - (leaving - best);
        totals.add_to(first, segment, Metric::ConsumerSurplus, self.surplus(value, sensitivity, category));
        let leaving = Leaving { weight: outside, utility: leaving - best };
        self.learn(state, index, &basket.pages[..basket.visited], &basket.options[..basket.len], &weights, leaving, totals);
        let chosen = pick_in_order(&weights, &order[..basket.len], words.uniform(6) * total);
        if basket.written {
            self.write_mission(shard, id, mission, segment, category, &basket.options[..basket.len], chosen);
        }
        let Some(at) = chosen else { return };
        self.order(shard, index, mission, segment, &basket.options[at], weights[at] / total, sensitivity, wishes);
    }

    fn sensitivity(&self, row: &Shopper) -> f32 {
        f32::from(row.sensitivity) * (1.0 / Q12) / self.params.choice.mu
    }

    /// Reference price of a category in price-utility units.
    fn reference(&self, row: &Shopper, category: usize) -> Option<f32> {
        let choice = &self.params.choice;
        let log = row.reference(category as u16).filter(|_| choice.loss_aversion > 0.0)?;
        Some(if choice.log_price { log } else { exp_f32(log) * self.params.categories[category].price_level / choice.price_scale })
    }

    fn satisfied_from_stock(&self, row: &Shopper, category: usize, u: f32) -> bool {
        let fill = self.params.memory.stock_days;
        fill > 0.0 && self.params.categories[category].storable && u * fill < f32::from(row.stock_at_home(category as u16))
    }

    /// Platform first visited and all visited, as bits; `None` where nobody sells the category.
    fn platforms(&self, row: &Shopper, segment: usize, category: usize, words: Words) -> Option<(usize, u8)> {
        let kind = &self.params.segments[segment];
        let choice = &self.params.choice;
        let mut utilities = [f32::NEG_INFINITY; PLATFORMS];
        for (p, slot) in utilities[..self.params.platforms.len()].iter_mut().enumerate() {
            if self.catalog.cell(p, category).is_empty() {
                continue;
            }
            let deal = self.view.deals[p];
            let credit = f32::from(row.credit[p]) * (1.0 / Q14);
            let utility = kind.loyalty[p]
                + choice.inclusive_value * f32::from(row.inclusive[p]) * (1.0 / Q10)
                + choice.habit * f32::from(row.habit[p]) * (1.0 / Q12)
                + choice.satisfaction * f32::from(row.satisfaction[p]) * (1.0 / Q14)
                + choice.deal * kind.deal_proneness * deal * credit
                - choice.fatigue * f32::from(row.fatigue[p]) * (1.0 / Q12) * deal;
            *slot = utility;
        }
        let best = utilities[..self.params.platforms.len()].iter().copied().fold(f32::NEG_INFINITY, f32::max);
        if best == f32::NEG_INFINITY {
            return None;
        }
        let mut weights = utilities.map(|u| if u == f32::NEG_INFINITY { 0.0 } else { exp_f32(u - best) });
        let mut draw = |u: f32| {
            let total: f32 = weights.iter().sum();
            let at = pick(&weights, u * total).or_else(|| weights.iter().rposition(|w| *w > 0.0)).filter(|_| total > 0.0)?;
            weights[at] = 0.0;
            Some(at)
        };
        let first = draw(words.uniform(2))?;
        let mut visited = 1u8 << first;
        let compare = words.uniform(3);
        if compare < kind.multi_homing {
            visited |= draw(words.uniform(4)).map_or(0, |p| 1 << p);
            if compare < kind.multi_homing * kind.multi_homing {
                visited |= draw(words.uniform(5)).map_or(0, |p| 1 << p);
            }
        }
        Some((first, visited))
    }

    /// One page: what is shown, examined, and how useful it looks.
    #[expect(clippy::too_many_arguments, reason = "one call, in the hot loop")]
    fn visit(
        &self,
        state: &ShardState,
        index: usize,
        platform: usize,
        category: usize,
        mission: u32,
        u: f32,
        basket: &mut Basket,
        totals: &mut Totals,
    ) {
        let row = &state.rows[index];
        let id = state.shopper(index);
        let segment = state.rate[index] as usize / RATE_LEVELS;
        let sensitivity = self.sensitivity(row);
        let accuracy = self.view.state.platforms[platform].accuracy() as f32;
        let request = PageRequest {
            seed: self.seed,
            catalog: self.catalog,
            offers: &self.view.offers,
            choice: &self.params.choice,
            platform: &self.params.platforms[platform],
            platform_id: platform,
            category,
            accuracy,
            match_scale: self.market.match_scale,
            shopper: id,
            taste: row.taste.map(i16::from),
            sensitivity,
            tick: self.tick,
            mission,
        };
        request.fill(&mut basket.page);
        if accuracy < 1.0 {
            totals.fired(Mechanism::RankingError, 1, 0);
        }
        let examined = examined(self.params.segments[segment].patience, basket.page.len, u);
        if examined < basket.page.len {
            totals.fired(Mechanism::Examination, 1, 0);
        }
        let offerings = self.shopper_rules[platform].then(|| self.offerings(id, platform, segment));
        let eye = Eye {
            choice: &self.params.choice,
            platform_utility: self.view.platform_utility[platform],
            sensitivity,
            reference: self.reference(row, category),
            evoked: self.params.choice.evoked != 0.0 && !row.evokes_nobody(),
        };
        if eye.reference.is_some() {
            totals.fired(Mechanism::ReferencePrice, 1, 0);
        }
        // what is not examined matters to nobody but the reader of a sampled mission
        let from = basket.len;
        for position in 0..if basket.written { basket.page.len } else { examined } {
            let shown = basket.page.shown[position];
            let offer = &self.view.offers[shown.listing as usize];
            let (price, term) = match offerings {
                None => (offer.shelf, offer.price_term),
                Some(offerings) => {
                    let price = effective_price(offerings, &self.catalog.listings[shown.listing as usize], offer.shelf);
                    let term = if price == offer.shelf { offer.price_term } else { price_term(self.params, category, price) };
                    (price, term)
                }
            };
            let inspection = if offer.live { self.params.choice.inspection_live } else { self.params.choice.inspection };
            let perceived = shown.estimate + inspection * (shown.true_match - shown.estimate);
            let mut utility = offer.quality + eye.look(perceived, term);
            if eye.evoked && row.evokes(offer.merchant) {
                utility += self.params.choice.evoked;
                totals.fired(Mechanism::EvokedSet, 1, 0);
            }
            basket.options[basket.len] = Option_ {
                listing: shown.listing,
                utility,
                price,
                true_match: shown.true_match,
                perceived,
                estimate: shown.estimate,
                platform: platform as u8,
                position: position as u8,
                examined: position < examined,
            };
            basket.len += 1;
        }
        basket.pages[basket.visited] = (platform as u8, from as u8, basket.len as u8);
        basket.visited += 1;
    }

    fn offerings(&self, shopper: u64, platform: usize, segment: usize) -> Offerings<'_> {
        let rules = &self.params.platforms[platform].promotions;
        let states = &self.view.state.platforms[platform].rules;
        Offerings { rules, states, segment, held: coupons_held(self.seed, shopper, self.tick, platform, rules) }
    }

    /// Consumer surplus of the mission in money units: log-sum over the marginal utility of money (Small and Rosen 1981).
    /// `value` is the log-sum over the utility of leaving, 0 where nothing is worth buying.
    fn surplus(&self, value: f32, sensitivity: f32, category: usize) -> i64 {
        let money =
            if self.params.choice.log_price { self.params.categories[category].price_level } else { self.params.choice.price_scale };
        (value / sensitivity.max(1e-3) * money) as i64
    }

    /// What a mission teaches, bought or not: the inclusive value of the pages, the credit of deals, fatigue.
    #[expect(clippy::too_many_arguments, reason = "one call, in the hot loop")]
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
        let row = &mut state.rows[index];
        for &(platform, from, to) in pages {
            let p = platform as usize;
            let page = from as usize..to as usize;
            let here = || options[page.clone()].iter().zip(&weights[page.clone()]).filter(|(o, _)| o.examined);
            if memory.inclusive_value_gain > 0.0 {
                let logsum = ln_f32(here().map(|(_, w)| *w).sum::<f32>() + leaving.weight) - leaving.utility;
                let value = logsum * Q10;
                let old = f32::from(row.inclusive[p]);
                row.inclusive[p] = (old + (value - old) * memory.inclusive_value_gain).clamp(-32_000.0, 32_000.0) as i16;
                totals.fired(Mechanism::InclusiveValue, 1, 0);
            }
            let deal = self.view.deals[p];
            if deal > 0.0 && memory.deal_credit_gain > 0.0 {
                let (mut list, mut off) = (0.0f32, 0.0f32);
                for (o, _) in here() {
                    let price = self.view.state.prices[o.listing as usize] as f32;
                    list += price;
                    off += price - o.price as f32;
                }
                let realised = (off / list.max(1.0) / deal).min(1.0) * Q14;
                let old = f32::from(row.credit[p]);
                row.credit[p] = (old + (realised - old) * memory.deal_credit_gain) as u16;
                totals.fired(Mechanism::DealCredit, 1, 0);
            }
            if deal > 0.0 && memory.fatigue_gain_deal > 0.0 {
                row.fatigue[p] = row.fatigue[p].saturating_add((memory.fatigue_gain_deal * deal * Q12) as u16);
                totals.fired(Mechanism::PromotionFatigue, 1, 0);
            }
        }
    }

    /// A provisional order: discounts, cancellation, claims.
    #[expect(clippy::too_many_arguments, reason = "one call, in the hot loop")]
    fn order(
        &self,
        shard: &mut ShopperShard,
        index: usize,
        mission: u32,
        segment: usize,
        option: &Option_,
        probability: f32,
        sensitivity: f32,
        wishes: &mut Wishes<Bazaar>,
    ) {
        let Wishes { demand, budgets, totals } = wishes;
        let id = shard.state.shopper(index);
        let listing = &self.catalog.listings[option.listing as usize];
        let platform = listing.platform as usize;
        let offerings = self.offerings(id, platform, segment);
        let from = shard.parts.len();
        let list_price = self.view.state.prices[option.listing as usize];
        let paid = rule_parts(offerings, listing, &self.view.state.prices, list_price, &mut shard.parts);
        assert_eq!(paid, option.price, "the price on the page is the price of the order");
        let after = || self.seed.words(Purpose::After, id, u64::from(self.tick), u64::from(mission));
        let share = self.params.platforms[platform].cancelled;
        let cancelled = share > 0.0 && after().uniform(0) < share;
        let priority = mix(self.priority_key ^ id, u64::from(mission));
        let rank = Rank { priority, shopper: id, mission: mission as u16, line: 0 };
        let merchant_part: u32 = shard.parts[from..].iter().map(|p| p.merchant).sum();
        totals.add_to(platform, segment, Metric::Orders, 1);
        totals.add_to(platform, segment, Metric::Gmv, i64::from(list_price - merchant_part));
        if cancelled {
            totals.add_to(platform, segment, Metric::Cancelled, 1);
            totals.fired(Mechanism::Cancellation, 1, i64::from(paid));
        } else {
            for part in &shard.parts[from..] {
                let rule = &self.params.platforms[platform].promotions[part.rule as usize];
                budgets.claimed[self.market.money_slot(platform, part.rule, rule)] += i64::from(part.platform);
            }
            if let Some(pieces) = demand.pieces.get_mut(option.listing as usize) {
                *pieces += 1;
            }
        }
        shard.lines.push(Line {
            shopper: index as u32,
            listing: option.listing,
            mission: mission as u16,
            cancelled,
            parts: (from as u32, (shard.parts.len() - from) as u8),
            list_price,
            true_match: option.true_match,
            perceived_match: option.perceived,
            sensitivity,
            probability,
            rank,
        });
    }

    #[expect(clippy::too_many_arguments, reason = "one call, for sampled shoppers")]
    fn write_mission(
        &self,
        shard: &mut ShopperShard,
        id: u64,
        mission: u32,
        segment: usize,
        category: usize,
        options: &[Option_],
        chosen: Option<usize>,
    ) {
        let rows = options.iter().enumerate().map(|(i, o)| MissionRow {
            tick: self.tick - self.market.warm_up,
            shopper: id,
            mission,
            segment: self.catalog.segments[segment].clone(),
            category: self.catalog.categories[category].clone(),
            platform: self.catalog.platforms[o.platform as usize].clone(),
            listing: o.listing,
            position: u32::from(o.position),
            examined: u32::from(o.examined),
            chosen: u32::from(chosen == Some(i)),
            estimated_match: f64::from(o.estimate),
            true_match: f64::from(o.true_match),
            effective_price: i64::from(o.price),
            utility: f64::from(o.utility),
        });
        shard.events.missions.extend(rows);
    }
}

/// How a shopper values an offer.
struct Eye<'a> {
    choice: &'a crate::params::ChoiceParams,
    platform_utility: f32,
    sensitivity: f32,
    reference: Option<f32>,
    evoked: bool,
}

impl Eye<'_> {
    #[inline]
    fn look(&self, perceived: f32, term: f32) -> f32 {
        let loss = self.reference.map_or(0.0, |reference| (term - reference).max(0.0) * self.choice.loss_aversion);
        self.platform_utility + self.choice.taste * perceived - self.sensitivity * (term + loss)
    }
}

fn pick_category(cumulative: &[u32], bits: u32) -> usize {
    cumulative[..cumulative.len() - 1].iter().map(|&c| usize::from(bits >= c)).sum()
}

/// Index into `weights` drawn by `left` (uniform times total); `None` where the rest is drawn.
#[inline]
fn pick(weights: &[f32], mut left: f32) -> Option<usize> {
    for (i, &w) in weights.iter().enumerate() {
        if left < w {
            return Some(i);
        }
        left -= w;
    }
    None
}

/// Offers that are examined when the next is looked at with probability `patience`.
fn examined(patience: f32, shown: usize, u: f32) -> usize {
    if patience >= 1.0 {
        return shown;
    }
    let mut reach = patience;
    let mut count = 1;
    while count < shown && u < reach {
        reach *= patience;
        count += 1;
    }
    count.min(shown)
}

/// Places of the options in the order of listing ids, so that a choice does not depend on ranks.
fn by_listing(options: &[Option_]) -> [u8; COMPARED] {
    let mut keys = [0u64; COMPARED];
    for (i, option) in options.iter().enumerate() {
        let key = u64::from(option.listing) << 8 | i as u64;
        let mut at = i;
        while at > 0 && keys[at - 1] > key {
            keys[at] = keys[at - 1];
            at -= 1;
        }
        keys[at] = key;
    }
    keys.map(|key| key as u8)
}

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
    fn examination_stops_with_the_patience() {
        assert_eq!(examined(1.0, 8, 0.999), 8);
        assert_eq!(examined(0.5, 8, 0.6), 1);
        assert_eq!(examined(0.5, 8, 0.3), 2);
        assert_eq!(examined(0.5, 8, 0.0), 8);
        assert_eq!(examined(0.5, 0, 0.0), 0);
    }

    #[test]
    fn a_pick_follows_the_weights() {
        let picks: Vec<_> = [0.0, 0.99, 1.0, 2.9, 3.0].map(|left| pick(&[1.0, 0.0, 2.0], left)).to_vec();
        assert_eq!(picks, [Some(0), Some(0), Some(2), Some(2), None]);
        assert_eq!([0, 99, 100, u32::MAX].map(|b| pick_category(&[100, 200, u32::MAX], b)), [0, 0, 1, 2]);
    }
}
