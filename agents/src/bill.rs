//! The bill of a line: every fen from the list price to what the merchant keeps.
//!
//! Guarantees that list price = paid + subsidy + merchant discount, that the delivery fee has its payers, and that what comes in
//! (paid, fee, subsidies, relief) goes out (receipt, commission, payment fee, logistics); asserted in release builds.

use crate::instrument::{Instrument, Promotion};
use crate::order::RulePart;
use crate::params::PlatformParams;
use crate::platform::PlatformState;
use sim_core::money::Money;

/// The money of a line, money units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Bill {
    pub(crate) list: i64,
    pub(crate) merchant_discount: i64,
    /// Platform part of the discounts on the goods.
    pub(crate) subsidy: i64,
    /// Paid by the shopper for the goods.
    pub(crate) paid: i64,
    /// Delivery fee paid by the shopper, and by the platform for the shopper.
    pub(crate) delivery_fee: i64,
    pub(crate) delivery_subsidy: i64,
    /// Platform part of everything for shoppers that the strategy budget pays.
    pub(crate) strategy_subsidy: i64,
    pub(crate) commission: i64,
    /// Commission given back.
    pub(crate) relief: i64,
    pub(crate) fee: i64,
    pub(crate) logistics_merchant: i64,
    pub(crate) logistics_platform: i64,
    pub(crate) receipt: i64,
    pub(crate) clawback: i64,
    pub(crate) clawback_strategy: i64,
}

impl Bill {
    /// Splits a list price and a share of the delivery fee. `first_party` lines pay no commission: their margin is the platform's.
    pub(crate) fn new(
        list: u32,
        fee: u32,
        parts: &[RulePart],
        platform: &PlatformParams,
        state: &PlatformState,
        first_party: bool,
    ) -> Bill {
        let mut bill = Bill { list: i64::from(list), delivery_fee: i64::from(fee), ..Bill::default() };
        for part in parts {
            bill.add(part, &platform.promotions);
        }
        let gross = bill.list - bill.merchant_discount;
        bill.paid = gross - bill.subsidy;
        bill.commission = if first_party { 0 } else { Money(gross).share(platform.take_rate_ppm).0 };
        bill.fee = Money(gross).share(platform.payment_fee_ppm).0;
        let logistics = state.delivery_cost(platform);
        bill.logistics_platform = Money(logistics).share(platform.delivery_platform_ppm).0;
        bill.logistics_merchant = logistics - bill.logistics_platform;
        bill.receipt =
            gross + bill.delivery_fee + bill.delivery_subsidy + bill.relief - bill.commission - bill.fee - bill.logistics_merchant;
        bill.assert_adds_up();
        bill
    }

    /// Subsidy that a return of a line takes back, money units.
    #[cfg(test)]
    pub(crate) fn clawed(parts: &[RulePart], rules: &[Promotion]) -> i64 {
        let mut bill = Bill::default();
        parts.iter().for_each(|part| bill.add(part, rules));
        bill.clawback + bill.clawback_strategy
    }

    fn add(&mut self, part: &RulePart, rules: &[Promotion]) {
        let rule = &rules[part.rule as usize];
        let (by_platform, by_merchant) = (i64::from(part.platform), i64::from(part.merchant));
        match rule.instrument {
            Instrument::CommissionRelief { .. } => {
                self.relief += by_platform;
                return;
            }
            Instrument::DeliverySubsidy { .. } => {
                self.delivery_fee -= by_platform + by_merchant;
                self.delivery_subsidy += by_platform;
            }
            _ => {
                self.merchant_discount += by_merchant;
                self.subsidy += by_platform;
            }
        }
        let strategic = rule.budget_per_tick.is_none();
        self.strategy_subsidy += if strategic { by_platform } else { 0 };
        // the delivery was made: a return does not take its subsidy back
        let comes_back = rule.clawback && !matches!(rule.instrument, Instrument::DeliverySubsidy { .. });
        match (comes_back, strategic) {
            (true, true) => self.clawback_strategy += by_platform,
            (true, false) => self.clawback += by_platform,
            (false, _) => {}
        }
    }

    /// Everything that the shopper pays.
    pub(crate) fn payable(&self) -> i64 {
        self.paid + self.delivery_fee
    }

    fn assert_adds_up(&self) {
        let Bill { list, merchant_discount, subsidy, paid, commission, relief, .. } = *self;
        assert!(paid >= 0 && subsidy >= 0 && merchant_discount >= 0, "nothing of a bill is negative: {self:?}");
        assert!(self.delivery_fee >= 0 && relief <= commission, "no more is given back than was asked: {self:?}");
        assert_eq!(list - merchant_discount - subsidy, paid, "{self:?}");
        let comes_in = paid + subsidy + self.delivery_fee + self.delivery_subsidy + relief;
        assert_eq!(comes_in, self.receipt + commission + self.fee + self.logistics_merchant, "{self:?}");
    }
}
