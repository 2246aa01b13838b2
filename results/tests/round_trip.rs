//! What is pushed is what is read back, in equal bytes.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::fs;
use std::path::Path;

use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Float64Type, Int64Type, UInt32Type, UInt64Type};
use arrow_array::{Array, RecordBatch};
use arrow_schema::DataType;
use results::{Existing, RunReader, RunWriter, catalogue};
use sim_core::rows::{Column, Kind, Row, Sink, TABLES};
use support::{Generated, Value, options, outcome, platform_tick, write_run};

const TICKS: u32 = 5;

fn check_table<const T: usize>() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("run");
    let mut writer = RunWriter::create(&dir, options(TICKS, 2, Existing::Refuse)).unwrap();
    let mut expected = Vec::new();
    for (arm, replication) in [("baseline", 0), ("price-war", 3)] {
        let mut cell = writer.begin(arm, replication);
        for tick in 0..TICKS {
            for seed in 0..11 {
                let row = Generated::<T> { tick, seed: seed + 100 * u64::from(tick) };
                cell.push(&row).unwrap();
                expected.push((arm.to_owned(), replication, 20_332 + tick as i32, row.values()));
            }
            cell.end_tick(tick).unwrap();
        }
        writer.end(cell).unwrap();
    }
    let manifest = writer.finish(outcome()).unwrap();
    assert_eq!(manifest.rows(TABLES[T].0), expected.len() as u64);
    let reader = RunReader::open(&dir).unwrap();
    assert_eq!(reader.rows(TABLES[T].0).unwrap(), expected.len() as u64);
    assert_eq!(read_rows(&reader, TABLES[T].0), expected, "{}", TABLES[T].0);
}

/// Arm, replication, date and values of each row.
fn read_rows(reader: &RunReader, table: &str) -> Vec<(String, u32, i32, Vec<Value>)> {
    let batches: Vec<_> = reader.batches(table).unwrap().map(Result::unwrap).collect();
    batches
        .iter()
        .flat_map(|batch| {
            (0..batch.num_rows()).map(|row| {
                (
                    batch.column(0).as_string::<i32>().value(row).to_owned(),
                    batch.column(1).as_primitive::<UInt32Type>().value(row),
                    batch.column(2).as_primitive::<Date32Type>().value(row),
                    (3..batch.num_columns()).map(|column| value(batch, column, row)).collect(),
                )
            })
        })
        .collect()
}

fn value(batch: &RecordBatch, column: usize, row: usize) -> Value {
    let values = batch.column(column);
    match values.data_type() {
        DataType::UInt32 => Value::U32(values.as_primitive::<UInt32Type>().value(row)),
        DataType::UInt64 => Value::U64(values.as_primitive::<UInt64Type>().value(row)),
        DataType::Int64 => Value::I64(values.as_primitive::<Int64Type>().value(row)),
        DataType::Float64 => Value::F64(values.is_valid(row).then(|| values.as_primitive::<Float64Type>().value(row))),
        DataType::Utf8 => Value::Text(values.as_string::<i32>().value(row).to_owned()),
        other => panic!("{other}"),
    }
}

macro_rules! every_table {
    ($($index:literal)*) => {
        #[test]
        fn every_table_comes_back_as_pushed() {
            let checks: &[fn()] = &[$(check_table::<$index>),*];
            assert_eq!(checks.len(), TABLES.len(), "each table is checked");
            for check in checks {
                check();
            }
        }
    };
}
every_table!(0 1 2 3 4 5 6 7 8 9 10 11 12 13);

#[test]
fn keys_stand_first_then_columns_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("run");
    write_run(&dir, Existing::Refuse);
    let reader = RunReader::open(&dir).unwrap();
    for spec in catalogue().iter().filter(|spec| spec.name != "comparison") {
        let schema = reader.schema(spec.name).unwrap();
        let found: Vec<_> = schema.fields().iter().map(|field| field.name().as_str()).collect();
        let columns = spec.columns.iter().map(|column| column.name);
        let expected: Vec<_> = ["arm", "replication", "date"].into_iter().chain(columns).collect();
        assert_eq!(found, expected, "{}", spec.name);
        for (field, column) in schema.fields().iter().skip(3).zip(spec.columns) {
            assert_eq!(field.metadata()["unit"], column.unit);
            assert_eq!(field.metadata()["description"], column.doc);
            assert_eq!(field.is_nullable(), column.kind == Kind::F64, "{}", column.name);
        }
    }
}

#[test]
fn not_a_number_becomes_null() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("run");
    let mut writer = RunWriter::create(&dir, options(1, 1, Existing::Refuse)).unwrap();
    let mut cell = writer.begin("baseline", 0);
    cell.push(&platform_tick("JD", 0)).unwrap();
    writer.end(cell).unwrap();
    writer.finish(outcome()).unwrap();
    let batch = RunReader::open(&dir).unwrap().batches("platform_ticks").unwrap().next().unwrap().unwrap();
    let hhi: &arrow_array::Float64Array = results::reader::column(&batch, "hhi").unwrap();
    assert!(hhi.is_null(0));
    let parcels: &arrow_array::Float64Array = results::reader::column(&batch, "parcels").unwrap();
    assert_eq!(parcels.value(0), 0.0);
    assert!(results::reader::column::<arrow_array::Int64Array>(&batch, "hhi").is_err(), "types are checked");
}

#[test]
fn equal_rows_give_equal_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let [first, second] = ["first", "second"].map(|name| folder.path().join(name));
    let one = write_run(&first, Existing::Refuse);
    let other = write_run(&second, Existing::Refuse);
    assert_eq!(one, other);
    assert_eq!(support::files(&first), support::files(&second));
    for file in support::files(&first) {
        assert_eq!(fs::read(first.join(&file)).unwrap(), fs::read(second.join(&file)).unwrap(), "{}", file.display());
    }
}

#[test]
fn file_names_sort_by_arm_replication_and_tick() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = write_run(&folder.path().join("run"), Existing::Refuse);
    let paths: Vec<_> = manifest.files.iter().filter(|file| file.table == "orders").map(|file| &*file.path).collect();
    assert_eq!(
        paths,
        [
            "tables/orders/baseline-r0000-t0000-t0001.parquet",
            "tables/orders/baseline-r0000-t0002-t0003.parquet",
            "tables/orders/baseline-r0000-t0004-t0004.parquet",
        ]
    );
}

/// A narrow row, to fill row groups quickly.
struct Narrow(u32);

impl Row for Narrow {
    const TABLE: &'static str = "ledger_ticks";
    const DOC: &'static str = "";
    const COLUMNS: &'static [Column] = TABLES[3].2;

    fn tick(&self) -> u32 {
        0
    }

    fn emit(&self, sink: &mut impl Sink) {
        sink.u32(0);
        for text in ["JD", "shopper", "merchant"] {
            sink.text(text);
        }
        sink.i64(i64::from(self.0) * 7_919);
    }
}

#[test]
fn row_groups_are_cut_at_a_constant_number_of_rows() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("run");
    let mut writer = RunWriter::create(&dir, options(1, 1, Existing::Refuse)).unwrap();
    let mut cell = writer.begin("baseline", 0);
    for index in 0..150_000 {
        cell.push(&Narrow(index)).unwrap();
    }
    writer.end(cell).unwrap();
    writer.finish(outcome()).unwrap();
    let path = RunReader::open(&dir).unwrap().files("ledger_ticks").unwrap()[0].clone();
    assert_eq!(row_groups(&path), [65_536, 65_536, 18_928]);
}

fn row_groups(path: &Path) -> Vec<i64> {
    let file = fs::File::open(path).unwrap();
    let reader = parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
    let metadata = reader.metadata();
    let statement = |key: &str| {
        let pairs = metadata.file_metadata().key_value_metadata().unwrap();
        pairs.iter().find(|pair| pair.key == key).and_then(|pair| pair.value.clone()).unwrap()
    };
    assert_eq!(statement("bazaar.money_unit"), "100");
    assert_eq!(statement("bazaar.table"), "ledger_ticks");
    assert_eq!(metadata.file_metadata().created_by(), Some("bazaar"));
    metadata.row_groups().iter().map(parquet::file::metadata::RowGroupMetaData::num_rows).collect()
}

#[test]
fn the_first_rows_read_as_a_table() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("run");
    write_run(&dir, Existing::Refuse);
    let reader = RunReader::open(&dir).unwrap();
    let head = reader.head("orders", 2).unwrap();
    assert!(head.contains("2025-09-01") && head.contains("baseline") && head.contains("row 1"), "{head}");
    assert!(!head.contains("row 2"), "{head}");
    let description = reader.describe("orders").unwrap();
    assert!(description.contains("list_price") && description.contains("money units"), "{description}");
    assert_eq!(reader.head("missions", 3).unwrap().matches("row").count(), 0, "an empty table has columns, no rows");
    let error = reader.rows("order").unwrap_err().to_string();
    assert!(error.contains("`order`") && error.contains("platform_ticks"), "{error}");
}
