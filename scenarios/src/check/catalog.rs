//! Categories, and the merchants who sell in them.

use agents::{BanditRule, ExitPolicy, ParticipationPolicy, PricingPolicy, StockPolicy};
use sim_core::units::Count;

use super::{Check, at, percent};
use crate::model::{MerchantGroup, MerchantsScale};
use crate::problem::Problem;

impl Check<'_> {
    pub(super) fn catalog(&mut self) {
        let catalog = &self.scenario.catalog;
        self.names(&at!["catalog", "categories"], &catalog.categories, 255);
        self.names(&at!["catalog", "merchants"], &catalog.merchants, 256);
        if catalog.categories.is_empty() {
            self.report_name(at!["catalog", "categories"], Problem::new("there is no category"));
        }
        if catalog.merchants.is_empty() {
            self.report_name(at!["catalog", "merchants"], Problem::new("there is no merchant"));
        }
        let none = |at: &Count| at.0 == 0;
        match &catalog.merchants_scale {
            MerchantsScale::AtShoppers(at) if none(at) => {
                self.report(at!["catalog", "merchants_scale", "at-shoppers"], Problem::new("a scale of 0 shoppers"));
            }
            MerchantsScale::MoneyAtShoppers(at) if none(at) => {
                self.report(at!["catalog", "merchants_scale", "money-at-shoppers"], Problem::new("a scale of 0 shoppers"));
            }
            _ => {}
        }
        for (name, group) in &catalog.merchants {
            self.group_references(name, group);
            self.group_costs(name, group);
            self.pricing(name, &group.pricing);
            self.stock(name, &group.stock);
            self.presence(name, group);
        }
        self.cells();
    }

    fn group_references(&mut self, name: &str, group: &MerchantGroup) {
        let here = |field: &str| at!["catalog", "merchants", name, field];
        for (i, category) in group.categories.iter().enumerate() {
            let at = at!["catalog", "merchants", name, "categories", i];
            self.refers(at, "category", category, &self.scenario.catalog.categories);
        }
        self.keys_refer(&here("platforms"), "platform", &group.platforms, &self.scenario.platforms);
        if group.platforms.values().all(|share| share.0 == 0.0) {
            let problem = Problem::new(format!("the merchants of `{name}` sell nowhere"));
            self.report_name(here("platforms"), problem.expected("at least one platform with a probability above 0"));
        }
        if let Some(owner) = &group.first_party_of {
            self.refers(here("first_party_of"), "platform", owner, &self.scenario.platforms);
            let sells = group.platforms.get(owner).is_some_and(|share| share.0 > 0.0);
            if self.scenario.platforms.contains_key(owner) && !sells {
                let problem = Problem::new(format!("`{owner}` owns merchants that do not sell there"));
                self.report(here("first_party_of"), problem.help(format!("add `{owner}: 100 %` to `platforms` of the group")));
            }
        }
        let live_somewhere = group
            .platforms
            .iter()
            .any(|(platform, share)| share.0 > 0.0 && self.scenario.platforms.get(platform).is_some_and(|platform| platform.live));
        if group.live.0 > 0.0 && !live_somewhere {
            let problem = Problem::new(format!("`{name}` sells live where no platform has live streams"));
            self.report(here("live"), problem.help("set `live: true` on a platform of the group, or `live: 0` here"));
        }
    }

    fn group_costs(&mut self, name: &str, group: &MerchantGroup) {
        let dear: Vec<_> = self.categories_of(group).filter(|(_, _, cost)| cost * group.cost_factor > 1.0).collect();
        if let Some(&(category, _, cost)) = dear.first() {
            let problem = Problem::new(format!("the merchants of `{name}` would pay more for goods than they ask for them"))
                .found(format!("{} of the price in `{category}`", percent(cost * group.cost_factor)))
                .expected("at most 100 %: `cost` of the category times `cost_factor`");
            self.report(at!["catalog", "merchants", name, "cost_factor"], problem);
        }
    }

    /// The categories of a group: name, share of missions, cost.
    fn categories_of<'c>(&'c self, group: &'c MerchantGroup) -> impl Iterator<Item = (&'c str, f64, f64)> {
        let mine = |name: &String| group.categories.is_empty() || group.categories.contains(name);
        let categories = self.scenario.catalog.categories.iter().filter(move |(name, _)| mine(name));
        categories.map(|(name, category)| (name.as_str(), category.share, category.cost.0))
    }

    fn pricing(&mut self, name: &str, pricing: &PricingPolicy) {
        let mut within = |policy: &str, field: &str, value: f64, low: f64, high: f64| {
            if !(low..=high).contains(&value) {
                let problem = Problem::new(format!("wrong value for `{field}`")).found(format!("`{value}`"));
                let at = at!["catalog", "merchants", name, "pricing", policy, field];
                self.report(at, problem.expected(format!("a number from {low} to {high}")));
            }
        };
        match *pricing {
            PricingPolicy::CostPlus { markup, interval } => {
                within("cost-plus", "markup", markup, 0.0, 20.0);
                within("cost-plus", "interval", interval.into(), 1.0, 365.0);
            }
            PricingPolicy::Match { lag, floor_margin, interval } => {
                within("match", "lag", lag.into(), 1.0, 28.0);
                within("match", "floor_margin", floor_margin, 0.0, 0.95);
                within("match", "interval", interval.into(), 1.0, 365.0);
            }
            PricingPolicy::BestResponse { interval } => within("best-response", "interval", interval.into(), 1.0, 365.0),
            PricingPolicy::TargetMargin { margin, step, interval } => {
                within("target-margin", "margin", margin, 0.0, 0.95);
                within("target-margin", "step", step, 0.0, 0.2);
                within("target-margin", "interval", interval.into(), 1.0, 365.0);
            }
            PricingPolicy::Nudge { step } => within("nudge", "step", step, 0.0, 0.2),
            PricingPolicy::Undercut { step, floor_margin, relent_margin, relent, lag, interval } => {
                within("undercut", "step", step, 0.0, 0.5);
                within("undercut", "floor_margin", floor_margin, 0.0, 0.95);
                within("undercut", "relent_margin", relent_margin, floor_margin, 0.95);
                within("undercut", "relent", relent, 0.0, 1.0);
                within("undercut", "lag", lag.into(), 1.0, 28.0);
                within("undercut", "interval", interval.into(), 1.0, 365.0);
            }
            PricingPolicy::Gradient { step, memory, interval } => {
                within("gradient", "step", step, 0.001, 0.2);
                within("gradient", "memory", memory, 2.0, 1000.0);
                within("gradient", "interval", interval.into(), 1.0, 365.0);
            }
            PricingPolicy::QLearning { alpha, discount, decay, initial, interval, .. } => {
                within("q-learning", "alpha", alpha, 0.0, 1.0);
                within("q-learning", "discount", discount, 0.0, 0.999);
                within("q-learning", "decay", decay, 0.0, 1.0);
                within("q-learning", "initial", initial, 0.0, 10.0);
                within("q-learning", "interval", interval.into(), 1.0, 365.0);
            }
            PricingPolicy::Bandit { rule, interval, .. } => {
                match rule {
                    BanditRule::Exp3 { gamma } => within("bandit", "rule", gamma, 1e-6, 1.0),
                    BanditRule::Ucb { width } => within("bandit", "rule", width, 0.0, 10.0),
                }
                within("bandit", "interval", interval.into(), 1.0, 365.0);
            }
            PricingPolicy::Fixed => {}
        }
        match pricing {
            PricingPolicy::QLearning { grid, .. } => self.grid(name, "q-learning", grid),
            PricingPolicy::Bandit { grid, .. } => self.grid(name, "bandit", grid),
            _ => {}
        }
    }

    fn grid(&mut self, name: &str, policy: &str, grid: &[f64]) {
        let rises = grid.windows(2).all(|pair| pair[0] < pair[1]);
        let sane = grid.iter().all(|multiple| (0.5..=20.0).contains(multiple));
        let learnable = grid.is_empty() || rises && sane && (2..=15).contains(&grid.len());
        if !learnable {
            let problem = Problem::new("a grid of prices that cannot be learned on").found(format!("{} prices", grid.len()));
            let expected = "2 to 15 rising multiples of the break-even price, each from 0.5 to 20; or `[]`";
            self.report(at!["catalog", "merchants", name, "pricing", policy, "grid"], problem.expected(expected));
        }
    }

    fn presence(&mut self, name: &str, group: &MerchantGroup) {
        let here = |field: &str| at!["catalog", "merchants", name, field];
        if let ParticipationPolicy::Profitable { hurdle } = group.participation
            && !(0.0..=10.0).contains(&hurdle)
        {
            let problem = Problem::new("wrong value for `hurdle`").found(format!("`{hurdle}`"));
            self.report(
                at!["catalog", "merchants", name, "participation", "profitable", "hurdle"],
                problem.expected("a number from 0 to 10"),
            );
        }
        if let ExitPolicy::Losses { weeks } = group.exit
            && !(1..=520).contains(&weeks)
        {
            let problem = Problem::new("wrong value for `weeks`").found(format!("`{weeks}`"));
            self.report(at!["catalog", "merchants", name, "exit", "losses", "weeks"], problem.expected("a whole number from 1 to 520"));
        }
        if let Some(entry) = &group.entry
            && entry.dormant.0 >= 1.0
        {
            let problem = Problem::new(format!("nobody of `{name}` sells at the start, so nobody knows what there is to earn"));
            self.report(at!["catalog", "merchants", name, "entry", "dormant"], problem.expected("a share below 100 %"));
        }
        if group.first_party_of.is_some() && group.entry.is_some() {
            let problem = Problem::new(format!("the merchants of `{name}` belong to a platform and do not enter by themselves"));
            self.report_name(here("entry"), problem.help("leave out `entry`, or `first_party_of`"));
        }
        if let Some(choice) = &group.platform_choice
            && group.platforms.values().filter(|share| share.0 > 0.0).count() < 2
            && choice.listing_cost.micros() == 0
        {
            let problem = Problem::new(format!("the merchants of `{name}` have one platform and nothing to choose"));
            self.report_name(here("platform_choice"), problem.help("add platforms to the group, or leave out `platform_choice`"));
        }
    }

    fn stock(&mut self, name: &str, stock: &StockPolicy) {
        if let StockPolicy::Newsvendor { critical_ratio, salvage, review, lead_time } = *stock {
            self.newsvendor(name, critical_ratio, salvage, [review, lead_time]);
        }
        let StockPolicy::ReorderUpTo { reorder_days, level_days, lead_time } = *stock else { return };
        let here = |field: &str| at!["catalog", "merchants", name, "stock", "reorder-up-to", field];
        if !(0.0..=365.0).contains(&reorder_days) {
            let problem = Problem::new("wrong value for `reorder_days`").found(format!("`{reorder_days}`"));
            self.report(here("reorder_days"), problem.expected("a number from 0 to 365"));
        }
        if level_days <= reorder_days || level_days > 1000.0 {
            let problem = Problem::new("stock is ordered up to a level at which it is ordered again");
            let problem = problem.found(format!("`{level_days}`"));
            self.report(here("level_days"), problem.expected(format!("above `reorder_days` ({reorder_days}), at most 1000")));
        }
        if !(1..=60).contains(&lead_time) {
            let problem = Problem::new("wrong value for `lead_time`").found(format!("`{lead_time}`"));
            self.report(here("lead_time"), problem.expected("a whole number from 1 to 60"));
        }
    }

    fn newsvendor(&mut self, name: &str, critical_ratio: Option<f64>, salvage: f64, [review, lead_time]: [u32; 2]) {
        let values = [
            ("critical_ratio", critical_ratio.unwrap_or(0.5), 0.01, 0.999),
            ("salvage", salvage, 0.0, 0.99),
            ("review", review.into(), 1.0, 60.0),
            ("lead_time", lead_time.into(), 1.0, 60.0),
        ];
        for (field, value, low, high) in values.into_iter().filter(|(_, value, low, high)| !(*low..=*high).contains(value)) {
            let problem = Problem::new(format!("wrong value for `{field}`")).found(format!("`{value}`"));
            let at = at!["catalog", "merchants", name, "stock", "newsvendor", field];
            self.report(at, problem.expected(format!("a number from {low} to {high}")));
        }
    }

    /// Every category with missions has a seller on every platform: else its shoppers find empty pages.
    fn cells(&mut self) {
        let catalog = &self.scenario.catalog;
        for platform in self.scenario.platforms.keys() {
            let groups = || catalog.merchants.values().filter(|group| group.platforms.get(platform).is_some_and(|p| p.0 > 0.0));
            if groups().next().is_none() {
                let problem = Problem::new(format!("nobody sells on `{platform}`"));
                let help = format!("add `{platform}: 50 %` to `platforms` of a group of merchants");
                self.report_name(at!["platforms", platform], problem.help(help));
                continue;
            }
            let empty = catalog.categories.iter().filter(|(name, category)| {
                let sold = groups().any(|group| group.categories.is_empty() || group.categories.contains(name));
                category.share > 0.0 && !sold
            });
            let empty: Vec<&str> = empty.map(|(name, _)| name.as_str()).collect();
            if let Some(category) = empty.first() {
                let problem = Problem::new(format!("nobody sells `{category}` on `{platform}`"))
                    .help("let a group of merchants sell it there, or give the category the share 0");
                self.report_name(at!["catalog", "categories", *category], problem);
            }
        }
    }
}
