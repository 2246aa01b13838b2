//! Content that is legal and does nothing: creatives that leave no money for channels, channels that nobody notices, phases without
//! money, an audience selection that selects no better than the channels.

use super::content::phases_of;
use super::{at, percent};
use crate::build::is_auctioned;
use crate::model::{Campaign, Channel, Content, Creatives, MerchantGroup, Named, Scenario};
use crate::path::Path;
use crate::problem::Problem;
use sim_core::units::{Date, Share};

/// A problem, and where it is.
type Found = (Path, Problem);

/// All of it.
pub(super) fn warnings(scenario: &Scenario) -> Vec<Found> {
    let mut found: Vec<Found> = scenario.channels.iter().filter_map(|(name, channel)| unnoticed(scenario, name, channel)).collect();
    for (name, group) in &scenario.catalog.merchants {
        if let Some(content) = &group.content {
            found.extend(costly_creatives(name, content));
        }
        if let Some(brand) = group.brand.as_ref().filter(|brand| brand.attention.0 == 0.0 && brand.budget.micros() > 0) {
            let problem = Problem::new(format!("nobody notices the brand impressions of `{name}`")).found(percent(brand.attention.0));
            let help = "set `attention` above 0, or `budget` to 0 yuan";
            found.push((at!["catalog", "merchants", name, "brand", "attention"], problem.help(help)));
        }
        if let (Some(content), Some(campaign)) = (&group.content, &group.campaign) {
            found.extend(phases(name, content, campaign));
            found.extend(blunt_selection(scenario, name, content, campaign));
        }
    }
    found
}

/// A channel without effect that somebody pays for.
fn unnoticed(scenario: &Scenario, name: &str, channel: &Channel) -> Option<Found> {
    let pays = |group: &MerchantGroup| {
        let has = |split: &Named<Share>| split.get(name).is_some_and(|share| share.0 > 0.0);
        let daily = group.content.as_ref().is_some_and(|content| content.budget.micros() > 0 && has(&content.channels));
        daily
            || group
                .campaign
                .as_ref()
                .is_some_and(|campaign| phases_of(campaign).iter().any(|(.., share, split)| share.0 > 0.0 && has(split)))
    };
    let idle = channel.effect.0 == 0.0 && !is_auctioned(scenario, channel) && scenario.catalog.merchants.values().any(pays);
    let problem = || Problem::new(format!("nobody notices content on `{name}`, and somebody pays for it")).found("an effect of 0 %");
    idle.then(|| (at!["channels", name, "effect"], problem().help("set `effect` above 0 %, or take the channel out of the splits")))
}

/// Yuan a day that new creatives cost.
fn daily_cost(creatives: &Creatives) -> f64 {
    creatives.cost.micros() as f64 * 1e-6 * creatives.per_week / 7.0
}

fn eaten(path: Path, cost: f64, money: f64) -> Option<Found> {
    let problem = || Problem::new("creatives take all of the money: nothing is left for channels").found(format!("{cost:.2} yuan a day"));
    let help = "make fewer or cheaper ones, or raise the budget";
    (money > 0.0 && cost >= money).then(|| (path, problem().expected(format!("less than {money:.2} yuan a day")).help(help)))
}

fn yuan(amount: sim_core::units::Amount) -> f64 {
    amount.micros() as f64 * 1e-6
}

fn costly_creatives(name: &str, content: &Content) -> Option<Found> {
    let path = at!["catalog", "merchants", name, "content", "creatives"];
    eaten(path, daily_cost(&content.creatives), yuan(content.budget))
}

/// Phases without money, and creatives that take all that a phase has.
fn phases(name: &str, content: &Content, campaign: &Campaign) -> Vec<Found> {
    let mut found = Vec::new();
    let here = |phase: &str, field: &str| at!["catalog", "merchants", name, "campaign", phase, field];
    if campaign.budget.micros() == 0 {
        let problem = Problem::new(format!("the campaign of `{name}` has no money: its phases buy nothing of their own"));
        found.push((
            at!["catalog", "merchants", name, "campaign", "budget"],
            problem.help("set `budget` above 0 yuan, or take the campaign out"),
        ));
    }
    for (phase, from, to, share, _) in phases_of(campaign) {
        if share.0 == 0.0 && campaign.budget.micros() > 0 {
            let problem = Problem::new(format!("the phase `{phase}` has no money: it buys nothing of its own")).found("a share of 0 %");
            found.push((here(phase, "share"), problem.help("set `share` above 0 %, or take the phase out")));
        }
        let creatives = campaign.seed.as_ref().filter(|_| phase == "seed").and_then(|seed| seed.creatives.as_ref());
        if let Some(creatives) = creatives.filter(|_| to >= from) {
            let money = yuan(content.budget) + yuan(campaign.budget) * share.0 / f64::from(days(from, to));
            found.extend(eaten(here(phase, "creatives"), daily_cost(creatives), money));
        }
    }
    found
}

/// Days of a phase.
fn days(from: Date, to: Date) -> u32 {
    u32::try_from(to.days_since(from) + 1).unwrap_or(1)
}

/// An audience selection with a precision that every channel it works on has by itself.
fn blunt_selection(scenario: &Scenario, name: &str, content: &Content, campaign: &Campaign) -> Option<Found> {
    let selection = campaign.accumulate.as_ref()?;
    let splits = phases_of(campaign).into_iter().map(|(.., split)| split).filter(|split| !split.is_empty()).chain([&content.channels]);
    let used = splits.flat_map(|split| split.iter().filter(|(_, share)| share.0 > 0.0).map(|(channel, _)| channel));
    let bought: Vec<&Channel> =
        used.filter_map(|channel| scenario.channels.get(channel)).filter(|channel| !is_auctioned(scenario, channel)).collect();
    let least = bought.iter().map(|channel| channel.precision.0).reduce(f64::min)?;
    let problem = || Problem::new(format!("audience selection brings `{name}` nothing: its channels are as precise without it"));
    (selection.precision.0 <= least).then(|| {
        let problem = problem().found(percent(selection.precision.0)).expected(format!("more than {}", percent(least)));
        let help = "raise `precision`, or take the phase out and spend its share in the others";
        (at!["catalog", "merchants", name, "campaign", "accumulate", "precision"], problem.help(help))
    })
}
