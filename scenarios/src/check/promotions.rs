//! Price instruments that cannot work, and carts that keep nothing.

use super::{Check, at};
use crate::model::{Audience, Instrument, Platform, Promotion, PromotionBudget};
use crate::path::Path;
use crate::problem::Problem;
use sim_core::units::Share;
use std::collections::BTreeMap;

/// Most rules of a platform that leave a shopper a choice: coupons, and rules of exclusive groups.
const CHOICES: usize = 8;
/// Longest lag of price matching in days.
const LONGEST_LAG: f64 = 28.0;

/// Where a rule acts, for what can exclude what.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Acts {
    OnLine,
    OnCheckout,
    Aside,
}

fn acts(kind: &Instrument) -> Acts {
    match kind {
        Instrument::Coupon { .. }
        | Instrument::MemberCoupon { .. }
        | Instrument::InstantDiscount { .. }
        | Instrument::GapToLowest { .. } => Acts::OnLine,
        Instrument::ThresholdDiscount { .. } | Instrument::CrossShopDiscount { .. } => Acts::OnCheckout,
        Instrument::Presale { .. }
        | Instrument::PriceProtection { .. }
        | Instrument::CommissionRelief { .. }
        | Instrument::DeliverySubsidy { .. } => Acts::Aside,
    }
}

impl Check<'_> {
    pub(super) fn promotions(&mut self, platform: &str, content: &Platform) {
        for (name, rule) in &content.promotions {
            let here = |field: &str| at!["platforms", platform, "promotions", name, field];
            for (i, category) in rule.categories.iter().enumerate() {
                let at = at!["platforms", platform, "promotions", name, "categories", i];
                self.refers(at, "category", category, &self.scenario.catalog.categories);
            }
            for (i, segment) in rule.segments.iter().enumerate() {
                let at = at!["platforms", platform, "promotions", name, "segments", i];
                self.refers(at, "segment", segment, &self.scenario.population.segments);
            }
            self.instrument(platform, name, rule);
            self.funding(&here, rule);
            self.window(&here, name, rule);
            if rule.checkout_cap.is_some() && acts(&rule.kind) != Acts::OnCheckout {
                let problem = Problem::new("only threshold and cross-shop discounts have a cap per check-out");
                self.report(here("checkout_cap"), problem.help("`cap` is the largest discount per line"));
            }
            let for_members = matches!(rule.kind, Instrument::MemberCoupon { .. }) || rule.audience == Audience::Members;
            if for_members && content.membership.is_none() {
                let problem = Problem::new(format!("`{platform}` has no members"));
                let help = format!("add `membership: {{fee: 88 yuan}}` to `platforms.{platform}`");
                self.report_name(at!["platforms", platform, "promotions", name], problem.help(help));
            }
            if matches!(rule.kind, Instrument::MemberCoupon { .. }) && rule.audience == Audience::New {
                let problem =
                    Problem::new("a member coupon for newcomers reaches nobody").found("`new`").expected("`members`, or no audience");
                self.report(here("audience"), problem);
            }
        }
        self.groups(platform, content);
        let leaves_choice = |rule: &&Promotion| {
            rule.exclusive.is_some() || matches!(rule.kind, Instrument::Coupon { .. } | Instrument::MemberCoupon { .. })
        };
        let choices = content.promotions.values().filter(leaves_choice).count();
        if choices > CHOICES {
            let problem = Problem::new(format!("{choices} coupons and exclusive rules, at most {CHOICES} are possible"));
            self.report_name(at!["platforms", platform, "promotions"], problem);
        }
    }

    fn instrument(&mut self, platform: &str, name: &str, rule: &Promotion) {
        let here = |tag: &str, field: &str| at!["platforms", platform, "promotions", name, "kind", tag, field];
        match &rule.kind {
            Instrument::ThresholdDiscount { threshold, discount } | Instrument::CrossShopDiscount { threshold, discount }
                if discount > threshold || threshold.micros() == 0 =>
            {
                let problem = Problem::new("more is taken off than must be reached").found(format!("{discount} off"));
                let problem = problem.expected(format!("at most the threshold, {threshold}, which is above 0"));
                let by_shop = matches!(rule.kind, Instrument::ThresholdDiscount { .. });
                self.report(here(if by_shop { "threshold-discount" } else { "cross-shop-discount" }, "discount"), problem);
            }
            Instrument::GapToLowest { lag, .. } => {
                if self.scenario.platforms.len() < 2 {
                    let problem = Problem::new("there is no other platform whose price could be lower");
                    self.report_name(at!["platforms", platform, "promotions", name, "kind"], problem);
                }
                if lag.0 > LONGEST_LAG {
                    let problem = Problem::new("prices that old are not kept").found(format!("`{lag}`"));
                    self.report(here("gap-to-lowest", "lag"), problem.expected(format!("0d to {LONGEST_LAG}d")));
                }
            }
            Instrument::Presale { .. } => self.presale(platform, name, rule),
            Instrument::DeliverySubsidy { .. } if self.scenario.platforms[platform].logistics.delivery_fee.fee.micros() == 0 => {
                let problem = Problem::new("there is no delivery fee to subsidise");
                let help = format!("add `logistics: {{delivery_fee: {{fee: 6 yuan, free_above: 59 yuan}}}}` to `{platform}`");
                self.report_name(at!["platforms", platform, "promotions", name, "kind"], problem.help(help));
            }
            _ => {}
        }
    }

    fn presale(&mut self, platform: &str, name: &str, rule: &Promotion) {
        let Instrument::Presale { pay_from, pay_to, .. } = rule.kind else { return };
        let here = |field: &str| at!["platforms", platform, "promotions", name, "kind", "presale", field];
        self.in_calendar(here("pay_from"), pay_from);
        self.in_calendar(here("pay_to"), pay_to);
        if pay_to < pay_from {
            let problem = Problem::new("the balance is due before it can be paid").found(format!("`{pay_to}`"));
            self.report(here("pay_to"), problem.expected(format!("{pay_from} or later")));
        }
        match rule.to {
            None => {
                let problem = Problem::new(format!("the presale `{name}` takes deposits for ever"));
                let problem = problem.expected("a last day for deposits, `to`, not after `pay_from`");
                self.report_name(at!["platforms", platform, "promotions", name], problem);
            }
            Some(to) if pay_from < to => {
                let problem = Problem::new("the balance is paid while deposits are still taken").found(format!("`{pay_from}`"));
                self.report(here("pay_from"), problem.expected(format!("{to}, the last day for deposits, or later")));
            }
            Some(to) if pay_to <= to => {
                let problem = Problem::new("deposits of the last day cannot be followed by a balance").found(format!("`{pay_to}`"));
                self.report(here("pay_to"), problem.expected(format!("a day after {to}, the last day for deposits")));
            }
            Some(_) => {}
        }
    }

    /// Who can pay for what: a strategy buys discounts, a commission is given back by who took it.
    fn funding(&mut self, here: &impl Fn(&str) -> Path, rule: &Promotion) {
        let contract =
            matches!(rule.kind, Instrument::Presale { .. } | Instrument::PriceProtection { .. } | Instrument::CommissionRelief { .. });
        if contract && matches!(rule.budget, PromotionBudget::Strategy) {
            let problem = Problem::new("a strategy buys discounts: its depth moves from day to day, what was promised does not");
            self.report(here("budget"), problem.help("give the rule its own budget, such as `{per-day: 5 m yuan}`"));
        }
        if matches!(rule.kind, Instrument::CommissionRelief { .. }) && rule.platform_share != Share::FULL {
            let problem = Problem::new("a commission is given back by the platform alone").expected("no `platform_share`, or 100 %");
            self.report(here("platform_share"), problem);
        }
    }

    /// Exclusive groups: at least two rules, all on the line or all on the check-out.
    fn groups(&mut self, platform: &str, content: &Platform) {
        let mut groups: BTreeMap<&str, Vec<(&String, Acts)>> = BTreeMap::new();
        for (name, rule) in &content.promotions {
            if let Some(group) = &rule.exclusive {
                groups.entry(group).or_default().push((name, acts(&rule.kind)));
            }
        }
        for (group, rules) in groups {
            let (first, stage) = rules[0];
            let at = |name: &String| at!["platforms", platform, "promotions", name, "exclusive"];
            if rules.len() == 1 {
                let problem = Problem::new(format!("`{first}` is alone in its exclusive group")).found(format!("`{group}`"));
                self.report(at(first), problem.help("name the same group in the rules that it excludes, or remove `exclusive`"));
            }
            for (name, other) in &rules {
                if *other == Acts::Aside || *other != stage {
                    let problem = Problem::new(format!("`{name}` cannot exclude the others of its group")).found(format!("`{group}`"));
                    let expected = "only discounts on a line, or only threshold and cross-shop discounts, in a group";
                    self.report(at(name), problem.expected(expected));
                }
            }
        }
    }

    fn window(&mut self, here: &impl Fn(&str) -> Path, name: &str, rule: &Promotion) {
        if let Some(from) = rule.from {
            self.in_calendar(here("from"), from);
        }
        if let Some(to) = rule.to {
            self.in_calendar(here("to"), to);
        }
        if let (Some(from), Some(to)) = (rule.from, rule.to)
            && to < from
        {
            let problem = Problem::new(format!("the promotion `{name}` ends before it begins")).found(format!("`{to}`"));
            self.report(here("to"), problem.expected(format!("{from} or later")));
        }
    }

    /// A cart of one line, or of no days, keeps nothing.
    pub(super) fn cart(&mut self) {
        let cart = &self.scenario.population.cart;
        if (cart.lines > 1) != (cart.max_days > 0) {
            let problem = Problem::new("a cart that keeps nothing");
            let problem = problem.found(format!("{} lines for {} days", cart.lines, cart.max_days));
            let help = "`lines: 4` with `max_days: 14` is a cart, `lines: 1` with `max_days: 0` is none";
            self.report_name(at!["population", "cart"], problem.help(help));
        }
    }
}
