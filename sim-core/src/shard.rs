//! Shards: constant pieces of the population, cut by the scenario and never by the machine.

use crate::ids::ShardId;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// How agents are cut into shards of a constant size (the last one may be smaller).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShardPlan {
    agents: u64,
    size: u32,
}

impl ShardPlan {
    /// Cuts `agents` into shards of `size`.
    ///
    /// # Panics
    /// If `size` is 0.
    #[must_use]
    pub fn new(agents: u64, size: u32) -> ShardPlan {
        assert!(size > 0, "a shard holds at least one agent");
        ShardPlan { agents, size }
    }

    /// Number of agents.
    #[must_use]
    pub fn agents(self) -> u64 {
        self.agents
    }

    /// Number of shards.
    #[must_use]
    pub fn count(self) -> u32 {
        u32::try_from(self.agents.div_ceil(u64::from(self.size))).expect("fewer than 2^32 shards")
    }

    /// The agents of a shard.
    #[must_use]
    pub fn members(self, shard: ShardId) -> Range<u64> {
        let first = u64::from(shard.0) * u64::from(self.size);
        first..(first + u64::from(self.size)).min(self.agents)
    }

    /// The shard of an agent.
    #[must_use]
    pub fn owner(self, agent: u64) -> ShardId {
        assert!(agent < self.agents, "agent {agent} of {}", self.agents);
        ShardId((agent / u64::from(self.size)) as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_agent_is_in_exactly_one_shard() {
        for (agents, size) in [(1, 1), (10, 3), (12, 4), (7, 100)] {
            let plan = ShardPlan::new(agents, size);
            let all: Vec<u64> = (0..plan.count()).flat_map(|s| plan.members(ShardId(s))).collect();
            assert_eq!(all, (0..agents).collect::<Vec<_>>());
            assert!(all.iter().all(|&a| plan.members(plan.owner(a)).contains(&a)));
        }
    }
}
