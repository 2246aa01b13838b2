//! The social graph: computed from the seed (small world) or given as edges.
//!
//! Guarantees that the small world costs no memory, is undirected, and does not depend on the partition: lattice neighbours
//! on a ring (Watts and Strogatz 1998) and long-range links that are keyed perfect matchings of the shopper ids.

use crate::draw::{Purpose, Seed, mix};
use crate::ids::ShopperId;
use petgraph::Directed;
use petgraph::csr::Csr;
use thiserror::Error;

/// Who may hear from whom.
#[derive(Clone, Debug)]
pub enum SocialGraph {
    /// Nobody is linked.
    None,
    /// Ring lattice and keyed matchings.
    SmallWorld(SmallWorld),
    /// Explicit undirected edges.
    Edges(Csr<(), (), Directed, u32>),
}

/// An edge list that cannot be a graph of the shoppers.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum EdgeListError {
    /// An edge names a shopper that does not exist.
    #[error("edge {edge} names shopper {shopper}, but there are {shoppers} shoppers (0 to {})", shoppers - 1)]
    UnknownShopper {
        /// Number of the edge, from 1.
        edge: usize,
        /// The id found.
        shopper: u64,
        /// Shoppers in the scenario.
        shoppers: u64,
    },
    /// Too many shoppers for an explicit graph.
    #[error("an explicit edge list holds at most {limit} shoppers, found {shoppers}")]
    TooLarge {
        /// Shoppers in the scenario.
        shoppers: u64,
        /// Most that fit.
        limit: u64,
    },
}

impl SocialGraph {
    /// A graph from undirected edges; self-loops and repeated edges count once.
    ///
    /// # Errors
    /// If an edge names an unknown shopper or there are more than 2^32 - 1 shoppers.
    pub fn from_edges(shoppers: u64, edges: &[(u64, u64)]) -> Result<SocialGraph, EdgeListError> {
        let limit = u64::from(u32::MAX);
        if shoppers > limit {
            return Err(EdgeListError::TooLarge { shoppers, limit });
        }
        let mut both = Vec::with_capacity(edges.len() * 2);
        for (at, &(a, b)) in edges.iter().enumerate() {
            if let Some(shopper) = [a, b].into_iter().find(|s| *s >= shoppers) {
                return Err(EdgeListError::UnknownShopper { edge: at + 1, shopper, shoppers });
            }
            if a != b {
                both.extend([(a as u32, b as u32), (b as u32, a as u32)]);
            }
        }
        both.sort_unstable();
        both.dedup();
        let mut graph = Csr::with_nodes(shoppers as usize);
        for (a, b) in both {
            graph.add_edge(a, b, ());
        }
        Ok(SocialGraph::Edges(graph))
    }

    /// Number of neighbours of a shopper; of a small world it may count a link to oneself, see [`SocialGraph::neighbour`].
    #[must_use]
    pub fn degree(&self, shopper: ShopperId) -> u32 {
        match self {
            SocialGraph::None => 0,
            SocialGraph::SmallWorld(world) => world.neighbours + world.long_range,
            SocialGraph::Edges(graph) => graph.neighbors_slice(shopper.0 as u32).len() as u32,
        }
    }

    /// Neighbour `k` of a shopper, `k` below the degree; `None` where the link would lead back to the shopper.
    #[must_use]
    pub fn neighbour(&self, shopper: ShopperId, k: u32) -> Option<ShopperId> {
        match self {
            SocialGraph::None => None,
            SocialGraph::SmallWorld(world) => world.neighbour(shopper.0, k).filter(|n| *n != shopper.0).map(ShopperId),
            SocialGraph::Edges(graph) => graph.neighbors_slice(shopper.0 as u32).get(k as usize).map(|n| ShopperId(u64::from(*n))),
        }
    }
}

/// A computed small world.
#[derive(Clone, Copy, Debug)]
pub struct SmallWorld {
    shoppers: u64,
    neighbours: u32,
    long_range: u32,
    key: u64,
    half_bits: u32,
}

impl SmallWorld {
    /// A small world of `shoppers` with `neighbours` (even) lattice links and `long_range` matchings.
    ///
    /// # Panics
    /// If `neighbours` is odd or there are no shoppers.
    #[must_use]
    pub fn new(seed: Seed, shoppers: u64, neighbours: u32, long_range: u32) -> SmallWorld {
        assert!(shoppers > 0 && neighbours.is_multiple_of(2), "shoppers on a ring have an even number of neighbours");
        let bits = (64 - (shoppers - 1).leading_zeros()).max(2);
        let key = seed.words(Purpose::Graph, 0, 0, 0).0[0];
        SmallWorld { shoppers, neighbours, long_range, key, half_bits: bits.div_ceil(2) }
    }

    fn neighbour(&self, shopper: u64, k: u32) -> Option<u64> {
        if k >= self.neighbours {
            return self.partner(shopper, k - self.neighbours);
        }
        let step = u64::from(k / 2 + 1) % self.shoppers;
        let forward = if k.is_multiple_of(2) { step } else { self.shoppers - step };
        Some((shopper + forward) % self.shoppers)
    }

    /// The partner in matching `link`: places 2j and 2j + 1 of a keyed permutation are linked.
    fn partner(&self, shopper: u64, link: u32) -> Option<u64> {
        let place = self.permute(shopper, link) ^ 1;
        (place < self.shoppers).then(|| self.invert(place, link))
    }

    fn permute(&self, mut x: u64, link: u32) -> u64 {
        loop {
            x = self.feistel(x, link, [0, 1, 2, 3]);
            if x < self.shoppers {
                return x;
            }
        }
    }

    fn invert(&self, mut x: u64, link: u32) -> u64 {
        loop {
            x = self.swap(self.feistel(self.swap(x), link, [3, 2, 1, 0]));
            if x < self.shoppers {
                return x;
            }
        }
    }

    fn swap(&self, x: u64) -> u64 {
        let mask = (1u64 << self.half_bits) - 1;
        (x & mask) << self.half_bits | x >> self.half_bits
    }

    /// Four Feistel rounds on 2 x `half_bits` bits (Luby and Rackoff 1988); cycle walking cuts them to the ids.
    fn feistel(&self, x: u64, link: u32, rounds: [u64; 4]) -> u64 {
        let mask = (1u64 << self.half_bits) - 1;
        let (mut left, mut right) = (x >> self.half_bits, x & mask);
        for round in rounds {
            let f = mix(self.key ^ round << 8 ^ u64::from(link) << 16, right) & mask;
            (left, right) = (right, left ^ f);
        }
        left << self.half_bits | right
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_of_a_small_world_are_mutual() {
        for shoppers in [1u64, 2, 3, 10, 97, 1000] {
            let world = SmallWorld::new(Seed(5), shoppers, 4, 3);
            let graph = SocialGraph::SmallWorld(world);
            for s in 0..shoppers {
                for k in 0..graph.degree(ShopperId(s)) {
                    let Some(other) = graph.neighbour(ShopperId(s), k) else { continue };
                    assert!(other.0 < shoppers && other.0 != s);
                    let back = (0..graph.degree(other)).any(|j| graph.neighbour(other, j) == Some(ShopperId(s)));
                    assert!(back, "{s} -> {} has no way back among {shoppers}", other.0);
                }
            }
        }
    }

    #[test]
    fn long_links_are_a_matching_of_nearly_everybody() {
        let world = SmallWorld::new(Seed(5), 1001, 0, 1);
        let linked = (0..1001).filter(|&s| world.partner(s, 0).is_some_and(|p| world.partner(p, 0) == Some(s) && p != s)).count();
        assert_eq!(linked, 1000, "an odd number leaves one alone");
    }

    #[test]
    fn an_edge_list_is_undirected_and_names_bad_edges() {
        let graph = SocialGraph::from_edges(4, &[(2, 0), (0, 2), (3, 3), (0, 1)]).expect("good edges");
        let of = |s| (0..graph.degree(ShopperId(s))).filter_map(|k| graph.neighbour(ShopperId(s), k)).map(|n| n.0).collect::<Vec<_>>();
        assert_eq!([of(0), of(1), of(2), of(3)], [vec![1, 2], vec![0], vec![0], vec![]]);
        let error = SocialGraph::from_edges(4, &[(0, 1), (0, 4)]).expect_err("4 is out of range");
        assert_eq!(error, EdgeListError::UnknownShopper { edge: 2, shopper: 4, shoppers: 4 });
    }
}
