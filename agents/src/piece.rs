//! A world between ticks, in pieces that a restart may place elsewhere: one for each shard of shoppers, one for each stretch
//! of merchants, and one that is the same everywhere.
//!
//! Guarantees that a world put together from its pieces goes on to the same digests, on whatever number of members, and
//! that a damaged piece is refused. Where pieces are kept is not decided here.

use crate::ads::books::{AdBooks, Campaign, ItemBook};
use crate::loss::Cause;
use crate::market::Bazaar;
use crate::merchant::{ListingState, Merchants};
use crate::metric::select_rows;
use crate::presence::Standing;
use crate::service::{NUMBERS, ShopDesk};
use crate::shard::{ShardState, ShopperShard};
use crate::view::ViewState;
use serde::{Deserialize, Serialize};
use sim_core::digest::Digest;
use sim_core::ids::Tick;
use sim_core::placement::Placement;
use sim_core::snapshot::{self, SnapshotError};
use sim_core::tick::World;
use std::ops::Range;

/// What is the same on all members.
#[derive(Serialize, Deserialize)]
struct Replicated {
    tick: Tick,
    digest: Digest,
    view: ViewState,
    /// What all merchants know alike.
    mean_pages: Vec<f32>,
}

/// What is known of a stretch of merchants.
#[derive(Serialize, Deserialize)]
struct Stretch {
    owned: Range<u32>,
    /// Of the listings of these merchants, with their ids.
    listings: Vec<(u32, ListingState)>,
    cash: Vec<i64>,
    standing: Vec<Standing>,
    /// Lost sales of the week by cause, of these listings in their order.
    week_losses: Vec<u32>,
    /// What service did in the week, of the same listings.
    week_service: Vec<[i64; NUMBERS]>,
    desks: Vec<ShopDesk>,
    ads: AdStretch,
}

/// What they remember of advertising; empty where nobody advertises.
#[derive(Serialize, Deserialize)]
struct AdStretch {
    /// Of the same listings, with their ids.
    items: Vec<(u32, ItemBook)>,
    campaigns: Vec<Campaign>,
    adopted: Vec<bool>,
}

/// The bytes of a world in pieces.
pub struct Pieces {
    /// What is the same on all members.
    pub replicated: Vec<u8>,
    /// Shards of shoppers.
    pub shards: Vec<Vec<u8>>,
    /// Stretches of merchants.
    pub merchants: Vec<Vec<u8>>,
}

impl Bazaar {
    /// The merchants that a member hosts.
    #[must_use]
    pub fn hosted_merchants(&self, placement: Placement) -> Range<u32> {
        placement.hosts(self.catalog.merchants.len() as u32)
    }

    /// The listings whose merchants each of `members` hosts, sorted.
    #[must_use]
    pub fn hosted_listings(&self, members: u32) -> Vec<Vec<u32>> {
        let merchants = self.catalog.merchants.len() as u32;
        let mut hosted = vec![Vec::new(); members as usize];
        for (id, listing) in self.catalog.listings.iter().enumerate() {
            hosted[Placement::host_of(listing.merchant, merchants, members) as usize].push(id as u32);
        }
        hosted
    }

    /// The piece that is the same on all members.
    ///
    /// # Errors
    /// If the state cannot be encoded.
    pub fn replicated_piece(&self, world: &World<Bazaar>) -> Result<Vec<u8>, SnapshotError> {
        snapshot::save(&Replicated {
            tick: world.tick,
            digest: world.digest,
            view: world.view.state.clone(),
            mean_pages: world.merchants.mean_pages.clone(),
        })
    }

    /// The piece of a shard.
    ///
    /// # Errors
    /// If the state cannot be encoded.
    pub fn shard_piece(&self, shard: &ShopperShard) -> Result<Vec<u8>, SnapshotError> {
        snapshot::save(&shard.state)
    }

    /// The piece of the merchants that are hosted here.
    ///
    /// # Errors
    /// If the state cannot be encoded.
    pub fn merchant_piece(&self, world: &World<Bazaar>) -> Result<Vec<u8>, SnapshotError> {
        let Merchants { owned, listings, cash, standing, mean_pages: _, ads, week_losses, desks, week_service, departed: _ } =
            &world.merchants;
        let stretch = owned.start as usize..owned.end as usize;
        let own = self.catalog.listings.iter().zip(listings).enumerate().filter(|(_, (listing, _))| owned.contains(&listing.merchant));
        let ids: Vec<u32> = own.clone().map(|(id, _)| id as u32).collect();
        snapshot::save(&Stretch {
            week_losses: select_rows(week_losses, Cause::COUNT, &ids),
            week_service: ids.iter().filter_map(|&id| week_service.get(id as usize)).copied().collect(),
            desks: desks.get(stretch.clone()).unwrap_or_default().to_vec(),
            owned: owned.clone(),
            listings: own.map(|(id, (_, state))| (id as u32, state.clone())).collect(),
            cash: cash[stretch.clone()].to_vec(),
            standing: standing[stretch].to_vec(),
            ads: self.ad_stretch(owned, ads),
        })
    }

    /// The world of a member from its shards and from the stretches of merchants that overlap its own; `first` is a world at
    /// tick 0, of which only what is not hosted is left.
    ///
    /// # Errors
    /// If a piece is damaged or of another layout.
    pub fn restored(&self, mut first: World<Bazaar>, placement: Placement, pieces: &Pieces) -> Result<World<Bazaar>, SnapshotError> {
        let Replicated { tick, digest, view, mean_pages } = snapshot::load(&pieces.replicated)?;
        let shards: Result<Vec<ShardState>, SnapshotError> = pieces.shards.iter().map(|bytes| snapshot::load(bytes)).collect();
        for bytes in &pieces.merchants {
            let Stretch { owned, listings, cash, standing, ads, week_losses, week_service, desks } = snapshot::load(bytes)?;
            let lost = week_losses.chunks_exact(Cause::COUNT);
            for ((id, _), row) in listings.iter().zip(lost) {
                first.merchants.week_losses[*id as usize * Cause::COUNT..][..Cause::COUNT].copy_from_slice(row);
            }
            for ((id, _), row) in listings.iter().zip(week_service) {
                first.merchants.week_service[*id as usize] = row;
            }
            for (id, state) in listings {
                first.merchants.listings[id as usize] = state;
            }
            self.restore_ads(&owned, ads, &mut first.merchants.ads);
            let stretch = owned.start as usize..owned.end as usize;
            first.merchants.cash[stretch.clone()].copy_from_slice(&cash);
            first.merchants.standing[stretch.clone()].clone_from_slice(&standing);
            if let Some(here) = first.merchants.desks.get_mut(stretch) {
                here.copy_from_slice(&desks);
            }
        }
        first.merchants.mean_pages = mean_pages;
        first.merchants.owned = self.hosted_merchants(placement);
        Ok(World {
            tick,
            plan: self.plan,
            view: self.view(tick.0.min(self.ticks() - 1), view),
            shoppers: shards?.into_iter().map(ShopperShard::new).collect(),
            merchants: first.merchants,
            digest,
        })
    }

    fn ad_stretch(&self, owned: &Range<u32>, ads: &AdBooks) -> AdStretch {
        let own = self.catalog.listings.iter().zip(&ads.items).enumerate().filter(|(_, (listing, _))| owned.contains(&listing.merchant));
        AdStretch {
            items: own.map(|(id, (_, item))| (id as u32, item.clone())).collect(),
            campaigns: ads.campaigns.get(self.campaigns_of(owned)).unwrap_or_default().to_vec(),
            adopted: ads.adopted.get(owned.start as usize..owned.end as usize).unwrap_or_default().to_vec(),
        }
    }

    fn restore_ads(&self, owned: &Range<u32>, stretch: AdStretch, ads: &mut AdBooks) {
        for (id, item) in stretch.items {
            ads.items[id as usize] = item;
        }
        if ads.is_on() {
            ads.campaigns[self.campaigns_of(owned)].clone_from_slice(&stretch.campaigns);
            ads.adopted[owned.start as usize..owned.end as usize].copy_from_slice(&stretch.adopted);
        }
    }

    fn campaigns_of(&self, owned: &Range<u32>) -> Range<usize> {
        let platforms = self.catalog.platforms.len();
        owned.start as usize * platforms..owned.end as usize * platforms
    }
}
