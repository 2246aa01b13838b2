//! Channels, and the content programmes of merchant groups.

use agents::content::params::CHANNELS;
use agents::content::stage::Stage;
use agents::shopper::MERCHANTS;
use sim_core::units::{Date, Share};

use super::{Check, at};
use crate::build::is_auctioned;
use crate::forecast::forecast;
use crate::funnel::{BRAND, LOOK};
use crate::model::{Allocator, Brand, Campaign, Channel, ChannelKind, CreativeMode, Creatives, MerchantGroup, Named};
use crate::path::Path;
use crate::problem::Problem;

impl Check<'_> {
    pub(super) fn content(&mut self) {
        self.names(&at!["channels"], &self.scenario.channels, CHANNELS);
        for (name, channel) in &self.scenario.channels {
            self.channel(name, channel);
        }
        self.auctioned();
        self.funnel();
        let names = Named::from_iter(Stage::ALL.map(|stage| (stage.name().to_owned(), ())));
        self.keys_refer(&at!["mind", "weights"], "stage", &self.scenario.mind.weights, &names);
        for (name, group) in &self.scenario.catalog.merchants {
            self.programme_of(name, group);
        }
        let merchants = forecast(self.scenario).merchants;
        if merchants > u64::from(MERCHANTS) {
            let problem = Problem::new("more merchants than an evoked set can name").found(format!("{merchants} merchants"));
            self.report_name(at!["catalog", "merchants"], problem.expected(format!("at most {MERCHANTS}")));
        }
    }

    fn channel(&mut self, name: &str, channel: &Channel) {
        let here = |field: &str| at!["channels", name, field];
        if is_reserved(name) {
            let problem = Problem::new(format!("`{name}` means something else in a funnel"));
            self.report_name(at!["channels", name], problem.help("give the channel another name"));
        }
        for (i, segment) in channel.audience.iter().enumerate() {
            self.refers(at!["channels", name, "audience", i], "segment", segment, &self.scenario.population.segments);
        }
        match (&channel.platform, channel.kind) {
            (Some(platform), ChannelKind::OffSite) => {
                let problem = Problem::new("an off-site channel on a platform").found(format!("`{platform}`"));
                self.report(here("platform"), problem.help("leave out `platform`, or choose another `kind`"));
            }
            (None, kind) if kind != ChannelKind::OffSite => {
                let problem = Problem::new(format!("nobody knows whose shoppers `{name}` reaches"));
                self.report_name(at!["channels", name], problem.help("add `platform`, or write `kind: off-site`"));
            }
            (Some(platform), kind) => {
                self.refers(here("platform"), "platform", platform, &self.scenario.platforms);
                if kind == ChannelKind::Live && self.scenario.platforms.get(platform).is_some_and(|p| !p.live) {
                    let problem = Problem::new(format!("`{platform}` has no live streams"));
                    self.report(here("kind"), problem.help(format!("set `live: true` on `{platform}`, or choose another `kind`")));
                }
            }
            (None, _) => {}
        }
    }

    /// Search that is sold at auction: one channel a platform, whose money is that of the campaigns there, and no audience of its own.
    fn auctioned(&mut self) {
        let scenario = self.scenario;
        let auctioned: Vec<(&String, &Channel)> = scenario.channels.iter().filter(|(_, c)| is_auctioned(scenario, c)).collect();
        for (i, (name, channel)) in auctioned.iter().enumerate() {
            let platform = channel.platform.as_deref().unwrap_or_default();
            if let Some((first, _)) = auctioned[..i].iter().find(|(_, other)| other.platform == channel.platform) {
                let problem = Problem::new(format!("`{name}` and `{first}` both buy clicks in the ad auction of `{platform}`"));
                self.report_name(
                    at!["channels", *name],
                    problem.help(format!("take one out: a merchant has one campaign on `{platform}`")),
                );
            }
            if !channel.audience.is_empty() {
                let problem = Problem::new(format!("search is sold at the ad auction of `{platform}`: who searches is its audience"));
                self.report(at!["channels", *name, "audience"], problem.help("leave out `audience`"));
            }
        }
    }

    fn programme_of(&mut self, name: &str, group: &MerchantGroup) {
        let here = |field: &str| at!["catalog", "merchants", name, field];
        if let Some(content) = &group.content {
            self.split(at!["catalog", "merchants", name, "content", "channels"], group, &content.channels);
            let here = |field: &str| at!["catalog", "merchants", name, "content", field];
            self.made_by_ai(here("creatives"), &content.creatives);
            self.allocated_by_ai(here("allocator"), &content.allocator);
        }
        if let Some(brand) = &group.brand {
            self.brand(name, group, brand);
        }
        let Some(campaign) = &group.campaign else { return };
        if group.content.is_none() {
            let problem = Problem::new(format!("the campaign of `{name}` has no content to build on"));
            self.report_name(here("campaign"), problem.help("add `content: {budget: 0 yuan, channels: {...}}` to the group"));
        }
        self.campaign(name, group, campaign);
    }

    /// A split over channels: known, complete, and where the group sells.
    fn split(&mut self, at: Path, group: &MerchantGroup, channels: &Named<Share>) {
        self.keys_refer(&at, "channel", channels, &self.scenario.channels);
        self.adds_up(at.clone(), "the shares of the channels", channels);
        for (name, _) in channels.iter().filter(|(_, share)| share.0 > 0.0) {
            let platform = self.scenario.channels.get(name).and_then(|channel| channel.platform.as_ref());
            let sells = platform.is_none_or(|p| group.platforms.get(p).is_some_and(|share| share.0 > 0.0));
            if !sells {
                let mut path = at.clone();
                path.key(name);
                let problem = Problem::new(format!("content on `{name}`, where the group does not sell"));
                self.report_name(path, problem.help("add the channel's platform to `platforms` of the group, or take the channel out"));
            }
        }
    }

    fn brand(&mut self, name: &str, group: &MerchantGroup, brand: &Brand) {
        let here = |field: &str| at!["catalog", "merchants", name, "brand", field];
        if let Some(platform) = &brand.platform {
            self.refers(here("platform"), "platform", platform, &self.scenario.platforms);
            let sells = group.platforms.get(platform).is_some_and(|share| share.0 > 0.0);
            if self.scenario.platforms.contains_key(platform) && !sells {
                let problem = Problem::new(format!("brand impressions on `{platform}`, where the group does not sell"));
                self.report(here("platform"), problem.help(format!("add `{platform}` to `platforms` of the group")));
            }
        }
        if !self.scenario.funnel.iter().any(|step| step.from == BRAND) {
            let problem = Problem::new("brand impressions lead nowhere").help("add `{from: brand, to: aware}` to `funnel`");
            self.report_name(at!["catalog", "merchants", name, "brand"], problem);
        }
    }

    fn campaign(&mut self, name: &str, group: &MerchantGroup, campaign: &Campaign) {
        let phases = phases_of(campaign);
        let here = |phase: &str, field: &str| at!["catalog", "merchants", name, "campaign", phase, field];
        if phases.is_empty() {
            let problem = Problem::new(format!("the campaign of `{name}` has no phase"));
            self.report_name(at!["catalog", "merchants", name, "campaign"], problem.expected("accumulate, seed or break_out"));
            return;
        }
        let mut before: Option<(&str, Date)> = None;
        for &(phase, from, to, _, channels) in &phases {
            self.in_calendar(here(phase, "from"), from);
            self.in_calendar(here(phase, "to"), to);
            if to < from {
                let problem = Problem::new(format!("the phase `{phase}` ends before it begins")).found(format!("`{to}`"));
                self.report(here(phase, "to"), problem.expected(format!("{from} or later")));
            }
            if let Some((other, end)) = before.filter(|(_, end)| from <= *end) {
                let problem = Problem::new(format!("the phases of the campaign are out of order: `{phase}` begins before `{other}` ends"));
                self.report(here(phase, "from"), problem.found(format!("`{from}`")).expected(format!("a day after {end}")));
            }
            before = Some((phase, to));
            if !channels.is_empty() {
                self.split(here(phase, "channels"), group, channels);
            }
        }
        let shares: Named<Share> = phases.iter().map(|&(phase, _, _, share, _)| (phase.to_owned(), share)).collect();
        self.adds_up(at!["catalog", "merchants", name, "campaign"], "the shares of the phases", &shares);
        if let Some(creatives) = campaign.seed.as_ref().and_then(|seed| seed.creatives.as_ref()) {
            self.made_by_ai(here("seed", "creatives"), creatives);
        }
        if let Some(allocator) = campaign.break_out.as_ref().and_then(|break_out| break_out.allocator.as_ref()) {
            self.allocated_by_ai(here("break_out", "allocator"), allocator);
        }
    }

    fn made_by_ai(&mut self, path: Path, creatives: &Creatives) {
        if creatives.mode == CreativeMode::Aigc {
            self.needs_content_ai(path, "creatives made by AI");
        }
    }

    fn allocated_by_ai(&mut self, path: Path, allocator: &Allocator) {
        if matches!(allocator, Allocator::Ai { .. }) {
            self.needs_content_ai(path, "an AI allocator");
        }
    }

    /// Reports `what` is at work at a path where the file has no AI function for it.
    fn needs_content_ai(&mut self, path: Path, what: &str) {
        if !self.scenario.ai_market.functions.contains_key("content") {
            let help = "add `content: {q0: 0.1, q_max: 0.9, scale: 100, exponent: 0.5}` to `ai_market.functions`";
            self.report_name(path, Problem::new(format!("{what} without the AI function `content`")).help(help));
        }
    }
}

/// Whether a name means something else in a funnel than a channel.
pub(super) fn is_reserved(name: &str) -> bool {
    name == BRAND || name == LOOK || Stage::named(name).is_some()
}

/// Name, days, share and split of the phases of a campaign, in their order.
pub(super) fn phases_of(campaign: &Campaign) -> Vec<(&'static str, Date, Date, Share, &Named<Share>)> {
    let accumulate = campaign.accumulate.as_ref().map(|p| ("accumulate", p.from, p.to, p.share, &p.channels));
    let seed = campaign.seed.as_ref().map(|p| ("seed", p.from, p.to, p.share, &p.channels));
    let break_out = campaign.break_out.as_ref().map(|p| ("break_out", p.from, p.to, p.share, &p.channels));
    [accumulate, seed, break_out].into_iter().flatten().collect()
}
