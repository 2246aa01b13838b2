//! Who takes up an assistant: the diffusion model of Bass (1969) on the social graph.
//!
//! A shopper is reviewed every seventh tick. Without being told it takes an assistant up with hazard p; a user tells one neighbour
//! with hazard q, who takes it up, so that the hazard of somebody of whose k neighbours (of equal degree) m are users is p + q m/k.
//! Without a graph everybody hears of everybody: p + q x (share of users). Users give it up with a constant hazard.

use super::tally::AssistantState;
use crate::market::Bazaar;
use crate::metric::{Mechanism, Totals};
use crate::params::{ASSISTANTS, Params, REVIEW_TICKS};
use crate::shard::ShopperShard;
use crate::view::View;
use sim_core::draw::{Purpose, below};
use sim_core::graph::SocialGraph;
use sim_core::ids::{MerchantId, PlatformId, ShopperId};
use sim_core::mail::Message;

/// Shoppers that share a block of draws; shards are cut at multiples of it.
const LANES: usize = 8;
/// Numbers of messages from here on tell of an assistant instead of a listing.
const FIRST_NUMBER: u32 = u32::MAX - ASSISTANTS as u32;
/// Key of the choice of a neighbour, beyond those of the reviews.
const NEIGHBOUR_KEY: u64 = 1 << 32;

/// Whether a block of shoppers is reviewed in a tick.
pub(super) fn is_reviewed(block: u64, tick: u32) -> bool {
    (block + u64::from(tick)).is_multiple_of(u64::from(REVIEW_TICKS))
}

/// Users at the start, as if they had been found by reviews.
pub(crate) fn first_states(params: &Params, shoppers: u64) -> Vec<AssistantState> {
    let ticks = i64::from(REVIEW_TICKS);
    let users = |share: f32| (f64::from(share) * shoppers as f64) as i64;
    let spread = |users: i64| std::array::from_fn(|t| users * (t as i64 + 1) / ticks - users * t as i64 / ticks);
    params.assistants.iter().map(|a| AssistantState { found: spread(users(a.first_users)) }).collect()
}

/// Reviews the shoppers of a shard whose turn it is.
pub(crate) fn review(market: &Bazaar, tick: u32, view: &View, shard: &mut ShopperShard, totals: &mut Totals) {
    let params = market.params(view);
    if params.assistants.is_empty() {
        return;
    }
    let everybody = matches!(market.graph, SocialGraph::None);
    let members = shard.state.rows.len();
    for group in (0..members).step_by(LANES) {
        let block = (shard.state.first + group as u64) / LANES as u64;
        if !is_reviewed(block, tick) {
            continue;
        }
        for (a, assistant) in params.assistants.iter().enumerate() {
            let words = market.seed.words(Purpose::Adoption, block, u64::from(tick), a as u64);
            let heard = if everybody { view.state.assistants[a].users() as f32 / market.plan.agents() as f32 } else { 0.0 };
            let hazard = assistant.innovation + assistant.imitation * heard;
            for lane in 0..LANES.min(members - group) {
                let (index, u) = (group + lane, words.uniform(lane));
                let sum = &mut totals.assistants[a];
                if shard.state.rows[index].assistants() >> a & 1 == 1 {
                    if u < assistant.disadoption {
                        shard.row(index, tick, &params.memory).set_assistant(a, false);
                        sum.dropped += 1;
                        totals.fired(Mechanism::AssistantDropped, 1, 0);
                        continue;
                    }
                    sum.users += 1;
                    if !everybody && u >= 1.0 - assistant.imitation && tell(market, tick, shard, index, a) {
                        sum.told += 1;
                        totals.fired(Mechanism::AssistantImitation, 1, 0);
                    }
                } else if u < hazard {
                    shard.row(index, tick, &params.memory).set_assistant(a, true);
                    sum.users += 1;
                    sum.adopted += 1;
                    totals.fired(Mechanism::AssistantAdoption, 1, 0);
                }
            }
        }
    }
}

/// Tells one neighbour of an assistant; nobody where the link leads nowhere.
fn tell(market: &Bazaar, tick: u32, shard: &mut ShopperShard, index: usize, assistant: usize) -> bool {
    let id = ShopperId(shard.state.shopper(index));
    let degree = market.graph.degree(id);
    if degree == 0 {
        return false;
    }
    let words = market.seed.words(Purpose::Adoption, id.0, u64::from(tick), NEIGHBOUR_KEY | assistant as u64);
    let Some(to) = market.graph.neighbour(id, below(words.bits(0), degree)) else { return false };
    shard.outbox.push(Message {
        to,
        from: id,
        number: FIRST_NUMBER + assistant as u32,
        platform: PlatformId(0),
        merchant: MerchantId(0),
        experience: 0,
    });
    true
}

/// Takes up the assistant that a message tells of; `false` if it tells of an experience.
pub(crate) fn hear(params: &Params, tick: u32, shard: &mut ShopperShard, message: &Message) -> bool {
    let Some(assistant) = message.number.checked_sub(FIRST_NUMBER).map(|a| a as usize) else { return false };
    let index = (message.to.0 - shard.state.first) as usize;
    if assistant < params.assistants.len() && shard.state.rows[index].assistants() >> assistant & 1 == 0 {
        shard.row(index, tick, &params.memory).set_assistant(assistant, true);
    }
    true
}
