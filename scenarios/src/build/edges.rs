//! The social graph of a scenario: computed, or read from a CSV file beside it.

use super::BuildError;
use crate::model::{Graph, Scenario};
use sim_core::draw::Seed;
use sim_core::graph::{SmallWorld, SocialGraph};
use std::path::Path;

pub(super) fn graph(scenario: &Scenario, directory: &Path, seed: Seed) -> Result<SocialGraph, BuildError> {
    let shoppers = scenario.population.shoppers.0;
    match &scenario.population.social.graph {
        Graph::None => Ok(SocialGraph::None),
        Graph::SmallWorld { neighbours, long_range } => {
            Ok(SocialGraph::SmallWorld(SmallWorld::new(seed, shoppers, *neighbours, *long_range)))
        }
        Graph::Edges(file) => {
            let path = directory.join(file);
            let fail = |cause: String| BuildError::Edges { path: path.clone(), cause };
            let edges = read(&path).map_err(fail)?;
            SocialGraph::from_edges(shoppers, &edges).map_err(|e| fail(e.to_string()))
        }
    }
}

/// Pairs of shopper ids; a first line without digits is a header.
fn read(path: &Path) -> Result<Vec<(u64, u64)>, String> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).trim(csv::Trim::All).from_path(path).map_err(|e| e.to_string())?;
    let mut edges = Vec::new();
    for (i, record) in reader.records().enumerate() {
        let record = record.map_err(|e| e.to_string())?;
        let ids: Vec<Option<u64>> = record.iter().map(|field| field.parse().ok()).collect();
        match ids[..] {
            [Some(a), Some(b)] => edges.push((a, b)),
            [None, None] if i == 0 => {}
            _ => return Err(format!("line {}: found `{}`, expected two shopper ids", i + 1, record.iter().collect::<Vec<_>>().join(","))),
        }
    }
    Ok(edges)
}
