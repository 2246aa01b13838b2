//! The state of one shopper: 94 bytes, fixed point, decayed lazily when it is touched.
//!
//! Decaying state has 16 bits and rounds toward its rest point (down to zero). Static draws that are cheap to recompute from
//! their keys are not stored.

use crate::content::stage::{Stage, faded};
use crate::params::{MemoryParams, PLATFORMS, TASTE};
use serde::{Deserialize, Serialize};
use sim_core::digest::hash_of;

/// Categories that a shopper remembers.
pub const RECENT: usize = 6;
/// Merchants in the evoked set.
pub const EVOKED: usize = 4;
/// Bytes of a shopper: the row, its rate class and its pent-up needs.
pub const SHOPPER_BYTES: usize = size_of::<Shopper>() + 2;
/// One, in the fixed point of habit and fatigue.
pub const Q12: f32 = 4096.0;
/// One, in the fixed point of satisfaction, credit and experience.
pub const Q14: f32 = 16384.0;
/// One, in the fixed point of inclusive value and reference price.
pub const Q10: f32 = 1024.0;
/// Ticks of an activity block: active means an order in this block or the one before.
pub const ACTIVITY_BLOCK: u32 = sim_core::rows::ACTIVITY_BLOCK_TICKS;

/// Most merchants of a market: a slot of the evoked set names its merchant in 21 bits, the 5A stage has the other three.
pub const MERCHANTS: u32 = 1 << 21;

/// Ticks after which interest without a purchase (the stages ask and appeal) falls by a step.
const FADE_TICKS: u32 = 28;
/// Bits of a credit; the one above them belongs to an assistant.
const CREDIT: u16 = 0x7FFF;
const NO_CATEGORY: u8 = u8::MAX;
/// Bits of the second byte of a slot that belong to the merchant; the stage stands above them.
const HIGH_BITS: u32 = 5;
const BYTES: usize = 94;

/// A shopper.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shopper {
    /// Taste vector.
    pub taste: [i8; TASTE],
    /// Price sensitivity, Q12.
    pub sensitivity: u16,
    /// One more than the tick up to which decay is applied; 0 before the first touch.
    touched: u16,
    /// Habit by platform, Q12.
    pub habit: [u16; PLATFORMS],
    /// Satisfaction by platform, Q14, -1 to 1.
    pub satisfaction: [i16; PLATFORMS],
    /// Learned inclusive value by platform, Q10.
    pub inclusive: [i16; PLATFORMS],
    /// Promotion fatigue by platform, Q12.
    pub fatigue: [u16; PLATFORMS],
    /// Credit of advertised deals by platform, Q14, 0 to 1 (low 15 bits), and an assistant that is used (high bit, by assistant).
    credit: [u16; PLATFORMS],
    recent_category: [u8; RECENT],
    recent_reference: [i16; RECENT],
    recent_stock: [u8; RECENT],
    /// (merchant low 16 bits, stage and merchant high 5 bits, strength) by slot.
    evoked: [(u16, u8, u8); EVOKED],
    /// Platforms with an order in this activity block (low bits) and the one before (high bits).
    active: u8,
    /// Platforms ever bought from (low bits) and memberships held (high bits).
    known: u8,
}

impl Shopper {
    /// A shopper with these static draws and nothing learned.
    #[must_use]
    pub fn new(taste: [i8; TASTE], sensitivity: u16, habit: [u16; PLATFORMS], inclusive: [i16; PLATFORMS]) -> Shopper {
        Shopper {
            taste,
            sensitivity,
            touched: 0,
            habit,
            satisfaction: [0; PLATFORMS],
            inclusive,
            fatigue: [0; PLATFORMS],
            credit: [Q14 as u16; PLATFORMS],
            recent_category: [NO_CATEGORY; RECENT],
            recent_reference: [0; RECENT],
            recent_stock: [0; RECENT],
            evoked: [(0, 0, 0); EVOKED],
            active: 0,
            known: 0,
        }
    }

    /// Tick up to which decay is applied.
    fn decayed(&self) -> u32 {
        u32::from(self.touched).saturating_sub(1)
    }

    /// Whether the row was touched in this tick.
    #[inline]
    #[must_use]
    pub fn is_touched(&self, tick: u32) -> bool {
        u32::from(self.touched) == tick + 1
    }

    /// Applies the decay of the ticks since the last touch.
    #[inline]
    pub fn touch(&mut self, tick: u32, memory: &MemoryParams) {
        let before = self.decayed();
        let gone = tick - before;
        self.touched = tick as u16 + 1;
        if gone == 0 {
            return;
        }
        let left = |table: &[f32]| table.get(gone as usize).copied().unwrap_or(0.0);
        let (habit, fatigue) = (left(&memory.habit_left), left(&memory.fatigue_left));
        for h in &mut self.habit {
            *h = (f32::from(*h) * habit) as u16;
        }
        for f in &mut self.fatigue {
            *f = (f32::from(*f) * fatigue) as u16;
        }
        for stock in &mut self.recent_stock {
            *stock = stock.saturating_sub(gone.min(255) as u8);
        }
        let blocks = tick / ACTIVITY_BLOCK - before / ACTIVITY_BLOCK;
        if blocks > 0 {
            self.active = if blocks == 1 { self.active << 4 } else { 0 };
            for slot in &mut self.evoked {
                slot.2 = slot.2.saturating_sub(blocks.min(15) as u8 * 16);
            }
        }
        let fades = (tick + self.fade_day()) / FADE_TICKS - (before + self.fade_day()) / FADE_TICKS;
        if fades > 0 {
            for slot in &mut self.evoked {
                slot.1 = second_byte(merchant_of(slot), faded(stage_of(slot), fades));
            }
        }
    }

    /// The shopper's own day on which interest fades, so that not all fade at once: follows from static draws.
    #[inline]
    fn fade_day(&self) -> u32 {
        u32::from((self.taste[0] as u8) ^ (self.taste[TASTE - 1] as u8)) % FADE_TICKS
    }

    /// Platforms with an order in this activity block or the one before, as bits, seen at `tick`.
    #[must_use]
    pub fn active_platforms(&self, tick: u32) -> u8 {
        let (now, before) = self.active_blocks(tick);
        now | before
    }

    /// Platforms with an order in the activity block of `tick` and in the one before it, as bits.
    #[must_use]
    pub fn active_blocks(&self, tick: u32) -> (u8, u8) {
        match tick / ACTIVITY_BLOCK - self.decayed() / ACTIVITY_BLOCK {
            0 => (self.active & 15, self.active >> 4),
            1 => (0, self.active & 15),
            _ => (0, 0),
        }
    }

    /// Marks an order on a platform; returns whether it is the first one there.
    pub fn mark_order(&mut self, platform: usize) -> bool {
        self.active |= 1 << platform;
        let first = !self.knows(platform);
        self.known |= 1 << platform;
        first
    }

    /// Whether the shopper has ever bought on a platform.
    #[inline]
    #[must_use]
    pub fn knows(&self, platform: usize) -> bool {
        self.known >> platform & 1 == 1
    }

    /// Whether the shopper is a paying member of a platform.
    #[inline]
    #[must_use]
    pub fn is_member(&self, platform: usize) -> bool {
        self.known >> (PLATFORMS + platform) & 1 == 1
    }

    /// Memberships held, as bits by platform.
    #[inline]
    #[must_use]
    pub fn memberships(&self) -> u8 {
        self.known >> PLATFORMS
    }

    /// Joins a platform's members or leaves them.
    pub fn set_member(&mut self, platform: usize, member: bool) {
        let bit = 1 << (PLATFORMS + platform);
        self.known = if member { self.known | bit } else { self.known & !bit };
    }

    /// Credit of the deals that a platform advertises, 0 to 1.
    #[inline(always)]
    #[must_use]
    pub fn credit(&self, platform: usize) -> f32 {
        f32::from(self.credit[platform] & CREDIT) * (1.0 / Q14)
    }

    /// Moves the credit of a platform's deals toward what was realised (0 to 1) by a gain.
    #[inline(always)]
    pub fn realise(&mut self, platform: usize, realised: f32, gain: f32) {
        let old = f32::from(self.credit[platform] & CREDIT);
        let new = (old + (realised * Q14 - old) * gain) as u16;
        self.credit[platform] = self.credit[platform] & !CREDIT | new;
    }

    /// Assistants that the shopper uses, as bits.
    #[inline(always)]
    #[must_use]
    pub fn assistants(&self) -> u8 {
        (0..PLATFORMS).fold(0, |bits, a| bits | ((self.credit[a] >> 15) as u8) << a)
    }

    /// Takes up an assistant or gives it up.
    pub fn set_assistant(&mut self, assistant: usize, used: bool) {
        let credit = self.credit[assistant] & CREDIT;
        self.credit[assistant] = if used { credit | !CREDIT } else { credit };
    }

    /// Summed fatigue over platforms, utils.
    #[inline]
    #[must_use]
    pub fn total_fatigue(&self) -> f32 {
        self.fatigue.iter().map(|&f| u32::from(f)).sum::<u32>() as f32 * (1.0 / Q12)
    }

    /// Category and days of need at home in a place of the memory; nothing where it is empty.
    #[must_use]
    pub fn remembered(&self, place: usize) -> Option<(usize, u8)> {
        let category = self.recent_category[place];
        (category != NO_CATEGORY).then(|| (usize::from(category), self.recent_stock[place]))
    }

    /// Days of need at home in a category.
    #[must_use]
    pub fn stock_at_home(&self, category: u16) -> u8 {
        self.recent(category).map_or(0, |at| self.recent_stock[at])
    }

    /// Reference price of a category: ln(price / category price level).
    #[must_use]
    pub fn reference(&self, category: u16) -> Option<f32> {
        self.recent(category).map(|at| f32::from(self.recent_reference[at]) * (1.0 / Q10))
    }

    fn recent(&self, category: u16) -> Option<usize> {
        self.recent_category.iter().position(|&c| u16::from(c) == category)
    }

    /// Remembers the price of a purchase; a new category takes the place of the oldest.
    pub fn remember_purchase(&mut self, category: u16, log_price: f32, gain: f32, stock: u8) {
        let seen = (log_price * Q10).clamp(-32_000.0, 32_000.0);
        let at = match self.recent(category) {
            Some(at) => {
                let old = f32::from(self.recent_reference[at]);
                self.recent_reference[at] = (old + (seen - old) * gain) as i16;
                at
            }
            None => {
                self.recent_category.rotate_right(1);
                self.recent_reference.rotate_right(1);
                self.recent_stock.rotate_right(1);
                self.recent_category[0] = category as u8;
                self.recent_reference[0] = seen as i16;
                self.recent_stock[0] = 0;
                0
            }
        };
        self.recent_stock[at] = self.recent_stock[at].saturating_add(stock);
    }

    /// The 5A stage of a merchant, 1 to 5; 0 if it is not in the evoked set.
    #[inline]
    #[must_use]
    pub fn stage_of(&self, merchant: u32) -> u8 {
        self.evoked.iter().find(|slot| slot.2 > 0 && merchant_of(slot) == merchant).map_or(0, stage_of)
    }

    /// The slots of the evoked set: merchant, stage (0: empty) and strength.
    #[inline]
    pub fn evoked_slots(&self) -> impl Iterator<Item = (u32, u8, u8)> + '_ {
        self.evoked.iter().map(|slot| if slot.2 > 0 { (merchant_of(slot), stage_of(slot), slot.2) } else { (0, 0, 0) })
    }

    /// The evoked set, for looking many merchants up.
    #[inline(always)]
    #[must_use]
    pub fn mind(&self) -> Mind {
        let known = |slot: &(u16, u8, u8)| slot.2 > 0;
        Mind {
            merchants: self.evoked.map(|slot| if known(&slot) { merchant_of(&slot) } else { u32::MAX }),
            stages: self.evoked.map(|slot| u32::from(stage_of(&slot))),
        }
    }

    /// Raises the stage of a merchant in the evoked set; one that is not in it stays outside.
    pub fn raise(&mut self, merchant: u32, stage: Stage) {
        if let Some(slot) = self.evoked.iter_mut().find(|s| s.2 > 0 && merchant_of(s) == merchant) {
            slot.1 = second_byte(merchant, stage_of(slot).max(stage as u8));
        }
    }

    /// Whether nobody is in the evoked set.
    #[inline]
    #[must_use]
    pub fn evokes_nobody(&self) -> bool {
        self.evoked.iter().all(|slot| slot.2 == 0)
    }

    /// Strengthens a merchant in the evoked set and raises it to a stage, 1 to 5; the weakest is forgotten for a new one that is
    /// stronger.
    pub fn evoke(&mut self, merchant: u32, strength: u8, stage: u8) {
        debug_assert!((1..=5).contains(&stage) && merchant < MERCHANTS, "stage {stage} of merchant {merchant}");
        if let Some(slot) = self.evoked.iter_mut().find(|s| s.2 > 0 && merchant_of(s) == merchant) {
            slot.2 = slot.2.saturating_add(strength);
            slot.1 = second_byte(merchant, stage_of(slot).max(stage));
        } else if let Some(weakest) = self.evoked.iter_mut().min_by_key(|s| s.2)
            && weakest.2 < strength
        {
            *weakest = (merchant as u16, second_byte(merchant, stage), strength);
        }
    }

    /// Moves satisfaction with a platform toward an experience (-1 to 1).
    pub fn experience(&mut self, platform: usize, experience: f32, gain: f32) {
        let old = f32::from(self.satisfaction[platform]);
        self.satisfaction[platform] = (old + (experience * Q14 - old) * gain).clamp(-Q14, Q14) as i16;
    }

    /// Hash of the row, for the digest.
    #[must_use]
    pub fn hash(&self, id: u64) -> u64 {
        fn put<const N: usize>(bytes: &mut [u8; BYTES], at: usize, halves: [u16; N]) {
            for (slot, half) in bytes[at..at + 2 * N].as_chunks_mut().0.iter_mut().zip(halves) {
                *slot = half.to_le_bytes();
            }
        }
        let mut bytes = [0u8; BYTES];
        bytes[..8].copy_from_slice(&self.taste.map(|t| t as u8));
        put(&mut bytes, 8, [self.sensitivity, self.touched]);
        put(&mut bytes, 12, self.habit);
        put(&mut bytes, 20, self.satisfaction.map(|x| x as u16));
        put(&mut bytes, 28, self.inclusive.map(|x| x as u16));
        put(&mut bytes, 36, self.fatigue);
        put(&mut bytes, 44, self.credit);
        put(&mut bytes, 52, self.recent_reference.map(|x| x as u16));
        put(&mut bytes, 64, self.evoked.map(|slot| slot.0));
        put(&mut bytes, 72, self.evoked.map(|slot| u16::from_le_bytes([slot.1, slot.2])));
        bytes[80..86].copy_from_slice(&self.recent_category);
        bytes[86..92].copy_from_slice(&self.recent_stock);
        bytes[92..].copy_from_slice(&[self.active, self.known]);
        hash_of(id, &bytes)
    }
}

/// An evoked set unpacked: each merchant once.
#[derive(Clone, Copy, Debug)]
pub struct Mind {
    merchants: [u32; EVOKED],
    stages: [u32; EVOKED],
}

impl Mind {
    /// Stage of a merchant; 0: not evoked.
    #[inline(always)]
    #[must_use]
    pub fn stage_of(&self, merchant: u32) -> u8 {
        let slots = self.merchants.iter().zip(self.stages);
        slots.map(|(&known, stage)| if known == merchant { stage } else { 0 }).sum::<u32>() as u8
    }
}

#[inline]
fn merchant_of(slot: &(u16, u8, u8)) -> u32 {
    u32::from(slot.0) | u32::from(slot.1 & ((1 << HIGH_BITS) - 1)) << 16
}

#[inline]
fn stage_of(slot: &(u16, u8, u8)) -> u8 {
    slot.1 >> HIGH_BITS
}

#[inline]
fn second_byte(merchant: u32, stage: u8) -> u8 {
    (merchant >> 16) as u8 & ((1 << HIGH_BITS) - 1) | stage << HIGH_BITS
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params::MemoryParams;

    fn shopper() -> Shopper {
        Shopper::new([1, -2, 3, 0, 0, 0, 0, 9], 4096, [4096, 10, 0, 0], [0; 4])
    }

    fn memory() -> MemoryParams {
        MemoryParams { habit_left: vec![1.0, 0.98, 0.96], fatigue_left: vec![1.0, 0.5], ..MemoryParams::off() }
    }

    #[test]
    fn a_row_is_at_most_96_bytes() {
        const { assert!(SHOPPER_BYTES <= 96) };
        assert_eq!(size_of::<Shopper>(), BYTES, "the hash covers every byte");
    }

    #[test]
    fn decay_reaches_its_rest_point_and_does_not_stick() {
        let mut s = shopper();
        for tick in 1..2000 {
            s.touch(tick, &memory());
        }
        assert_eq!(s.habit, [0; 4]);
    }

    #[test]
    fn the_hash_sees_every_field() {
        let base = shopper();
        let mut changed = vec![base; 11];
        changed[0].taste[7] = 8;
        changed[1].habit[3] = 1;
        changed[2].satisfaction[3] = 1;
        changed[3].inclusive[0] = 1;
        changed[4].fatigue[2] = 1;
        changed[5].realise(1, 0.0, 0.5);
        changed[6].remember_purchase(3, 0.0, 1.0, 0);
        changed[7].evoke(70_000, 20, 1);
        changed[8].mark_order(2);
        changed[9].set_member(1, true);
        changed[10].set_assistant(3, true);
        for (i, other) in changed.iter().enumerate() {
            assert_ne!(base.hash(5), other.hash(5), "field {i}");
        }
        assert_ne!(base.hash(5), base.hash(6));
    }

    #[test]
    fn the_weakest_merchant_is_forgotten_first() {
        let mut s = shopper();
        for (merchant, strength) in [(1, 30), (2, 20), (3, 40), (70_000, 50), (5, 25)] {
            s.evoke(merchant, strength, 1);
        }
        assert_eq!([1, 2, 3, 70_000, 5].map(|m| s.stage_of(m)), [1, 0, 1, 1, 1]);
    }

    #[test]
    fn a_stage_rises_with_what_happens_and_fades_with_time() {
        let mut s = shopper();
        let last = MERCHANTS - 1;
        s.evoke(last, 200, Stage::Aware as u8);
        s.evoke(9, 200, Stage::Act as u8);
        s.raise(last, Stage::Ask);
        s.raise(5, Stage::Ask);
        assert_eq!([last, 9, 5].map(|m| s.stage_of(m)), [3, 4, 0]);
        s.evoke(last, 1, Stage::Appeal as u8);
        assert_eq!(s.stage_of(last), 3, "a stage is not lost by a contact");
        s.touch(FADE_TICKS, &memory());
        assert_eq!([last, 9].map(|m| s.stage_of(m)), [2, 4]);
        assert_eq!(s.evoked_slots().filter(|slot| slot.1 > 0).count(), 2);
        s.touch(20 * ACTIVITY_BLOCK, &memory());
        assert!(s.evokes_nobody() && s.evoked_slots().all(|slot| slot == (0, 0, 0)));
    }

    #[test]
    fn activity_lasts_for_this_block_and_the_next() {
        let mut s = shopper();
        s.mark_order(2);
        assert_eq!([27, 28, 55, 56].map(|t| s.active_platforms(t)), [4, 4, 4, 0]);
        s.touch(30, &memory());
        assert_eq!([30, 55, 56].map(|t| s.active_platforms(t)), [4, 4, 0]);
        s.mark_order(0);
        assert_eq!([30, 56, 84].map(|t| s.active_blocks(t)), [(1, 4), (0, 1), (0, 0)]);
    }

    #[test]
    fn memberships_and_known_platforms_share_a_byte_without_touching_each_other() {
        let mut s = shopper();
        s.set_member(3, true);
        assert!(s.is_member(3) && !s.knows(3) && s.memberships() == 8);
        assert!(s.mark_order(0) && !s.mark_order(0));
        s.set_member(0, true);
        s.set_member(3, false);
        assert!(s.knows(0) && s.memberships() == 1);
    }

    #[test]
    fn assistants_share_bits_with_the_credit_of_deals_without_touching_it() {
        let mut s = shopper();
        assert_eq!((s.assistants(), s.credit(2)), (0, 1.0));
        s.set_assistant(2, true);
        s.set_assistant(0, true);
        assert_eq!((s.assistants(), s.credit(2)), (0b101, 1.0));
        s.realise(2, 0.5, 0.5);
        assert_eq!((s.assistants(), s.credit(2)), (0b101, 0.75));
        s.set_assistant(2, false);
        assert_eq!((s.assistants(), s.credit(2)), (0b001, 0.75));
    }

    #[test]
    fn a_reference_price_moves_by_the_gain() {
        let mut s = shopper();
        s.remember_purchase(3, 1.0, 0.25, 10);
        s.remember_purchase(3, 2.0, 0.25, 10);
        assert_eq!(s.reference(3), Some(1.25));
        assert_eq!(s.stock_at_home(3), 20);
        assert_eq!(s.reference(4), None);
    }
}
