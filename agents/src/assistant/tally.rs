//! What assistants add up to: integers of a tick, and the users that the last reviews found.

use crate::params::REVIEW_TICKS;
use serde::{Deserialize, Serialize};

/// Sums of an assistant in a tick.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssistantSum {
    /// Users among the shoppers reviewed.
    pub users: i64,
    /// Shoppers who took it up without being told.
    pub adopted: i64,
    /// Shoppers who gave it up.
    pub dropped: i64,
    /// Shoppers told by a neighbour.
    pub told: i64,
    /// Missions for which it was asked, or that it began alone.
    pub missions: i64,
    /// Offers chosen in them.
    pub chosen: i64,
    /// Of those, bought alone.
    pub restocked: i64,
}

impl AssistantSum {
    /// The sums in order.
    #[must_use]
    pub fn numbers(&self) -> [i64; 7] {
        [self.users, self.adopted, self.dropped, self.told, self.missions, self.chosen, self.restocked]
    }

    pub(crate) fn add(&mut self, other: &AssistantSum) {
        let sums = [
            &mut self.users,
            &mut self.adopted,
            &mut self.dropped,
            &mut self.told,
            &mut self.missions,
            &mut self.chosen,
            &mut self.restocked,
        ];
        for (sum, more) in sums.into_iter().zip(other.numbers()) {
            *sum = sum.checked_add(more).expect("a counter fits 64 bits");
        }
    }
}

/// Users of an assistant, as the reviews of the last ticks found them. Replicated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssistantState {
    /// Users found by tick, modulo the ticks between reviews: together everybody.
    pub found: [i64; REVIEW_TICKS as usize],
}

impl AssistantState {
    /// Users of the last reviews of everybody.
    #[must_use]
    pub fn users(&self) -> i64 {
        self.found.iter().sum()
    }
}
