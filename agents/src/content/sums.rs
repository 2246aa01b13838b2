//! Counters of content by merchant group and channel: integers, so that shards and workers add up in any order.

use serde::{Deserialize, Serialize};

/// What a group did and got on a channel in a tick.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContentSum {
    /// Impressions delivered.
    pub impressions: i64,
    /// Contacts: impressions that were noticed, as far as missions drew them.
    pub contacts: i64,
    /// Paid by its merchants, money units.
    pub spend: i64,
    /// Search money that has come back to them and is offered to the channel for the next tick, money units.
    pub offered: i64,
}

/// By group and channel, brand impressions last; empty where nobody has a programme.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContentSums {
    /// Columns of a group: channels and brand impressions.
    columns: usize,
    sums: Vec<ContentSum>,
}

impl ContentSums {
    /// Zeros for so many groups and channels.
    #[must_use]
    pub fn new(groups: usize, channels: usize) -> ContentSums {
        ContentSums { columns: channels + 1, sums: vec![ContentSum::default(); groups * (channels + 1)] }
    }

    /// The sums of a group and channel; zero where nobody has a programme.
    #[must_use]
    pub fn of(&self, group: usize, channel: usize) -> ContentSum {
        self.sums.get(group * self.columns + channel).copied().unwrap_or_default()
    }

    /// The sums of a group and channel, to add to.
    pub(crate) fn at(&mut self, group: usize, channel: usize) -> &mut ContentSum {
        &mut self.sums[group * self.columns + channel]
    }

    /// Paid on all channels, money units.
    #[must_use]
    pub fn spend(&self) -> i64 {
        self.sums.iter().map(|sum| sum.spend).sum()
    }

    /// Adds the sums of another part of the tick.
    pub fn add(&mut self, other: &ContentSums) {
        for (sum, more) in self.sums.iter_mut().zip(&other.sums) {
            sum.impressions += more.impressions;
            sum.contacts += more.contacts;
            sum.spend = sum.spend.checked_add(more.spend).expect("a counter fits 64 bits");
            sum.offered += more.offered;
        }
    }

    /// The numbers, for the digest.
    pub(crate) fn numbers(&self) -> Vec<i64> {
        self.sums.iter().flat_map(|sum| [sum.impressions, sum.contacts, sum.spend, sum.offered]).collect()
    }
}
