//! Identifiers: dense numbers given by the scenario, never by the machine.

use serde::{Deserialize, Serialize};

macro_rules! id {
    ($(#[$doc:meta] $name:ident($raw:ty))*) => {$(
        #[$doc]
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub struct $name(pub $raw);
        impl $name {
            /// The id as an index into a column.
            #[must_use]
            pub fn index(self) -> usize { self.0 as usize }
        }
    )*};
}

id! {
    /// A shopper, 0 to shoppers - 1.
    ShopperId(u64)
    /// A merchant.
    MerchantId(u32)
    /// A listing: one product on one platform; listings of one (platform, category) cell are consecutive.
    ListingId(u32)
    /// A platform, in the order of the scenario.
    PlatformId(u8)
    /// A category, in the order of the scenario.
    CategoryId(u16)
    /// A shard of shoppers.
    ShardId(u32)
    /// Ticks since the start of the calendar.
    Tick(u32)
}
