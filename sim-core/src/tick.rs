//! The tick, written once: shop, grant, settle, adapt, publish, record. Generic over the market (what agents do) and over the
//! exchange (where shards live), so that a distributed run cannot drift from a local one.

use crate::digest::{Digest, DigestParts};
use crate::exchange::{Exchange, ExchangeError, Owned, Parcel, Phase, Sum, Wire};
use crate::grant::{Claim, CutOffs, Overdrawn};
use crate::ids::{ShardId, Tick};
use crate::ledger::Ledger;
use crate::mail::Message;
use crate::parallel;
use crate::shard::ShardPlan;

/// What the agents of a market do in each phase. Methods are pure: no I/O, no clock, draws by key only.
pub trait Market: Sync {
    /// What everybody sees while shopping: quotes and offers. Replicated.
    type View: Sync + Send;
    /// A shard of shoppers.
    type Shoppers: Send;
    /// The merchants hosted here.
    type Merchants: Send;
    /// Demand for scarce resources that merchants own.
    type Demand: Owned;
    /// Claims on the budgets of platforms.
    type Budgets: Sum + Wire;
    /// Tallies by listing.
    type Listings: Owned;
    /// Totals of the tick: counters, ledger, mechanisms, digest sums.
    type Totals: Sum + Wire;
    /// A changed quote.
    type Quote: Ord + Wire;

    /// Every shopper of a shard: missions, pages, choices, provisional orders.
    fn shop(&self, tick: Tick, view: &Self::View, shard: &mut Self::Shoppers, wishes: &mut Wishes<Self>);
    /// Nobody shopped.
    fn no_wishes(&self) -> Wishes<Self>;
    /// Resources that are claimed beyond what there is: those of merchants hosted here, and all budgets.
    fn overdrawn(&self, view: &Self::View, merchants: &Self::Merchants, demand: &Self::Demand, budgets: &Self::Budgets) -> Vec<Overdrawn>;
    /// Claims of a shard on the overdrawn resources (sorted by resource).
    fn claims(&self, tick: Tick, view: &Self::View, shard: &Self::Shoppers, overdrawn: &[Overdrawn]) -> Vec<Claim>;
    /// Orders become final: payments, deliveries, returns, shopper state, rows, mail.
    fn settle(&self, tick: Tick, view: &Self::View, shard: &mut Self::Shoppers, cuts: &CutOffs, tally: &mut Tally<Self>);
    /// An empty tally.
    fn no_tally(&self) -> Tally<Self>;
    /// Takes the mail that a shard sends.
    fn outbox(&self, shard: &mut Self::Shoppers) -> Vec<Message>;
    /// Delivers mail (sorted) to a shard.
    fn deliver(&self, tick: Tick, view: &Self::View, shard: &mut Self::Shoppers, mail: &[(ShardId, Message)]);
    /// Number of a hosted shard.
    fn shard_id(&self, shard: &Self::Shoppers) -> ShardId;
    /// Wrapping sum of the row hashes of a shard.
    fn row_sum(&self, shard: &Self::Shoppers) -> u64;
    /// Merchants see the tallies of their listings and revise prices and stock.
    fn adapt_merchants(
        &self,
        tick: Tick,
        view: &Self::View,
        merchants: &mut Self::Merchants,
        listings: &Self::Listings,
        totals: &Self::Totals,
    ) -> (Vec<Self::Quote>, Self::Totals);
    /// Platforms see the totals, book their own outlays, and revise programmes; quotes and offers of the next tick appear. Replicated.
    fn adapt_platforms(
        &self,
        tick: Tick,
        view: &mut Self::View,
        quotes: Vec<Self::Quote>,
        budgets: &Self::Budgets,
        totals: &mut Self::Totals,
    );
    /// The books of the tick.
    fn ledger<'a>(&self, totals: &'a Self::Totals) -> &'a Ledger;
    /// Checks the books against the tallies. Panics on a difference: a bug.
    fn audit(&self, totals: &Self::Totals);
    /// Hashes of the parts that are not rows or mail.
    fn digest_parts(&self, view: &Self::View, totals: &Self::Totals) -> DigestParts;
    /// Adds the digest sums of rows and mail, and the number of messages.
    fn add_digest_sums(&self, totals: &mut Self::Totals, rows: u64, mail: u64, messages: u64);
}

/// What settling a shard adds up.
pub struct Tally<M: Market + ?Sized> {
    /// By listing.
    pub listings: M::Listings,
    /// Totals.
    pub totals: M::Totals,
}

/// What shopping adds up.
pub struct Wishes<M: Market + ?Sized> {
    /// Demand for scarce resources that merchants own.
    pub demand: M::Demand,
    /// Claims on budgets.
    pub budgets: M::Budgets,
    /// Totals.
    pub totals: M::Totals,
}

/// The agents hosted by a process.
pub struct World<M: Market> {
    /// The next tick.
    pub tick: Tick,
    /// How shoppers are cut into shards.
    pub plan: ShardPlan,
    /// Quotes, offers, platform state.
    pub view: M::View,
    /// Hosted shards of shoppers, by number.
    pub shoppers: Vec<M::Shoppers>,
    /// Hosted merchants.
    pub merchants: M::Merchants,
    /// Digest of all ticks so far.
    pub digest: Digest,
}

/// A stretch of a tick, told to the caller when it is over: this crate reads no clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Shopping.
    Shop,
    /// Exchange and ranking of claims.
    Grant,
    /// Settling, mail, sums.
    Settle,
    /// Merchants, platforms, publication, digest.
    Adapt,
}

/// What is known after a tick.
pub struct Ticked<M: Market> {
    /// Which tick.
    pub tick: Tick,
    /// Totals over all shards.
    pub totals: M::Totals,
    /// Tallies by listing (complete for the merchants hosted here).
    pub listings: M::Listings,
    /// Parts of the digest.
    pub parts: DigestParts,
}

/// Runs one tick of the hosted shards; `finished` hears of each stage when it is over.
///
/// # Errors
/// If the exchange fails; the world is then between states and must be restored from a snapshot.
pub fn run_tick<M: Market, X: Exchange>(
    market: &M,
    world: &mut World<M>,
    exchange: &mut X,
    mut finished: impl FnMut(Stage),
) -> Result<Ticked<M>, ExchangeError> {
    let tick = world.tick;
    let wishes = parallel::accumulate(
        &mut world.shoppers,
        || market.no_wishes(),
        |wishes, shard| market.shop(tick, &world.view, shard, wishes),
        |a, b| {
            a.demand.add(&b.demand);
            a.budgets.add(&b.budgets);
            a.totals.add(&b.totals);
        },
    );
    finished(Stage::Shop);
    let demanded = Parcel { everyone: wishes.budgets, owners: wishes.demand, mail: Vec::<(ShardId, ())>::new(), items: Vec::<()>::new() };
    let Parcel { everyone: budgets, owners: demand, .. } = exchange.exchange(Phase::Demand, demanded)?;
    let cuts = grant(market, world, exchange, &demand, &budgets)?;
    finished(Stage::Grant);
    let tally = parallel::accumulate(
        &mut world.shoppers,
        || market.no_tally(),
        |tally, shard| market.settle(tick, &world.view, shard, &cuts, tally),
        |a, b| {
            a.listings.add(&b.listings);
            a.totals.add(&b.totals);
        },
    );
    let Tally { listings, mut totals } = tally;
    totals.add(&wishes.totals);
    let sent = outgoing(market, world);
    let (mail_hash, messages) = (sent.iter().fold(0u64, |sum, (_, message)| sum.wrapping_add(message.hash())), sent.len() as u64);
    let settled = Parcel { everyone: totals, owners: listings, mail: sent, items: Vec::<()>::new() };
    let Parcel { everyone: mut totals, owners: listings, mail, .. } = exchange.exchange(Phase::Settled, settled)?;
    deliver(market, world, &mail);
    finished(Stage::Settle);
    let (quotes, mut adapted) = market.adapt_merchants(tick, &world.view, &mut world.merchants, &listings, &totals);
    let rows = world.shoppers.iter().fold(0u64, |sum, shard| sum.wrapping_add(market.row_sum(shard)));
    market.add_digest_sums(&mut adapted, rows, mail_hash, messages);
    let night = Parcel { everyone: adapted, owners: (), mail: Vec::<(ShardId, ())>::new(), items: quotes };
    let Parcel { everyone: adapted, items: quotes, .. } = exchange.exchange(Phase::Adapted, night)?;
    totals.add(&adapted);
    market.adapt_platforms(tick, &mut world.view, quotes, &budgets, &mut totals);
    market.ledger(&totals).assert_balanced();
    market.audit(&totals);
    let parts = market.digest_parts(&world.view, &totals);
    world.digest = world.digest.chain(tick.0, &parts);
    world.tick = Tick(tick.0 + 1);
    finished(Stage::Adapt);
    Ok(Ticked { tick, totals, listings, parts })
}

fn grant<M: Market, X: Exchange>(
    market: &M,
    world: &mut World<M>,
    exchange: &mut X,
    demand: &M::Demand,
    budgets: &M::Budgets,
) -> Result<CutOffs, ExchangeError> {
    let overdrawn = market.overdrawn(&world.view, &world.merchants, demand, budgets);
    let mut overdrawn: Vec<Overdrawn> = exchange.exchange(Phase::Overdrawn, Parcel::of_items(overdrawn))?.items;
    overdrawn.dedup(); // every member names the budgets
    if overdrawn.is_empty() {
        return Ok(CutOffs::default());
    }
    let tick = world.tick;
    let claims = parallel::map(&mut world.shoppers, |shard| market.claims(tick, &world.view, shard, &overdrawn)).concat();
    Ok(CutOffs::decide(&overdrawn, exchange.exchange(Phase::Claims, Parcel::of_items(claims))?.items))
}

/// The mail that the hosted shards send, with the shards that it goes to.
fn outgoing<M: Market>(market: &M, world: &mut World<M>) -> Vec<(ShardId, Message)> {
    let plan = world.plan;
    let sent = world.shoppers.iter_mut().flat_map(|shard| market.outbox(shard));
    sent.map(|message| (plan.owner(message.to.0), message)).collect()
}

/// Delivers mail (sorted) to the hosted shards; a shard without mail ends its tick all the same.
fn deliver<M: Market>(market: &M, world: &mut World<M>, mail: &[(ShardId, Message)]) {
    let (tick, view) = (world.tick, &world.view);
    parallel::map(&mut world.shoppers, |shard| {
        let id = market.shard_id(shard);
        let from = mail.partition_point(|(to, _)| *to < id);
        let to = mail.partition_point(|(to, _)| *to <= id);
        market.deliver(tick, view, shard, &mail[from..to]);
    });
}
