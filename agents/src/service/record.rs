//! Service of a merchant as its weekly row shows it. Reads only.

use super::inquiry::answers;
use super::night::desk_of;
use super::shop::Talent;
use crate::market::Bazaar;
use sim_core::tick::World;

/// The desk of a merchant at the end of a week.
pub(crate) struct ShopService {
    /// Skill of its people, 0 to 1; not a number without a desk.
    pub(crate) skill: f64,
    /// Whether it pays for a tool.
    pub(crate) holds_tool: bool,
    /// People at the desk.
    pub(crate) people: u32,
    /// Wages and fees of the week so far, money units.
    pub(crate) cost: i64,
}

impl ShopService {
    /// That of a merchant after the last tick.
    pub(crate) fn new(market: &Bazaar, world: &World<Bazaar>, merchant: u32) -> ShopService {
        let Some((params, desk)) = desk_of(market, merchant).zip(world.merchants.desks.get(merchant as usize)) else {
            return ShopService { skill: f64::NAN, holds_tool: false, people: 0, cost: 0 };
        };
        let talent = Talent::new(market.seed, merchant);
        let holds_tool = talent.tool(params, desk, world.tick.0.saturating_sub(1)).is_some();
        ShopService { skill: talent.skill, holds_tool, people: desk.people(params), cost: desk.week_cost }
    }
}

/// Mean share of questions answered well of some listings.
pub(crate) fn mean_score(world: &World<Bazaar>, listings: &[usize]) -> f64 {
    let scores = listings.iter().map(|&l| world.view.state.service.get(l).map_or(0.0, |&score| f64::from(answers(score))));
    scores.sum::<f64>() / listings.len() as f64
}
