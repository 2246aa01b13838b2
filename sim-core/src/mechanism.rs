//! The mechanism table: how often each mechanism fired, how much money it moved, how many agents it touched.

use crate::money::add_columns;
use serde::{Deserialize, Serialize};

/// Counts of one mechanism.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Activity {
    /// Times that it fired.
    pub fired: i64,
    /// Money that it moved, in money units.
    pub money: i64,
    /// Agents that it touched, counted once per firing.
    pub agents: i64,
}

/// Activities of all mechanisms, by index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mechanisms(Vec<i64>);

impl Mechanisms {
    /// A table of so many mechanisms.
    #[must_use]
    pub fn new(count: usize) -> Mechanisms {
        Mechanisms(vec![0; count * 3])
    }

    /// Books `fired` firings that moved `money` and touched `agents`.
    #[inline]
    pub fn add(&mut self, mechanism: usize, fired: i64, money: i64, agents: i64) {
        let cells = &mut self.0[mechanism * 3..mechanism * 3 + 3];
        cells[0] += fired;
        cells[1] += money;
        cells[2] += agents;
    }

    /// Adds another part.
    pub fn merge(&mut self, other: &Mechanisms) {
        add_columns(&mut self.0, &other.0);
    }

    /// The activity of a mechanism.
    #[must_use]
    pub fn get(&self, mechanism: usize) -> Activity {
        let cells = &self.0[mechanism * 3..mechanism * 3 + 3];
        Activity { fired: cells[0], money: cells[1], agents: cells[2] }
    }
}
