//! Pure behaviour of Bazaar: how shoppers, merchants and platforms decide. Does no I/O, reads no clock, holds no thread pool.
//!
//! In reading order:

pub mod policy;
pub use policy::{BanditRule, ExitPolicy, ParticipationPolicy, PricingPolicy, StockPolicy};

pub mod params;

pub mod catalog;

pub mod calendar;

pub mod metric;

pub mod shopper;

pub mod order;

pub mod instrument;

pub mod promotion;

pub mod stacking;

pub mod cart;

mod till;

mod ranking;

mod reconsider;

pub mod view;

mod page;

mod mission;

mod anticipation;

mod platform_choice;

mod visit;

pub mod assistant;

mod checkout;

pub mod shard;

mod bill;

mod settle;

mod deposit;

mod protection;

mod after;

mod membership;

mod retention;

pub mod merchant;

pub mod pricing;

mod stock;

pub mod presence;

mod participation;

pub mod platform;

mod capability;

mod stage;

pub mod service;

pub mod loss;

mod dispatch;

pub mod financing;

pub mod adaptive;

mod strategy;

pub mod ads;

pub mod content;

pub mod market;

pub mod piece;

pub mod configured;

pub mod record;
