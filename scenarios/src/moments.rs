//! Moments files: the facts that a scenario is held to, each with its estimator, its target and the interval that is accepted.
//!
//! Owns the format and its checks against a scenario. Guarantees that whatever is wrong is reported at its line and column.
//! Leaves out how a moment is measured: `docs/metrics.md` defines each estimator.

use std::path::Path;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use sim_core::units::{Date, Share};

use crate::files;
use crate::model::Scenario;
use crate::patch::Override;
use crate::problem::{Problem, Problems, did_you_mean, listed};
use crate::tree::{Entry, Kind, Node};

/// The facts that a scenario is held to.
#[derive(Clone, Debug)]
pub struct Moments {
    /// Days without a festival: what other days are compared with.
    pub ordinary: Period,
    /// Groups of moments in the order of the file.
    pub groups: IndexMap<String, IndexMap<String, Moment>>,
}

/// Days from the first to the last, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Period {
    /// First day.
    pub from: Date,
    /// Last day.
    pub to: Date,
}

/// One fact.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Moment {
    /// How it is measured.
    pub estimator: Estimator,
    /// Value found in the field.
    #[serde(default)]
    pub target: Option<f64>,
    /// Interval of simulated values that are accepted.
    #[serde(default)]
    pub band: Option<[f64; 2]>,
    /// Where the target comes from.
    pub source: String,
    /// What a reader should know about the measurement.
    #[serde(default)]
    pub note: Option<String>,
    /// Whether this version is known to miss it: `--strict` lets it pass, the table does not.
    #[serde(default)]
    pub known_miss: bool,
}

/// How a moment is measured; `docs/metrics.md` defines each.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Estimator {
    /// GMV of a platform over that of all, ordinary days.
    GmvShare {
        /// The platform.
        platform: String,
    },
    /// Parcels shipped on ordinary days over shoppers, times 365 over the days.
    ParcelsPerShopperYear {},
    /// Shipped GMV less refunds over GMV, whole calendar.
    NetOverGrossGmv {},
    /// Parcels a day in a period over those of ordinary days.
    ParcelsOverOrdinary {
        /// The period.
        during: Period,
        /// Its mean day or its largest.
        statistic: Statistic,
    },
    /// GMV of a period that falls before a day.
    GmvShareBefore {
        /// The period.
        during: Period,
        /// The first day that does not count.
        before: Date,
    },
    /// Lines returned over lines delivered, whole calendar.
    ReturnRate {
        /// Where they were bought.
        mode: SalesMode,
    },
    /// Shoppers with orders on three platforms or more over those with any, in the four weeks before the last census until a day.
    MultiHoming {
        /// The day.
        until: Date,
    },
    /// Orders over missions, all platforms, ordinary days.
    ConversionPerMission {},
    /// Commission and advertising over claimed GMV of a platform, whole calendar.
    TakeRate {
        /// The platform.
        platform: String,
    },
    /// Experiment: list prices of random listings up and down by `change` for a day, each ordinary day anew.
    OwnPriceElasticity {
        /// Change of the price, both ways.
        change: Share,
        /// Share of listings treated.
        listings: Share,
    },
    /// Experiment: a promotion of random listings for a day, their list prices down by `discount` and a message about them; their orders
    /// over those without, ordinary days.
    PromotionLift {
        /// What is taken off.
        discount: Share,
        /// Utility of the message; 0: none.
        #[serde(default)]
        message: f64,
        /// Share of listings treated.
        listings: Share,
    },
    /// Experiment: a day of promotion; what those who bought promoted items pay in the days after, less what they pay without it.
    PricePaidAfterPromotion {
        /// Day of the promotion.
        on: Date,
        /// What is taken off.
        discount: Share,
        /// Share of listings treated.
        listings: Share,
        /// Days after it.
        days: u32,
    },
    /// Counterfactual on the same seeds: orders missing in a week after a period, over those that its last week added.
    PostPromotionDip {
        /// The period.
        during: Period,
        /// The week after it, from 1.
        week: u32,
        /// Patches that take the promotion out, `PATH=VALUE`.
        without: Vec<String>,
    },
    /// Experiment: every shop whose group has a service tool uses it, against none of them; the same shoppers.
    ServiceTool {
        /// Day on which it begins.
        on: Date,
        /// Days that it lasts.
        days: u32,
        /// Listings that count.
        mode: SalesMode,
        /// What is compared.
        outcome: ToolOutcome,
    },
    /// Gain in issues per hour of the people of merchants who hold a service tool.
    SupportIssues {
        /// The day.
        on: Date,
    },
    /// Experiment: bids of random merchants up by `change` for a day, each ordinary day anew; their orders over what clicks cost them.
    AdElasticity {
        /// Rise of the bids.
        change: Share,
        /// Share of merchants treated.
        merchants: Share,
    },
    /// This version has no mechanism for it.
    NotMeasured {
        /// What is missing.
        reason: String,
    },
}

/// What of a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Statistic {
    /// The mean day.
    Mean,
    /// The largest day.
    Peak,
}

/// Where a line is bought.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SalesMode {
    /// Search and browse.
    Shelf,
    /// A live stream.
    Live,
}

/// What a service tool changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ToolOutcome {
    /// Shipped orders.
    Sales,
    /// GMV returned over GMV shipped.
    Returns,
}

/// Names of the estimators, for messages.
const ESTIMATORS: [&str; 17] = [
    "gmv-share",
    "parcels-per-shopper-year",
    "net-over-gross-gmv",
    "parcels-over-ordinary",
    "gmv-share-before",
    "return-rate",
    "multi-homing",
    "conversion-per-mission",
    "take-rate",
    "own-price-elasticity",
    "promotion-lift",
    "price-paid-after-promotion",
    "post-promotion-dip",
    "service-tool",
    "support-issues",
    "ad-elasticity",
    "not-measured",
];

/// Loads a moments file and checks it against the scenario that it belongs to.
///
/// # Errors
/// Everything that is wrong: a file that cannot be read, text that is not YAML, unknown estimators, platforms and fields, days
/// outside the calendar, bands that are upside down.
pub fn load_moments(path: &Path, scenario: &Scenario) -> Result<Moments, Problems> {
    Reader { scenario }.file(&files::read_plain(path)?)
}

struct Reader<'a> {
    scenario: &'a Scenario,
}

impl Reader<'_> {
    fn file(&self, root: &Node) -> Result<Moments, Problems> {
        let top = map(root, "a moments file: `ordinary` and `groups`")?;
        for (key, entry) in top {
            if !["ordinary", "groups"].contains(&key.as_str()) {
                return Err(Problem::new(format!("unknown key `{key}`")).at(&entry.key).expected("`ordinary` or `groups`").into());
            }
        }
        let missing = |key: &str| Problem::new(format!("`{key}` is missing")).at(&root.place);
        let ordinary = top.get("ordinary").ok_or_else(|| missing("ordinary"))?;
        let period: Period = read(&ordinary.value, ordinary)?;
        self.within(&[period.from, period.to], ordinary)?;
        let mut problems = Vec::new();
        let mut groups = IndexMap::new();
        let named = top.get("groups").ok_or_else(|| missing("groups"))?;
        for (group, members) in map(&named.value, "groups of moments by name")? {
            let mut moments = IndexMap::new();
            for (name, entry) in map(&members.value, "moments by name")? {
                match self.moment(entry) {
                    Ok(moment) => drop(moments.insert(name.clone(), moment)),
                    Err(problem) => problems.push(problem.path(format!("groups.{group}.{name}"))),
                }
            }
            groups.insert(group.clone(), moments);
        }
        Problems::none_in(problems)?;
        Ok(Moments { ordinary: period, groups })
    }

    fn moment(&self, entry: &Entry) -> Result<Moment, Problem> {
        if let Some(estimator) = entry.value.entry("estimator") {
            let name = name_of(&estimator.value);
            if let Some(name) = name.filter(|name| !ESTIMATORS.contains(&name.as_str())) {
                let known = format!("the estimators are {}", all());
                let problem = Problem::new(format!("unknown estimator `{name}`")).at(&estimator.value.place).expected(known);
                return Err(problem.maybe_help(did_you_mean(&name, ESTIMATORS)));
            }
        }
        let moment: Moment = read(&entry.value, entry)?;
        self.check(&moment, entry)?;
        Ok(moment)
    }

    fn check(&self, moment: &Moment, entry: &Entry) -> Result<(), Problem> {
        if let Some([low, high]) = moment.band
            && low >= high
        {
            return Err(Problem::new(format!("the band [{low}, {high}] is upside down")).at(&entry.key).expected("[low, high]"));
        }
        match &moment.estimator {
            Estimator::GmvShare { platform } | Estimator::TakeRate { platform } => self.platform(platform, entry),
            Estimator::ParcelsOverOrdinary { during, .. } => self.within(&[during.from, during.to], entry),
            Estimator::GmvShareBefore { during, before } => self.within(&[during.from, *before, during.to], entry),
            Estimator::MultiHoming { until } => self.within(&[*until], entry),
            Estimator::OwnPriceElasticity { change, .. } if change.0 <= 0.0 || change.0 >= 0.5 => {
                Err(Problem::new("`change` must lie above 0 and below 50 %").at(&entry.key))
            }
            Estimator::PromotionLift { message, .. } if !(0.0..=10.0).contains(message) => {
                Err(Problem::new(format!("`message` is {message}")).at(&entry.key).expected("a utility from 0 to 10"))
            }
            Estimator::AdElasticity { change, .. } if change.0 <= 0.0 => Err(Problem::new("`change` must lie above 0").at(&entry.key)),
            Estimator::SupportIssues { on } => self.within(&[*on], entry),
            Estimator::PricePaidAfterPromotion { on, days, .. } | Estimator::ServiceTool { on, days, .. } => {
                let last = Date(on.0 + chrono::TimeDelta::days(i64::from((*days).min(10_000))));
                self.within(&[*on, last], entry)
            }
            Estimator::PostPromotionDip { during, week, without } => {
                let weeks = i64::from((*week).clamp(1, 1_000));
                self.within(&[during.from, during.to, Date(during.to.0 + chrono::TimeDelta::weeks(weeks))], entry)?;
                let patches = without.iter().map(|patch| Override::parse(patch).map(drop));
                let broken = patches.filter_map(Result::err).next().map(|found| found.to_string());
                broken.map_or(Ok(()), |what| Err(Problem::new(format!("`without`: {what}")).at(&entry.key)))
            }
            _ => Ok(()),
        }
    }

    fn platform(&self, name: &str, entry: &Entry) -> Result<(), Problem> {
        if self.scenario.platforms.contains_key(name) {
            return Ok(());
        }
        let names = || self.scenario.platforms.keys().map(String::as_str);
        let help = did_you_mean(name, names()).unwrap_or_else(|| format!("the platforms are {}", listed(names())));
        Err(Problem::new(format!("the scenario has no platform `{name}`")).at(&entry.key).help(help))
    }

    /// Days that must come in this order within the calendar.
    fn within(&self, days: &[Date], entry: &Entry) -> Result<(), Problem> {
        let calendar = &self.scenario.calendar;
        let outside = days.iter().find(|day| **day < calendar.start || **day > calendar.end);
        if let Some(day) = outside {
            let what = format!("{day} is not a day of the calendar, {} to {}", calendar.start, calendar.end);
            return Err(Problem::new(what).at(&entry.key));
        }
        if days.is_sorted() { Ok(()) } else { Err(Problem::new("the days are not in order").at(&entry.key)) }
    }
}

/// Name of the estimator that a node writes: the key of a map of one.
fn name_of(node: &Node) -> Option<String> {
    match &node.kind {
        Kind::Map(map) => map.keys().next().cloned(),
        Kind::Scalar { text, .. } => Some(text.clone()),
        _ => None,
    }
}

fn all() -> String {
    ESTIMATORS.map(|name| format!("`{name}`")).join(", ")
}

fn map<'a>(node: &'a Node, expected: &str) -> Result<&'a IndexMap<String, Entry>, Problem> {
    match &node.kind {
        Kind::Map(map) => Ok(map),
        _ => Err(Problem::new("no map stands here").at(&node.place).found(node.describe()).expected(expected)),
    }
}

fn read<T: for<'de> Deserialize<'de>>(node: &Node, entry: &Entry) -> Result<T, Problem> {
    serde_json::from_value(node.to_value()).map_err(|error| Problem::new(format!("cannot be read: {error}")).at(&entry.key))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load;

    const TINY: &str = "regression/tiny.yaml";
    const ORDINARY: &str = "ordinary: {from: 2025-03-03, to: 2025-03-09}\n";

    fn read_text(moment: &str) -> Result<Moments, Problems> {
        let project = load(Path::new(TINY), &[]).expect("a scenario");
        let text = format!("{ORDINARY}groups:\n  facts:\n    one: {{{moment}, source: here}}\n");
        Reader { scenario: &project.baseline().scenario }.file(&files::plain_text(Path::new("x.moments.yaml"), &text)?)
    }

    #[test]
    fn every_estimator_has_its_name_in_the_list() {
        for name in ESTIMATORS {
            let error = serde_json::from_str::<Estimator>(&format!("{{\"{name}\": {{\"no\": 1}}}}")).expect_err("no such field");
            assert!(!error.to_string().contains("unknown variant"), "{name}: {error}");
        }
        let error = serde_json::from_str::<Estimator>("{\"no\": {}}").expect_err("no such estimator").to_string();
        assert_eq!(error.matches('`').count() / 2, ESTIMATORS.len() + 1, "{error}");
    }

    #[test]
    fn what_is_wrong_is_told_at_its_line() {
        let cases = [
            ("estimator: {gmv-shar: {platform: north}}", "unknown estimator `gmv-shar`"),
            ("estimator: {gmv-share: {platform: norht}}", "no platform `norht`"),
            ("estimator: {gmv-share: {plat: north}}", "unknown field `plat`"),
            ("estimator: {conversion-per-mission: {}}, band: [0.6, 0.4]", "upside down"),
            ("estimator: {multi-homing: {until: 2026-01-01}}", "not a day of the calendar"),
            ("estimator: {post-promotion-dip: {during: {from: 2025-03-03, to: 2025-03-05}, week: 1, without: [a b]}}", "without"),
            ("estimator: {promotion-lift: {discount: 10 %, listings: 1 %, message: -1}}", "`message` is -1"),
            ("estimator: {conversion-per-mission: {}}, tagret: 1", "unknown field `tagret`"),
        ];
        for (moment, expected) in cases {
            let problems = read_text(moment).expect_err(moment);
            assert!(problems.to_string().contains(expected), "{moment}: {problems}");
            let (file, line, _) = problems.iter().next().and_then(Problem::location).expect("a place");
            assert_eq!((file, line), ("x.moments.yaml", 4), "{moment}");
        }
        let said = read_text("estimator: {gmv-shar: {}}").expect_err("unknown").render(100, false);
        assert!(said.contains("`take-rate`") && said.contains("did you mean `gmv-share`?"), "{said}");
    }

    #[test]
    fn a_moment_is_read_as_written() {
        let moments = read_text("estimator: {take-rate: {platform: south}}, target: 0.05, band: [0.04, 0.06]").expect("a moment");
        let one = &moments.groups["facts"]["one"];
        assert_eq!(one.estimator, Estimator::TakeRate { platform: "south".to_owned() });
        assert_eq!((one.target, one.band, one.known_miss), (Some(0.05), Some([0.04, 0.06]), false));
    }
}
