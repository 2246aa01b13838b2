//! A visit: the page of a platform as one shopper sees it, with prices after discounts and utilities of what is examined.

use crate::ads::space::AdSpace;
use crate::assistant::{Helper, examine_best};
use crate::calendar::Day;
use crate::cart::Wait;
use crate::catalog::Catalog;
use crate::instrument::{Audience, Instrument, NO_RULE, Promotion, Stacking};
use crate::market::Bazaar;
use crate::metric::{Mechanism, Totals};
use crate::page::{Page, PageRequest};
use crate::params::{PLATFORMS, Params, PlatformParams, RATE_LEVELS, SEGMENTS, SHOWN};
use crate::platform::RuleState;
use crate::promotion::{Quotes, coupons_held};
use crate::service::answers;
use crate::shard::ShardState;
use crate::shopper::{Mind, Q12, Shopper};
use crate::stacking::{Item, LINES, Menu, Scratch};
use crate::till::{Quoted, Till};
use crate::view::{View, price_term};
use sim_core::draw::{Purpose, Seed};
use sim_core::math::exp_f32;
use std::ops::Range;

/// Most pages that a mission looks at.
pub(crate) const PAGES: usize = 3;
/// Ticks for which the error of an estimate lasts.
const NOISE_TICKS: u32 = 7;
/// Most offers that a mission compares.
pub(crate) const COMPARED: usize = PAGES * SHOWN;

/// An offer that the shopper looks at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Option_ {
    pub(crate) listing: u32,
    pub(crate) utility: f32,
    /// All in, and for the goods alone, money units.
    pub(crate) price: u32,
    pub(crate) goods: u32,
    pub(crate) true_match: f32,
    pub(crate) perceived: f32,
    pub(crate) estimate: f32,
    pub(crate) platform: u8,
    pub(crate) position: u8,
    pub(crate) examined: bool,
    /// Price of a click, money units; 0 where the slot is not paid for.
    pub(crate) cost_per_click: u32,
    /// Rule of the presale by which it is bought.
    pub(crate) presale: u8,
    /// Whether its merchant is in the evoked set.
    pub(crate) is_evoked: bool,
}

pub(crate) const NOTHING: Option_ = Option_ {
    listing: 0,
    utility: 0.0,
    price: 0,
    goods: 0,
    true_match: 0.0,
    perceived: 0.0,
    estimate: 0.0,
    platform: 0,
    position: 0,
    examined: false,
    cost_per_click: 0,
    presale: NO_RULE,
    is_evoked: false,
};

impl Option_ {
    /// Whether its slot is paid for.
    #[inline(always)]
    pub(crate) fn is_paid(&self) -> bool {
        self.cost_per_click > 0
    }
}

/// Who may use which rules of a platform in a tick, as bits by rule.
#[derive(Clone, Copy, Default)]
pub(crate) struct Access {
    /// Open rules by segment.
    segments: [u16; SEGMENTS],
    /// Those for members only.
    members: u16,
    /// Those for newcomers only.
    newcomers: u16,
    /// Coupons that must be held.
    coupons: u16,
    /// Whether a shopper can pay anything else than the price on the shelf.
    individual: bool,
}

impl Access {
    /// Access to the rules of a platform in the state of a tick.
    pub(crate) fn new(platform: &PlatformParams, states: &[RuleState]) -> Access {
        let which = |wanted: &dyn Fn(&Promotion) -> bool| {
            let open = platform.promotions.iter().zip(states).enumerate().filter(|(_, (rule, state))| state.open && wanted(rule));
            open.fold(0u16, |bits, (r, _)| bits | 1 << r)
        };
        let Stacking { line_bits, checkout_bits, presale_bits, .. } = platform.stacking;
        Access {
            segments: std::array::from_fn(|s| which(&|rule| rule.segments[s])),
            members: which(&|rule| rule.audience == Audience::Members),
            newcomers: which(&|rule| rule.audience == Audience::New),
            coupons: which(&|rule| matches!(rule.instrument, Instrument::Coupon { .. })),
            individual: platform.delivery_fee > 0 || which(&|_| true) & (line_bits | checkout_bits | presale_bits) != 0,
        }
    }
}

/// What shopping in a tick depends on.
pub(crate) struct Tour<'a> {
    pub(crate) market: &'a Bazaar,
    pub(crate) catalog: &'a Catalog,
    pub(crate) params: &'a Params,
    pub(crate) view: &'a View,
    pub(crate) seed: Seed,
    pub(crate) tick: u32,
    pub(crate) day: &'a Day,
    /// Key of the tick's priorities.
    pub(crate) priority_key: u64,
    /// Who may use which rules, by platform.
    pub(crate) access: [Access; PLATFORMS],
    /// Spending on each platform per mission a day of a shopper, money units a tick.
    pub(crate) spending: [f64; PLATFORMS],
}

/// Keys of what a mission draws many times.
#[derive(Clone, Copy, Default)]
pub(crate) struct Keys {
    /// Candidates.
    pub(crate) recall: u64,
    /// Clicks on paid offers.
    pub(crate) clicks: u64,
    /// The question before the purchase.
    pub(crate) inquiry: u64,
    /// Contacts with content.
    pub(crate) contacts: u64,
    /// Errors of the estimates of the match, of ranking and of advertising, the same for a week.
    pub(crate) noise: [u64; 2],
}

/// What a mission adds up while it runs.
pub(crate) struct Basket {
    pub(crate) options: [Option_; COMPARED],
    pub(crate) len: usize,
    /// Pages in the order of visits: platform, and its range of options.
    pub(crate) pages: [(u8, u8, u8); PAGES],
    pub(crate) visited: usize,
    pub(crate) keys: Keys,
    /// Merchant to whose product the shopper has followed a contact, and the platform that shows it.
    pub(crate) followed: Option<(u32, usize)>,
    /// Whether the shopper's missions are written.
    pub(crate) written: bool,
    pub(crate) page: Page,
}

impl Tour<'_> {
    /// Keys of a mission.
    #[inline(always)]
    pub(crate) fn keys(&self, shopper: u64, mission: u32) -> Keys {
        let [recall, clicks, inquiry, contacts] =
            self.seed.words(Purpose::MissionKeys, shopper, u64::from(self.tick), u64::from(mission)).0;
        let [ranking, advertising, ..] = self.seed.words(Purpose::MatchNoise, shopper, u64::from(self.tick / NOISE_TICKS), 0).0;
        Keys { recall, clicks, inquiry, contacts, noise: [ranking, advertising] }
    }

    #[inline(always)]
    pub(crate) fn sensitivity(&self, row: &Shopper) -> f32 {
        f32::from(row.sensitivity) * (1.0 / Q12) / self.params.choice.mu
    }

    /// Reference price of a category in price-utility units.
    #[inline(always)]
    pub(crate) fn reference(&self, row: &Shopper, category: usize) -> Option<f32> {
        let choice = &self.params.choice;
        let log = row.reference(category as u16).filter(|_| choice.loss_aversion > 0.0)?;
        Some(if choice.log_price { log } else { exp_f32(log) * self.params.categories[category].price_level / choice.price_scale })
    }

    #[expect(clippy::too_many_arguments, reason = "one call, in the hot loop")]
    #[inline(always)]
    pub(crate) fn visit(
        &self,
        state: &ShardState,
        index: usize,
        platform: usize,
        category: usize,
        mission: u32,
        u: f32,
        helper: Option<Helper>,
        basket: &mut Basket,
        scratch: &mut Scratch,
        totals: &mut Totals,
    ) {
        let row = &state.rows[index];
        let id = state.shopper(index);
        let segment = state.rate[index] as usize / RATE_LEVELS;
        let sensitivity = self.sensitivity(row);
        let accuracy = self.view.state.platforms[platform].accuracy() as f32;
        let request = PageRequest {
            catalog: self.catalog,
            offers: &self.view.offers,
            shelves: &self.view.shelves,
            choice: &self.params.choice,
            platform: &self.params.platforms[platform],
            platform_id: platform,
            category,
            accuracy,
            match_scale: self.market.match_scale,
            taste: row.taste.map(i16::from),
            sensitivity,
            recall_key: basket.keys.recall,
            noise: basket.keys.noise,
            // an assistant that discounts ads looks past the paid slots
            ads: if helper.is_some_and(|h| h.neutral) { None } else { self.ad_space(platform) },
            sought: self.sought(
                row,
                id,
                platform,
                category,
                mission,
                basket.followed.filter(|f| f.1 == platform).map(|f| f.0),
                segment,
                totals,
            ),
        };
        let kind = &self.params.segments[segment];
        let size = self.params.platforms[platform].shown as usize;
        let mut examined = examined(helper.map_or(kind.patience, |h| h.patience(kind.patience)), size, u);
        if let Some(helper) = helper {
            examined = helper.width(examined, size);
        }
        let neutral = helper.is_some_and(|h| h.neutral);
        // what is not examined matters to nobody but an assistant and the reader of a sampled mission
        request.fill(if basket.written || neutral { size } else { examined }, &mut basket.page);
        if basket.page.sold > 0 {
            self.note_auction(platform, totals);
        }
        if accuracy < 1.0 {
            totals.fired(Mechanism::RankingError, 1, 0);
        }
        if examined < size {
            totals.fired(Mechanism::Examination, 1, 0);
        }
        // built where it stays: it is large
        let built;
        let till = if self.access[platform].individual {
            built = self.till(state, index, platform);
            Some(&built)
        } else {
            None
        };
        let eye = Eye {
            choice: &self.params.choice,
            platform_utility: self.view.platform_utility[platform],
            sensitivity,
            reference: self.reference(row, category),
            mind: if row.evokes_nobody() { None } else { Some(row.mind()) },
        };
        if eye.reference.is_some() {
            totals.fired(Mechanism::ReferencePrice, 1, 0);
        }
        let from = basket.len;
        for position in 0..basket.page.len {
            let shown = basket.page.shown[position];
            let offer = &self.view.offers[shown.listing as usize];
            let (quoted, term) = match till {
                None => (Quoted { price: offer.shelf, goods: offer.shelf, felt: offer.shelf, presale: NO_RULE }, offer.price_term),
                Some(till) => {
                    let quoted = till.quote(&self.item(shown.listing, till.menu.open), scratch);
                    let term = if quoted.felt == offer.shelf { offer.price_term } else { price_term(self.params, category, quoted.felt) };
                    (quoted, term)
                }
            };
            let inquiry = &self.params.inquiry;
            let answered = || answers(self.view.state.service[shown.listing as usize]);
            let mut inspection = if offer.live { self.params.choice.inspection_live } else { self.params.choice.inspection };
            if offer.live && inquiry.broadcast > 0.0 {
                inspection += (1.0 - inspection) * inquiry.broadcast * answered();
            }
            let perceived = shown.estimate + inspection * (shown.true_match - shown.estimate);
            let mut utility = offer.quality + eye.look(perceived, term);
            let stage = eye.mind.map_or(0, |mind| mind.stage_of(offer.merchant));
            if stage > 0 && self.params.choice.evoked != 0.0 {
                utility += self.params.choice.evoked * kind.brand_weight * self.params.content.mind.weights[stage as usize];
                totals.fired(Mechanism::EvokedSet, 1, 0);
            }
            if offer.live && kind.live_preference != 0.0 {
                utility += kind.live_preference;
                totals.fired(Mechanism::LivePreference, 1, 0);
            }
            if inquiry.rating != 0.0 {
                utility += inquiry.rating * answered();
            }
            basket.options[basket.len] = Option_ {
                listing: shown.listing,
                utility,
                price: quoted.price,
                goods: quoted.goods,
                true_match: shown.true_match,
                perceived,
                estimate: shown.estimate,
                platform: platform as u8,
                position: position as u8,
                examined: position < examined,
                cost_per_click: shown.cost_per_click,
                presale: quoted.presale,
                is_evoked: stage > 0,
            };
            basket.len += 1;
        }
        if neutral {
            examine_best(&mut basket.options[from..basket.len], examined);
        }
        basket.pages[basket.visited] = (platform as u8, from as u8, basket.len as u8);
        basket.visited += 1;
    }

    /// The paid space of a platform's pages.
    #[inline(always)]
    fn ad_space(&self, platform: usize) -> Option<AdSpace<'_>> {
        let params = self.params.platforms[platform].ads.as_ref()?;
        let choice = &self.params.choice;
        Some(AdSpace {
            params,
            accuracy: self.view.state.platforms[platform].ad_accuracy(params) as f32,
            appeal: self.view.platform_utility[platform] - choice.outside,
            taste: choice.taste,
        })
    }

    fn note_auction(&self, platform: usize, totals: &mut Totals) {
        totals.fired(Mechanism::AdAuction, 1, 0);
        if self.params.platforms[platform].ads.as_ref().is_some_and(|ads| ads.own_estimate) {
            totals.fired(Mechanism::AdTargeting, 1, 0);
        }
    }

    /// The rules of a platform that a shopper may use. Inlined, so that it is made where it stays.
    #[inline(always)]
    pub(crate) fn menu(&self, state: &ShardState, index: usize, platform: usize) -> Menu<'_> {
        let (row, access) = (&state.rows[index], &self.access[platform]);
        let rules = &self.params.platforms[platform].promotions;
        let mut open = access.segments[state.rate[index] as usize / RATE_LEVELS];
        open &= if row.is_member(platform) { u16::MAX } else { !access.members };
        open &= if row.knows(platform) { !access.newcomers } else { u16::MAX };
        if open & access.coupons != 0 {
            let held = coupons_held(self.seed, state.shopper(index), self.tick, platform, rules, open & access.coupons);
            open = open & !access.coupons | held;
        }
        Menu {
            rules,
            stacking: &self.params.platforms[platform].stacking,
            states: &self.view.state.platforms[platform].rules,
            open,
            quotes: self.quotes(),
            listings: &self.catalog.listings,
        }
    }

    /// The prices of a platform for a shopper, with what is in the cart.
    pub(crate) fn till(&self, state: &ShardState, index: usize, platform: usize) -> Till<'_> {
        let menu = self.menu(state, index, platform);
        let cart = &self.params.cart;
        let nothing = Item { listing: 0, merchant: 0, list_price: 0, shelf: 0, rules: 0 };
        let mut till = Till {
            menu,
            platform: &self.params.platforms[platform],
            tick: self.tick,
            kept: [nothing; LINES],
            kept_prices: [0; LINES],
            kept_len: 0,
            wait: None,
            waiting_cost: cart.waiting_cost * self.params.ai.tick_days,
        };
        if !cart.is_on() {
            return till;
        }
        let mut due = self.tick + cart.max_ticks;
        for line in state.carts[state.cart(index)].iter().filter(|l| l.rule == NO_RULE && l.platform() == platform).take(LINES) {
            let item = self.item(line.listing, menu.open);
            till.kept[till.kept_len] = item;
            till.kept_prices[till.kept_len] = menu.line_price(&item);
            till.kept_len += 1;
            due = due.min(u32::from(line.due));
        }
        let rate = self.market.rates[state.rate[index] as usize];
        let ticks = f64::from(due.saturating_sub(self.tick));
        till.wait = Some(Wait { spending: rate * self.spending[platform], ticks, cost: till.waiting_cost });
        till
    }

    /// A listing as a line, with the rules that are open to the shopper.
    #[inline]
    pub(crate) fn item(&self, listing: u32, open: u16) -> Item {
        let offer = &self.view.offers[listing as usize];
        Item {
            listing,
            merchant: offer.merchant,
            list_price: self.view.state.prices[listing as usize],
            shelf: offer.shelf,
            rules: open & offer.joins,
        }
    }

    pub(crate) fn quotes(&self) -> Quotes<'_> {
        Quotes { prices: &self.view.asked, earlier: &self.view.state.earlier }
    }
}

/// How a shopper values an offer.
struct Eye<'a> {
    choice: &'a crate::params::ChoiceParams,
    platform_utility: f32,
    sensitivity: f32,
    reference: Option<f32>,
    mind: Option<Mind>,
}

impl Eye<'_> {
    #[inline(always)]
    fn look(&self, perceived: f32, term: f32) -> f32 {
        let loss = self.reference.map_or(0.0, |reference| (term - reference).max(0.0) * self.choice.loss_aversion);
        self.platform_utility + self.choice.taste * perceived - self.sensitivity * (term + loss)
    }
}

/// The examined option that weighs most, of those in a range of places; the smaller listing of equals. Weights are not negative, so
/// that their bits sort like them; which option is better cannot be foreseen, so that it is no branch.
#[inline(always)]
pub(crate) fn heaviest(options: &[Option_], weights: &[f32], among: Range<usize>) -> Option<usize> {
    let (mut best, mut at) = (0u64, None);
    for i in among {
        let key = u64::from(weights[i].to_bits()) << 32 | u64::from(!options[i].listing);
        let better = options[i].examined & (key > best);
        best = std::hint::select_unpredictable(better, key, best);
        at = std::hint::select_unpredictable(better, Some(i), at);
    }
    at
}

/// Places of the options that a question finds, as bits: which they are cannot be foreseen, so that asking is no branch.
#[inline(always)]
pub(crate) fn places(options: &[Option_], is_found: impl Fn(&Option_) -> bool) -> u64 {
    const _: () = assert!(COMPARED <= 64);
    options.iter().enumerate().fold(0, |bits, (i, option)| bits | u64::from(is_found(option)) << i)
}

/// Offers that are examined when the next is looked at with probability `patience`.
#[inline(always)]
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::cmp::Reverse;

    proptest! {
        #[test]
        fn the_heaviest_is_that_of_a_search_and_places_are_those_of_a_filter(
            drawn in prop::collection::vec((0u32..4, 0u32..9, any::<bool>()), 0..COMPARED),
        ) {
            let options: Vec<Option_> = drawn.iter().map(|&(_, listing, examined)| Option_ { listing, examined, ..NOTHING }).collect();
            let weights: Vec<f32> = drawn.iter().map(|&(weight, ..)| weight as f32).collect();
            let examined = || (0..options.len()).filter(|&i| options[i].examined);
            let best = examined().rev().max_by_key(|&i| (drawn[i].0, Reverse(options[i].listing)));
            prop_assert_eq!(heaviest(&options, &weights, 0..options.len()), best);
            prop_assert_eq!(places(&options, |o| o.examined), examined().fold(0, |bits, i| bits | 1 << i));
        }
    }

    #[test]
    fn examination_stops_with_the_patience() {
        assert_eq!(examined(1.0, 8, 0.999), 8);
        assert_eq!(examined(0.5, 8, 0.6), 1);
        assert_eq!(examined(0.5, 8, 0.3), 2);
        assert_eq!(examined(0.5, 8, 0.0), 8);
        assert_eq!(examined(0.5, 0, 0.0), 0);
    }
}
