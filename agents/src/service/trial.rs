//! Trials of service tools inside a run: who holds one, what it does for people, and how it is taken away.

use super::night::desk_of;
use super::shop::{Talent, assistance};
use crate::market::Bazaar;
use crate::merchant::Merchants;

/// Hosted merchants who hold a service tool at an engine tick, in order.
#[must_use]
pub fn holders(market: &Bazaar, merchants: &Merchants, tick: u32) -> Vec<u32> {
    let holds = |id: &u32| {
        let desk = merchants.desks.get(*id as usize);
        desk_of(market, *id).zip(desk).is_some_and(|(params, desk)| Talent::new(market.seed, *id).tool(params, desk, tick).is_some())
    };
    merchants.owned.clone().filter(holds).collect()
}

/// Takes the tool from the merchants named: they go on without it.
pub fn withdraw(merchants: &mut Merchants, from: &[u32]) {
    for &id in from {
        merchants.desks[id as usize].gave_up = true;
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
