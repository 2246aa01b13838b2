//! What is wrong with a scenario, where, and what to do about it.
//!
//! Owns the located diagnostics that every part of this crate reports, and how they look on a terminal. Guarantees that a
//! rendered report is bounded, whatever the file holds. Leaves out the finding of problems.

use std::error::Error;
use std::fmt::{self, Write};
use std::sync::Arc;

use miette::{Diagnostic, LabeledSpan, SourceCode};

use crate::source::Place;

/// No more problems than this are printed; the rest are counted.
const SHOWN: usize = 20;

/// Something wrong in a scenario.
#[derive(Clone, Debug)]
pub struct Problem(Box<Facts>);

#[derive(Clone, Debug)]
struct Facts {
    what: String,
    found: Option<String>,
    expected: Option<String>,
    help: Option<String>,
    path: Option<String>,
    place: Option<Place>,
    related: Vec<(Place, String)>,
}

impl Problem {
    pub(crate) fn new(what: impl Into<String>) -> Self {
        let what = what.into();
        Self(Box::new(Facts { what, found: None, expected: None, help: None, path: None, place: None, related: Vec::new() }))
    }

    pub(crate) fn at(mut self, place: &Place) -> Self {
        self.0.place = Some(place.clone());
        self
    }

    pub(crate) fn path(mut self, path: impl ToString) -> Self {
        self.0.path = Some(clip(&path.to_string())).filter(|path| !path.is_empty());
        self
    }

    pub(crate) fn found(mut self, found: impl Into<String>) -> Self {
        self.0.found = Some(clip(&found.into()));
        self
    }

    pub(crate) fn expected(mut self, expected: impl Into<String>) -> Self {
        self.0.expected = Some(clip(&expected.into()));
        self
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.0.help = Some(clip(&help.into()));
        self
    }

    /// The help, if there is any.
    pub(crate) fn maybe_help(self, help: Option<String>) -> Self {
        match help {
            Some(help) => self.help(help),
            None => self,
        }
    }

    pub(crate) fn related(mut self, place: &Place, label: impl Into<String>) -> Self {
        self.0.related.push((place.clone(), label.into()));
        self
    }

    pub(crate) fn within(mut self, part: &str) -> Self {
        self.0.what = format!("{part}: {}", self.0.what);
        self
    }

    /// What is said of what was found at which path; what was expected is left aside.
    pub(crate) fn text(&self) -> String {
        let part = |text: &Option<String>| text.clone().unwrap_or_default();
        format!("{}: {}: {}", part(&self.0.path), self.0.what, part(&self.0.found))
    }

    /// Path into the scenario of what is wrong, such as `platforms.jd.take_rate`, where there is one.
    pub fn scenario_path(&self) -> Option<&str> {
        self.0.path.as_deref()
    }

    /// File (or option), line and column of what is wrong, from 1.
    pub fn location(&self) -> Option<(&str, usize, usize)> {
        let place = self.0.place.as_ref()?;
        let (line, column) = place.line_and_column();
        Some((&place.source.name, line, column))
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.what)
    }
}

impl Error for Problem {}

impl Diagnostic for Problem {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.0.path.as_ref().map(|path| Box::new(path) as Box<dyn fmt::Display>)
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.0.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.0.place.as_ref().map(|place| &place.source.text as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let place = self.0.place.as_ref()?;
        let same_source = |other: &Place| Arc::ptr_eq(&other.source, &place.source);
        let label = LabeledSpan::new_with_span(self.label(), place.range());
        let related = self.0.related.iter().filter(move |(other, _)| same_source(other));
        let related = related.map(|(other, label)| LabeledSpan::new_with_span(Some(label.clone()), other.range()));
        Some(Box::new(std::iter::once(label).chain(related)))
    }
}

impl Problem {
    fn label(&self) -> Option<String> {
        match (&self.0.found, &self.0.expected) {
            (Some(found), Some(expected)) => Some(format!("found {found}, expected {expected}")),
            (Some(found), None) => Some(format!("found {found}")),
            (None, Some(expected)) => Some(format!("expected {expected}")),
            (None, None) => None,
        }
    }
}

/// Everything wrong with a scenario: at least one problem, in the order of the file where possible.
#[derive(Clone, Debug)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// `Err` unless `list` is empty.
    pub(crate) fn none_in(list: Vec<Problem>) -> Result<(), Problems> {
        if list.is_empty() { Ok(()) } else { Err(Problems(list)) }
    }

    /// The problems.
    pub fn iter(&self) -> impl Iterator<Item = &Problem> {
        self.0.iter()
    }

    pub(crate) fn into_list(self) -> Vec<Problem> {
        self.0
    }

    /// The report for a terminal of `width` columns, coloured by escape codes if `colour`.
    pub fn render(&self, width: usize, colour: bool) -> String {
        let look = Look { width: width.max(40), colour, word: "error:", paint: "1;31" };
        let mut out = String::new();
        for problem in self.0.iter().take(SHOWN) {
            look.problem(&mut out, problem).expect("a string takes everything");
            out.push('\n');
        }
        let more = self.0.len().saturating_sub(SHOWN);
        let count = match (self.0.len(), more) {
            (1, _) => "1 problem".to_owned(),
            (all, 0) => format!("{all} problems"),
            (all, more) => format!("{all} problems, {more} of them not shown"),
        };
        writeln!(out, "{count}; nothing was run").expect("a string takes everything");
        out
    }
}

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Self {
        Self(vec![problem])
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let first = self.0.first().map_or("", |problem| &problem.0.what);
        match self.0.len() {
            0 | 1 => f.write_str(first),
            count => write!(f, "{first} (and {} more problems)", count - 1),
        }
    }
}

impl Error for Problems {}

impl Diagnostic for Problems {
    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        Some(Box::new(self.0.iter().map(|problem| problem as &dyn Diagnostic)))
    }
}

/// Reports that stop nothing, for a terminal of `width` columns.
pub(crate) fn render_warnings(warnings: &[Problem], width: usize, colour: bool) -> String {
    let look = Look { width: width.max(40), colour, word: "warning:", paint: "1;33" };
    let mut out = String::new();
    for problem in warnings.iter().take(SHOWN) {
        look.problem(&mut out, problem).expect("a string takes everything");
        out.push('\n');
    }
    out
}

/// Keeps a text of the file short enough to print.
fn clip(text: &str) -> String {
    const LONGEST: usize = 240;
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

struct Look {
    width: usize,
    colour: bool,
    /// What each report begins with, and its colour.
    word: &'static str,
    paint: &'static str,
}

impl Look {
    fn problem(&self, out: &mut String, problem: &Problem) -> fmt::Result {
        writeln!(out, "{} {}", self.paint(self.paint, self.word), self.paint("1", &clip(&problem.0.what)))?;
        let line_numbers = problem.0.place.iter().chain(problem.0.related.iter().map(|(place, _)| place));
        let gutter = line_numbers.map(|place| place.line_and_column().0.to_string().len()).max().unwrap_or(1);
        if let Some(place) = &problem.0.place {
            self.snippet(out, gutter, place, &problem.label().unwrap_or_default())?;
        }
        for (place, label) in &problem.0.related {
            self.snippet(out, gutter, place, label)?;
        }
        if problem.0.place.is_none()
            && let Some(label) = problem.label()
        {
            self.note(out, gutter, "note", &label)?;
        }
        if let Some(path) = &problem.0.path {
            self.note(out, gutter, "path", path)?;
        }
        if let Some(help) = &problem.0.help {
            self.note(out, gutter, "help", help)?;
        }
        Ok(())
    }

    fn note(&self, out: &mut String, gutter: usize, word: &str, text: &str) -> fmt::Result {
        writeln!(out, "{:gutter$} {} {}", "", self.paint("36", &format!("= {word}:")), text)
    }

    fn snippet(&self, out: &mut String, gutter: usize, place: &Place, label: &str) -> fmt::Result {
        let bar = self.paint("36", "|");
        let (number, column) = place.line_and_column();
        let arrow = self.paint("36", "-->");
        writeln!(out, "{:gutter$}{arrow} {}:{number}:{column}", "", place.source.name)?;
        let (line, marked) = place.line();
        let (before, under, line) = window(line, marked, self.width.saturating_sub(gutter + 4));
        writeln!(out, "{} {bar} {line}", self.paint("36", &format!("{number:>gutter$}")))?;
        let marks = self.paint(self.paint, &"^".repeat(under.max(1)));
        let label = if label.is_empty() { String::new() } else { format!(" {label}") };
        writeln!(out, "{:gutter$} {bar} {}{marks}{label}", "", " ".repeat(before))
    }

    fn paint(&self, code: &str, text: &str) -> String {
        if self.colour { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}

/// The part of `line` around `marked` that fits in `width` characters: blanks before the mark, length of the mark, the text.
/// Control characters become blanks, so that a file cannot move the cursor.
fn window(line: &str, marked: std::ops::Range<usize>, width: usize) -> (usize, usize, String) {
    let before = line[..marked.start].chars().count();
    let under = line[marked].chars().count();
    let length = line.chars().count();
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    if length <= width {
        return (before, under, line.chars().map(plain).collect());
    }
    let skip = before.saturating_sub(width / 3);
    let shown: String = line.chars().skip(skip).take(width).map(plain).collect();
    (before - skip, under.min(width.saturating_sub(before - skip)), shown.trim_end().to_owned())
}

/// The name among `names` that `typed` was probably meant to be, as a question.
pub(crate) fn did_you_mean<'a>(typed: &str, names: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let far = (typed.chars().count() / 3).clamp(1, 4);
    let distance = |name: &str| strsim::damerau_levenshtein(&short(typed).to_lowercase(), &name.to_lowercase());
    let nearest = names.into_iter().map(|name| (distance(name), name)).min_by_key(|&(far, _)| far)?;
    (nearest.0 <= far).then(|| format!("did you mean `{}`?", nearest.1))
}

/// A list of names for a message: the first twelve.
pub(crate) fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    const SHOWN: usize = 12;
    let names: Vec<&str> = names.into_iter().collect();
    let shown = names.iter().take(SHOWN).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    if names.len() > SHOWN { format!("{shown} and {} more", names.len() - SHOWN) } else { shown }
}

/// Long enough for any name; keeps the distance cheap.
fn short(text: &str) -> &str {
    let end = text.char_indices().nth(64).map_or(text.len(), |(at, _)| at);
    &text[..end]
}
