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
    let mut flags = OpenLine::CONTACTS;
    let u = f64::from(after.uniform(4));
    let within = params.authority.is_none_or(|authority| i64::from(paid) <= authority.limit);
    if within && u < desk.resolved_ai {
        flags |= OpenLine::BY_AI;
    } else if within && u < desk.resolved_ai + desk.closed_ai {
        flags |= OpenLine::BY_AI | OpenLine::UNRESOLVED;
    } else if f64::from(after.uniform(5)) >= desk.resolved_person {
        flags |= OpenLine::UNRESOLVED;
    }
    if flags & OpenLine::UNRESOLVED != 0 && after.uniform(7) < params.disputes {
        flags |= OpenLine::DISPUTED;
    }
    flags
}

/// Experience after the desk has reached out, or as it was; `u` is uniform. Sets the flag of a line that is reached.
pub(crate) fn reach_out(params: &PlatformParams, experience: f32, u: impl Fn() -> f32, open: &mut OpenLine) -> f32 {
    let Some(proactive) = params.proactive.filter(|p| experience < p.below) else { return experience };
    if u() >= proactive.reach {
        return experience;
    }
    open.flags |= OpenLine::REACHED;
    experience + proactive.repair * (proactive.below - experience)
}
