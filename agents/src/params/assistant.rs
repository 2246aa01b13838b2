//! Parameters of shopper assistants.

/// Most assistants of a market: one bit each in a shopper.
pub const ASSISTANTS: usize = 4;
/// Ticks between reviews of a shopper: whether an assistant is taken up, given up, told of, and what it restocks.
pub const REVIEW_TICKS: u32 = 7;

/// An assistant that shops for people.
#[derive(Clone, Debug, PartialEq)]
pub struct AssistantParams {
    /// Platform that owns it.
    pub owner: Option<u8>,
    /// Share of shoppers who use it at the start.
    pub first_users: f32,
    /// Probability of taking it up in a review without being told (Bass: p).
    pub innovation: f32,
    /// Probability of being told in a review if all neighbours use it (Bass: q).
    pub imitation: f32,
    /// Probability of giving it up in a review.
    pub disadoption: f32,
    /// Share of a user's missions for which it is asked.
    pub asked: f32,
    /// Factor on the probability of stopping after an offer.
    pub stopping: f32,
    /// Offers of a page that it examines at least.
    pub width: u8,
    /// Platforms that it compares at least.
    pub platforms: u8,
    /// Utility of its owner's platform when it is asked.
    pub pull: f32,
    /// Weight that it takes from the platform's order of a page, paid slots included.
    pub ad_discount: f32,
    /// Share of storable goods that run out which it buys alone.
    pub restocks: f32,
    /// Engine tick from which it may; `None`: once its owner's matching acts alone.
    pub restocks_from: Option<u32>,
}
