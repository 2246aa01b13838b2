//! Parameters of operation: staff, experience money, financing and exit of a platform.

/// What AI does to the people in service.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum StaffParams {
    /// Nothing: people answer what is handed to them, as before.
    AsNeeded,
    /// AI assists them; the gain in issues per hour of the weakest, falling to 0 for the best.
    Augment {
        /// Gain of the weakest at q = 1.
        gain: f64,
    },
    /// AI takes their place.
    Replace {
        /// Share of contacts that AI cannot resolve and closes all the same, at q = 1.
        deflect: f64,
        /// Share of the people's resolved contacts that is lost when all contacts are automated.
        loss: f64,
    },
}

/// What a yuan buys in service, delivery and quality checks: each effect is m / (m + half).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ExperienceParams {
    /// Money per contact that halves what people leave unresolved and their response time, money units.
    pub staffing_half: f64,
    /// Money per line that gives half of the days, money units.
    pub delivery_half: f64,
    /// Largest share of delivery days that money can save.
    pub delivery_cut: f64,
    /// Money per line that gives half of the checks, money units.
    pub checks_half: f64,
    /// Largest share of disappointments that checks prevent.
    pub checks_cut: f64,
}

/// How budgets rise on their own.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RaiseParams {
    /// Raise per unit of falling behind.
    pub behind: f64,
    /// Raise per unit of AI spend over GMV.
    pub announcement: f64,
    /// Largest raise, over the budget as it stands; 0 is none.
    pub most: f64,
    /// Ticks in which financing adjusts.
    pub lag: f64,
}

/// When a platform leaves the market.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExitParams {
    /// Money that it can lose, money units; 0 is any sum.
    pub capital: i64,
    /// Ticks of losses in a row that its owners bear; 0 is any number.
    pub losing_ticks: u32,
}
