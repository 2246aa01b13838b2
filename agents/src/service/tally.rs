//! What service did for the sales of a listing in a week: questions before the sale, contacts after it. Integers.
//!
//! Sums of hosted merchants only, and only where somebody asks or contacts service at any time of the run.

use crate::market::Bazaar;
use crate::merchant::Merchants;
use crate::metric::{ASKED, CONTACTS, Listings};
use crate::order::OpenLine;
use crate::view::View;
use sim_core::digest::hash_of;

/// Sums of a listing: questions, addresses, what was chosen after them; contacts (see [`Listings::contacts`]), seconds to a response.
pub const NUMBERS: usize = ASKED + CONTACTS + 1;

/// What service did in a week, of one listing or of several.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Served {
    /// Questions before the sale.
    pub(crate) inquiries: i64,
    /// Unsure shoppers addressed.
    pub(crate) addressed: i64,
    /// Offers chosen after one of them.
    pub(crate) inquiry_orders: i64,
    /// Contacts after the sale.
    pub(crate) contacts: i64,
    /// Of those, handed to people.
    pub(crate) handed_off: i64,
    /// Resolved by AI.
    pub(crate) self_resolved: i64,
    /// Resolved by nobody.
    pub(crate) unresolved: i64,
    /// Ended in a dispute.
    pub(crate) disputes: i64,
    /// Given up before people answered.
    pub(crate) given_up: i64,
    /// Seconds to the first response, sum of the contacts that had one.
    pub(crate) response_seconds: i64,
}

impl Served {
    /// Adds another.
    pub(crate) fn add(&mut self, other: &Served) {
        self.inquiries += other.inquiries;
        self.addressed += other.addressed;
        self.inquiry_orders += other.inquiry_orders;
        self.contacts += other.contacts;
        self.handed_off += other.handed_off;
        self.self_resolved += other.self_resolved;
        self.unresolved += other.unresolved;
        self.disputes += other.disputes;
        self.given_up += other.given_up;
        self.response_seconds += other.response_seconds;
    }
}

/// Minutes as whole seconds.
#[must_use]
pub(crate) fn seconds(minutes: f64) -> i64 {
    (minutes * 60.0 + 0.5) as i64
}

/// Counts the contact of a line that is delivered for its listing.
pub(crate) fn note(line: &OpenLine, listings: &mut Listings) {
    let (by_ai, unresolved) = (line.is_answered_by_ai(), line.has(OpenLine::UNRESOLVED));
    let flags =
        [true, !by_ai, by_ai && !unresolved, unresolved, line.has(OpenLine::DISPUTED), !line.has(OpenLine::CONTACTS)].map(u32::from);
    let numbers = &mut listings.contacts[line.listing as usize * CONTACTS..][..CONTACTS];
    numbers.iter_mut().zip(flags).for_each(|(sum, flag)| *sum += flag);
}

/// Adds the tallies of a tick to the sums of the week; returns a wrapping sum of their hashes.
pub(crate) fn close_day(market: &Bazaar, tick: u32, view: &View, merchants: &mut Merchants, tallies: &Listings) -> u64 {
    let mut week = std::mem::take(&mut merchants.week_service);
    if market.begins_week(tick) {
        week.fill([0; NUMBERS]);
    }
    let rules = &market.params(view).platforms;
    let mut hash = 0u64;
    for (at, sums) in week.iter_mut().enumerate().filter(|(at, _)| market.owns(merchants, *at)) {
        let of = |table: &'_ [u32], width: usize| if table.is_empty() { 0..0 } else { at * width..(at + 1) * width };
        let asked = &tallies.asked[of(&tallies.asked, ASKED)];
        let contacts = &tallies.contacts[of(&tallies.contacts, CONTACTS)];
        if asked.iter().chain(contacts).all(|&number| number == 0) {
            continue;
        }
        let platform = market.catalog.listings[at].platform as usize;
        let mut now = [0i64; NUMBERS];
        now.iter_mut().zip(asked).for_each(|(slot, &number)| *slot = i64::from(number));
        now[ASKED..].iter_mut().zip(contacts).for_each(|(slot, &number)| *slot = i64::from(number));
        let [contacts, handed_off, given_up] = [0, 1, 5].map(|i| now[ASKED + i]);
        now[NUMBERS - 1] = (contacts - handed_off) * seconds(rules[platform].minutes_ai)
            + (handed_off - given_up) * seconds(view.service[platform].minutes_person);
        sums.iter_mut().zip(now).for_each(|(sum, number)| *sum += number);
        let mut bytes = [0u8; NUMBERS * 8];
        for (slot, number) in bytes.as_chunks_mut().0.iter_mut().zip(now) {
            *slot = number.to_le_bytes();
        }
        hash = hash.wrapping_add(hash_of(1 << 42 | at as u64, &bytes));
    }
    merchants.week_service = week;
    hash
}

/// Sums of the week so far of a listing; zeros where there is no service.
#[must_use]
pub(crate) fn served(merchants: &Merchants, listing: usize) -> Served {
    let Some(&numbers) = merchants.week_service.get(listing) else { return Served::default() };
    let [inquiries, addressed, inquiry_orders, contacts, handed_off, self_resolved, unresolved, disputes, given_up, response_seconds] =
        numbers;
    Served { inquiries, addressed, inquiry_orders, contacts, handed_off, self_resolved, unresolved, disputes, given_up, response_seconds }
}

/// Zeros of all listings.
pub(crate) fn nothing_served(listings: usize) -> Vec<[i64; NUMBERS]> {
    vec![[0; NUMBERS]; listings]
}
