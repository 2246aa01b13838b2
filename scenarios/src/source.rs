//! Where a piece of a scenario was written: a file or a command-line argument, and a byte range in it.
//!
//! Owns texts and places. Guarantees that a place lies on character boundaries of its text. Leaves out what stands there.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// A text with a name: a file or a command-line argument.
#[derive(PartialEq, Eq)]
pub(crate) struct Source {
    /// Path as given, or the name of the option.
    pub(crate) name: String,
    /// The whole text.
    pub(crate) text: String,
}

impl Source {
    pub(crate) fn new(name: impl Into<String>, text: impl Into<String>) -> Arc<Self> {
        Arc::new(Self { name: name.into(), text: text.into() })
    }
}

/// A byte range of a source.
#[derive(Clone)]
pub(crate) struct Place {
    pub(crate) source: Arc<Source>,
    start: usize,
    end: usize,
}

impl Place {
    /// The range, cut to the text and widened to character boundaries.
    pub(crate) fn new(source: &Arc<Source>, range: Range<usize>) -> Self {
        let end = source.text.ceil_char_boundary(range.end.min(source.text.len()));
        let start = source.text.floor_char_boundary(range.start.min(end));
        Self { source: Arc::clone(source), start, end }
    }

    pub(crate) fn range(&self) -> Range<usize> {
        self.start..self.end
    }

    pub(crate) fn text(&self) -> &str {
        &self.source.text[self.range()]
    }

    /// Line and column of the start, both from 1; columns count characters.
    pub(crate) fn line_and_column(&self) -> (usize, usize) {
        let before = &self.source.text[..self.start];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
    }

    /// The line that the place starts on, without its line break, and the place's bytes within it.
    pub(crate) fn line(&self) -> (&str, Range<usize>) {
        let text = &self.source.text;
        let from = text[..self.start].rfind('\n').map_or(0, |at| at + 1);
        let to = text[self.start..].find('\n').map_or(text.len(), |at| self.start + at);
        let line = text[from..to].trim_end_matches('\r');
        let clip = |at: usize| at.clamp(from, from + line.len()) - from;
        (line, clip(self.start)..clip(self.end))
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (line, column) = self.line_and_column();
        write!(f, "{}:{line}:{column}", self.source.name)
    }
}
