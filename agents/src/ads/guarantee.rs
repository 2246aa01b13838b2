//! Cost guarantee: at the end of a period a platform pays back what a campaign paid beyond what its target allows. Days on which the
//! merchant itself asks for dearer clicks by a boost do not count, nor do those before it had the target; of days with search money
//! the part counts that its own budget pays, at bids that search money has not raised.

use super::bidding::Target;
use super::books::{Campaign, Sums};
use crate::params::GuaranteeParams;

impl Campaign {
    /// Takes in a tick of the period: what was paid, the value that the target counts, ad orders.
    pub(crate) fn note_period(&mut self, paid: i64, value: i64, orders: i64) {
        let [spend, values, count] = &mut self.period;
        *spend += paid;
        *values += value;
        *count += orders;
    }

    /// What is paid back at the end of a period, money units; the next one begins.
    pub(crate) fn refund(&mut self, guarantee: GuaranteeParams, target: Option<Target>, returned: f64) -> i64 {
        let [spend, value, orders] = std::mem::take(&mut self.period);
        let Some(target) = target.filter(|_| orders >= guarantee.least_orders) else { return 0 };
        let value = value as f64;
        let sums =
            Sums { gmv: value, sold: value, promoted_gmv: value, refunds: value * returned, orders: orders as f64, ..Sums::default() };
        let allowed = target.allowed(&sums);
        if spend as f64 <= allowed * (1.0 + guarantee.tolerance) { 0 } else { spend - (allowed as i64).min(spend) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GUARANTEE: GuaranteeParams = GuaranteeParams { tolerance: 0.2, period: 7, least_orders: 5 };

    fn refund(period: [i64; 3], target: Target, returned: f64) -> i64 {
        Campaign { period, ..Campaign::NEW }.refund(GUARANTEE, Some(target), returned)
    }

    #[test]
    fn the_excess_over_the_target_comes_back_beyond_the_tolerance() {
        let roi = Target::Roi(4.0);
        assert_eq!(refund([1200, 4000, 10], roi, 0.0), 0, "a fifth too much is borne");
        assert_eq!(refund([1300, 4000, 10], roi, 0.0), 300);
        assert_eq!(refund([1300, 4000, 4], roi, 0.0), 0, "too few orders to judge");
        assert_eq!(refund([1300, 4000, 10], Target::NetRoi(4.0), 0.5), 800, "what comes back is no value");
        assert_eq!(refund([1300, 0, 10], Target::Cpa(100.0), 0.0), 300);
        assert_eq!(refund([1300, 4000, 10], Target::WholeSite(8.0), 0.0), 800);
    }

    #[test]
    fn a_period_ends_with_its_refund() {
        let mut campaign = Campaign::NEW;
        campaign.note_period(900, 1000, 6);
        assert_eq!(campaign.refund(GUARANTEE, Some(Target::Roi(2.0)), 0.0), 400);
        assert_eq!((campaign.period, campaign.refund(GUARANTEE, Some(Target::Roi(2.0)), 0.0)), ([0; 3], 0));
        assert_eq!(Campaign { period: [900, 0, 9], ..Campaign::NEW }.refund(GUARANTEE, None, 0.0), 0, "no target, no guarantee");
    }
}
