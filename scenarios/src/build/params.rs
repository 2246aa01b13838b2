//! From the sections of a scenario to the parameters of the kernels.

use super::promotion::promotions;
use super::{ads, assistants, capability, content, service, strategy};
use crate::model::{self, PriceUtility, Scenario};
use agents::instrument::Stacking;
use agents::params::{
    CartParams, CategoryParams, ChoiceParams, EntryParams, ExitParams, GroupParams, MembershipParams, MemoryParams, Missions, PLATFORMS,
    Params, PlatformChoiceParams, PlatformParams, SegmentParams,
};
use sim_core::math;
use sim_core::units::{Amount, Share};

/// Days of a membership.
const DAYS_PER_YEAR: u32 = 365;
/// Ticks for which decay is tabulated; older state is at rest.
const DECAY_TICKS: usize = 1024;

/// All parameters of a scenario as it stands, holding from engine tick `from_tick`.
pub(super) fn compile(scenario: &Scenario, from_tick: u32, warm_up: u32) -> Params {
    let units = Units { scenario };
    Params {
        from_tick,
        choice: choice(scenario),
        memory: memory(scenario),
        segments: scenario.population.segments.values().map(|s| segment(scenario, s)).collect(),
        categories: scenario.catalog.categories.values().map(category).collect(),
        platforms: scenario.platforms.values().map(|p| platform(&units, p, warm_up)).collect(),
        cart: cart(&units),
        ai: capability::market(scenario),
        messages_per_order: scenario.population.social.messages_per_order.0 as f32,
        influence: scenario.population.social.influence as f32,
        content: content::compile(scenario),
        inquiry: service::inquiries(scenario),
        assistants: assistants::compile(scenario, warm_up),
    }
}

/// Distribution of the number of missions.
pub(super) fn missions(scenario: &Scenario) -> Missions {
    match scenario.population.missions {
        model::Missions::Poisson => Missions::Poisson,
        model::Missions::Bernoulli => Missions::Bernoulli,
    }
}

/// Policies of the merchant groups.
pub(super) fn groups(scenario: &Scenario, warm_up: u32) -> Vec<GroupParams> {
    let units = Units { scenario };
    let groups = scenario.catalog.merchants.iter();
    groups
        .map(|(name, group)| GroupParams {
            name: name.as_str().into(),
            pricing: group.pricing.clone(),
            stock: group.stock.clone(),
            fixed_cost: units.per_tick(units.of_merchant(group.fixed_cost)),
            menu_cost: units.of_merchant(group.menu_cost),
            participation: group.participation,
            capital: units.of_merchant(group.capital),
            exit: group.exit,
            entry: group.entry.as_ref().map(|e| EntryParams { hazard: e.hazard.0, profit: units.of_merchant(e.profit).max(1) }),
            platform_choice: group.platform_choice.as_ref().map(|choice| platform_choice(&units, choice)),
            ads: group
                .ads
                .as_ref()
                .map(|advertiser| ads::advertiser(&units, warm_up, advertiser))
                .or_else(|| ads::of_search(scenario, group)),
            content: content::programme(&units, group),
            service: service::merchants(&units, group, warm_up),
        })
        .collect()
}

fn platform_choice(units: &Units, choice: &model::MerchantPlatforms) -> PlatformChoiceParams {
    let ticks = |days: f64| (days / units.scenario.calendar.tick.0).round().max(1.0) as u32;
    PlatformChoiceParams {
        review: ticks(choice.review.0),
        listing_micros: units.per_tick(units.micros_of_merchant(choice.listing_cost)),
        joining_cost: units.of_merchant(choice.joining_cost),
        payback: ticks(choice.payback.0),
        rate: choice.rate.0,
    }
}

/// Conversions of money.
pub(super) struct Units<'a> {
    pub(super) scenario: &'a Scenario,
}

impl Units<'_> {
    /// Money per order or per agent, in money units.
    pub(super) fn intensive(&self, amount: Amount) -> i64 {
        amount.to_units(self.scenario.money_unit)
    }

    /// Money that one merchant pays or owns, in money units.
    pub(super) fn of_merchant(&self, amount: Amount) -> i64 {
        self.scenario.catalog.merchant_money_at(self.intensive(amount), self.scenario.population.shoppers)
    }

    /// The same in millionths of a money unit.
    pub(super) fn micros_of_merchant(&self, amount: Amount) -> i64 {
        let micros = amount.micros().saturating_mul(i64::from(self.scenario.money_unit));
        self.scenario.catalog.merchant_money_at(micros, self.scenario.population.shoppers)
    }

    /// Money of the whole market, divided by scale, in money units.
    pub(super) fn extensive(&self, amount: Amount) -> i64 {
        let population = &self.scenario.population;
        let (shoppers, people) = (i128::from(population.shoppers.0), i128::from(population.people.0));
        let whole = i128::from(amount.micros()) * i128::from(self.scenario.money_unit) * shoppers;
        let divisor = people * 1_000_000;
        i64::try_from((whole + divisor / 2).div_euclid(divisor)).expect("the check bounds amounts")
    }

    /// A time in ticks, at least one.
    pub(super) fn ticks(&self, days: f64) -> u32 {
        (days / self.scenario.calendar.tick.0).round().max(1.0) as u32
    }

    /// A daily amount per tick.
    pub(super) fn per_tick(&self, per_day: i64) -> i64 {
        let ticks = i64::from(self.scenario.calendar.ticks_per_day());
        (per_day + ticks / 2).div_euclid(ticks)
    }
}

pub(super) fn ppm(share: Share) -> u32 {
    (share.0 * 1e6).round() as u32
}

fn choice(scenario: &Scenario) -> ChoiceParams {
    let c = &scenario.population.choice;
    let over_mu = |x: f64| (x / c.mu) as f32;
    ChoiceParams {
        mu: c.mu as f32,
        outside: over_mu(c.outside),
        outside_fatigue: over_mu(c.outside_fatigue),
        quality: over_mu(c.quality),
        taste: over_mu(c.taste),
        evoked: over_mu(c.evoked),
        delivery: over_mu(c.delivery),
        service: over_mu(c.service),
        log_price: c.price_utility == PriceUtility::Log,
        price_scale: (c.price_scale.micros() as f64 * 1e-6 * f64::from(scenario.money_unit)) as f32,
        loss_aversion: c.loss_aversion as f32,
        inspection: c.inspection.0 as f32,
        inspection_live: c.inspection_live.0 as f32,
        inclusive_value: c.inclusive_value as f32,
        habit: c.habit as f32,
        satisfaction: c.satisfaction as f32,
        deal: c.deal as f32,
        fatigue: c.fatigue as f32,
        membership: c.membership as f32,
        buy_ahead: c.buy_ahead as f32,
    }
}

fn cart(units: &Units) -> CartParams {
    let calendar = &units.scenario.calendar;
    let cart = &units.scenario.population.cart;
    CartParams {
        lines: cart.lines as usize,
        waiting_cost: units.intensive(cart.waiting_cost) as f64,
        max_ticks: cart.max_days * calendar.ticks_per_day(),
    }
}

fn memory(scenario: &Scenario) -> MemoryParams {
    let m = &scenario.population.memory;
    let tick_days = scenario.calendar.tick.0;
    let decay = |daily: f64| -> Vec<f32> {
        if daily >= 1.0 {
            return vec![1.0; 65_536];
        }
        (0..DECAY_TICKS).map(|n| math::pow(daily, n as f64 * tick_days) as f32).collect()
    };
    MemoryParams {
        habit_gain: m.habit_gain as f32,
        habit_left: decay(m.habit_decay),
        fatigue_gain: m.fatigue_gain as f32,
        fatigue_gain_deal: m.fatigue_gain_deal as f32,
        fatigue_left: decay(m.fatigue_decay),
        inclusive_value_gain: m.inclusive_value_gain as f32,
        satisfaction_gain: m.satisfaction_gain as f32,
        reference_price_gain: m.reference_price_gain as f32,
        stock_days: m.stock_days as f32,
        evoked_gain: m.evoked_gain as f32,
        deal_credit_gain: m.deal_credit_gain as f32,
        release: (1.0 - math::pow(1.0 - m.release.0, tick_days)) as f32,
        experience_base: m.experience.base as f32,
        experience_match: m.experience.taste as f32,
        experience_surprise: m.experience.surprise as f32,
        experience_delay: m.experience.delay as f32,
        experience_unresolved: m.experience.unresolved as f32,
    }
}

fn segment(scenario: &Scenario, s: &model::Segment) -> SegmentParams {
    let mut loyalty = [0.0; PLATFORMS];
    for (slot, name) in loyalty.iter_mut().zip(scenario.platforms.keys()) {
        *slot = s.loyalty.get(name).copied().unwrap_or(0.0) as f32;
    }
    let basket = scenario.catalog.categories.iter().map(|(name, c)| c.share * s.basket.get(name).copied().unwrap_or(1.0)).collect();
    SegmentParams {
        loyalty,
        deal_proneness: s.deal_proneness as f32,
        multi_homing: s.multi_homing.0 as f32,
        patience: s.patience.0 as f32,
        deferral: s.deferral.0 as f32,
        brand_weight: s.brand_weight as f32,
        live_preference: (s.live_preference / scenario.population.choice.mu) as f32,
        fatigue_sensitivity: s.fatigue_sensitivity as f32,
        basket,
    }
}

fn category(c: &model::Category) -> CategoryParams {
    let logit = |share: Share| (share.0 > 0.0).then(|| math::ln(share.0 / (1.0 - share.0).max(1e-9)) as f32);
    CategoryParams {
        price_level: 1.0,
        return_logit: [logit(c.returns_shelf), logit(c.returns_live)],
        storable: c.storable,
        deferrable: c.storable || c.durable,
    }
}

fn platform(units: &Units, p: &model::Platform, warm_up: u32) -> PlatformParams {
    let (ranking, logistics, contacts) = (&p.ranking, &p.logistics, &p.service);
    let promotions = promotions(units, &p.promotions, warm_up);
    PlatformParams {
        take_rate_ppm: ppm(p.take_rate),
        payment_fee_ppm: ppm(p.payment_fee),
        fixed_cost: units.per_tick(units.extensive(p.fixed_cost)),
        recall: ranking.recall,
        shown: ranking.shown,
        by_popularity: ranking.by_popularity,
        distinct: ranking.distinct,
        rank_taste: ranking.taste as f32,
        rank_price: ranking.price as f32,
        rank_quality: ranking.quality as f32,
        delivery_days: logistics.days,
        days_saved: logistics.days_saved,
        delivery_cost: units.intensive(logistics.cost) as f64,
        cost_saved: logistics.cost_saved.0,
        delivery_platform_ppm: ppm(logistics.platform_share),
        parcels_per_line: logistics.parcels_per_line,
        cancelled: logistics.cancelled.0 as f32,
        cancelled_festival: logistics.cancelled_festival.unwrap_or(logistics.cancelled).0 as f32,
        return_ticks: (logistics.return_days / units.scenario.calendar.tick.0).round() as u32,
        return_gap: logistics.return_gap as f32,
        return_cost: units.intensive(logistics.return_cost),
        salvage_ppm: ppm(logistics.salvage),
        contacts: contacts.contacts.0 as f32,
        contact_cost_person: units.intensive(contacts.cost_person),
        contact_cost_ai: units.intensive(contacts.cost_ai),
        minutes_person: contacts.minutes_person,
        minutes_ai: contacts.minutes_ai,
        resolved_person: contacts.resolved_person.0 as f32,
        resolved_ai: contacts.resolved_ai.0 as f32,
        delivery_fee: units.intensive(logistics.delivery_fee.fee),
        free_above: units.intensive(logistics.delivery_fee.free_above),
        stacking: Stacking::new(&promotions),
        promotions,
        ai: capability::programme(units, p),
        strategy: strategy::compile(units, p, warm_up),
        staff: strategy::staff(&contacts.staff),
        capacity: strategy::capacity(units, logistics),
        capacity_gain: logistics.capacity_gain.0,
        experience: strategy::experience(units, p),
        raise: strategy::raise(units, p),
        exit: ExitParams { capital: units.extensive(p.exit.capital), losing_ticks: p.exit.losing_ticks },
        desk: service::desk(units, contacts),
        authority: service::authority(units, contacts),
        proactive: service::proactive(units, contacts),
        disputes: contacts.disputes.0 as f32,
        dispute_cost: units.intensive(contacts.dispute_cost),
        membership: p.membership.as_ref().map(|m| membership(units, m)),
        ads: p.ads.as_ref().filter(|ads| !ads.slots.is_empty()).map(|space| ads::space(units, space)),
    }
}

fn membership(units: &Units, m: &model::Membership) -> MembershipParams {
    MembershipParams {
        fee: units.intensive(m.fee),
        year_ticks: DAYS_PER_YEAR * units.scenario.calendar.ticks_per_day(),
        benefit: m.benefit.0 as f32,
        join: m.join.0 as f32,
    }
}
