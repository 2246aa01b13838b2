//! What a price policy has learned of one listing, and what happened since it last looked. Belongs to the merchant, is part of
//! every snapshot, and leaves a fingerprint in the digest.

use super::bandit::Arms;
use super::gradient::Slope;
use super::q_learning::QTable;
use crate::policy::PricingPolicy;
use serde::{Deserialize, Serialize};

/// What happened since the last revision.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Trial {
    /// Orders shipped.
    pub(super) orders: f64,
    /// Cash of orders and returns, money units.
    pub(super) cash: f64,
    /// Pages of the cell.
    pub(super) pages: f64,
}

impl Trial {
    /// Cash for each page of the cell, so that seasons cancel out.
    pub(super) fn cash_per_page(&self) -> f64 {
        self.cash / self.pages.max(1.0)
    }
}

/// What a policy has learned.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
enum Learned {
    #[default]
    Nothing,
    Slope(Slope),
    Table(QTable),
    Arms(Arms),
}

/// The memory of one listing.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Memory {
    trial: Trial,
    learned: Learned,
}

impl Memory {
    /// Whether a policy has a memory at all.
    pub(crate) fn is_used_by(policy: &PricingPolicy) -> bool {
        matches!(policy, PricingPolicy::Gradient { .. } | PricingPolicy::QLearning { .. } | PricingPolicy::Bandit { .. })
    }

    /// Adds a tick: orders, cash in money units, pages of the cell.
    pub(crate) fn observe(&mut self, orders: f64, cash: f64, pages: f64) {
        self.trial.orders += orders;
        self.trial.cash += cash;
        self.trial.pages += pages;
    }

    /// A number that moves with what was learned last.
    pub(crate) fn fingerprint(&self) -> u64 {
        let learned = match &self.learned {
            Learned::Nothing => return 0,
            Learned::Slope(slope) => slope.latest(),
            Learned::Table(table) => table.latest(),
            Learned::Arms(arms) => arms.latest(),
        };
        learned.to_bits() ^ self.trial.cash.to_bits().rotate_left(17) ^ self.trial.pages.to_bits().rotate_left(31)
    }

    pub(super) fn slope(&mut self) -> (&mut Slope, Trial) {
        if !matches!(self.learned, Learned::Slope(_)) {
            self.learned = Learned::Slope(Slope::default());
        }
        let trial = std::mem::take(&mut self.trial);
        let Learned::Slope(slope) = &mut self.learned else { unreachable!("set above") };
        (slope, trial)
    }

    pub(super) fn table(&mut self) -> (&mut QTable, Trial) {
        if !matches!(self.learned, Learned::Table(_)) {
            self.learned = Learned::Table(QTable::default());
        }
        let trial = std::mem::take(&mut self.trial);
        let Learned::Table(table) = &mut self.learned else { unreachable!("set above") };
        (table, trial)
    }

    pub(super) fn arms(&mut self) -> (&mut Arms, Trial) {
        if !matches!(self.learned, Learned::Arms(_)) {
            self.learned = Learned::Arms(Arms::default());
        }
        let trial = std::mem::take(&mut self.trial);
        let Learned::Arms(arms) = &mut self.learned else { unreachable!("set above") };
        (arms, trial)
    }
}
