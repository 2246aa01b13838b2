//! A contact after the sale: who answers it, what becomes of it, and whether the desk reaches out by itself.

use super::ServiceDesk;
use crate::order::OpenLine;
use crate::params::PlatformParams;
use sim_core::draw::Words;

/// Flags of a line that contacts service; `after` are the draws of what follows its order.
pub(crate) fn contact(desk: &ServiceDesk, params: &PlatformParams, paid: u32, after: Words) -> u8 {
    if after.uniform(3) >= params.contacts {
        return 0;
    }
    let u = f64::from(after.uniform(4));
    let within = params.authority.is_none_or(|authority| i64::from(paid) <= authority.limit);
    if within && u < desk.resolved_ai {
        return OpenLine::CONTACTS | OpenLine::BY_AI;
    }
    if within && u < desk.resolved_ai + desk.closed_ai {
        return OpenLine::CONTACTS | OpenLine::BY_AI | OpenLine::UNRESOLVED;
    }
    let by_person = f64::from(after.uniform(5));
    if by_person < desk.resolved_person {
        OpenLine::CONTACTS
    } else if by_person < desk.answered {
        OpenLine::CONTACTS | OpenLine::UNRESOLVED
    } else {
        OpenLine::GIVEN_UP | OpenLine::UNRESOLVED
    }
}

/// Experience after money back: the part of the price that AI gives back makes good the same part of what is missing to a perfect one.
pub(crate) fn compensated(params: &PlatformParams, experience: f32, open: &OpenLine) -> f32 {
    let resolves = open.is_answered_by_ai() && !open.has(OpenLine::UNRESOLVED);
    match params.authority {
        Some(authority) if resolves => experience + authority.compensation_ppm as f32 * 1e-6 * (1.0 - experience).max(0.0),
        _ => experience,
    }
}

/// Experience after the desk has reached out, or as it was; `u` gives uniform draws by lane. Sets the flag of a line that is reached;
/// a contact that was not resolved is then resolved, by people, in the share of cases in which things are made good.
pub(crate) fn reach_out(params: &PlatformParams, experience: f32, u: impl Fn(usize) -> f32, open: &mut OpenLine) -> f32 {
    let Some(proactive) = params.proactive.filter(|p| experience < p.below) else { return experience };
    if u(0) >= proactive.reach {
        return experience;
    }
    open.flags |= OpenLine::REACHED;
    if open.has(OpenLine::UNRESOLVED) && u(1) < proactive.repair {
        open.flags = open.flags & !(OpenLine::UNRESOLVED | OpenLine::BY_AI) | OpenLine::CONTACTS;
    }
    experience + proactive.repair * (proactive.below - experience)
}

/// Whether what is left unresolved after all ends in a dispute.
pub(crate) fn dispute(params: &PlatformParams, after: Words, open: &mut OpenLine) {
    if open.has(OpenLine::UNRESOLVED) && after.uniform(7) < params.disputes {
        open.flags |= OpenLine::DISPUTED;
    }
}
