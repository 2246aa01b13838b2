//! A shard of shoppers: their rows, the lines under way, and what a tick leaves in between.

use crate::ads::click::AdView;
use crate::cart::CartLine;
use crate::deposit::Deposit;
use crate::loss::Loss;
use crate::order::{Line, OpenLine, RulePart};
use crate::params::MemoryParams;
use crate::protection::Refund;
use crate::shopper::Shopper;
use crate::stacking::Scratch;
use serde::{Deserialize, Serialize};
use sim_core::digest::hash_of;
use sim_core::ids::ShardId;
use sim_core::mail::Message;
use sim_core::rows::{MissionRow, OrderRow};

/// What survives between ticks.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ShardState {
    /// Number of the shard.
    pub id: ShardId,
    /// First shopper.
    pub first: u64,
    /// Rate class by shopper: segment x 32 + level.
    pub rate: Vec<u8>,
    /// Rows.
    pub rows: Vec<Shopper>,
    /// Pent-up needs by shopper: missions put off until a sale and not yet taken up.
    pub pent_up: Vec<u8>,
    /// Lines by the tick of their next event, modulo the horizon.
    pub open: Vec<Vec<OpenLine>>,
    /// Lines in carts and presales, by shopper.
    pub carts: Vec<CartLine>,
    /// Who may have a line in a cart, as bits, while a tick lasts; empty: everybody.
    #[serde(skip)]
    pub(crate) has_cart: Vec<u64>,
    /// Wrapping sum of the hashes of rows, open lines and cart lines.
    pub row_sum: u64,
}

/// A shard at work.
pub struct ShopperShard {
    /// What survives.
    pub state: ShardState,
    /// Provisional lines of the tick.
    pub(crate) lines: Vec<Line>,
    /// Discounts of the lines.
    pub(crate) parts: Vec<RulePart>,
    /// Deposits paid in the tick.
    pub(crate) deposits: Vec<Deposit>,
    /// Refunds of protected prices that are due in the tick.
    pub(crate) refunds: Vec<Refund>,
    /// What happened to paid offers in the tick.
    pub(crate) ad_views: Vec<AdView>,
    /// Lost sales of the tick.
    pub(crate) losses: Vec<Loss>,
    /// Questions of the tick.
    pub(crate) asked: Vec<Asked>,
    /// Room for the choice of discounts.
    pub(crate) scratch: Scratch,
    /// Rows changed in this tick, whose hashes are not in the sum.
    unsealed: Vec<u32>,
    /// Mail to send.
    pub(crate) outbox: Vec<Message>,
    /// Event rows of sampled shoppers.
    pub events: Events,
}

/// A shopper who asked about a listing, or was addressed by its shop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) listing: u32,
    pub(crate) reached: bool,
    /// Whether it was chosen in the end.
    pub(crate) bought: bool,
}

/// Event rows of the sampled shoppers of a shard, in order.
#[derive(Clone, Debug, Default)]
pub struct Events {
    /// Orders.
    pub orders: Vec<OrderRow>,
    /// Missions.
    pub missions: Vec<MissionRow>,
}

impl ShopperShard {
    /// A shard around its state.
    #[must_use]
    pub fn new(state: ShardState) -> ShopperShard {
        ShopperShard {
            state,
            lines: Vec::new(),
            parts: Vec::new(),
            deposits: Vec::new(),
            refunds: Vec::new(),
            ad_views: Vec::new(),
            losses: Vec::new(),
            asked: Vec::new(),
            scratch: Scratch::default(),
            unsealed: Vec::new(),
            outbox: Vec::new(),
            events: Events::default(),
        }
    }

    /// Recomputes the wrapping sum of hashes in full: what the running sum must equal.
    #[must_use]
    pub fn recomputed_row_sum(&self) -> u64 {
        let state = &self.state;
        let rows = (0..state.rows.len()).map(|i| state.row_hash(i));
        let due = state.open.iter().enumerate();
        let lines = due.flat_map(|(bucket, lines)| lines.iter().map(move |line| line.hash(state.first, bucket)));
        rows.chain(lines).fold(state.cart_sum(), u64::wrapping_add)
    }

    /// Takes the event rows of the tick.
    pub fn take_events(&mut self) -> Events {
        std::mem::take(&mut self.events)
    }
}

impl ShardState {
    /// A shard of new shoppers with nothing under way; lines may be under way for less than `horizon` ticks to their next event.
    #[must_use]
    pub fn new(id: ShardId, first: u64, rate: Vec<u8>, rows: Vec<Shopper>, horizon: usize) -> ShardState {
        let pent_up = vec![0; rows.len()];
        let mut state = ShardState {
            id,
            first,
            rate,
            rows,
            pent_up,
            open: vec![Vec::new(); horizon],
            carts: Vec::new(),
            has_cart: Vec::new(),
            row_sum: 0,
        };
        state.row_sum = (0..state.rows.len()).map(|i| state.row_hash(i)).fold(0, u64::wrapping_add);
        state
    }

    /// Hash of a shopper's row and pent-up needs.
    fn row_hash(&self, index: usize) -> u64 {
        let id = self.shopper(index);
        let pent_up = self.pent_up[index];
        self.rows[index].hash(id).wrapping_add(if pent_up == 0 { 0 } else { hash_of(id, &[pent_up]) })
    }

    /// Id of a member.
    #[inline]
    #[must_use]
    pub fn shopper(&self, index: usize) -> u64 {
        self.first + index as u64
    }

    /// Puts a line under way, with its hash.
    pub(crate) fn open_line(&mut self, now: u32, tick: u32, line: OpenLine) {
        let horizon = self.open.len();
        assert!(tick > now && ((tick - now) as usize) < horizon, "an event {} ticks ahead of a horizon of {horizon}", tick - now);
        let bucket = tick as usize % horizon;
        self.row_sum = self.row_sum.wrapping_add(line.hash(self.first, bucket));
        self.open[bucket].push(line);
    }

    /// Takes the lines whose event is due, with their hashes.
    pub(crate) fn due(&mut self, tick: u32) -> Vec<OpenLine> {
        let horizon = self.open.len();
        let bucket = tick as usize % horizon;
        let lines = std::mem::take(&mut self.open[bucket]);
        for line in &lines {
            self.row_sum = self.row_sum.wrapping_sub(line.hash(self.first, bucket));
        }
        lines
    }
}

impl ShopperShard {
    /// A row to change in this tick: decayed to it, its old hash taken out of the sum until [`ShopperShard::seal`].
    #[inline]
    pub(crate) fn row(&mut self, index: usize, tick: u32, memory: &MemoryParams) -> &mut Shopper {
        if !self.state.rows[index].is_touched(tick) {
            self.state.row_sum = self.state.row_sum.wrapping_sub(self.state.row_hash(index));
            self.unsealed.push(index as u32);
            self.state.rows[index].touch(tick, memory);
        }
        &mut self.state.rows[index]
    }

    /// Ends the tick: the hashes of all changed rows go back into the sum.
    pub(crate) fn seal(&mut self) {
        for index in self.unsealed.drain(..) {
            self.state.row_sum = self.state.row_sum.wrapping_add(self.state.row_hash(index as usize));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params::PLATFORMS;

    #[test]
    fn the_row_sum_sees_pent_up_needs() {
        let row = Shopper::new([0; 8], 4096, [0; PLATFORMS], [0; PLATFORMS]);
        let mut shard = ShopperShard::new(ShardState::new(ShardId(0), 64, vec![0; 3], vec![row; 3], 4));
        let before = shard.recomputed_row_sum();
        shard.row(1, 5, &MemoryParams::off());
        shard.state.pent_up[1] = 2;
        shard.seal();
        assert_eq!(shard.recomputed_row_sum(), shard.state.row_sum);
        let with = shard.state.row_sum;
        shard.state.pent_up[1] = 0;
        assert_ne!(shard.recomputed_row_sum(), with);
        assert_ne!(before, with);
    }
}
