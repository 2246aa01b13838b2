//! After the sale: deliveries, service contacts, satisfaction, word of mouth, returns with refund and clawback.

use crate::content::stage::Stage;
use crate::market::Bazaar;
use crate::metric::{Mechanism, Metric, Totals};
use crate::order::OpenLine;
use crate::params::{AuthorityParams, Params, RATE_LEVELS};
use crate::service;
use crate::shard::ShopperShard;
use crate::shopper::Q14;
use crate::view::View;
use sim_core::draw::{Purpose, below};
use sim_core::ids::{MerchantId, PlatformId, ShopperId};
use sim_core::ledger::Account;
use sim_core::mail::Message;
use sim_core::money::Money;
use sim_core::tick::Tally;

/// Handles the lines of a shard whose delivery or return is due.
pub(crate) fn handle_due(market: &Bazaar, tick: u32, view: &View, shard: &mut ShopperShard, tally: &mut Tally<Bazaar>) {
    let params = market.params(view);
    for line in shard.state.due(tick) {
        if line.has(OpenLine::PROTECTED) {
            continue; // its refund was claimed while shopping
        }
        if line.has(OpenLine::DELIVERED) {
            take_back(market, params, shard, line, tally);
        } else {
            deliver(market, view, tick, shard, line, tally);
        }
    }
}

fn deliver(market: &Bazaar, view: &View, tick: u32, shard: &mut ShopperShard, line: OpenLine, tally: &mut Tally<Bazaar>) {
    let params = market.params(view);
    let listing = &market.catalog.listings[line.listing as usize];
    let platform = listing.platform as usize;
    let index = line.shopper as usize;
    let segment = shard.state.rate[index] as usize / RATE_LEVELS;
    if line.calls() {
        service::note(&line, &mut tally.listings);
        answer(params, view, platform, segment, line, &mut tally.totals);
    }
    let totals = &mut tally.totals;
    totals.add_to(platform, segment, if listing.live { Metric::DeliveredLive } else { Metric::DeliveredShelf }, 1);
    totals.fired(Mechanism::Delivery, 1, i64::from(line.paid));
    if line.has(OpenLine::REACHED) {
        let cost = params.platforms[platform].proactive.map_or(0, |proactive| proactive.cost);
        totals.add_to(platform, segment, Metric::ProactiveContacts, 1);
        totals.add_to(platform, segment, Metric::ServiceCost, cost);
        totals.ledger.transfer(platform, Account::Platform, Account::External, Money(cost));
        totals.fired(Mechanism::ProactiveService, 1, cost);
    }
    let experience = f32::from(line.experience) * 0.01;
    let memory = &params.memory;
    let row = shard.row(index, tick, memory);
    if memory.satisfaction_gain > 0.0 {
        row.experience(platform, experience, memory.satisfaction_gain);
    }
    if experience > 0.0 && memory.evoked_gain > 0.0 {
        row.evoke(listing.merchant, (memory.evoked_gain * experience * 255.0) as u8, Stage::Act as u8);
    }
    if memory.satisfaction_gain > 0.0 {
        totals.fired(Mechanism::SatisfactionGain, 1, 0);
    }
    tell(market, params, tick, shard, &line);
    if line.has(OpenLine::RETURNS) {
        let ticks = params.platforms[platform].return_ticks.max(1);
        shard.state.open_line(tick, tick + ticks, OpenLine { flags: line.flags | OpenLine::DELIVERED, ..line });
    }
}

/// A contact with service, answered by AI or by a person, or given up before. What is not answered costs nothing and has no response.
fn answer(params: &Params, view: &View, platform: usize, segment: usize, line: OpenLine, totals: &mut Totals) {
    let (rules, desk) = (&params.platforms[platform], &view.service[platform]);
    let (by_ai, unresolved) = (line.is_answered_by_ai(), line.has(OpenLine::UNRESOLVED));
    let (cost, minutes) = match (line.has(OpenLine::CONTACTS), by_ai) {
        (false, _) => (0, 0.0),
        (true, true) => (rules.contact_cost_ai, rules.minutes_ai),
        (true, false) => (desk.cost_person, desk.minutes_person),
    };
    for (metric, amount) in [
        (Metric::Contacts, 1),
        (Metric::AnsweredByAi, i64::from(by_ai)),
        (Metric::SelfResolved, i64::from(by_ai && !unresolved)),
        (Metric::Unresolved, i64::from(unresolved)),
        (Metric::GivenUp, i64::from(!line.has(OpenLine::CONTACTS))),
        (Metric::ResponseSeconds, service::seconds(minutes)),
        (Metric::ServiceCost, cost),
    ] {
        totals.add_to(platform, segment, metric, amount);
    }
    totals.ledger.transfer(platform, Account::Platform, Account::External, Money(cost));
    totals.fired(Mechanism::ServiceContact, 1, cost);
    totals.fired(Mechanism::AiService, i64::from(by_ai && !unresolved), 0);
    if let Some(authority) = rules.authority {
        decide(authority, platform, segment, line, totals);
    }
    if line.has(OpenLine::DISPUTED) {
        totals.add_to(platform, segment, Metric::Disputes, 1);
        totals.add_to(platform, segment, Metric::ServiceCost, rules.dispute_cost);
        totals.ledger.transfer(platform, Account::Platform, Account::External, Money(rules.dispute_cost));
        totals.fired(Mechanism::Dispute, 1, rules.dispute_cost);
    }
}

/// What AI decides within its authority: money back with what it resolves; beyond it, people decide.
fn decide(authority: AuthorityParams, platform: usize, segment: usize, line: OpenLine, totals: &mut Totals) {
    let above = i64::from(line.paid) > authority.limit;
    totals.add_to(platform, segment, Metric::AboveAuthority, i64::from(above));
    if above || !line.is_answered_by_ai() || line.has(OpenLine::UNRESOLVED) {
        return;
    }
    let amount = Money(i64::from(line.paid)).share(authority.compensation_ppm).0;
    totals.add_to(platform, segment, Metric::Compensation, amount);
    totals.add_to(platform, segment, Metric::ServiceCost, amount);
    totals.ledger.transfer(platform, Account::Platform, Account::Shopper, Money(amount));
    totals.fired(Mechanism::Authority, 1, amount);
}

/// Tells one neighbour about the experience, with small probability.
fn tell(market: &Bazaar, params: &Params, tick: u32, shard: &mut ShopperShard, line: &OpenLine) {
    if params.messages_per_order <= 0.0 {
        return;
    }
    let id = ShopperId(shard.state.shopper(line.shopper as usize));
    let words = market.seed.words(Purpose::WordOfMouth, id.0, u64::from(tick), u64::from(line.listing));
    let degree = market.graph.degree(id);
    if words.uniform(0) >= params.messages_per_order || degree == 0 {
        return;
    }
    let listing = &market.catalog.listings[line.listing as usize];
    if let Some(to) = market.graph.neighbour(id, below(words.bits(1), degree)) {
        shard.outbox.push(Message {
            to,
            from: id,
            number: line.listing,
            platform: PlatformId(listing.platform),
            merchant: MerchantId(listing.merchant),
            experience: (f32::from(line.experience) * 0.01 * Q14) as i16,
        });
        if line.experience > 0 {
            shard.row(line.shopper as usize, tick, &params.memory).raise(listing.merchant, Stage::Advocate);
        }
    }
}

/// A shopper hears of an experience.
pub(crate) fn hear(params: &Params, tick: u32, shard: &mut ShopperShard, message: &Message) {
    let index = (message.to.0 - shard.state.first) as usize;
    let memory = &params.memory;
    let experience = f32::from(message.experience) * (1.0 / Q14);
    let row = shard.row(index, tick, memory);
    row.experience(message.platform.index(), experience, params.influence);
    if experience > 0.0 && memory.evoked_gain > 0.0 {
        row.evoke(message.merchant.0, (memory.evoked_gain * experience * 127.0) as u8, Stage::Aware as u8);
    }
}

/// A line comes back: refund, clawback, commission, goods.
fn take_back(market: &Bazaar, params: &Params, shard: &mut ShopperShard, line: OpenLine, tally: &mut Tally<Bazaar>) {
    let listing = &market.catalog.listings[line.listing as usize];
    let platform = listing.platform as usize;
    let rules = &params.platforms[platform];
    let segment = shard.state.rate[line.shopper as usize] as usize / RATE_LEVELS;
    let [paid, baseline, strategy, commission] = [line.paid, line.clawback, line.clawback_strategy, line.commission].map(i64::from);
    let clawback = baseline + strategy;
    let salvage = Money(i64::from(listing.unit_cost)).share(rules.salvage_ppm).0;
    let totals = &mut tally.totals;
    let mut pay = |from, to, amount| totals.ledger.transfer(platform, from, to, Money(amount));
    pay(Account::Merchant, Account::Shopper, paid);
    pay(Account::Merchant, Account::Subsidy, clawback);
    pay(Account::Subsidy, Account::Platform, clawback);
    pay(Account::Platform, Account::Merchant, commission);
    pay(Account::Merchant, Account::Logistics, rules.return_cost);
    pay(Account::External, Account::Merchant, salvage);
    let cash = commission + salvage - paid - clawback - rules.return_cost;
    let at = line.listing as usize;
    tally.listings.cash[at] += cash;
    tally.listings.refunds[at] += paid + clawback;
    let first_party = listing.first_party;
    for (metric, amount) in [
        (Metric::Refunds, paid + clawback),
        (Metric::Clawback, clawback),
        (Metric::StrategyClawback, strategy),
        (Metric::Commission, -commission),
        (Metric::LogisticsMerchant, rules.return_cost),
        (Metric::GoodsCost, -salvage),
        (if listing.live { Metric::ReturnedLive } else { Metric::ReturnedShelf }, 1),
        (Metric::MerchantCash, cash),
        (if first_party { Metric::FirstPartyCash } else { Metric::ThirdPartyCash }, cash),
    ] {
        totals.add_to(platform, segment, metric, amount);
    }
    totals.fired(Mechanism::Return, 1, paid);
    if clawback > 0 {
        totals.fired(Mechanism::Clawback, 1, clawback);
    }
}
