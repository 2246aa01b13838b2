//! Parameters of customer service: the desk of a platform, inquiries before the sale, desks and tools of merchants.

/// People at a desk.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DeskParams {
    /// People at a time, real-world.
    pub agents: u32,
    /// Mean handling time of a contact, minutes.
    pub handle_minutes: f64,
    /// Minutes of a tick in which the desk is open.
    pub open_minutes: f64,
    /// Minutes for which a caller waits.
    pub patience_minutes: f64,
    /// Wages of a tick, money units of the simulated market.
    pub wages: i64,
}

/// What AI may decide alone.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AuthorityParams {
    /// Largest price of a line whose contact it may settle, money units; the largest number is no limit.
    pub limit: i64,
    /// Confidence below which it hands a contact to people; `None`: exactly where it cannot resolve it.
    pub threshold: Option<f64>,
    /// Part of the price that it gives back with a contact that it resolves, ppm.
    pub compensation_ppm: u32,
}

/// Reaching out before a shopper is lost.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ProactiveParams {
    /// Share of bad experiences that are reached.
    pub reach: f32,
    /// Experience below which one is bad.
    pub below: f32,
    /// Share of what is missing to `below` that is made good.
    pub repair: f32,
    /// Cost of reaching one, money units.
    pub cost: i64,
    /// Share of the lines given up at check-out that a message reaches.
    pub carts: f32,
    /// Utility of the message, over mu.
    pub nudge: f32,
}

/// Questions before a purchase.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct InquiryParams {
    /// Probability of asking when buying and leaving are as likely.
    pub share: f32,
    /// Share of the gap between perceived and true match that an answer closes.
    pub insight: f32,
    /// Utility of a good answer beside what it tells, over mu.
    pub reassurance: f32,
    /// Utility of a shop's share of questions answered well, over mu.
    pub rating: f32,
    /// Share of what inspection leaves unseen in a live stream that answers to everybody show, per share of them answered well.
    pub broadcast: f32,
}

impl InquiryParams {
    /// Nobody asks.
    pub const NONE: InquiryParams = InquiryParams { share: 0.0, insight: 0.0, reassurance: 0.0, rating: 0.0, broadcast: 0.0 };

    /// Whether shops' service matters to anybody.
    #[inline]
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.share > 0.0 || self.rating != 0.0 || self.broadcast > 0.0
    }
}

/// The desk of a merchant.
#[derive(Clone, Debug, PartialEq)]
pub struct MerchantServiceParams {
    /// People at a time.
    pub agents: u32,
    /// Share of their time that questions of an ordinary day take.
    pub load: f64,
    /// Minutes for which a shopper waits over the minutes that a question takes.
    pub patience: f64,
    /// Share of questions that people answer well, mean of merchants.
    pub resolved: f64,
    /// How far the weakest and the best merchants lie from it, share of it.
    pub spread: f64,
    /// Wage of a person per tick, money units.
    pub wage: i64,
    /// The AI tool.
    pub tool: Option<ToolParams>,
}

/// What happens to people whose questions a tool answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ToolStaff {
    /// They stay and have less to do.
    Augment,
    /// They leave, and their wages with them; one stays.
    Replace,
}

/// An AI customer-service tool of merchants.
#[derive(Clone, Debug, PartialEq)]
pub struct ToolParams {
    /// Cost per tick, money units.
    pub cost: i64,
    /// Share of merchants who take it up.
    pub adopters: f64,
    /// Engine tick from which they have it.
    pub from: u32,
    /// Share of questions that it answers well alone, at full service performance.
    pub resolved: f64,
    /// Largest price of an offer about which it answers alone, money units; `None`: of any price.
    pub authority: Option<i64>,
    /// Confidence below which it hands a question to people; `None`: exactly where it cannot answer it well.
    pub threshold: Option<f64>,
    /// What happens to people.
    pub staff: ToolStaff,
    /// Gain in issues per hour of the weakest people, falling to 0 for the best.
    pub gain: f64,
    /// Share of introductions that fail.
    pub failure: f64,
    /// Ticks in which two thirds of its use are learned; 0 is at once.
    pub learning: f64,
    /// Share of unsure shoppers that it addresses when they do not ask.
    pub reach: f64,
    /// Cost of addressing one, money units.
    pub reach_cost: i64,
    /// Whether it acts on the causes of lost sales.
    pub acts: bool,
    /// Share by which it lowers a price that loses sales.
    pub price_step: f64,
    /// Least margin over break-even that it leaves, share of the price.
    pub floor_margin: f64,
}
