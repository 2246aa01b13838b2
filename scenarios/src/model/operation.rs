//! How a platform operates: staff in service, what experience money buys, financing and exit.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::units::{Amount, Days, Share};

use super::default;

/// What AI does to the people in service.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Staff {
    /// Nothing: people answer what AI hands over, at their own pace and quality.
    #[default]
    AsNeeded,
    /// AI assists people: their cost per contact and response time fall, their resolved share rises; the weak gain, the best do not.
    Augment {
        /// Gain in issues per hour of the weakest at full service performance, falling to none for the best; the mean is half of it.
        #[serde(default = "default::augment_gain")]
        gain: Share,
    },
    /// AI takes people's place: some contacts that it cannot resolve are closed all the same, and who is left resolves less.
    Replace {
        /// Share of contacts that AI cannot resolve and closes without a person, at full service performance.
        #[serde(default = "default::deflect")]
        deflect: Share,
        /// Share of what people resolve that is lost when all contacts are automated: the experienced are gone.
        #[serde(default = "default::replace_loss")]
        loss: Share,
    },
}

/// What strategy money for experience buys. Each effect is m / (m + half), m yuan per unit: diminishing returns.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ExperienceReturns {
    /// Yuan per service contact that halve what people leave unresolved, and their response time; above 0.
    pub service_half: Amount,
    /// Yuan per order line that reach half of `delivery_cut`; above 0.
    pub delivery_half: Amount,
    /// Largest share of delivery days that money saves.
    pub delivery_cut: Share,
    /// Yuan per order line that reach half of `checks_cut`; above 0.
    pub checks_half: Amount,
    /// Largest share by which quality checks and easy exchange shrink the disappointment that returns and bad experience follow from.
    pub checks_cut: Share,
}

impl Default for ExperienceReturns {
    /// A doubled wage bill halves what is left undone, 4 yuan a line buy a fifth of the days, 3 yuan a quarter of the disappointment:
    /// judgements, used only by strategies that spend on experience.
    fn default() -> Self {
        Self {
            service_half: Amount::from_yuan(5),
            delivery_half: Amount::from_yuan(4),
            delivery_cut: Share(0.4),
            checks_half: Amount::from_yuan(3),
            checks_cut: Share(0.5),
        }
    }
}

/// Budgets that rise on their own: of the AI programme and of the strategy.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Raise {
    /// Raise per unit of falling behind: the share of GMV lost since the start, or the mean gap of AI performance to the leader, whichever is larger; 0 to 100.
    #[schemars(range(min = 0.0, max = 100.0))]
    pub behind: f64,
    /// Raise per unit of AI spend over shipped GMV: an announcement lifts the market value and loosens financing; 0 to 1000.
    #[schemars(range(min = 0.0, max = 1000.0))]
    pub announcement: f64,
    /// Largest raise over the budget as it stands, 0 to 10; 0 never raises.
    #[schemars(range(min = 0.0, max = 10.0))]
    pub most: f64,
    /// Time in which financing adjusts.
    pub lag: Days,
}

impl Default for Raise {
    /// Budgets stay as they are.
    fn default() -> Self {
        Self { behind: 0.0, announcement: 0.0, most: 0.0, lag: Days(30.0) }
    }
}

/// When a platform leaves the market. The last one stays.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Exit {
    /// Real money that it can lose from the start of the run on before it leaves; 0 is any sum.
    pub capital: Amount,
    /// Ticks of losses in a row after which its owners give up, 0 to 100000; 0 is any number.
    #[schemars(range(max = 100_000), extend("x-unit" = "ticks"))]
    pub losing_ticks: u32,
}
