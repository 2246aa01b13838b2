//! Shoppers, their segments and their graph.

use sim_core::units::{Distribution, Share};

use super::{Check, at};
use crate::build::SHARD_MULTIPLE;
use crate::model::{Graph, Missions, Named};
use crate::problem::Problem;
use agents::params::SEGMENTS;

/// Largest shard: a line under way names its shopper in 16 bits.
const LARGEST_SHARD: u32 = 65_528;

impl Check<'_> {
    pub(super) fn population(&mut self) {
        let population = &self.scenario.population;
        if population.shoppers.0 == 0 {
            self.report(at!["population", "shoppers"], Problem::new("nobody shops").expected("at least 1 shopper"));
        } else if population.shoppers > population.people {
            let problem = Problem::new("there are more shoppers than people")
                .found(format!("{} shoppers", population.shoppers))
                .expected(format!("at most the {} people", population.people))
                .help("a shopper stands for one person or more; raise `people` or lower `shoppers`");
            self.report(at!["population", "shoppers"], problem);
        }
        if !population.shard_size.is_multiple_of(SHARD_MULTIPLE) || !(SHARD_MULTIPLE..=LARGEST_SHARD).contains(&population.shard_size) {
            let problem = Problem::new("wrong value for `shard_size`").found(format!("`{}`", population.shard_size));
            self.report(
                at!["population", "shard_size"],
                problem.expected(format!("a multiple of {SHARD_MULTIPLE}, at most {LARGEST_SHARD}")),
            );
        }
        self.segments();
        self.social();
    }

    fn segments(&mut self) {
        let segments = &self.scenario.population.segments;
        let at = at!["population", "segments"];
        self.names(&at, segments, SEGMENTS);
        let shares: Named<Share> = segments.iter().map(|(name, segment)| (name.clone(), segment.share)).collect();
        if segments.is_empty() {
            self.report_name(at, Problem::new("there is no segment").expected("at least one kind of shopper"));
        } else {
            self.adds_up(at, "the shares of the segments", &shares);
        }
        for (name, segment) in segments {
            let here = |field: &str| at!["population", "segments", name, field];
            self.keys_refer(&here("loyalty"), "platform", &segment.loyalty, &self.scenario.platforms);
            self.keys_refer(&here("members"), "platform", &segment.members, &self.scenario.platforms);
            for (platform, _) in segment.members.iter().filter(|(_, share)| share.0 > 0.0) {
                if self.scenario.platforms.get(platform).is_some_and(|p| p.membership.is_none()) {
                    let problem = Problem::new(format!("`{platform}` has no membership"));
                    let help = format!("add `membership: {{fee: 88 yuan}}` to `platforms.{platform}`, or remove `members`");
                    self.report_name(at!["population", "segments", name, "members", platform], problem.help(help));
                }
            }
            self.keys_refer(&here("basket"), "category", &segment.basket, &self.scenario.catalog.categories);
            let most = match segment.visit_rate {
                Distribution::Constant(rate) => rate,
                Distribution::Uniform { high, .. } => high,
                other => other.mean(),
            };
            if self.scenario.population.missions == Missions::Bernoulli && most > 1.0 {
                let problem = Problem::new("a probability above 1").found(format!("{most} missions a day"));
                let help = "with `missions: bernoulli` the visit rate is the probability of one mission";
                self.report(here("visit_rate"), problem.expected("at most 1").help(help));
            }
        }
        let weights = |category: &String| segments.values().any(|segment| segment.basket.get(category) != Some(&0.0));
        let categories = &self.scenario.catalog.categories;
        if !categories.is_empty() && !categories.iter().any(|(name, category)| category.share > 0.0 && weights(name)) {
            self.report_name(at!["catalog", "categories"], Problem::new("no category gets a mission: all shares are 0"));
        }
    }

    fn social(&mut self) {
        let social = &self.scenario.population.social;
        let here = |field: &str| at!["population", "social", field];
        match &social.graph {
            Graph::None => {
                if social.messages_per_order.0 > 0.0 {
                    let problem = Problem::new("messages have nowhere to go").found("messages without a graph");
                    let help = "set `graph: {small-world: {neighbours: 8, long_range: 1}}`, or `messages_per_order: 0`";
                    self.report(here("messages_per_order"), problem.help(help));
                }
            }
            Graph::SmallWorld { neighbours, long_range } => {
                let at = |field: &str| at!["population", "social", "graph", "small-world", field];
                if neighbours % 2 == 1 {
                    let problem = Problem::new("an odd number of neighbours").found(format!("`{neighbours}`"));
                    self.report(at("neighbours"), problem.expected("an even number: as many on either side"));
                }
                if neighbours + long_range == 0 {
                    self.report(at("neighbours"), Problem::new("a graph without links").help("write `graph: none`"));
                }
                if u64::from(neighbours + long_range) >= self.scenario.population.shoppers.0.max(1) {
                    let problem = Problem::new("more neighbours than shoppers");
                    self.report(at("neighbours"), problem.expected(format!("fewer than {}", self.scenario.population.shoppers)));
                }
            }
            Graph::Edges(file) => {
                let found = self.directory.join(file);
                if file.is_empty() || !found.is_file() {
                    let problem = Problem::new(format!("there is no file `{}`", found.display()));
                    let help = "a CSV file with two columns of shopper ids; the path is relative to the scenario";
                    self.report(at!["population", "social", "graph", "edges"], problem.help(help));
                }
            }
        }
    }
}
