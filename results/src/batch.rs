//! Rows of one table, gathered into columns.
//!
//! Owns the buffers between `push` and the encoder, and the keys in front of a row. Guarantees that a row that does not
//! emit what its columns declare is caught at once. Leaves out when a batch is cut: the part file decides.

use std::sync::Arc;

use arrow_array::builder::{Date32Builder, Float64Builder, Int64Builder, StringBuilder, UInt32Builder, UInt64Builder};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::SchemaRef;
use sim_core::rows::{Column, Kind, Row, Sink};

/// The keys of a row.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RowKeys<'a> {
    /// Arm of the experiment.
    pub(crate) arm: &'a str,
    /// Replication; `None` if the row sums up several.
    pub(crate) replication: Option<u32>,
    /// Days since 1970-01-01.
    pub(crate) date: i32,
}

/// Buffers for the rows of one table.
pub(crate) struct Batch {
    schema: SchemaRef,
    arm: StringBuilder,
    replication: UInt32Builder,
    date: Date32Builder,
    columns: Vec<Buffer>,
    rows: usize,
}

impl Batch {
    pub(crate) fn new(schema: SchemaRef, columns: &[Column]) -> Self {
        Self {
            schema,
            arm: StringBuilder::new(),
            replication: UInt32Builder::new(),
            date: Date32Builder::new(),
            columns: columns.iter().map(|column| Buffer::new(column.kind)).collect(),
            rows: 0,
        }
    }

    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    pub(crate) fn push<R: Row>(&mut self, keys: RowKeys<'_>, row: &R) {
        self.push_values(keys, R::TABLE, |cursor| row.emit(cursor));
    }

    /// Adds a row of `table`, whose values `row` hands over in the order of columns.
    pub(crate) fn push_values(&mut self, keys: RowKeys<'_>, table: &str, row: impl FnOnce(&mut Cursor<'_>)) {
        self.arm.append_value(keys.arm);
        self.replication.append_option(keys.replication);
        self.date.append_value(keys.date);
        let mut cursor = Cursor { columns: &mut self.columns, next: 0 };
        row(&mut cursor);
        assert_eq!(cursor.next, cursor.columns.len(), "a row of {table} emits one value for each column");
        self.rows += 1;
    }

    /// Takes the rows out, leaving the buffers empty.
    pub(crate) fn take(&mut self) -> RecordBatch {
        let keys: [ArrayRef; 3] = [Arc::new(self.arm.finish()), Arc::new(self.replication.finish()), Arc::new(self.date.finish())];
        let arrays = keys.into_iter().chain(self.columns.iter_mut().map(Buffer::take)).collect();
        self.rows = 0;
        RecordBatch::try_new(Arc::clone(&self.schema), arrays).expect("buffers follow the schema")
    }
}

/// Values of one column.
enum Buffer {
    U32(UInt32Builder),
    U64(UInt64Builder),
    I64(Int64Builder),
    F64(Float64Builder),
    Text(StringBuilder),
}

impl Buffer {
    fn new(kind: Kind) -> Self {
        match kind {
            Kind::U32 => Self::U32(UInt32Builder::new()),
            Kind::U64 => Self::U64(UInt64Builder::new()),
            Kind::I64 | Kind::Money => Self::I64(Int64Builder::new()),
            Kind::F64 => Self::F64(Float64Builder::new()),
            Kind::Text => Self::Text(StringBuilder::new()),
        }
    }

    fn take(&mut self) -> ArrayRef {
        match self {
            Self::U32(values) => Arc::new(values.finish()),
            Self::U64(values) => Arc::new(values.finish()),
            Self::I64(values) => Arc::new(values.finish()),
            Self::F64(values) => Arc::new(values.finish()),
            Self::Text(values) => Arc::new(values.finish()),
        }
    }
}

/// Takes the values of a row into the columns, in order.
pub(crate) struct Cursor<'a> {
    columns: &'a mut [Buffer],
    next: usize,
}

impl Cursor<'_> {
    fn next(&mut self) -> &mut Buffer {
        let column = self.columns.get_mut(self.next).expect("a row emits no more values than it has columns");
        self.next += 1;
        column
    }
}

macro_rules! append {
    ($cursor:ident, $variant:ident, $value:expr) => {
        match $cursor.next() {
            Buffer::$variant(values) => values.append_value($value),
            _ => panic!("a row emits values of the types of its columns"),
        }
    };
}

impl Sink for Cursor<'_> {
    fn u32(&mut self, value: u32) {
        append!(self, U32, value);
    }
    fn u64(&mut self, value: u64) {
        append!(self, U64, value);
    }
    fn i64(&mut self, value: i64) {
        append!(self, I64, value);
    }
    fn f64(&mut self, value: f64) {
        match self.next() {
            Buffer::F64(values) if value.is_nan() => values.append_null(),
            Buffer::F64(values) => values.append_value(value),
            _ => panic!("a row emits values of the types of its columns"),
        }
    }
    fn text(&mut self, value: &str) {
        append!(self, Text, value);
    }
}
