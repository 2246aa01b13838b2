//! Whatever a file holds, loading it ends in a scenario or in a located report, without a panic and without delay.

use std::path::Path;

use proptest::prelude::*;
use scenarios::{Override, load_text, starter};

/// Words that a careless or malicious author might put anywhere.
const WORDS: [&str; 24] = [
    "",
    "~",
    "null",
    "true",
    "-1",
    "1e999",
    "99999999999999999999",
    "0.5",
    "15 %",
    "150 %",
    "30 bn yuan",
    "2025-13-01",
    "[",
    "]",
    "{",
    "}",
    "&a",
    "*a",
    "!!int 5",
    "\"",
    "\t",
    "- ",
    ": ",
    "价格",
];

/// A change of a text: something is deleted, doubled, replaced or put in between, somewhere.
#[derive(Clone, Debug)]
enum Mutation {
    Delete(usize, usize),
    Repeat(usize, usize),
    Insert(usize, usize),
    Replace(usize, usize),
    SwapLines(usize, usize),
}

fn mutation() -> impl Strategy<Value = Mutation> {
    let at = || 0..100_000_usize;
    prop_oneof![
        (at(), 1..60_usize).prop_map(|(at, length)| Mutation::Delete(at, length)),
        (at(), 1..200_usize).prop_map(|(at, length)| Mutation::Repeat(at, length)),
        (at(), 0..WORDS.len()).prop_map(|(at, word)| Mutation::Insert(at, word)),
        (at(), 0..WORDS.len()).prop_map(|(at, word)| Mutation::Replace(at, word)),
        (at(), at()).prop_map(|(a, b)| Mutation::SwapLines(a, b)),
    ]
}

fn apply(text: &str, mutation: &Mutation) -> String {
    let boundary = |at: usize| text.floor_char_boundary(at % (text.len() + 1));
    match *mutation {
        Mutation::Delete(at, length) => {
            let (from, to) = (boundary(at), text.floor_char_boundary((boundary(at) + length).min(text.len())));
            format!("{}{}", &text[..from], &text[to..])
        }
        Mutation::Repeat(at, length) => {
            let (from, to) = (boundary(at), text.floor_char_boundary((boundary(at) + length).min(text.len())));
            format!("{}{}{}", &text[..to], &text[from..to], &text[to..])
        }
        Mutation::Insert(at, word) => format!("{}{}{}", &text[..boundary(at)], WORDS[word], &text[boundary(at)..]),
        Mutation::Replace(at, word) => replace_value(text, boundary(at), WORDS[word]),
        Mutation::SwapLines(a, b) => {
            let mut lines: Vec<&str> = text.lines().collect();
            let count = lines.len().max(1);
            if !lines.is_empty() {
                lines.swap(a % count, b % count);
            }
            lines.join("\n") + "\n"
        }
    }
}

/// Puts `word` in place of the value of the first `key: value` from `at` on.
fn replace_value(text: &str, at: usize, word: &str) -> String {
    let Some(start) = text[at..].find(": ").map(|found| at + found + 2) else { return text.to_owned() };
    let end = text[start..].find([',', '}', '\n', '#']).map_or(text.len(), |found| start + found);
    format!("{}{word}{}", &text[..start], &text[end..])
}

fn check(text: &str, overrides: &[Override]) {
    match load_text(Path::new("mutated.yaml"), text, overrides) {
        Ok(project) => {
            let again = load_text(Path::new("again.yaml"), &project.baseline().resolved_yaml, &[]);
            let again = again.unwrap_or_else(|problems| panic!("{text}\n{}", problems.render(120, false)));
            assert_eq!(again.baseline().hash, project.baseline().hash);
        }
        Err(problems) => {
            assert!(problems.iter().count() > 0);
            for problem in problems.iter() {
                assert!(problem.location().is_some(), "no place: {problem}\n{text}");
            }
            assert!(problems.render(100, false).len() < 100_000);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_mutated_starter_is_a_scenario_or_a_located_report(mutations in prop::collection::vec(mutation(), 1..8)) {
        let text = mutations.iter().fold(starter().to_owned(), |text, mutation| apply(&text, mutation));
        check(&text, &[]);
    }

    #[test]
    fn any_text_is_a_located_report(text in "\\PC{0,200}") {
        check(&text, &[]);
    }

    #[test]
    fn any_option_is_a_patch_or_a_located_report(
        path in prop::sample::select(vec!["seed", "platforms.red", "platforms.red.strategy", "shocks", "calendar.week[0]", "population.segments.careful.share", "catalog.categories"]),
        tail in prop::sample::select(vec!["", ".", "[0]", ".x", ".budget.y", "..", "[", ".\"a.b\""]),
        word in prop::sample::select(WORDS.to_vec()),
    ) {
        let text = format!("{path}{tail}={word}");
        match Override::parse(&text) {
            Ok(patch) => check(starter(), &[patch]),
            Err(problems) => prop_assert!(problems.iter().all(|problem| problem.location().is_some())),
        }
    }
}

#[test]
fn every_prefix_of_the_starter_ends_in_a_scenario_or_a_located_report() {
    for end in (0..starter().len()).step_by(37) {
        check(&starter()[..starter().floor_char_boundary(end)], &[]);
    }
}
