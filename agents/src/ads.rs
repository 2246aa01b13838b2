//! Advertising: an auction on every page, clicks that are paid for, campaigns that bid at night, and the tools that bid for them.
//!
//! Guarantees that a price is an integer between the reserve and the bid, that no campaign pays more than its budgets have given it
//! (what exceeds them is free and counted as over-delivery), and that what merchants pay is what clicks cost less over-delivery.
//! In reading order:

pub mod auction;

pub mod bid;

pub(crate) mod space;

pub mod click;

pub mod books;

pub(crate) mod bidding;

pub(crate) mod purse;

pub(crate) mod pacing;

pub(crate) mod boost;

pub(crate) mod guarantee;

pub(crate) mod whole_site;

pub(crate) mod night;
