//! Compiled parameters of content: channels, the funnel, minds, and the programmes of merchant groups.

use super::response::Hill;
use super::stage::PLACES;
use std::sync::Arc;

/// Reserved brand impressions per mission where nothing else is said, and outside of the platforms.
pub const BRAND_CAPACITY: f64 = 8.0;

/// Most channels of a market.
pub const CHANNELS: usize = 12;

/// What a shock may move.
#[derive(Clone, Debug)]
pub struct ContentParams {
    /// Channels in the order of the file.
    pub channels: Vec<ChannelParams>,
    /// Lifts of brand impressions: `brand_lift[stage before][stage after]`.
    pub brand_lift: Lift,
    /// Most reserved brand impressions per mission, by platform; elsewhere there are [`BRAND_CAPACITY`].
    pub brand_capacity: Vec<f64>,
    /// What stages do to choices.
    pub mind: MindParams,
}

/// `lift[stage before][stage after]`: probability that a contact moves a shopper; 0 is outside.
pub type Lift = [[f32; PLACES]; PLACES];

/// A channel.
#[derive(Clone, Debug)]
pub struct ChannelParams {
    /// Name in the tables.
    pub name: Arc<str>,
    /// Platform whose shoppers it reaches and who is paid; `None` is off-site.
    pub platform: Option<usize>,
    /// Whether its money buys clicks in the ad auction of its platform instead of impressions: search, where slots are sold.
    pub auctioned: bool,
    /// Whether it reaches a segment.
    pub segments: Vec<bool>,
    /// Most impressions per mission of its audience, all merchants together.
    pub capacity: f64,
    /// Price of a thousand impressions, money units.
    pub cpm: f64,
    /// Response to the adstocked impressions per mission of one merchant.
    pub hill: Hill,
    /// Share of adstock that a tick leaves.
    pub left: f64,
    /// Probability per mission of a contact with a merchant at full response.
    pub effect: f64,
    /// Share of contacts with a merchant of the category that is shopped for.
    pub precision: f64,
    /// Share of contacts with a merchant that the shopper has in mind, where one of the group is.
    pub retargeting: f64,
    /// Probability that a contact with a merchant of the category that is shopped for is followed to its product.
    pub click_through: f64,
    /// What a contact does.
    pub lift: Lift,
    /// Orders that an allocator expects later from a contact: the steps of the funnel.
    pub worth: f64,
}

/// What the 5A stage of a merchant does to a shopper.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MindParams {
    /// Factor on the weight of a merchant in the evoked set, by stage.
    pub weights: [f32; PLACES],
    /// Probability that a mission looks for an evoked merchant of the category from the stage ask on.
    pub brand_search: f32,
    /// Strength that a contact adds to a slot of the evoked set, of 255.
    pub contact_strength: u8,
    /// Probability that looking at an offer moves a shopper from a stage to ask.
    pub look: [f32; PLACES],
}

impl MindParams {
    /// Stages are kept and change nothing.
    #[must_use]
    pub fn off() -> MindParams {
        MindParams { weights: [1.0; PLACES], brand_search: 0.0, contact_strength: 0, look: [0.0; PLACES] }
    }
}

impl ContentParams {
    /// No content: nobody is contacted.
    #[must_use]
    pub fn off() -> ContentParams {
        ContentParams { channels: Vec::new(), brand_lift: [[0.0; PLACES]; PLACES], brand_capacity: Vec::new(), mind: MindParams::off() }
    }

    /// Most reserved brand impressions per mission of a platform; off-site where there is none.
    pub(crate) fn brand_capacity(&self, platform: Option<usize>) -> f64 {
        platform.and_then(|p| self.brand_capacity.get(p)).copied().unwrap_or(BRAND_CAPACITY)
    }

    /// The channel whose money buys clicks in the ad auction of a platform; a platform has at most one.
    pub(crate) fn auctioned_on(&self, platform: usize) -> Option<usize> {
        self.channels.iter().position(|channel| channel.auctioned && channel.platform == Some(platform))
    }
}

/// How a merchant group splits its budget over channels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Allocator {
    /// As the scenario says.
    Fixed,
    /// The last yuan returns the same in every channel.
    EqualMarginalReturn,
    /// The same on returns estimated with noise, which falls as the platform's `content` function performs better.
    Ai {
        /// Standard deviation of the log of an estimated return at performance 0.
        noise: f64,
    },
}

/// The content programme of a merchant group; money is per merchant.
#[derive(Clone, Debug)]
pub struct ContentProgramme {
    /// Budget per tick, money units.
    pub budget: i64,
    /// Split over channels as the scenario says; adds up to 1, or all 0.
    pub shares: Vec<f64>,
    /// How the split is revised.
    pub allocator: Allocator,
    /// Ticks between revisions.
    pub review: u32,
    /// Creatives.
    pub creatives: CreativeParams,
    /// Reserved brand impressions.
    pub brand: Option<BrandParams>,
    /// Campaign.
    pub campaign: Option<CampaignParams>,
}

/// How creatives are made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CreativeParams {
    /// Made by AI.
    pub aigc: bool,
    /// Cost of one, money units.
    pub cost: i64,
    /// New ones per tick.
    pub per_tick: f64,
    /// Impressions per mission of a creative that take half of its response; 0: none wears out.
    pub wear_out: f64,
    /// Share of the response lost where the `content` function performs at 0.
    pub artificial: f64,
    /// Share of the response won where it performs at 1.
    pub fit: f64,
}

/// Reserved impressions with reach and frequency.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BrandParams {
    /// Budget per tick, money units.
    pub budget: i64,
    /// Platform whose pages carry them; `None` is off-site.
    pub platform: Option<usize>,
    /// Price of a thousand impressions, money units.
    pub cpm: f64,
    /// Share of shoppers that see them, drawn anew each week.
    pub reach: f64,
    /// Most impressions of a merchant for a reached mission.
    pub cap: f64,
    /// Probability that an impression is noticed.
    pub attention: f64,
}

/// What a phase of a campaign does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PhaseKind {
    /// Selects the audience: precision grows.
    Accumulate,
    /// Seeds content.
    Seed,
    /// Moves money between channels.
    BreakOut,
}

/// A campaign over dated phases.
#[derive(Clone, Debug)]
pub struct CampaignParams {
    /// Phases in the order of time.
    pub phases: Vec<PhaseParams>,
}

/// A phase of a campaign.
#[derive(Clone, Debug)]
pub struct PhaseParams {
    /// What it does.
    pub kind: PhaseKind,
    /// First tick.
    pub from: u32,
    /// Last tick, included.
    pub to: u32,
    /// Money of a merchant for the phase, money units.
    pub budget: i64,
    /// Split over channels.
    pub shares: Vec<f64>,
    /// Precision that the audience selection reaches at performance 1 (accumulate).
    pub precision: f64,
    /// Creatives of the phase (seed).
    pub creatives: Option<CreativeParams>,
    /// How the split is revised.
    pub allocator: Allocator,
    /// Ticks between revisions.
    pub review: u32,
}
