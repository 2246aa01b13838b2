//! Autonomous purchase: at the second stage an assistant buys what runs out at home, without being asked and without tiring.

use super::adoption::is_reviewed;
use crate::market::Bazaar;
use crate::mission::Need;
use crate::params::{ASSISTANTS, MATCHING, REVIEW_TICKS};
use crate::shard::ShopperShard;
use crate::shopper::RECENT;
use crate::visit::{Basket, Tour};
use sim_core::draw::Purpose;
use sim_core::tick::Wishes;

/// Number of the first mission that an assistant begins alone; before it are those of people, carts and presales.
pub(crate) const AUTONOMOUS: u32 = 4096;
/// Key of the draws of a restocking, beyond the numbers of all missions.
const RESTOCK_KEY: u64 = 1 << 32;

impl Need {
    /// A need that an assistant meets alone, for the category in a place of the shopper's memory.
    fn restock(assistant: usize, place: usize, category: usize) -> Need {
        Need { number: AUTONOMOUS + (assistant * RECENT + place) as u32, category: Some(category) }
    }

    /// The assistant that meets the need alone.
    #[inline(always)]
    pub(crate) fn assistant(self) -> Option<usize> {
        self.number.checked_sub(AUTONOMOUS).map(|n| n as usize / RECENT)
    }
}

impl Tour<'_> {
    /// Assistants that may buy alone in this tick, as bits.
    pub(crate) fn restockers(&self) -> u8 {
        let alone = |owner: Option<u8>| owner.is_some_and(|p| self.view.state.platforms[p as usize].acts_alone(MATCHING));
        let may = |a: &crate::params::AssistantParams| a.restocks_from.map_or_else(|| alone(a.owner), |from| self.tick >= from);
        let ready = self.params.assistants.iter().enumerate().filter(|(_, a)| a.restocks > 0.0 && may(a));
        ready.fold(0, |bits, (a, _)| bits | 1 << a)
    }

    /// Restocks for the shoppers of a block whose turn it is: what will have run out at home before the next turn.
    pub(crate) fn restock(
        &self,
        block: u64,
        members: std::ops::Range<usize>,
        restockers: u8,
        shard: &mut ShopperShard,
        basket: &mut Basket,
        wishes: &mut Wishes<Bazaar>,
    ) {
        if !is_reviewed(block, self.tick) {
            return;
        }
        for index in members {
            let ready = shard.state.rows[index].assistants() & restockers;
            if ready == 0 {
                continue;
            }
            let id = shard.state.shopper(index);
            let row = *shard.row(index, self.tick, &self.params.memory);
            basket.written = self.market.writes(self.tick, id);
            // drawn where a category runs out, which is rare
            let words = |a: usize| self.seed.words(Purpose::Assistant, id, u64::from(self.tick), RESTOCK_KEY + a as u64);
            for place in 0..RECENT {
                let Some((category, stock)) = row.remembered(place) else { continue };
                let runs_out = u32::from(stock) <= REVIEW_TICKS && self.params.categories[category].storable;
                if let Some(number) = runs_out.then(|| self.restocker(ready, |a| words(a).uniform(place))).flatten() {
                    let _ = self.mission(shard, index, Need::restock(number, place, category), basket, wishes);
                }
            }
        }
    }

    /// The assistant of those `ready`, as bits, that restocks a category: each has its chance, by its own uniform draw. Of several that
    /// would, it is the one whose draw is smallest in proportion to its chance, so that none is preferred for its place in the file.
    fn restocker(&self, ready: u8, u: impl Fn(usize) -> f32) -> Option<usize> {
        let chances = (0..self.params.assistants.len()).filter(|a| ready >> a & 1 == 1);
        let shares = chances.map(|a| (a, u(a) / self.params.assistants[a].restocks)).filter(|(_, share)| *share < 1.0);
        shares.reduce(|best, next| if next.1 < best.1 { next } else { best }).map(|(a, _)| a)
    }
}

const _: () = assert!(ASSISTANTS * RECENT < 4096, "numbers of missions fit 16 bits");
