//! Pure behaviour.

pub mod policy;
pub use policy::{PricingPolicy, StockPolicy};
