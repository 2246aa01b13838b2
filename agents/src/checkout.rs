//! Checking out: the chosen offer becomes a provisional order line with its discounts, its rank and its claims.

use crate::market::Bazaar;
use crate::metric::{Mechanism, Metric};
use crate::order::Line;
use crate::promotion::rule_parts;
use crate::shard::ShopperShard;
use crate::visit::{Option_, Tour};
use sim_core::draw::{Purpose, mix};
use sim_core::grant::Rank;
use sim_core::rows::MissionRow;
use sim_core::tick::Wishes;

impl Tour<'_> {
    /// A provisional order: discounts, cancellation, claims.
    #[expect(clippy::too_many_arguments, reason = "one call, in the hot loop")]
    pub(crate) fn order(
        &self,
        shard: &mut ShopperShard,
        index: usize,
        mission: u32,
        segment: usize,
        option: &Option_,
        probability: f32,
        sensitivity: f32,
        wishes: &mut Wishes<Bazaar>,
    ) {
        let Wishes { demand, budgets, totals } = wishes;
        let id = shard.state.shopper(index);
        let listing = &self.catalog.listings[option.listing as usize];
        let platform = listing.platform as usize;
        let offerings = self.offerings(id, platform, segment).joined(self.view.state.joins[option.listing as usize]);
        let from = shard.parts.len();
        let list_price = self.view.state.prices[option.listing as usize];
        let paid = rule_parts(offerings, listing, &self.view.asked, list_price, &mut shard.parts);
        assert_eq!(paid, option.price, "the price on the page is the price of the order");
        let after = || self.seed.words(Purpose::After, id, u64::from(self.tick), u64::from(mission));
        let rules = &self.params.platforms[platform];
        let share = if self.day.sale { rules.cancelled_festival } else { rules.cancelled };
        let luck = if share > 0.0 { after().uniform(0) } else { 1.0 };
        let cancelled = luck < share;
        let priority = mix(self.priority_key ^ id, u64::from(mission));
        let rank = Rank { priority, shopper: id, mission: mission as u16, line: 0 };
        let merchant_part: u32 = shard.parts[from..].iter().map(|p| p.merchant).sum();
        totals.add_to(platform, segment, Metric::Orders, 1);
        totals.add_to(platform, segment, Metric::Gmv, i64::from(list_price - merchant_part));
        if cancelled {
            totals.add_to(platform, segment, Metric::Cancelled, 1);
            totals.fired(Mechanism::Cancellation, 1, i64::from(paid));
            if luck >= rules.cancelled {
                totals.fired(Mechanism::FestivalCancellation, 1, i64::from(paid));
            }
        } else {
            for part in &shard.parts[from..] {
                let rule = &self.params.platforms[platform].promotions[part.rule as usize];
                budgets.claimed[self.market.money_slot(platform, part.rule, rule)] += i64::from(part.platform);
            }
            if let Some(pieces) = demand.pieces.get_mut(option.listing as usize) {
                *pieces += 1;
            }
        }
        shard.lines.push(Line {
            shopper: index as u32,
            listing: option.listing,
            mission: mission as u16,
            cancelled,
            parts: (from as u32, (shard.parts.len() - from) as u8),
            list_price,
            true_match: option.true_match,
            perceived_match: option.perceived,
            sensitivity,
            reference: self.reference(&shard.state.rows[index], listing.category as usize).unwrap_or(f32::INFINITY),
            probability,
            rank,
        });
    }

    #[expect(clippy::too_many_arguments, reason = "one call, for sampled shoppers")]
    pub(crate) fn write_mission(
        &self,
        shard: &mut ShopperShard,
        id: u64,
        mission: u32,
        segment: usize,
        category: usize,
        options: &[Option_],
        chosen: Option<usize>,
    ) {
        let rows = options.iter().enumerate().map(|(i, o)| MissionRow {
            tick: self.tick - self.market.warm_up,
            shopper: id,
            mission,
            segment: self.catalog.segments[segment].clone(),
            category: self.catalog.categories[category].clone(),
            platform: self.catalog.platforms[o.platform as usize].clone(),
            listing: o.listing,
            position: u32::from(o.position),
            examined: u32::from(o.examined),
            chosen: u32::from(chosen == Some(i)),
            estimated_match: f64::from(o.estimate),
            true_match: f64::from(o.true_match),
            effective_price: i64::from(o.price),
            utility: f64::from(o.utility),
        });
        shard.events.missions.extend(rows);
    }
}
