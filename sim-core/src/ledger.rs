//! The double-entry ledger: who paid whom, by platform, in integer money.
//!
//! Guarantees that each transfer has two sides and that all balances sum to zero, asserted in release builds. The market
//! checks the balances against its own tallies each tick, so that a wrong amount is found and not only a wrong side.

use crate::money::{Money, add_columns};
use serde::{Deserialize, Serialize};

/// Classes of accounts, by platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Account {
    /// Shoppers.
    Shopper,
    /// Third-party and first-party merchants.
    Merchant,
    /// The platform.
    Platform,
    /// Clearing account of platform-funded discounts.
    Subsidy,
    /// Advertising.
    Ad,
    /// Carriers and warehouses.
    Logistics,
    /// Suppliers of AI compute and talent.
    Ai,
    /// Everybody else: suppliers of goods, payment providers, landlords, service staff.
    External,
}

impl Account {
    /// Number of classes.
    pub const COUNT: usize = 8;
    /// All classes in order.
    pub const ALL: [Account; Account::COUNT] = [
        Account::Shopper,
        Account::Merchant,
        Account::Platform,
        Account::Subsidy,
        Account::Ad,
        Account::Logistics,
        Account::Ai,
        Account::External,
    ];

    /// Name as in `ledger_ticks`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Account::Shopper => "shopper",
            Account::Merchant => "merchant",
            Account::Platform => "platform",
            Account::Subsidy => "subsidy",
            Account::Ad => "ad",
            Account::Logistics => "logistics",
            Account::Ai => "ai",
            Account::External => "external",
        }
    }
}

const CELLS: usize = Account::COUNT * Account::COUNT;

/// Flows and balances of one tick.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger {
    /// `flows[platform][from][to]`, money units.
    flows: Vec<i64>,
    /// `balances[platform][account]`, money units: received less given.
    balances: Vec<i64>,
}

impl Ledger {
    /// Empty books of so many platforms.
    #[must_use]
    pub fn new(platforms: usize) -> Ledger {
        Ledger { flows: vec![0; platforms * CELLS], balances: vec![0; platforms * Account::COUNT] }
    }

    /// Moves a non-negative amount on the books of `platform`.
    ///
    /// # Panics
    /// On a negative amount or an overflow.
    #[inline]
    pub fn transfer(&mut self, platform: usize, from: Account, to: Account, amount: Money) {
        assert!(amount.0 >= 0, "{} pays {} a negative amount: {}", from.name(), to.name(), amount.0);
        if amount.0 == 0 {
            return;
        }
        let flow = &mut self.flows[platform * CELLS + from as usize * Account::COUNT + to as usize];
        *flow = flow.checked_add(amount.0).expect("ledger overflow");
        let books = &mut self.balances[platform * Account::COUNT..(platform + 1) * Account::COUNT];
        books[from as usize] = books[from as usize].checked_sub(amount.0).expect("ledger overflow");
        books[to as usize] = books[to as usize].checked_add(amount.0).expect("ledger overflow");
    }

    /// Adds the books of another part of the tick.
    pub fn add(&mut self, other: &Ledger) {
        add_columns(&mut self.flows, &other.flows);
        add_columns(&mut self.balances, &other.balances);
    }

    /// Received less given of an account class.
    #[must_use]
    pub fn balance(&self, platform: usize, account: Account) -> Money {
        Money(self.balances[platform * Account::COUNT + account as usize])
    }

    /// Money moved from one class to another.
    #[must_use]
    pub fn flow(&self, platform: usize, from: Account, to: Account) -> Money {
        Money(self.flows[platform * CELLS + from as usize * Account::COUNT + to as usize])
    }

    /// All flows that are not zero: (platform, from, to, amount), in order.
    pub fn flows(&self) -> impl Iterator<Item = (usize, Account, Account, Money)> + '_ {
        self.flows.iter().enumerate().filter(|(_, amount)| **amount != 0).map(|(i, &amount)| {
            let (platform, cell) = (i / CELLS, i % CELLS);
            (platform, Account::ALL[cell / Account::COUNT], Account::ALL[cell % Account::COUNT], Money(amount))
        })
    }

    /// Asserts that the balances agree with the flows and sum to zero.
    ///
    /// # Panics
    /// If they do not: a bug of this program, never of a scenario.
    pub fn assert_balanced(&self) {
        for (platform, books) in self.balances.chunks(Account::COUNT).enumerate() {
            let sum: i64 = books.iter().sum();
            assert_eq!(sum, 0, "the books of platform {platform} do not balance: {books:?}");
            for account in Account::ALL {
                let net: i64 = Account::ALL.iter().map(|&o| self.flow(platform, o, account).0 - self.flow(platform, account, o).0).sum();
                assert_eq!(net, books[account as usize], "flows and balance of {} differ on platform {platform}", account.name());
            }
        }
        let clearing: i64 = (0..self.balances.len() / Account::COUNT).map(|p| self.balance(p, Account::Subsidy).0).sum();
        assert_eq!(clearing, 0, "the subsidy clearing account keeps {clearing}");
    }

    /// The numbers of the books, for the digest.
    #[must_use]
    pub fn hash(&self) -> u64 {
        crate::digest::hash_numbers(1, &self.flows).wrapping_add(crate::digest::hash_numbers(2, &self.balances))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transfers_balance_and_add_up() {
        let mut books = Ledger::new(2);
        books.transfer(0, Account::Shopper, Account::Merchant, Money(90));
        books.transfer(0, Account::Platform, Account::Subsidy, Money(10));
        books.transfer(0, Account::Subsidy, Account::Merchant, Money(10));
        let mut more = Ledger::new(2);
        more.transfer(1, Account::Merchant, Account::External, Money(7));
        books.add(&more);
        books.assert_balanced();
        assert_eq!(books.balance(0, Account::Merchant), Money(100));
        assert_eq!(books.flows().count(), 4);
    }

    #[test]
    #[should_panic(expected = "do not balance")]
    fn a_fen_booked_on_one_side_only_is_caught() {
        let mut books = Ledger::new(1);
        books.transfer(0, Account::Shopper, Account::Merchant, Money(90));
        books.balances[Account::Merchant as usize] += 1;
        books.assert_balanced();
    }

    #[test]
    #[should_panic(expected = "clearing account keeps 1")]
    fn a_subsidy_that_reaches_nobody_is_caught() {
        let mut books = Ledger::new(1);
        books.transfer(0, Account::Platform, Account::Subsidy, Money(1));
        books.assert_balanced();
    }
}
