//! Customer service compiled: desks, authority, questions before the sale, desks and tools of merchants.

use super::params::{Units, ppm};
use crate::model::{self, Scenario};
use agents::params::{AuthorityParams, DeskParams, InquiryParams, MerchantServiceParams, ProactiveParams, ToolParams, ToolStaff};
use sim_core::units::Amount;

/// People at a platform's desk.
pub(super) fn desk(units: &Units, service: &model::Service) -> Option<DeskParams> {
    let desk = service.desk.as_ref()?;
    let wages = Amount::from_micros(desk.wage.micros().saturating_mul(i64::from(desk.agents)));
    Some(DeskParams {
        agents: desk.agents,
        handle_minutes: desk.handle_minutes,
        open_minutes: desk.hours * 60.0 * units.scenario.calendar.tick.0,
        patience_minutes: desk.patience_minutes,
        wages: units.per_tick(units.extensive(wages)),
    })
}

/// What a platform's AI may decide.
pub(super) fn authority(units: &Units, service: &model::Service) -> Option<AuthorityParams> {
    service.authority.as_ref().map(|authority| AuthorityParams {
        limit: authority.limit.map_or(i64::MAX, |limit| units.intensive(limit)),
        threshold: authority.threshold.map(|share| share.0),
        compensation_ppm: ppm(authority.compensation),
    })
}

/// How a platform reaches out.
pub(super) fn proactive(units: &Units, service: &model::Service) -> Option<ProactiveParams> {
    service.proactive.as_ref().map(|proactive| ProactiveParams {
        reach: proactive.reach.0 as f32,
        below: proactive.below as f32,
        repair: proactive.repair.0 as f32,
        cost: units.intensive(proactive.cost),
        carts: proactive.carts.0 as f32,
        nudge: (proactive.nudge / units.scenario.population.choice.mu) as f32,
    })
}

/// Questions before a purchase.
pub(super) fn inquiries(scenario: &Scenario) -> InquiryParams {
    let (inquiries, mu) = (&scenario.population.inquiries, scenario.population.choice.mu);
    InquiryParams {
        share: inquiries.share.0 as f32,
        insight: inquiries.insight.0 as f32,
        reassurance: (inquiries.reassurance / mu) as f32,
        rating: (inquiries.rating / mu) as f32,
        broadcast: inquiries.broadcast.0 as f32,
    }
}

/// The desk of the merchants of a group.
pub(super) fn merchants(units: &Units, group: &model::MerchantGroup, warm_up: u32) -> Option<MerchantServiceParams> {
    let service = group.service.as_ref()?;
    Some(MerchantServiceParams {
        agents: service.agents,
        load: service.load.0,
        patience: service.patience,
        resolved: service.resolved.0,
        spread: service.spread.0,
        wage: units.per_tick(units.of_merchant(service.wage)),
        tool: service.tool.as_ref().map(|tool| self::tool(units, tool, warm_up)),
    })
}

fn tool(units: &Units, tool: &model::ServiceTool, warm_up: u32) -> ToolParams {
    ToolParams {
        cost: units.per_tick(units.of_merchant(tool.cost)),
        adopters: tool.adopters.0,
        from: tool.from.map_or(0, |day| units.scenario.calendar.tick_of(day) + warm_up),
        resolved: tool.resolved.0,
        authority: tool.authority.map(|limit| units.intensive(limit)),
        threshold: tool.threshold.map(|share| share.0),
        staff: match tool.staff {
            model::ToolStaff::Augment => ToolStaff::Augment,
            model::ToolStaff::Replace => ToolStaff::Replace,
        },
        gain: tool.gain.0,
        failure: tool.failure.0,
        learning: tool.learning.0 / units.scenario.calendar.tick.0,
        reach: tool.reach.0,
        reach_cost: units.intensive(tool.reach_cost),
        acts: tool.acts,
        price_step: tool.price_step.0,
        floor_margin: tool.floor_margin.0,
    }
}
