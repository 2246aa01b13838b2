//! Deposits of presales: paid to the merchant at once, counted toward the balance, refunded when the goods are gone, forfeited
//! when the shopper does not complete.

use crate::market::Bazaar;
use crate::metric::{Mechanism, Metric, Totals};
use crate::params::RATE_LEVELS;
use crate::shard::ShopperShard;
use sim_core::ledger::Account;
use sim_core::money::Money;
use sim_core::tick::Tally;

/// A deposit paid in this tick, or given back because the goods are no longer sold.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deposit {
    /// Which of the two.
    pub(crate) way: Way,
    /// Shopper, as index into the shard.
    pub(crate) shopper: u32,
    /// Listing.
    pub(crate) listing: u32,
    /// Money units.
    pub(crate) amount: u32,
}

/// Where a deposit goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// To the merchant.
    In,
    /// Back to the shopper.
    Back,
}

/// Books the deposits of the tick.
pub(crate) fn book(market: &Bazaar, shard: &mut ShopperShard, tally: &mut Tally<Bazaar>) {
    for deposit in shard.deposits.drain(..) {
        let listing = &market.catalog.listings[deposit.listing as usize];
        let platform = listing.platform as usize;
        let segment = shard.state.rate[deposit.shopper as usize] as usize / RATE_LEVELS;
        if deposit.way == Way::Back {
            refund(market, deposit.listing, segment, deposit.amount, tally);
            continue;
        }
        let amount = i64::from(deposit.amount);
        tally.totals.ledger.transfer(platform, Account::Shopper, Account::Merchant, Money(amount));
        tally.totals.add_to(platform, segment, Metric::PresaleDeposits, amount);
        tally.totals.fired(Mechanism::Presale, 1, amount);
        merchant_cash(market, deposit.listing, segment, amount, tally);
    }
}

/// Gives a deposit back: the goods are gone.
pub(crate) fn refund(market: &Bazaar, listing: u32, segment: usize, amount: u32, tally: &mut Tally<Bazaar>) {
    let platform = market.catalog.listings[listing as usize].platform as usize;
    let amount = i64::from(amount);
    tally.totals.ledger.transfer(platform, Account::Merchant, Account::Shopper, Money(amount));
    tally.totals.add_to(platform, segment, Metric::DepositsRefunded, amount);
    merchant_cash(market, listing, segment, -amount, tally);
}

/// Keeps a deposit: the shopper did not complete. The money is where it was.
pub(crate) fn forfeit(platform: usize, segment: usize, amount: u32, totals: &mut Totals) {
    totals.add_to(platform, segment, Metric::DepositsForfeited, i64::from(amount));
}

/// Adds to the cash of the merchant of a listing, in all the places where it is counted.
pub(crate) fn merchant_cash(market: &Bazaar, listing: u32, segment: usize, amount: i64, tally: &mut Tally<Bazaar>) {
    let sold = &market.catalog.listings[listing as usize];
    let owner = if sold.first_party { Metric::FirstPartyCash } else { Metric::ThirdPartyCash };
    tally.listings.cash[listing as usize] += amount;
    tally.totals.add_to(sold.platform as usize, segment, Metric::MerchantCash, amount);
    tally.totals.add_to(sold.platform as usize, segment, owner, amount);
}
