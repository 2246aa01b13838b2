//! The grant phase: who gets a scarce resource (stock of a listing, budget of a promotion in a tick).
//!
//! Guarantees that no resource is overspent and that the answer depends on the claims alone: claims are ranked by keyed
//! priority, shopper, mission and line, and the longest prefix that fits is granted.

use serde::{Deserialize, Serialize};

/// A resource: a dense number given by the market (listings first, then promotion rules).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ResourceId(pub u32);

/// Rank of a claim: smaller is served first. The key is unique.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Rank {
    /// Keyed draw.
    pub priority: u64,
    /// Shopper.
    pub shopper: u64,
    /// Mission in the tick.
    pub mission: u16,
    /// Line in the mission.
    pub line: u16,
}

/// A claim on a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Claim {
    /// What is claimed.
    pub resource: ResourceId,
    /// Who is served first.
    pub rank: Rank,
    /// How much: pieces or money units.
    pub amount: i64,
}

/// A resource that is claimed beyond what there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Overdrawn {
    /// Which.
    pub resource: ResourceId,
    /// What there is.
    pub available: i64,
}

/// The first refused claim of a resource: this rank and all after it are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CutOff {
    /// Which resource.
    pub resource: ResourceId,
    /// The first rank that is refused.
    pub first_refused: Rank,
}

/// A set of resources, one bit each: most are asked for in vain.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResourceSet(Vec<u64>);

impl FromIterator<ResourceId> for ResourceSet {
    fn from_iter<I: IntoIterator<Item = ResourceId>>(resources: I) -> ResourceSet {
        let mut words = Vec::new();
        for ResourceId(resource) in resources {
            let word = resource as usize / 64;
            words.resize(words.len().max(word + 1), 0);
            words[word] |= 1 << (resource % 64);
        }
        ResourceSet(words)
    }
}

impl ResourceSet {
    /// Whether a resource is in it.
    #[inline]
    #[must_use]
    pub fn contains(&self, ResourceId(resource): ResourceId) -> bool {
        self.0.get(resource as usize / 64).is_some_and(|word| word >> (resource % 64) & 1 == 1)
    }
}

/// The cut-offs of a tick, by resource.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CutOffs {
    cuts: Vec<CutOff>,
    cut: ResourceSet,
}

impl CutOffs {
    /// Ranks `claims` of the `overdrawn` resources (sorted) and cuts each where what there is ends.
    #[must_use]
    pub fn decide(overdrawn: &[Overdrawn], mut claims: Vec<Claim>) -> CutOffs {
        claims.sort_unstable();
        let mut cuts = Vec::with_capacity(overdrawn.len());
        for group in claims.chunk_by(|a, b| a.resource == b.resource) {
            let resource = group[0].resource;
            let Ok(at) = overdrawn.binary_search_by_key(&resource, |o| o.resource) else { continue };
            let mut left = overdrawn[at].available;
            let refused = group.iter().find(|claim| {
                left -= claim.amount;
                left < 0
            });
            cuts.extend(refused.map(|claim| CutOff { resource, first_refused: claim.rank }));
        }
        let cut = cuts.iter().map(|cut: &CutOff| cut.resource).collect();
        CutOffs { cuts, cut }
    }

    /// Whether nothing is refused.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.cuts.is_empty()
    }

    /// Whether a claim is granted.
    #[inline]
    #[must_use]
    pub fn grants(&self, resource: ResourceId, rank: Rank) -> bool {
        if !self.cut.contains(resource) {
            return true;
        }
        match self.cuts.binary_search_by_key(&resource, |cut| cut.resource) {
            Ok(at) => rank < self.cuts[at].first_refused,
            Err(_) => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn claim(resource: u32, priority: u64, shopper: u64, amount: i64) -> Claim {
        Claim { resource: ResourceId(resource), rank: Rank { priority, shopper, mission: 0, line: 0 }, amount }
    }

    #[test]
    fn the_last_piece_goes_to_one_of_a_hundred_claims() {
        let claims: Vec<Claim> = (0..100).map(|s| claim(3, 1000 - s, s, 1)).collect();
        let cuts = CutOffs::decide(&[Overdrawn { resource: ResourceId(3), available: 1 }], claims.clone());
        let served: Vec<u64> = claims.iter().filter(|c| cuts.grants(c.resource, c.rank)).map(|c| c.rank.shopper).collect();
        assert_eq!(served, [99]);
    }

    proptest! {
        #[test]
        fn no_resource_is_overspent_and_order_of_arrival_is_nothing(
            amounts in prop::collection::vec((0u32..5, 0u64..50, 1i64..40), 1..200), available in 0i64..300, rotation in 0usize..200
        ) {
            let claims: Vec<Claim> = amounts.iter().enumerate().map(|(i, &(r, p, a))| claim(r, p, i as u64, a)).collect();
            let overdrawn: Vec<Overdrawn> = (0..5).map(|r| Overdrawn { resource: ResourceId(r), available }).collect();
            let cuts = CutOffs::decide(&overdrawn, claims.clone());
            let mut shuffled = claims.clone();
            shuffled.rotate_left(rotation % claims.len());
            shuffled.reverse();
            prop_assert_eq!(&cuts, &CutOffs::decide(&overdrawn, shuffled));
            for r in 0..5 {
                let granted: i64 = claims.iter().filter(|c| c.resource.0 == r && cuts.grants(c.resource, c.rank)).map(|c| c.amount).sum();
                prop_assert!(granted <= available);
                let refused = claims.iter().filter(|c| c.resource.0 == r && !cuts.grants(c.resource, c.rank)).min();
                if let Some(first) = refused {
                    prop_assert!(granted + first.amount > available, "the first refused claim would not have fitted");
                }
            }
        }
    }
}
