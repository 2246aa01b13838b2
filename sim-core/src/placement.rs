//! Which member of a run hosts which shards and which merchants: a pure function of how many members there are.
//!
//! Guarantees that every item has exactly one host and that hosts differ by at most one item. Where an item is hosted moves
//! no result.

use std::ops::Range;

/// One member of several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placement {
    /// Members, at least 1.
    pub members: u32,
    /// Place of this member, below `members`.
    pub place: u32,
}

impl Placement {
    /// The only member.
    pub const ALONE: Placement = Placement { members: 1, place: 0 };

    /// What this member hosts of `items`.
    #[must_use]
    pub fn hosts(self, items: u32) -> Range<u32> {
        let cut = |place: u32| (u64::from(items) * u64::from(place) / u64::from(self.members)) as u32;
        cut(self.place)..cut(self.place + 1)
    }

    /// All members in order.
    pub fn all(members: u32) -> impl Iterator<Item = Placement> {
        (0..members).map(move |place| Placement { members, place })
    }

    /// The place of the member that hosts `item` of `items`.
    #[must_use]
    pub fn host_of(item: u32, items: u32, members: u32) -> u32 {
        assert!(item < items, "item {item} of {items}");
        // the largest place whose first item is not beyond it
        ((u64::from(item) + 1) * u64::from(members)).div_ceil(u64::from(items)) as u32 - 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_item_has_one_host() {
        for (items, members) in [(1, 1), (7, 3), (3, 7), (100, 6), (5, 5), (0, 2), (13, 4)] {
            let all: Vec<u32> = Placement::all(members).flat_map(|placement| placement.hosts(items)).collect();
            assert_eq!(all, (0..items).collect::<Vec<_>>());
            for placement in Placement::all(members) {
                for item in placement.hosts(items) {
                    assert_eq!(Placement::host_of(item, items, members), placement.place, "item {item} of {items} on {members}");
                }
            }
        }
    }
}
