//! Scenario files of Bazaar: from YAML to a checked scenario.
//!
//! A file becomes a tree with places, the tree takes patches (overrides, arms, shocks), and the patched tree becomes a model
//! that passed every check. Whatever is wrong is reported at its line and column, all at once.
//!
//! In reading order:

mod model;
pub use model::*;

mod problem;
pub use problem::{Problem, Problems};

mod source;

mod path;

mod tree;

mod parse;

mod files;

mod schema;
pub use schema::schema_json;

mod structure;

mod patch;
pub use patch::Override;

mod check;

mod forecast;

pub use forecast::{Forecast, forecast};

mod funnel;

mod canonical;

mod project;
pub use project::{BASELINE, Loaded, Project, load, load_text};

mod moments;
pub use moments::{Estimator, Moment, Moments, Period, SalesMode, Statistic, ToolOutcome, load_moments};

mod explain;
pub use explain::explain;

mod starter;
pub use starter::starter;

mod build;
pub use build::{BuildError, Built, build, scale};
