//! From a checked scenario to an initial world: parameters, supply, calendar, shoppers.
//!
//! Guarantees that the world is a function of (scenario, seed): every draw is keyed, every shard can be built alone. Extensive
//! money is divided by scale here and nowhere else.

mod ads;
mod assistants;
mod calendar;
mod capability;
mod content;
mod edges;
mod params;
mod promotion;
mod sample;
mod service;
mod shoppers;
mod strategy;
mod supply;

use crate::model::Scenario;
use crate::project::Loaded;
use agents::catalog::Catalog;
use agents::content::sellers::Sellers;
use agents::market::Bazaar;
use agents::params::{Params, RECALLED};
use agents::shard::ShardState;
use sim_core::draw::Seed;
use sim_core::ids::ShardId;
use sim_core::lanes::Lanes;
use sim_core::parallel;
use sim_core::placement::Placement;
use sim_core::shard::ShardPlan;
use sim_core::tick::World;
use std::mem::discriminant;
use std::path::{Path, PathBuf};

pub(crate) use content::is_auctioned;
pub(crate) use shoppers::SHARD_MULTIPLE;
pub(crate) use supply::DEAREST;

/// A world that cannot be built: what a check of the file alone cannot see.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The edge list cannot be read.
    #[error("cannot read the edge list {}: {cause}", path.display())]
    Edges {
        /// The file.
        path: PathBuf,
        /// What happened, with the line.
        cause: String,
    },
    /// A platform sells nothing in a category although shoppers look for it on no other platform either.
    #[error(
        "no platform sells the category `{category}`: no merchant of any group was dealt to it; raise `count` of a group or name the category in its `categories`"
    )]
    Unsold {
        /// The category.
        category: String,
    },
    /// A platform that shows whole categories has one that is too large for a page.
    #[error(
        "`{platform}` shows whole categories (`recall: 0`), but `{category}` has {found} listings there, at most {RECALLED} fit; set `ranking.recall`, or lower `count` or `products` of a group"
    )]
    FullRecall {
        /// The platform.
        platform: String,
        /// The category.
        category: String,
        /// Its listings.
        found: usize,
    },
    /// A shock changes what exists instead of a parameter.
    #[error(
        "the shocks of tick {tick} change {what}: a shock may change parameters of what exists, not what exists; let the rule exist from the start with its window or a budget of 0"
    )]
    Shape {
        /// Tick of the calendar.
        tick: u32,
        /// What they change.
        what: String,
    },
}

/// A market and what its world starts from.
pub struct Built {
    /// The market of a replication.
    pub market: Bazaar,
    /// Expected orders a tick by listing, for stocks at the start.
    pub expected_sales: Vec<f32>,
    population: shoppers::Population,
}

impl Built {
    /// A shard of shoppers, from the seed alone.
    #[must_use]
    pub fn shard(&self, id: ShardId) -> ShardState {
        self.population.shard(&self.market, id)
    }

    /// The whole world in one process.
    #[must_use]
    pub fn world(&self) -> World<Bazaar> {
        self.world_at(Placement::ALONE)
    }

    /// What one member of a run hosts: its shards of shoppers, its merchants, and what is the same everywhere.
    #[must_use]
    pub fn world_at(&self, placement: Placement) -> World<Bazaar> {
        let hosted = placement.hosts(self.market.plan.count());
        let shards = parallel::build(hosted.len() as u32, |id| self.shard(ShardId(hosted.start + id)));
        let mut world = self.market.world(shards, &self.expected_sales);
        world.merchants.owned = self.market.hosted_merchants(placement);
        world
    }
}

/// People that one simulated shopper stands for.
#[must_use]
pub fn scale(scenario: &Scenario) -> f64 {
    scenario.population.people.0 as f64 / scenario.population.shoppers.0 as f64
}

fn same_shape(scenario: &Scenario, tick: u32, shocked: &Scenario) -> Result<(), BuildError> {
    let changed = |what: &str| BuildError::Shape { tick, what: what.to_string() };
    if scenario.ai_market.lag != shocked.ai_market.lag {
        return Err(changed("`ai_market.lag`"));
    }
    if !scenario.channels.keys().eq(shocked.channels.keys()) {
        return Err(changed("`channels`"));
    }
    if scenario.population.loss_attribution != shocked.population.loss_attribution {
        return Err(changed("`population.loss_attribution`"));
    }
    if !scenario.assistants.keys().eq(shocked.assistants.keys()) {
        return Err(changed("`assistants`"));
    }
    for (name, platform) in &scenario.platforms {
        let other = &shocked.platforms[name];
        if !platform.promotions.keys().eq(other.promotions.keys()) {
            return Err(changed(&format!("the promotions of `{name}`")));
        }
        for (rule, (before, after)) in platform.promotions.iter().map(|(rule, before)| (rule, (before, &other.promotions[rule]))) {
            let same = discriminant(&before.kind) == discriminant(&after.kind);
            if !same || discriminant(&before.budget) != discriminant(&after.budget) {
                return Err(changed(&format!("what `platforms.{name}.promotions.{rule}` is or who pays for it")));
            }
        }
        if platform.ai.initial != other.ai.initial {
            return Err(changed(&format!("`platforms.{name}.ai.initial`")));
        }
    }
    Ok(())
}

fn full_recall_fits(catalog: &Catalog, epochs: &[Params]) -> Result<(), BuildError> {
    for (p, c) in (0..catalog.platforms.len()).flat_map(|p| (0..catalog.categories.len()).map(move |c| (p, c))) {
        let found = catalog.cell(p, c).len();
        if found > RECALLED && epochs.iter().any(|e| e.platforms[p].recall == 0) {
            let (platform, category) = (catalog.platforms[p].to_string(), catalog.categories[c].to_string());
            return Err(BuildError::FullRecall { platform, category, found });
        }
    }
    Ok(())
}

/// Builds the market of one replication; `directory` is where the scenario's files are.
///
/// # Errors
/// If the edge list cannot be read or a category is not sold.
pub fn build(loaded: &Loaded, directory: &Path, replication: u32) -> Result<Built, BuildError> {
    let scenario = &loaded.scenario;
    let seed = Seed(scenario.seed).replication(replication);
    let warm_up = calendar::warm_up(scenario);
    for (tick, shocked) in loaded.shocked() {
        same_shape(scenario, *tick, shocked)?;
    }
    let mut epochs = vec![params::compile(scenario, 0, warm_up)];
    epochs.extend(loaded.shocked().iter().map(|(tick, shocked)| params::compile(shocked, tick + warm_up, warm_up)));
    let catalog = supply::catalog(scenario, seed, warm_up, &mut epochs);
    if let Some(category) = (0..catalog.categories.len()).find(|&c| (0..catalog.platforms.len()).all(|p| catalog.cell(p, c).is_empty())) {
        return Err(BuildError::Unsold { category: catalog.categories[category].to_string() });
    }
    full_recall_fits(&catalog, &epochs)?;
    let expected_sales = supply::expected_sales(scenario, &catalog);
    let population = shoppers::Population::new(scenario, seed);
    let plan = ShardPlan::new(scenario.population.shoppers.0, scenario.population.shard_size);
    let market = Bazaar {
        seed,
        graph: edges::graph(scenario, directory, seed)?,
        days: calendar::days(scenario),
        warm_up,
        missions: params::missions(scenario),
        rates: population.rates(),
        match_scale: shoppers::match_scale(&scenario.population.taste),
        category_share: supply::category_share(scenario),
        mean_sensitivity: shoppers::mean_sensitivity(scenario),
        plan,
        lanes: Lanes::Widest,
        assistants: scenario.assistants.keys().map(|name| name.as_str().into()).collect(),
        attribution: scenario.population.loss_attribution,
        sample: (scenario.outputs.sample.0 * f64::from(u32::MAX)) as u32,
        sellers: Sellers::new(&catalog),
        catalog,
        epochs,
    };
    Ok(Built { market, expected_sales, population })
}
