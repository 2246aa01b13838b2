//! Trials of service tools inside a run: who could hold one and who does, what it does for people, how it is handed out and taken away.

use super::night::desk_of;
use super::shop::{Talent, ToolUse, assistance};
use crate::market::Bazaar;
use crate::merchant::Merchants;

/// Hosted merchants who hold a service tool at an engine tick, in order.
fn holders(market: &Bazaar, merchants: &Merchants, tick: u32) -> Vec<u32> {
    let holds = |id: &u32| {
        let desk = merchants.desks.get(*id as usize);
        desk_of(market, *id).zip(desk).is_some_and(|(params, desk)| Talent::new(market.seed, *id).tool(params, desk, tick).is_some())
    };
    merchants.owned.clone().filter(holds).collect()
}

/// Hosted merchants whose group has a service tool, in order, whether they took it up or not.
#[must_use]
pub fn candidates(market: &Bazaar, merchants: &Merchants) -> Vec<u32> {
    let could = |id: &u32| (*id as usize) < merchants.desks.len() && desk_of(market, *id).is_some_and(|params| params.tool.is_some());
    merchants.owned.clone().filter(could).collect()
}

/// Makes the merchants named use the tool, or go on without it.
pub fn assign(merchants: &mut Merchants, to: &[u32], tool: ToolUse) {
    for &id in to {
        merchants.desks[id as usize].tool = tool;
    }
}

/// Mean gain in issues per hour of the people of merchants who hold a tool; not a number where nobody does.
#[must_use]
pub fn mean_assistance(market: &Bazaar, merchants: &Merchants, tick: u32) -> f64 {
    let holders = holders(market, merchants, tick);
    let gain = |id: &u32| {
        let talent = Talent::new(market.seed, *id);
        assistance(&talent, desk_of(market, *id).and_then(|params| params.tool.as_ref()), tick)
    };
    holders.iter().map(gain).sum::<f64>() / holders.len() as f64
}
