//! Arrow schemas and Parquet properties, from the description of the columns.
//!
//! Owns the mapping of column types to Arrow and Parquet, and every setting that decides a file's bytes. Guarantees that
//! these depend on the table and the run's description alone: no clock, no machine, no library version.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_schema::{DataType, Field, Schema, SchemaRef};
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::metadata::{KeyValue, SortingColumn};
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterVersion};
use parquet::schema::types::ColumnPath;
use sim_core::rows::{Column, Kind};

use crate::manifest::RunInfo;
use crate::table::{KEYS, SCHEMA_VERSION, Span, TableSpec};

/// Rows of a row group; the last one of a file may be shorter.
pub(crate) const ROW_GROUP_ROWS: usize = 65_536;
/// Rows handed to the encoder at once. A divisor of [`ROW_GROUP_ROWS`].
pub(crate) const BATCH_ROWS: usize = 8_192;

const DATE: usize = 2;

/// The Arrow schema of a table: keys, then columns, each with its description and unit.
pub(crate) fn arrow_schema(spec: &TableSpec) -> SchemaRef {
    let keys = KEYS.iter().enumerate().map(|(index, key)| {
        let data_type = if index == DATE { DataType::Date32 } else { data_type(key.kind) };
        let nullable = key.name == "replication" && spec.span == Span::AcrossReplications;
        described(key, data_type, nullable)
    });
    let columns = spec.columns.iter().map(|column| described(column, data_type(column.kind), column.kind == Kind::F64));
    Arc::new(Schema::new(keys.chain(columns).collect::<Vec<_>>()))
}

/// The Parquet settings of a table.
pub(crate) fn properties(spec: &TableSpec, run: &RunInfo) -> WriterProperties {
    let level = ZstdLevel::try_new(3).expect("3 is a zstd level");
    let mut builder = WriterProperties::builder()
        .set_created_by("bazaar".to_owned())
        .set_writer_version(WriterVersion::PARQUET_1_0)
        .set_compression(Compression::ZSTD(level))
        .set_statistics_enabled(EnabledStatistics::Page)
        .set_dictionary_enabled(false)
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
        .set_sorting_columns(sorting(spec))
        .set_key_value_metadata(Some(key_values(spec, run)));
    for column in KEYS.iter().chain(spec.columns).filter(|column| pays_for_dictionary(column.kind)) {
        builder = builder.set_column_dictionary_enabled(ColumnPath::from(column.name), true);
    }
    builder.build()
}

/// Name of an Arrow type as the dictionary states it.
pub(crate) fn type_name(data_type: &DataType) -> &'static str {
    match data_type {
        DataType::UInt32 => "UINT32",
        DataType::UInt64 => "UINT64",
        DataType::Int64 => "INT64",
        DataType::Float64 => "DOUBLE",
        DataType::Date32 => "DATE",
        DataType::Utf8 => "STRING",
        other => unreachable!("no column has type {other}"),
    }
}

fn data_type(kind: Kind) -> DataType {
    match kind {
        Kind::U32 => DataType::UInt32,
        Kind::U64 => DataType::UInt64,
        Kind::I64 | Kind::Money => DataType::Int64,
        Kind::F64 => DataType::Float64,
        Kind::Text => DataType::Utf8,
    }
}

fn described(column: &Column, data_type: DataType, nullable: bool) -> Field {
    let metadata = HashMap::from([("description".to_owned(), column.doc.to_owned()), ("unit".to_owned(), column.unit.to_owned())]);
    Field::new(column.name, data_type, nullable).with_metadata(metadata)
}

/// Names, ticks and small ids repeat; money, floats and shopper ids do not.
fn pays_for_dictionary(kind: Kind) -> bool {
    matches!(kind, Kind::Text | Kind::U32)
}

fn sorting(spec: &TableSpec) -> Option<Vec<SortingColumn>> {
    let tick = spec.columns.iter().position(|column| column.name == "tick")? + KEYS.len();
    let column_idx = i32::try_from(tick).expect("a table has few columns");
    Some(vec![SortingColumn { column_idx, descending: false, nulls_first: false }])
}

fn key_values(spec: &TableSpec, run: &RunInfo) -> Vec<KeyValue> {
    let pairs = [
        ("bazaar.schema_version", SCHEMA_VERSION.to_string()),
        ("bazaar.table", spec.name.to_owned()),
        ("bazaar.description", spec.doc.to_owned()),
        ("bazaar.money_unit", run.money_unit.to_string()),
        ("bazaar.scale", run.scale.to_string()),
        ("bazaar.scenario", run.name.clone()),
        ("bazaar.scenario_hash", run.scenario_hash.clone()),
        ("bazaar.program_version", run.program_version.clone()),
    ];
    pairs.into_iter().map(|(key, value)| KeyValue::new(key.to_owned(), value)).collect()
}
