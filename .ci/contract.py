#!/usr/bin/env python3
"""Contract test of the tables: DuckDB, Polars and pandas read a run and agree.

    .ci/contract.py RUN                           every table: columns, types, keys, rows, sums
    .ci/contract.py RUN --docs docs/queries.md    also run the queries of a page and compare their answers

Each table is read twice by each engine, as a glob of files and as a directory. Columns and types are those of
docs/data-dictionary.md, rows those of the manifest. Integer sums must be equal, sums of floats to 1e-9 of the sum of
their sizes. Prints `N passed, M failed`; exits with 1 if anything failed, with 2 if the run cannot be read at all.
"""

import argparse
import datetime
import json
import math
import numbers
import re
import sys
from pathlib import Path

import duckdb
import pandas as pd
import polars as pl

KEYS = ["arm", "replication", "date"]
DUCKDB_TYPES = {"STRING": "VARCHAR", "UINT32": "UINTEGER", "UINT64": "UBIGINT", "INT64": "BIGINT", "DOUBLE": "DOUBLE", "DATE": "DATE"}
POLARS_TYPES = {"STRING": pl.String, "UINT32": pl.UInt32, "UINT64": pl.UInt64, "INT64": pl.Int64, "DOUBLE": pl.Float64, "DATE": pl.Date}
PANDAS_TYPES = {"STRING": "str", "UINT32": "uint32", "UINT64": "uint64", "INT64": "int64", "DOUBLE": "float64", "DATE": "object"}
INTEGERS = {"UINT32", "UINT64", "INT64"}


class Tally:
    """Counts checks and prints those that fail."""

    def __init__(self):
        self.passed = 0
        self.failed = 0

    def check(self, claim, holds, found=""):
        if holds:
            self.passed += 1
        else:
            self.failed += 1
            print(f"FAILED {claim}: {found}")

    def attempt(self, claim, action):
        """Runs `action`; an exception is a failed check. Returns its result, or None."""
        try:
            result = action()
        except Exception as error:  # any failure of an engine is a broken contract
            self.check(claim, False, f"{type(error).__name__}: {error}")
            return None
        self.check(claim, True)
        return result


def dictionary(page):
    """Columns and types by table, from the data dictionary: {table: {column: type}}."""
    tables, current = {}, None
    for line in page.read_text(encoding="utf-8").splitlines():
        if heading := re.fullmatch(r"## (\w+)", line):
            current = tables.setdefault(heading[1], {})
        elif current is not None and (row := re.match(r"\| `(\w+)` \| (\w+) \|", line)):
            current[row[1]] = row[2]
    return tables


def rows_by_table(manifest):
    rows = {}
    for file in manifest["files"]:
        rows[file["table"]] = rows.get(file["table"], 0) + file["rows"]
    return rows


def of_duckdb(source, columns):
    """Columns, types, number of rows, and (sum, sum of sizes, nulls) of each numeric column."""
    table = duckdb.read_parquet(source)
    types = dict(zip(table.columns, map(str, table.types)))
    numeric = [name for name, kind in columns.items() if kind in INTEGERS or kind == "DOUBLE"]
    parts = ", ".join(f'sum("{name}"), sum(abs("{name}"::double)), count(*) - count("{name}")' for name in numeric)
    count, *values = table.aggregate(f"count(*), {parts}").fetchall()[0]
    sums = {name: (values[3 * at] or 0, values[3 * at + 1] or 0.0, values[3 * at + 2]) for at, name in enumerate(numeric)}
    return types, {name: DUCKDB_TYPES[kind] for name, kind in columns.items()}, count, sums


def of_polars(source, columns):
    table = pl.scan_parquet(source).collect()
    sums = {}
    for name, kind in columns.items():
        if kind in INTEGERS or kind == "DOUBLE":
            values = table[name]
            sums[name] = (values.cast(pl.Int128).sum() if kind in INTEGERS else values.sum(), values.cast(pl.Float64).abs().sum(), values.null_count())
    return dict(table.schema), {name: POLARS_TYPES[kind] for name, kind in columns.items()}, len(table), sums


def of_pandas(source, columns):
    table = pd.read_parquet(source)
    sums, expected = {}, {}
    for name, kind in columns.items():
        nulls = int(table[name].isna().sum())
        expected[name] = PANDAS_TYPES[kind]
        if kind in INTEGERS or kind == "DOUBLE":
            if nulls and kind in INTEGERS:
                expected[name] = "float64"  # how pandas holds integers with nulls
            values = table[name].dropna()
            total = sum(map(int, values)) if kind in INTEGERS else values.sum()
            sums[name] = (total, values.astype(float).abs().sum(), nulls)
        elif kind == "DATE" and len(table):
            first = table[name].iloc[0]
            if not isinstance(first, datetime.date):
                expected[name] = f"object of dates, not {type(first).__name__}"
    return {name: str(kind) for name, kind in table.dtypes.items()}, expected, len(table), sums


def readings(folder):
    files = sorted(map(str, folder.glob("*.parquet")))
    glob = str(folder / "*.parquet")
    return [
        ("DuckDB, glob", of_duckdb, glob),
        ("DuckDB, directory", of_duckdb, str(folder / "**")),
        ("Polars, glob", of_polars, glob),
        ("Polars, directory", of_polars, str(folder) + "/"),
        ("pandas, files", of_pandas, files),
        ("pandas, directory", of_pandas, folder),
    ]


def check_table(tally, folder, name, columns, rows):
    others = [path.name for path in folder.iterdir() if path.suffix != ".parquet"]
    tally.check(f"{name} holds nothing but Parquet", not others, others)
    first = None
    for engine, read, source in readings(folder):
        claim = f"{name}, {engine}"
        result = tally.attempt(f"{claim}: readable", lambda: read(source, columns))
        if result is None:
            continue
        types, expected, count, sums = result
        tally.check(f"{claim}: keys first", list(types)[:3] == KEYS, list(types)[:3])
        tally.check(f"{claim}: columns as documented", list(types) == list(columns), set(types) ^ set(columns))
        wrong = {column: (str(types.get(column)), str(kind)) for column, kind in expected.items() if types.get(column) != kind}
        tally.check(f"{claim}: types as documented (found, expected)", not wrong, wrong)
        tally.check(f"{claim}: rows as in the manifest", count == rows, f"{count}, expected {rows}")
        first = first or sums
        different = {column: (sums[column], first[column]) for column in sums if not same_sums(columns[column], sums[column], first[column])}
        tally.check(f"{claim}: sums as in DuckDB", not different, different)


def same_sums(kind, one, other):
    if one[2] != other[2]:
        return False
    if kind in INTEGERS:
        return int(one[0]) == int(other[0])
    return math.isclose(one[0], other[0], rel_tol=0, abs_tol=1e-9 * max(one[1], other[1]) + 1e-300)


def questions(page):
    """Sections with their fenced blocks: [(heading, [(language, code)])]."""
    sections = re.split(r"^## ", page.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    found = [(section.splitlines()[0], re.findall(r"^```(\w+)\n(.*?)^```", section, flags=re.MULTILINE | re.DOTALL)) for section in sections]
    return [(heading, blocks) for heading, blocks in found if blocks]


def answer(language, code, run):
    """Rows of the answer of a block, as plain values."""
    code = code.replace("RUN/", f"{run}/")
    if language == "sql":
        result = duckdb.sql(code)
        return result.columns, result.fetchall()
    scope = {}
    exec(compile(code, "<block>", "exec"), scope)
    table = scope["answer"]
    if isinstance(table, pl.DataFrame):
        return table.columns, table.rows()
    return list(table.columns), list(table.itertuples(index=False, name=None))


def same_value(one, other):
    if isinstance(one, str) or isinstance(other, str):
        return one == other
    if isinstance(one, numbers.Integral) and isinstance(other, numbers.Integral):
        return int(one) == int(other)
    one, other = (math.nan if value is None else float(value) for value in (one, other))
    return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-9) or (math.isnan(one) and math.isnan(other))


def same_answer(one, other):
    rows = list(zip(one[1], other[1]))
    equal = all(len(left) == len(right) and all(map(same_value, left, right)) for left, right in rows)
    return list(one[0]) == list(other[0]) and len(one[1]) == len(other[1]) and equal


def check_page(tally, page, run):
    asked = questions(page)
    tally.check(f"{page.name} has questions", bool(asked))
    for heading, blocks in asked:
        answers = []
        for position, (language, code) in enumerate(blocks, 1):
            result = tally.attempt(f"{heading} block {position} ({language}) runs", lambda: answer(language, code, run))
            if result is not None:
                answers.append((position, result))
        for position, result in answers[1:]:
            claim = f"{heading} block {position} answers as block {answers[0][0]}"
            tally.check(claim, same_answer(answers[0][1], result), f"{answers[0][1]} against {result}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path, help="run directory")
    parser.add_argument("--docs", type=Path, action="append", default=[], help="page whose queries are run")
    default = Path(__file__).resolve().parent.parent / "docs" / "data-dictionary.md"
    parser.add_argument("--dictionary", type=Path, default=default, help="data dictionary")
    arguments = parser.parse_args()
    try:
        manifest = json.loads((arguments.run / "manifest.json").read_text(encoding="utf-8"))
        documented = dictionary(arguments.dictionary)
    except (OSError, ValueError) as error:
        print(f"cannot read the run: {error}", file=sys.stderr)
        return 2
    tally = Tally()
    expected = rows_by_table(manifest)
    folders = {path.name for path in (arguments.run / "tables").iterdir()}
    tally.check("every folder is in the manifest and the other way round", folders == set(expected), folders ^ set(expected))
    for name, rows in sorted(expected.items()):
        tally.check(f"{name} is in the data dictionary", name in documented)
        if name in documented and name in folders:
            check_table(tally, arguments.run / "tables" / name, name, documented[name], rows)
    for page in arguments.docs:
        check_page(tally, page, arguments.run)
    print(f"{tally.passed} passed, {tally.failed} failed")
    return 1 if tally.failed else 0


if __name__ == "__main__":
    sys.exit(main())
