//! Content marketing and brand advertising: channels, creatives, campaigns, and what they leave in shoppers' minds.
//!
//! A merchant group plans its spend by channel every night (`plan`), its members pay it (`book`; search money pays for clicks, `search`), shoppers meet the content on
//! their missions (`contact`), and their evoked sets hold the 5A stage of each merchant (`stage`, counted by `census`). Plans are
//! replicated: they follow from what everybody knows. Off, none of it costs more than a branch.

pub mod params;

pub mod response;

pub mod stage;

pub mod creative;

pub mod allocator;

pub mod returns;

pub mod campaign;

pub mod sellers;

pub mod sums;

pub mod plan;

pub mod contact;

pub(crate) mod meet;

pub(crate) mod search;

pub(crate) mod book;

pub mod census;

pub mod record;
