//! Grids of prices for policies that learn which price pays.

use super::outlook::Outlook;

/// Most prices of a grid.
pub(crate) const MOST: usize = 15;
/// Prices of a grid that the scenario does not give.
const USUAL: usize = 9;
/// Lowest and highest margin of such a grid, relative to that of a seller without rivals for attention.
const MARGINS: (f64, f64) = (0.2, 1.6);

/// Prices in ascending order.
pub(super) struct Prices {
    prices: [f64; MOST],
    count: usize,
}

impl Prices {
    pub(super) fn as_slice(&self) -> &[f64] {
        &self.prices[..self.count]
    }
}

/// The grid in money: multiples of the break-even price without discounts, which moves only with costs and commission.
pub(super) fn prices(multiples: &[f64], outlook: &Outlook) -> Prices {
    let mut found = Prices { prices: [0.0; MOST], count: multiples.len().min(MOST) };
    let cost = outlook.plain_cost;
    if found.count > 1 {
        for (price, multiple) in found.prices.iter_mut().zip(multiples) {
            *price = cost * multiple;
        }
        return found;
    }
    found.count = USUAL;
    let margin = outlook.demand.lone_margin(cost);
    for (i, price) in found.prices[..USUAL].iter_mut().enumerate() {
        let place = i as f64 / (USUAL - 1) as f64;
        *price = cost + margin * (MARGINS.0 + (MARGINS.1 - MARGINS.0) * place);
    }
    found
}

/// The place of the price nearest to `price`; the lower one of two.
pub(super) fn nearest(prices: &[f64], price: f64) -> usize {
    let gap = |i: usize| (prices[i] - price).abs();
    (1..prices.len()).fold(0, |best, i| if gap(i) < gap(best) { i } else { best })
}

/// The place of the largest value; the lower one of two.
pub(super) fn largest(values: impl Iterator<Item = f64>) -> usize {
    values.enumerate().fold((0, f64::NEG_INFINITY), |best, (i, v)| if v > best.1 { (i, v) } else { best }).0
}

#[cfg(test)]
mod tests {
    use super::super::outlook::Demand;
    use super::*;

    #[test]
    fn a_grid_is_given_or_spans_the_margin_of_a_lone_seller() {
        let outlook = Outlook { plain_cost: 100.0, demand: Demand::Log { sensitivity: 3.0 }, ..Outlook::example() };
        assert_eq!(prices(&[1.5, 2.0, 2.5], &outlook).as_slice(), [150.0, 200.0, 250.0]);
        let usual = prices(&[], &outlook);
        assert_eq!(usual.as_slice().len(), 9);
        assert_eq!((usual.as_slice()[0], usual.as_slice()[8]), (110.0, 180.0));
        assert_eq!([0.0, 129.0, 131.0, 999.0].map(|p| nearest(usual.as_slice(), p)), [0, 2, 2, 8]);
        assert_eq!(largest([1.0, 3.0, 3.0].into_iter()), 1);
    }
}
