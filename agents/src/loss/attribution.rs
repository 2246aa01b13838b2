//! The cause of a lost sale, by the rule of the field's driver analyses: replace one term, see what it would have changed.
//!
//! Against an alternative that was bought elsewhere the cause is the utility term with the largest disadvantage. Against leaving
//! it is the term whose replacement by the median of the category (or of the platforms, for what a platform's offers share) most
//! raises the probability of a purchase, and `no-need` where none raises it by one percentage point.

use super::medians::{FATIGUE, MATCH, PRICE, QUALITY, TERMS};
use super::{Cause, Loss, count, largest};
use crate::metric::{Metric, Totals};
use crate::service::answers;
use crate::view::price_term;
use crate::visit::{Option_, Tour, heaviest};
use sim_core::math::exp_f32;
use std::ops::Range;

/// Rise of the purchase probability below which nothing would have helped.
pub(crate) const LEAST_RISE: f32 = 0.01;
/// Disadvantage below which terms are equal, utility over mu: what rounding leaves is none.
const LEAST_GAP: f32 = 1e-4;

/// A mission that is over, as attribution sees it.
pub(crate) struct Ended<'a> {
    pub(crate) segment: usize,
    pub(crate) category: usize,
    /// Price sensitivity over mu.
    pub(crate) sensitivity: f32,
    /// Reference price in price-utility units, if there is one.
    pub(crate) reference: Option<f32>,
    /// Fatigue of the shopper, weighed by its segment.
    pub(crate) tired: f32,
    pub(crate) options: &'a [Option_],
    /// Weights of the options, 0 for what was not examined.
    pub(crate) weights: &'a [f32],
    /// Weight of leaving.
    pub(crate) outside: f32,
    /// Pages: platform, and its range of options.
    pub(crate) pages: &'a [(u8, u8, u8)],
    pub(crate) chosen: Option<usize>,
}

impl Tour<'_> {
    /// Attributes the visits of a mission that ended without a choice there.
    #[inline(always)]
    pub(crate) fn attribute(&self, ended: &Ended, losses: &mut Vec<Loss>, totals: &mut Totals) {
        let bought = ended.chosen.map(|i| &ended.options[i]);
        if let Some(option) = bought {
            totals.add_to(option.platform as usize, ended.segment, Metric::Chosen, 1);
        }
        for &(platform, from, to) in ended.pages {
            let p = platform as usize;
            if bought.is_some_and(|option| option.platform == platform) {
                continue;
            }
            let page = from as usize..to as usize;
            let (listing, cause) = match heaviest(ended.options, ended.weights, page.clone()) {
                None => (self.catalog.cell(p, ended.category).start, Cause::Assortment),
                Some(i) => {
                    let option = &ended.options[i];
                    let cause = match bought {
                        Some(other) => self.against(ended, option, other),
                        None => {
                            let term = self.paid_term(ended, option);
                            self.count_sides(ended, option, term, totals);
                            self.against_leaving(ended, i, page, term)
                        }
                    };
                    (option.listing, cause)
                }
            };
            count(p, ended.segment, cause, totals);
            losses.push(Loss { listing, cause });
        }
    }

    /// What a term of price weighs, what lies above the reference price with it.
    #[inline(always)]
    fn weighed(&self, ended: &Ended, term: f32) -> f32 {
        let above = ended.reference.map_or(0.0, |reference| (term - reference).max(0.0));
        ended.sensitivity * (term + above * self.params.choice.loss_aversion)
    }

    fn against(&self, ended: &Ended, lost: &Option_, bought: &Option_) -> Cause {
        let yard = &self.view.yardstick;
        let listed = |o: &Option_| self.view.state.prices[o.listing as usize] + o.price.saturating_sub(o.goods);
        let list = |o: &Option_| self.weighed(ended, price_term(self.params, ended.category, listed(o)));
        let paid = |o: &Option_| self.weighed(ended, self.paid_term(ended, o));
        let price = list(lost) - list(bought);
        // the rest of the gap of what is paid, the fee in both: without discounts exactly 0
        let deal = paid(lost) - paid(bought) - price;
        let (here, there) = (lost.platform as usize, bought.platform as usize);
        let quality = |o: &Option_| self.view.offers[o.listing as usize].quality;
        let categories = self.catalog.categories.len();
        let shelf = |p: usize| yard.page_gap[p * categories + ended.category];
        let gaps = [
            (Cause::Price, price),
            (Cause::Assortment, shelf(there) - shelf(here)),
            (Cause::Match, self.params.choice.taste * (bought.perceived - lost.perceived)),
            (Cause::Service, yard.service.of[there] - yard.service.of[here] + self.rated(bought) - self.rated(lost)),
            (Cause::Delivery, yard.delivery.of[there] - yard.delivery.of[here]),
            (Cause::Quality, quality(bought) - quality(lost)),
            (Cause::RivalDeal, deal),
        ];
        // where no term is worse, the taste that nobody sees decided: it did not suit
        largest(&gaps, LEAST_GAP).unwrap_or(Cause::Match)
    }

    /// Utility of how the shop of an offer answers.
    #[inline(always)]
    fn rated(&self, option: &Option_) -> f32 {
        let rating = self.params.inquiry.rating;
        if rating == 0.0 { 0.0 } else { rating * answers(self.view.state.service[option.listing as usize]) }
    }

    /// What an offer costs in price-utility units, all in.
    #[inline(always)]
    fn paid_term(&self, ended: &Ended, option: &Option_) -> f32 {
        let offer = &self.view.offers[option.listing as usize];
        if option.price == offer.shelf { offer.price_term } else { price_term(self.params, ended.category, option.price) }
    }

    #[inline(always)]
    fn against_leaving(&self, ended: &Ended, i: usize, page: Range<usize>, term: f32) -> Cause {
        const CAUSES: [Cause; 7] =
            [Cause::Price, Cause::Assortment, Cause::Match, Cause::Service, Cause::Delivery, Cause::Quality, Cause::Fatigue];
        let option = &ended.options[i];
        let p = option.platform as usize;
        let (choice, yard) = (&self.params.choice, &self.view.yardstick);
        let medians = &self.view.state.medians[ended.category * TERMS..][..TERMS];
        let own = ended.weights[i];
        let here: f32 = ended.weights[page].iter().sum();
        let inside: f32 = ended.weights.iter().sum();
        let all = inside + ended.outside;
        let offer = &self.view.offers[option.listing as usize];
        // the part of the weights that a replacement multiplies, and the utility that it adds; rest shrinks the weight of leaving.
        // Service of the platform is that of all its offers, and the shop's own answers come on top of it: the last place
        let parts = [own, here, own, here - own, here, own, ended.outside, own];
        let service = yard.service.median - yard.service.of[p];
        let answers = yard.shops.get(ended.category).map_or(0.0, |median| median - self.rated(option));
        let gains = [
            self.weighed(ended, term) - self.weighed(ended, medians[PRICE].at),
            -yard.page_gap[p * self.catalog.categories.len() + ended.category],
            choice.taste * (medians[MATCH].at - option.perceived),
            service,
            yard.delivery.median - yard.delivery.of[p],
            medians[QUALITY].at - offer.quality,
            choice.outside_fatigue * (medians[FATIGUE].at - ended.tired),
            service + answers,
        ];
        // rise of the probability of buying, all at once
        let mut added = [0.0; 8];
        for (added, (part, gain)) in added.iter_mut().zip(parts.iter().zip(gains)) {
            *added = part * (exp_f32(gain.clamp(-30.0, 30.0)) - 1.0);
        }
        added[3] += added[7];
        let mut rises = [0.0; 8];
        for (k, (rise, added)) in rises.iter_mut().zip(added).enumerate() {
            let outside = ended.outside + if k == 6 { added } else { 0.0 };
            *rise = ended.outside / all - outside / (all + added).max(f32::MIN_POSITIVE);
        }
        let rises: [(Cause, f32); CAUSES.len()] = std::array::from_fn(|k| (CAUSES[k], rises[k]));
        largest(&rises, LEAST_RISE).unwrap_or(Cause::NoNeed)
    }

    /// Counts on which side of the medians of its category a lost offer lies.
    #[inline(always)]
    fn count_sides(&self, ended: &Ended, option: &Option_, term: f32, totals: &mut Totals) {
        let from = ended.category * TERMS;
        let medians = &self.view.state.medians[from..from + TERMS];
        let terms = [term, option.perceived, self.view.offers[option.listing as usize].quality, ended.tired];
        for (k, (value, median)) in terms.into_iter().zip(medians).enumerate() {
            let side = i64::from(value > median.at) - i64::from(value < median.at);
            let cell = &mut totals.medians[2 * (from + k)..][..2];
            cell[0] += side;
            cell[1] += 1;
        }
    }
}
