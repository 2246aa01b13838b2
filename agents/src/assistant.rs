//! Shopper assistants: AI shopping apps, general assistants, AI in devices. They look further, compare more platforms, discount what
//! a platform pushes, and at the second stage buy alone.
//!
//! Guarantees that an assistant adds no utility to any offer: it changes what is looked at. Who uses which is one bit in a
//! shopper. Draws are keyed by shopper, tick and mission, adoption by blocks of eight shoppers.

mod adoption;
mod restock;
mod tally;

pub use tally::{AssistantState, AssistantSum};

pub(crate) use adoption::{first_states, hear, review};
pub(crate) use restock::AUTONOMOUS;

use crate::metric::{Mechanism, Metric, Totals};
use crate::mission::Need;
use crate::params::AssistantParams;
use crate::shopper::Shopper;
use crate::visit::{Option_, Tour};
use sim_core::draw::Purpose;

/// Word that decides whether the order of a page is set aside, beyond those of the assistants.
const NEUTRAL_WORD: usize = 4;

/// The assistant of a mission.
#[derive(Clone, Copy)]
pub(crate) struct Helper<'a> {
    pub(crate) params: &'a AssistantParams,
    pub(crate) number: usize,
    /// Whether it looks past paid slots and reads pages in its own order.
    pub(crate) neutral: bool,
    /// Whether it buys alone: it examines everything that is shown.
    pub(crate) alone: bool,
}

impl<'a> Tour<'a> {
    /// The assistant that a shopper asks for a mission: the first of those in use that is asked.
    #[inline(always)]
    pub(crate) fn helper(&self, row: &Shopper, id: u64, need: Need) -> Option<Helper<'a>> {
        if self.params.assistants.is_empty() || row.assistants() == 0 {
            return None;
        }
        let words = self.seed.words(Purpose::Assistant, id, u64::from(self.tick), u64::from(need.number));
        let number = match need.assistant() {
            Some(number) => number,
            None => {
                let used = row.assistants();
                let asked = |a: &usize| used >> a & 1 == 1 && words.uniform(*a) < self.params.assistants[*a].asked;
                (0..self.params.assistants.len()).find(asked)?
            }
        };
        let params = &self.params.assistants[number];
        let neutral = words.uniform(NEUTRAL_WORD) < params.ad_discount;
        Some(Helper { params, number, neutral, alone: need.assistant().is_some() })
    }

    /// Books a mission with an assistant.
    pub(crate) fn note_helper(&self, helper: Helper, platform: usize, segment: usize, totals: &mut Totals) {
        totals.add_to(platform, segment, Metric::AssistantMissions, 1);
        totals.assistants[helper.number].missions += 1;
        totals.fired(Mechanism::Assistant, 1, 0);
        totals.fired(Mechanism::AssistantAdDiscount, i64::from(helper.neutral), 0);
    }

    /// Books what is chosen with an assistant.
    pub(crate) fn note_helped(&self, helper: Helper, option: &Option_, segment: usize, totals: &mut Totals) {
        let sum = &mut totals.assistants[helper.number];
        sum.chosen += 1;
        sum.restocked += i64::from(helper.alone);
        if helper.alone {
            totals.add_to(option.platform as usize, segment, Metric::AutonomousOrders, 1);
            totals.fired(Mechanism::AutonomousPurchase, 1, i64::from(option.price));
        }
    }
}

impl Helper<'_> {
    /// Patience with an assistant: the probability of stopping is a factor of that without.
    #[inline]
    pub(crate) fn patience(&self, patience: f32) -> f32 {
        1.0 - (1.0 - patience) * self.params.stopping
    }

    /// Offers examined of a page of `shown`, where the shopper would examine `examined`.
    #[inline]
    pub(crate) fn width(&self, examined: usize, shown: usize) -> usize {
        if self.alone { shown } else { examined.max(self.params.width as usize).min(shown) }
    }
}

/// Examines the best `count` offers of a page by what they are worth to the shopper, whatever their place; the smaller listing of
/// equals.
pub(crate) fn examine_best(page: &mut [Option_], count: usize) {
    for i in 0..page.len() {
        let (utility, listing) = (page[i].utility, page[i].listing);
        let better = page.iter().filter(|o| o.utility > utility || o.utility == utility && o.listing < listing).count();
        page[i].examined = better < count;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::visit::NOTHING;

    #[test]
    fn the_best_offers_are_examined_wherever_they_stand() {
        let mut page = [0.3, 0.9, 0.1, 0.9, 0.5].map(|utility| Option_ { utility, ..NOTHING });
        for (listing, option) in page.iter_mut().enumerate() {
            option.listing = 9 - listing as u32;
        }
        examine_best(&mut page, 3);
        assert_eq!(page.map(|o| o.examined), [false, true, false, true, true]);
        examine_best(&mut page, 1);
        assert_eq!(page.map(|o| o.examined), [false, false, false, true, false], "the smaller listing of equals");
    }
}
