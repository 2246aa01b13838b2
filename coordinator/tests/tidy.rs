//! The habits of the house, checked: short files and functions, headers, no leftovers.

mod support;

use std::fs;
use std::path::PathBuf;

const FILE_LINES: usize = 600;
const FUNCTION_LINES: usize = 60;

/// Functions that may be longer, each with its reason.
const LONG_FUNCTIONS: &[(&str, &str)] = &[
    ("visit", "the hot kernel of a mission"),
    ("platform_tick", "one struct literal, a line for each column"),
    ("merchant_tick", "one struct literal, a line for each column"),
    ("rows_of_merchants_add_up_to_those_of_platforms_across_a_warm_up_that_ends_within_a_week", "two lists of columns, a line for each"),
];

/// Every Rust file of the workspace, with its text.
fn sources() -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let root = support::root();
    for name in ["sim-core", "agents", "scenarios", "results", "coordinator"] {
        for folder in ["src", "tests", "benches", "examples"].map(|folder| root.join(name).join(folder)) {
            if folder.is_dir() {
                let files = support::files(&folder).into_iter().filter(|file| file.extension().is_some_and(|end| end == "rs"));
                found.extend(files.map(|file| folder.join(file)));
            }
        }
    }
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).expect("a source file can be read");
        (path.strip_prefix(&root).expect("below the root").to_owned(), text)
    };
    found.into_iter().map(read).collect()
}

fn name_of_function(line: &str) -> Option<&str> {
    let words = line.trim_start();
    let mut rest = words;
    for word in ["pub(crate) ", "pub(super) ", "pub ", "const ", "async ", "unsafe ", "extern \"C\" "] {
        rest = rest.strip_prefix(word).unwrap_or(rest);
    }
    let name = rest.strip_prefix("fn ")?;
    name.split(|c: char| !c.is_alphanumeric() && c != '_').next()
}

/// Functions of a file with their lines: from `fn` to the brace at the same depth of indentation.
fn functions(text: &str) -> Vec<(&str, usize)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (start, line) in lines.iter().enumerate() {
        let Some(name) = name_of_function(line) else { continue };
        let indent = line.len() - line.trim_start().len();
        let closes =
            |line: &&str| line.len() > indent && line.trim_start().starts_with('}') && line.len() - line.trim_start().len() == indent;
        let head_ends = |line: &&&str| line.trim_end().ends_with(['{', ';', '}']);
        let is_short = lines[start..].iter().find(head_ends).is_none_or(|line| !line.trim_end().ends_with('{'));
        let length = if is_short { 1 } else { lines[start..].iter().position(closes).map_or(1, |end| end + 1) };
        found.push((name, length));
    }
    found
}

#[test]
fn files_and_functions_are_short() {
    let mut long = Vec::new();
    for (path, text) in sources() {
        if text.lines().count() > FILE_LINES {
            long.push(format!("{}: {} lines", path.display(), text.lines().count()));
        }
        let functions = functions(&text)
            .into_iter()
            .filter(|(name, lines)| *lines > FUNCTION_LINES && LONG_FUNCTIONS.iter().all(|(known, _)| known != name));
        long.extend(functions.map(|(name, lines)| format!("{}: fn {name} has {lines} lines", path.display())));
    }
    assert!(long.is_empty(), "longer than {FILE_LINES} or {FUNCTION_LINES} lines:\n{}", long.join("\n"));
}

#[test]
fn every_file_says_what_it_is() {
    let silent: Vec<_> = sources().into_iter().filter(|(_, text)| !text.starts_with("//!")).map(|(path, _)| path).collect();
    assert!(silent.is_empty(), "files without a header: {silent:?}");
}

#[test]
fn nothing_is_left_for_later() {
    let marks = [["TO", "DO"].concat(), ["FIX", "ME"].concat(), ["todo", "!("].concat(), ["unimplemented", "!("].concat()];
    for (path, text) in sources() {
        for mark in &marks {
            assert!(!text.contains(mark.as_str()), "{}: {mark}", path.display());
        }
    }
}

#[test]
fn the_ruler_measures() {
    let text = "fn one() { 1 }\n\nimpl X {\n    pub(crate) fn two(\n        a: u8,\n    ) -> u8 {\n        a\n    }\n}\n";
    assert_eq!(functions(text), [("one", 1), ("two", 5)]);
}
