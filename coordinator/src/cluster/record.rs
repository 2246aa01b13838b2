//! What a checkpoint consists of.

use serde::{Deserialize, Serialize};

/// A file in the store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Object {
    /// Path in the store.
    pub(crate) path: String,
    pub(crate) bytes: u64,
    /// SHA-256, 64 hex digits.
    pub(crate) sha256: String,
    /// Of a table: where it is published, and how many rows it has.
    pub(crate) table: Option<Published>,
}

/// Where a file of a table goes when the run is complete.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Published {
    pub(crate) table: String,
    /// Path below the run directory.
    pub(crate) path: String,
    pub(crate) rows: u64,
}

/// A state that a run can go on from: the content of a checkpoint's manifest.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Base {
    /// Generation that wrote it.
    pub(crate) generation: u64,
    /// Number of the cell in the order of the plan.
    pub(crate) cell: u32,
    /// The next tick of the engine.
    pub(crate) tick: u32,
    /// State; none at the start of a cell, which follows from the seed.
    pub(crate) objects: Vec<Object>,
    /// Files of tables that count, in the order of their completion.
    pub(crate) files: Vec<Object>,
    /// How many of them belong to cells that are over.
    pub(crate) files_of_earlier_cells: usize,
    /// What the cells that are over came to.
    pub(crate) outcomes: Vec<Object>,
}

impl Base {
    /// The start of the same cell, from the seed.
    pub(crate) fn start_of_cell(&self) -> Base {
        let files = self.files[..self.files_of_earlier_cells].to_vec();
        Base { tick: 0, objects: Vec::new(), files, ..self.clone() }
    }
}
