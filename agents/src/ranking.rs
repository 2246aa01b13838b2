//! Keys that sort like scores, and taking the largest again and again: whole lanes, no branches.
//!
//! Guarantees a total order: the low bits of a key hold the place, so that keys are unique and the first place of equals wins.
//! Scores that differ by less than 8 parts in a million count as equal.

use crate::params::RECALLED;

/// Keys that are compared at a time: columns of keys are padded to a multiple.
pub(crate) const LANES: usize = 8;
/// Key of what is not, or no longer, to be taken.
pub(crate) const OUT: i32 = i32::MIN;
/// The low bits of a key: the place, from the last.
const LAST_PLACE: i32 = RECALLED as i32 - 1;
/// A name for each place.
pub(crate) const PLACES: [u32; RECALLED] = {
    let (mut places, mut j) = ([0; RECALLED], 0);
    while j < RECALLED {
        places[j] = j as u32;
        j += 1;
    }
    places
};

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

/// Takes every place that is called `gone` out. Whole lanes of both.
#[inline(always)]
pub(crate) fn strike(keys: &mut [i32], names: &[u32], gone: u32) {
    for (key, &name) in keys.iter_mut().zip(names) {
        *key = if name == gone { OUT } else { *key };
    }
}

/// Takes every place that is called `gone` out, and returns the largest key that is left. Whole lanes of both.
#[inline(always)]
pub(crate) fn take_best(keys: &mut [i32], names: &[u32], gone: u32) -> i32 {
    strike(keys, names, gone);
    let mut best = [OUT; LANES];
    for eight in keys.chunks_exact(LANES) {
        for (best, &key) in best.iter_mut().zip(eight) {
            *best = (*best).max(key);
        }
    }
    best.into_iter().fold(OUT, i32::max)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::NO_LISTING;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn taking_the_largest_key_again_and_again_agrees_with_a_sort(values in prop::collection::vec(-50.0f32..50.0, 1..=RECALLED)) {
            let mut keys = [7; RECALLED];
            rank(&values, &mut keys);
            let keys = &mut keys[..values.len().next_multiple_of(LANES)];
            let (mut order, mut gone) = (Vec::new(), NO_LISTING);
            loop {
                let key = take_best(keys, &PLACES[..keys.len()], gone);
                if key == OUT {
                    break;
                }
                gone = place(key) as u32;
                order.push(place(key));
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
        assert_eq!(place(take_best(&mut keys[..LANES], &PLACES[..LANES], NO_LISTING)), 1);
        assert_eq!(place(take_best(&mut keys[..LANES], &PLACES[..LANES], 1)), 2);
    }
}
