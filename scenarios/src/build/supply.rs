//! Supply from its keys: merchants dealt to categories, their products, and a listing for each platform that they sell on.

use super::{params, sample, shoppers};
use crate::model::{Category, MerchantGroup, MerchantsScale, Scenario, TasteScale};
use agents::catalog::{Catalog, Listing, Merchant, NO_LISTING, RIVALS};
use agents::merchant::rivals;
use agents::params::{Params, TASTE};
use agents::platform::PlatformState;
use agents::policy::PricingPolicy;
use agents::pricing::break_even;
use rand::Rng;
use sim_core::draw::{Purpose, Seed, Words, unit_f32, unit_f64};
use std::sync::Arc;

/// Dearest list price, in money units: two of them still fit 32 bits.
pub(crate) const DEAREST: f64 = 2_000_000_000.0;

/// Draws behind the price level of a category.
const LEVEL_DRAWS: usize = 4097;

/// Merchants, products and listings; sets the price levels of the categories in all epochs.
pub(super) fn catalog(scenario: &Scenario, seed: Seed, epochs: &mut [Params]) -> Catalog {
    let names = |keys: &mut dyn Iterator<Item = &String>| keys.map(|k| Arc::from(k.as_str())).collect::<Vec<Arc<str>>>();
    let params = &epochs[0];
    let delivery = params.platforms.iter().enumerate().map(|(p, rules)| PlatformState::new(params, p).delivery_cost(rules)).collect();
    let mut builder = Builder { scenario, seed, merchants: Vec::new(), listings: Vec::new(), params, delivery };
    for (index, group) in scenario.catalog.merchants.values().enumerate() {
        builder.group(index, group);
    }
    let (mut merchants, mut listings) = (builder.merchants, builder.listings);
    let order = sort_by_cell(&mut listings);
    for merchant in &mut merchants {
        merchant.listings.iter_mut().for_each(|l| *l = order[*l as usize]);
        merchant.listings.sort_unstable();
    }
    let categories = scenario.catalog.categories.len();
    let platforms = scenario.platforms.len();
    let cells: Vec<_> = (0..platforms * categories)
        .map(|cell| {
            let of = |l: &Listing| l.platform as usize * categories + l.category as usize;
            listings.partition_point(|l| of(l) < cell) as u32..listings.partition_point(|l| of(l) <= cell) as u32
        })
        .collect();
    watch_rivals(&mut listings, categories);
    let levels = price_levels(scenario, Seed(scenario.seed));
    for epoch in epochs.iter_mut() {
        for (category, level) in epoch.categories.iter_mut().zip(&levels) {
            category.price_level = *level;
        }
    }
    Catalog {
        platforms: names(&mut scenario.platforms.keys()),
        categories: names(&mut scenario.catalog.categories.keys()),
        segments: names(&mut scenario.population.segments.keys()),
        groups: params::groups(scenario),
        merchants,
        listings,
        cells,
    }
}

struct Builder<'a> {
    scenario: &'a Scenario,
    seed: Seed,
    merchants: Vec<Merchant>,
    listings: Vec<Listing>,
    params: &'a Params,
    /// Cost of delivering a line at the start, by platform.
    delivery: Vec<i64>,
}

impl Builder<'_> {
    fn group(&mut self, index: usize, group: &MerchantGroup) {
        let count = merchants_of(self.scenario, group);
        let deck = deal(self.scenario, group, count);
        let owner = group.first_party_of.as_ref().and_then(|name| self.scenario.platforms.get_index_of(name));
        for (k, category) in deck.into_iter().enumerate() {
            let id = self.merchants.len() as u32;
            // keyed by group and place in it: a merchant more in one group leaves the draws of the others
            let key = (index as u64) << 48 | (k as u64) << 16;
            let home = self.platforms_of(group, key);
            let on = self.open_to(group, key, &home);
            let dormant = group.entry.as_ref().is_some_and(|e| f64::from(self.presence(key).uniform(0)) < e.dormant.0);
            let first = self.listings.len() as u32;
            for product in 0..group.products {
                self.product(group, id, key | u64::from(product), category, &on, &home);
            }
            let listings = (first..self.listings.len() as u32).collect();
            self.merchants.push(Merchant { group: index as u16, listings, first_party_of: owner.map(|p| p as u8), dormant });
        }
    }

    /// The platforms of a merchant: each with its probability, at least the one with the largest.
    fn platforms_of(&self, group: &MerchantGroup, key: u64) -> Vec<usize> {
        let words = self.seed.words(Purpose::Merchant, key, 0, 0);
        let place = |name: &String| self.scenario.platforms.get_index_of(name).expect("the check knows every platform");
        let chosen: Vec<usize> = group
            .platforms
            .iter()
            .enumerate()
            .filter(|(i, (_, share))| f64::from(words.uniform(i % 8)) < share.0)
            .map(|(_, (name, _))| place(name))
            .collect();
        if chosen.is_empty() {
            let likeliest = group.platforms.iter().max_by(|a, b| a.1.0.total_cmp(&b.1.0)).expect("a group sells somewhere");
            return vec![place(likeliest.0)];
        }
        chosen
    }

    /// The platforms on which the merchant has listings: those where it starts, and those that it may join.
    fn open_to(&self, group: &MerchantGroup, key: u64, home: &[usize]) -> Vec<usize> {
        let Some(choice) = &group.platform_choice else { return home.to_vec() };
        let words = self.presence(key);
        let names = group.platforms.iter().filter(|(_, share)| share.0 > 0.0).enumerate();
        names
            .map(|(i, (name, _))| (i, self.scenario.platforms.get_index_of(name).expect("the check knows every platform")))
            .filter(|(i, platform)| home.contains(platform) || f64::from(words.uniform(1 + i % 7)) < choice.open.0)
            .map(|(_, platform)| platform)
            .collect()
    }

    fn presence(&self, key: u64) -> Words {
        self.seed.words(Purpose::Merchant, key, 1, 0)
    }

    fn product(&mut self, group: &MerchantGroup, merchant: u32, key: u64, category: usize, on: &[usize], home: &[usize]) {
        let goods = &self.scenario.catalog.categories[category];
        let seed = self.seed;
        let stream = |attribute: u64| seed.stream(Purpose::Product, key, attribute);
        let mut tastes = stream(0);
        let raw = self.scenario.population.taste.scale == TasteScale::Raw;
        let mut traits = [0i8; TASTE];
        for coordinate in &mut traits[..self.scenario.population.taste.dimensions as usize] {
            *coordinate = shoppers::draw_coordinate(raw, unit_f64(tastes.next_u64()));
        }
        let quality = sample::draw(&group.quality, &mut stream(1)).clamp(0.0, 1.0) as f32;
        let popularity = sample::draw(&group.popularity, &mut stream(2)).clamp(1e-6, 1e6) as f32;
        let yuan = sample::draw(&goods.price, &mut stream(3)) * sample::draw(&group.price_factor, &mut stream(4));
        let asked = (yuan * f64::from(self.scenario.money_unit)).clamp(1.0, DEAREST);
        let unit_cost = (asked * (goods.cost.0 * group.cost_factor).min(1.5)).round() as u32;
        let first = self.listings.len() as u32;
        for (i, &platform) in on.iter().enumerate() {
            let words = self.seed.words(Purpose::Listing, key, platform as u64, 0);
            let live = self.scenario.platforms[platform].live && f64::from(words.uniform(0)) < group.live.0;
            let mut twins = [NO_LISTING; 3];
            for (slot, other) in twins.iter_mut().zip((0..on.len()).filter(|&j| j != i)) {
                *slot = first + other as u32;
            }
            self.listings.push(Listing {
                merchant,
                platform: platform as u8,
                category: category as u16,
                live,
                first_party: self.owns(group, platform),
                traits,
                quality,
                unit_cost,
                first_price: self.first_price(group, platform, asked, unit_cost),
                popularity,
                twins,
                rivals: [NO_LISTING; RIVALS],
                participation: unit_f32(words.bits(1)),
                home: home.contains(&platform),
            });
        }
    }

    fn owns(&self, group: &MerchantGroup, platform: usize) -> bool {
        group.first_party_of.as_ref().and_then(|name| self.scenario.platforms.get_index_of(name)) == Some(platform)
    }

    /// The price of the first tick: what the policy would ask where that follows from cost, else the drawn price.
    fn first_price(&self, group: &MerchantGroup, platform: usize, asked: f64, unit_cost: u32) -> u32 {
        let rules = &self.params.platforms[platform];
        let cost = break_even(rules, unit_cost, self.delivery[platform], self.owns(group, platform));
        let price = match group.pricing {
            PricingPolicy::CostPlus { markup, .. } => cost * (1.0 + markup),
            _ => asked,
        };
        price.round().clamp(1.0, DEAREST) as u32
    }
}

fn merchants_of(scenario: &Scenario, group: &MerchantGroup) -> u32 {
    match &scenario.catalog.merchants_scale {
        MerchantsScale::Fixed | MerchantsScale::MoneyAtShoppers(_) => group.count,
        MerchantsScale::AtShoppers(_) => {
            scenario.catalog.merchants_at(group.count, scenario.population.shoppers).clamp(1, u64::from(u32::MAX)) as u32
        }
    }
}

/// The category of each merchant of a group: in proportion to shares, or evenly.
fn deal(scenario: &Scenario, group: &MerchantGroup, count: u32) -> Vec<usize> {
    let all = &scenario.catalog.categories;
    let chosen: Vec<usize> = if group.categories.is_empty() {
        (0..all.len()).collect()
    } else {
        group.categories.iter().filter_map(|name| all.get_index_of(name)).collect()
    };
    if group.even {
        return (0..count as usize).map(|k| chosen[k % chosen.len()]).collect();
    }
    let share = |c: usize| all[c].share;
    let total: f64 = chosen.iter().map(|&c| share(c)).sum();
    let mut ends = Vec::with_capacity(chosen.len());
    let mut sum = 0.0;
    for &c in &chosen {
        sum += share(c) / total;
        ends.push(sum);
    }
    (0..count)
        .map(|k| {
            let place = (f64::from(k) + 0.5) / f64::from(count);
            chosen[ends.partition_point(|&end| end <= place).min(chosen.len() - 1)]
        })
        .collect()
}

/// Sorts listings by (platform, category), keeps their order otherwise, and mends twins; returns the new place of each.
fn sort_by_cell(listings: &mut Vec<Listing>) -> Vec<u32> {
    let mut by_cell: Vec<u32> = (0..listings.len() as u32).collect();
    by_cell.sort_by_key(|&l| (listings[l as usize].platform, listings[l as usize].category, l));
    let mut place = vec![0u32; listings.len()];
    for (new, &old) in by_cell.iter().enumerate() {
        place[old as usize] = new as u32;
    }
    *listings = by_cell.iter().map(|&old| listings[old as usize].clone()).collect();
    for listing in listings {
        for twin in listing.twins.iter_mut().filter(|t| **t != NO_LISTING) {
            *twin = place[*twin as usize];
        }
    }
    place
}

fn watch_rivals(listings: &mut [Listing], categories: usize) {
    for category in 0..categories {
        let mut by_cost: Vec<u32> = (0..listings.len() as u32).filter(|&l| listings[l as usize].category as usize == category).collect();
        by_cost.sort_by_key(|&l| (listings[l as usize].unit_cost, l));
        for place in 0..by_cost.len() {
            let found = rivals(listings, &by_cost, place);
            listings[by_cost[place] as usize].rivals = found;
        }
    }
}

/// Price level of each category, money units: the median of its price distribution, whoever sells at which price.
fn price_levels(scenario: &Scenario, seed: Seed) -> Vec<f32> {
    let categories = scenario.catalog.categories.values().enumerate();
    categories
        .map(|(c, category)| {
            let mut stream = seed.stream(Purpose::PriceLevel, c as u64, 0);
            let mut draws: Vec<f64> = (0..LEVEL_DRAWS).map(|_| sample::draw(&category.price, &mut stream)).collect();
            draws.sort_unstable_by(f64::total_cmp);
            (draws[LEVEL_DRAWS / 2] * f64::from(scenario.money_unit)).max(1.0) as f32
        })
        .collect()
}

/// Share of missions by category over all segments, without seasons.
pub(super) fn category_share(scenario: &Scenario) -> Vec<f64> {
    let weights: Vec<f64> = scenario
        .catalog
        .categories
        .iter()
        .map(|(name, Category { share, .. })| {
            let lift = |s: &crate::model::Segment| s.share.0 * s.visit_rate.mean() * s.basket.get(name).copied().unwrap_or(1.0);
            share * scenario.population.segments.values().map(lift).sum::<f64>()
        })
        .collect();
    let total: f64 = weights.iter().sum();
    weights.iter().map(|w| w / total).collect()
}

/// Expected orders a tick by listing: half of the missions in the category, by platform and popularity. Only stocks at the start
/// depend on it.
pub(super) fn expected_sales(scenario: &Scenario, catalog: &Catalog) -> Vec<f32> {
    let rate: f64 = scenario.population.segments.values().map(|s| s.share.0 * s.visit_rate.mean()).sum();
    let missions = rate * scenario.calendar.tick.0 * scenario.population.shoppers.0 as f64;
    let shares = category_share(scenario);
    let mut sales = vec![0.0; catalog.listings.len()];
    let categories = catalog.categories.len();
    for (c, share) in shares.iter().enumerate() {
        let sellers = (0..catalog.platforms.len()).filter(|&p| !catalog.cell(p, c).is_empty()).count();
        for cell in (0..catalog.platforms.len()).map(|p| catalog.cells[p * categories + c].clone()) {
            let members = cell.start as usize..cell.end as usize;
            let on_sale = catalog.listings[members.clone()].iter().filter(|l| catalog.listed_at_start(l));
            let total: f64 = on_sale.map(|l| f64::from(l.popularity)).sum::<f64>().max(1e-6);
            for id in members {
                let part = f64::from(catalog.listings[id].popularity) / total / sellers as f64;
                sales[id] = (0.5 * missions * share * part) as f32;
            }
        }
    }
    sales
}
