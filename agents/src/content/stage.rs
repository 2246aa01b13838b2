//! The five stages of a shopper's relation to a merchant (5A; Kotler, Kartajaya and Setiawan 2017), and the AIPL view of them.
//!
//! A stage stands in each slot of an evoked set; 0 is outside. What a shopper does moves it (an order to act, a recommendation
//! to advocate), contacts move it along the funnel, and time takes aware, appeal and ask back step by step.

/// A stage; the number is what a slot stores, 0 is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Stage {
    /// A1: knows the merchant.
    Aware = 1,
    /// A2: likes it.
    Appeal = 2,
    /// A3: looks for it: the indicator of seeding.
    Ask = 3,
    /// A4: has bought.
    Act = 4,
    /// A5: recommends it.
    Advocate = 5,
}

/// Number of stages.
pub const STAGES: usize = 5;
/// Places of a table by stage, with that of outsiders first.
pub const PLACES: usize = STAGES + 1;

impl Stage {
    /// All, in the order of the funnel.
    pub const ALL: [Stage; STAGES] = [Stage::Aware, Stage::Appeal, Stage::Ask, Stage::Act, Stage::Advocate];

    /// Name, as in scenarios and tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Stage::Aware => "aware",
            Stage::Appeal => "appeal",
            Stage::Ask => "ask",
            Stage::Act => "act",
            Stage::Advocate => "advocate",
        }
    }

    /// The stage of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Stage> {
        Stage::ALL.into_iter().find(|stage| stage.name() == name)
    }
}

/// Awareness, interest, purchase, loyalty: the same counts under the names of Alibaba's AIPL. Interest holds appeal and ask.
#[must_use]
pub fn aipl(counts: [i64; STAGES]) -> [i64; 4] {
    let [aware, appeal, ask, act, advocate] = counts;
    [aware, appeal + ask, act, advocate]
}

/// What time leaves of a stage after so many fadings: appeal and ask fall by one step each, those who bought stay customers until
/// they forget the merchant.
#[inline]
#[must_use]
pub(crate) fn faded(stage: u8, fadings: u32) -> u8 {
    if (Stage::Appeal as u8..=Stage::Ask as u8).contains(&stage) { u32::from(stage).saturating_sub(fadings).max(1) as u8 } else { stage }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aipl_counts_the_same_shoppers() {
        let counts = [50, 20, 7, 11, 2];
        assert_eq!(aipl(counts), [50, 27, 11, 2]);
        assert_eq!(aipl(counts).iter().sum::<i64>(), counts.iter().sum::<i64>());
    }

    #[test]
    fn interest_fades_step_by_step_and_customers_stay() {
        assert_eq!([1, 2, 3, 4, 5].map(|s| faded(s, 1)), [1, 1, 2, 4, 5]);
        assert_eq!([0, 2, 3, 4].map(|s| faded(s, 90)), [0, 1, 1, 4]);
    }
}
