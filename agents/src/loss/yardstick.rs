//! What a platform is compared with: the terms that all its offers share, and their medians over platforms. Once a tick.

use crate::catalog::Catalog;
use crate::params::{PLATFORMS, Params};
use crate::service::answers;
use crate::view::View;
use sim_core::math::ln_f32;

/// A term by platform, with its median over the platforms that trade.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Compared {
    /// Utility by platform, over mu.
    pub of: [f32; PLATFORMS],
    /// Median over platforms.
    pub median: f32,
}

/// The terms of all platforms. Empty where losses are not attributed.
#[derive(Clone, Debug, Default)]
pub struct Yardstick {
    /// Utility of the delivery promise.
    pub delivery: Compared,
    /// Utility of service.
    pub service: Compared,
    /// Utility of the mean quality on the shelf.
    pub quality: Compared,
    /// Price-utility units of the mean price on the shelf, negative: more is better.
    pub cheapness: Compared,
    /// Utility of the match that ranking finds, per standard deviation.
    pub matching: Compared,
    /// Logarithm of the offers that a page holds, mean of the categories.
    pub assortment: Compared,
    /// The same by platform and category, less the median over platforms.
    pub page_gap: Vec<f32>,
    /// Utility of the median score of the shops on the shelf, by category; empty where scores do not count.
    pub shops: Vec<f32>,
}

impl Yardstick {
    /// The terms as they stand in a view whose offers and desks are published.
    pub(crate) fn new(catalog: &Catalog, params: &Params, view: &View) -> Yardstick {
        let platforms = catalog.platforms.len();
        let choice = &params.choice;
        let compared = |of: [f32; PLATFORMS]| Compared { of, median: median_of((0..platforms).filter(|&p| view.trades[p]).map(|p| of[p])) };
        let mut sums = [(0.0f64, 0.0f64, 0.0f64); PLATFORMS];
        for (offer, listing) in view.offers.iter().zip(&catalog.listings).filter(|(offer, _)| offer.listed) {
            let sum = &mut sums[listing.platform as usize];
            *sum = (sum.0 + f64::from(offer.price_term), sum.1 + f64::from(offer.quality), sum.2 + 1.0);
        }
        let mean = |sum: f64, count: f64| if count > 0.0 { (sum / count) as f32 } else { 0.0 };
        let (pages, page_gap) = pages(catalog, params, view);
        Yardstick {
            delivery: compared(view.promised_days.map(|days| -choice.delivery * days as f32)),
            service: compared(view.service.map(|desk| choice.service * desk.level() as f32)),
            quality: compared(sums.map(|(_, quality, count)| mean(quality, count))),
            cheapness: compared(sums.map(|(price, _, count)| -mean(price, count))),
            matching: compared(std::array::from_fn(|p| {
                view.state.platforms.get(p).map_or(0.0, |state| choice.taste * state.accuracy() as f32)
            })),
            assortment: compared(pages),
            page_gap,
            shops: shops(catalog, params, view),
        }
    }
}

/// Utility of the median score of the offers on the shelf, by category.
fn shops(catalog: &Catalog, params: &Params, view: &View) -> Vec<f32> {
    let rating = params.inquiry.rating;
    if rating == 0.0 {
        return Vec::new();
    }
    let mut scores = vec![[0u32; 256]; catalog.categories.len()];
    let shelf = view.offers.iter().zip(&catalog.listings).zip(&view.state.service).filter(|((offer, _), _)| offer.listed);
    for ((_, listing), service) in shelf {
        scores[listing.category as usize][usize::from(service & 255)] += 1;
    }
    scores.iter().map(|counts| rating * answers(median_score(counts))).collect()
}

/// The median of scores counted by value; 0 of none.
fn median_score(counts: &[u32; 256]) -> u16 {
    let all: u32 = counts.iter().sum();
    let mut below = 0;
    let at = counts.iter().position(|count| {
        below += count;
        below * 2 > all
    });
    at.unwrap_or(0) as u16
}

/// Logarithm of the offers of a page by platform (mean of categories), and by platform and category less the median over platforms.
fn pages(catalog: &Catalog, params: &Params, view: &View) -> ([f32; PLATFORMS], Vec<f32>) {
    let (platforms, categories) = (catalog.platforms.len(), catalog.categories.len());
    let size = |p: usize, c: usize| {
        let listed = catalog.cell(p, c).filter(|&l| view.offers[l as usize].listed).count();
        ln_f32(listed.min(params.platforms[p].shown as usize).max(1) as f32)
    };
    let mut sizes: Vec<f32> = (0..platforms).flat_map(|p| (0..categories).map(move |c| (p, c))).map(|(p, c)| size(p, c)).collect();
    let means = std::array::from_fn(|p| {
        let of = sizes.chunks(categories.max(1)).nth(p).unwrap_or_default();
        of.iter().sum::<f32>() / categories.max(1) as f32
    });
    for c in 0..categories {
        let median = median_of((0..platforms).filter(|&p| view.trades[p]).map(|p| sizes[p * categories + c]));
        for p in 0..platforms {
            sizes[p * categories + c] -= median;
        }
    }
    (means, sizes)
}

/// Median of at most as many values as there are platforms; the mean of the middle two of an even number.
fn median_of(values: impl Iterator<Item = f32>) -> f32 {
    let mut sorted = [0.0f32; PLATFORMS];
    let mut count = 0;
    for (slot, value) in sorted.iter_mut().zip(values) {
        *slot = value;
        count += 1;
    }
    let sorted = &mut sorted[..count];
    sorted.sort_unstable_by(f32::total_cmp);
    match count {
        0 => 0.0,
        n if n % 2 == 1 => sorted[n / 2],
        n => (sorted[n / 2 - 1] + sorted[n / 2]) / 2.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_median_of_scores_is_in_their_middle() {
        let mut counts = [0; 256];
        assert_eq!(median_score(&counts), 0);
        (counts[10], counts[200], counts[255]) = (3, 2, 2);
        assert_eq!(median_score(&counts), 200);
        counts[10] = 5;
        assert_eq!(median_score(&counts), 10);
    }

    #[test]
    fn a_median_of_platforms_is_that_of_the_schoolbook() {
        assert_eq!(median_of([].into_iter()), 0.0);
        assert_eq!(median_of([3.0].into_iter()), 3.0);
        assert_eq!(median_of([3.0, 1.0].into_iter()), 2.0);
        assert_eq!(median_of([3.0, 1.0, 9.0].into_iter()), 3.0);
        assert_eq!(median_of([3.0, 1.0, 9.0, 4.0].into_iter()), 3.5);
    }
}
