//! Keys that sort like scores, and the largest below the last, again and again: whole lanes, no branches.
//!
//! Guarantees a total order: the low bits of a key hold the place, so that keys are unique and the first place of equals wins.
//! Scores that differ by less than 8 parts in a million count as equal.

use crate::catalog::NO_LISTING;
use crate::params::RECALLED;

/// Keys that are compared at a time: columns of keys are padded to a multiple.
pub(crate) const LANES: usize = 8;
/// Key of what is not, or no longer, to be taken.
pub(crate) const OUT: i32 = i32::MIN;
/// The low bits of a key: the place, from the last.
const LAST_PLACE: i32 = RECALLED as i32 - 1;

/// The key of a score at a place.
#[inline(always)]
pub(crate) fn key(score: f32, place: usize) -> i32 {
    let bits = score.to_bits() as i32;
    let sortable = bits ^ ((bits >> 31) as u32 >> 1) as i32;
    (sortable & !LAST_PLACE) | (LAST_PLACE - place as i32)
}

/// The place of a key.
#[inline(always)]
pub(crate) fn place(key: i32) -> usize {
    (LAST_PLACE - (key & LAST_PLACE)) as usize
}

/// Keys of scores, padded to whole lanes.
#[inline(always)]
pub(crate) fn rank(score: &[f32], keys: &mut [i32; RECALLED]) {
    keys[score.len()..score.len().next_multiple_of(LANES)].fill(OUT);
    for (place, (slot, score)) in keys.iter_mut().zip(score).enumerate() {
        *slot = key(*score, place);
    }
}

/// The largest key below `last`, [`OUT`] if there is none. Whole lanes.
#[inline(always)]
pub(crate) fn next_best(keys: &[i32], last: i32) -> i32 {
    let mut best = [OUT; LANES];
    for eight in keys.as_chunks::<LANES>().0 {
        for (best, &key) in best.iter_mut().zip(eight) {
            *best = (*best).max(if key < last { key } else { OUT });
        }
    }
    best.into_iter().fold(OUT, i32::max)
}

/// Listings, or merchants, that are not to come again: `N` at most.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Taken<const N: usize> {
    ids: [u32; N],
    len: usize,
}

impl<const N: usize> Taken<N> {
    /// None yet.
    #[inline(always)]
    pub(crate) fn none() -> Self {
        Taken { ids: [NO_LISTING; N], len: 0 }
    }

    /// One more.
    #[inline(always)]
    pub(crate) fn add(&mut self, id: u32) {
        self.ids[self.len] = id;
        self.len += 1;
    }

    /// Whether it is among them: all are looked at, for where a search ends cannot be foreseen.
    #[inline(always)]
    pub(crate) fn has(&self, id: u32) -> bool {
        self.ids.iter().fold(false, |has, &taken| has | (taken == id))
    }

    /// The largest key below `last` whose listing is not taken, [`OUT`] if there is none. Whole lanes of both.
    #[inline(always)]
    pub(crate) fn next_best(&self, keys: &[i32], listings: &[u32], mut last: i32) -> i32 {
        loop {
            last = next_best(keys, last);
            if last == OUT || !self.has(listings[place(last)]) {
                return last;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_largest_key_again_and_again_agrees_with_a_sort(values in prop::collection::vec(-50.0f32..50.0, 1..=RECALLED)) {
            let mut keys = [7; RECALLED];
            rank(&values, &mut keys);
            let keys = &keys[..values.len().next_multiple_of(LANES)];
            let (mut order, mut key) = (Vec::new(), next_best(keys, i32::MAX));
            while key != OUT {
                order.push(place(key));
                key = next_best(keys, key);
            }
            let mut seen = order.clone();
            seen.sort_unstable();
            prop_assert!(seen == (0..values.len()).collect::<Vec<_>>(), "a permutation");
            for pair in order.windows(2).map(|pair| [values[pair[0]], values[pair[1]]]) {
                prop_assert!(pair[0] >= pair[1] - pair[1].abs() * 8e-6, "{} before {}", pair[0], pair[1]);
            }
        }
    }

    #[test]
    fn the_first_place_of_equals_is_taken_first() {
        let mut keys = [0; RECALLED];
        rank(&[2.0, 3.0, 3.0], &mut keys);
        let first = next_best(&keys[..LANES], i32::MAX);
        assert_eq!((place(first), place(next_best(&keys[..LANES], first))), (1, 2));
    }

    #[test]
    fn a_listing_that_is_taken_comes_at_no_place_again() {
        let mut keys = [0; RECALLED];
        rank(&[2.0, 3.0, 3.0, 1.0], &mut keys);
        let listings = [8, 7, 7, 9, 0, 0, 0, 0];
        let mut taken = Taken::<2>::none();
        let next = |taken: &Taken<2>, last| taken.next_best(&keys[..LANES], &listings, last);
        let first = next(&taken, i32::MAX);
        taken.add(7);
        let second = next(&taken, first);
        taken.add(9);
        assert_eq!((place(first), place(second), next(&taken, second)), (1, 0, OUT));
    }
}
