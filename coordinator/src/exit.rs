//! How a command can fail, and the exit code of each way.
//!
//! Owns the one list of exit codes and the one look of errors: what went wrong, then what to do. Leaves out the located
//! report of a broken scenario, which `scenarios` renders in the same look.

use std::fmt::Write;
use std::io::{self, IsTerminal};
use std::path::PathBuf;

use scenarios::{BuildError, Problems};

/// The exit codes of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done.
    Done = 0,
    /// The environment failed: files, disk, threads.
    Failed = 1,
    /// The input is wrong; nothing was written.
    BadInput = 2,
    /// A check failed: files of a run are not as written, or a moment is out of its band.
    CheckFailed = 3,
    /// A bug in the program, or a run that does not repeat itself.
    Bug = 70,
    /// Nothing is wrong with the run: starting the process again goes on with it.
    Again = 75,
    /// Written by another version, or refused for what cannot change.
    Mismatch = 78,
    /// Interrupted.
    Interrupted = 130,
}

impl Exit {
    /// The exit code with a number; a number that is none stands for a failure.
    #[must_use]
    pub fn of(code: u32) -> Self {
        let all = [Self::Done, Self::BadInput, Self::CheckFailed, Self::Bug, Self::Again, Self::Mismatch, Self::Interrupted];
        all.into_iter().find(|exit| u32::from(*exit as u8) == code).unwrap_or(Self::Failed)
    }
}

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// A scenario, a patch or a path into a scenario is wrong.
    #[error("{problems}")]
    Scenario {
        /// What is wrong, with places.
        problems: Problems,
    },
    /// The world of a checked scenario cannot be built.
    #[error("{source}")]
    Build {
        /// Why.
        source: BuildError,
    },
    /// A run directory cannot be written or read.
    #[error("{source}")]
    Results {
        /// Why.
        source: results::Error,
        /// What to do about it.
        advice: Option<String>,
    },
    /// The file system or the operating system refused something.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was tried, as a verb.
        action: &'static str,
        /// On which path.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
    /// The operating system gives no threads.
    #[error("cannot start {threads} threads: {source}")]
    Threads {
        /// How many were asked for.
        threads: usize,
        /// Why it failed.
        source: io::Error,
    },
    /// The command was asked for something that it cannot do.
    #[error("{what}")]
    Usage {
        /// What is wrong.
        what: String,
        /// What to do about it.
        advice: String,
    },
    /// Something that the command needs is not there.
    #[error("{what}")]
    Missing {
        /// What is missing.
        what: String,
        /// What to do about it.
        advice: String,
    },
    /// Files of a run are not as written.
    #[error("{}: {}", dir.display(), findings.join("\n  "))]
    Altered {
        /// The run directory.
        dir: PathBuf,
        /// One line for each difference.
        findings: Vec<String>,
        /// What that means.
        advice: &'static str,
    },
    /// A scenario does not meet what it is held to.
    #[error("{what}")]
    Missed {
        /// What is out of its band.
        what: String,
        /// What to do about it.
        advice: String,
    },
    /// A run gives other digests than it recorded.
    #[error("{what}")]
    Diverged {
        /// Where, with both values.
        what: String,
        /// What to do about it.
        advice: String,
    },
    /// The run was written by another version.
    #[error("{what}")]
    Mismatch {
        /// Both versions.
        what: String,
        /// What to do about it.
        advice: String,
    },
    /// The program broke one of its own rules.
    #[error("this is a bug in bazaar: {what}")]
    Bug {
        /// The broken rule and where the run was.
        what: String,
        /// What to do about it.
        advice: String,
    },
    /// A process of a run has to be started again.
    #[error("{what}")]
    Again {
        /// What ended it.
        what: String,
        /// What to do about it.
        advice: String,
    },
    /// The coordinator sent a worker away.
    #[error("dismissed: {cause}")]
    Dismissed {
        /// The exit code that the coordinator asked for.
        exit: Exit,
        /// Why.
        cause: String,
    },
    /// A run on several workers failed.
    #[error("{what}")]
    Cluster {
        /// The exit code of the reason.
        exit: Exit,
        /// Why.
        what: String,
        /// What to do about it.
        advice: String,
    },
    /// The user stopped it.
    #[error("interrupted; {left}")]
    Interrupted {
        /// What is left behind.
        left: String,
    },
}

impl Failure {
    /// The exit code.
    #[must_use]
    pub fn exit(&self) -> Exit {
        match self {
            Self::Scenario { .. } | Self::Build { .. } | Self::Usage { .. } => Exit::BadInput,
            Self::Results { source, .. } => exit_of(source),
            Self::Io { .. } | Self::Threads { .. } | Self::Missing { .. } => Exit::Failed,
            Self::Altered { .. } | Self::Missed { .. } => Exit::CheckFailed,
            Self::Diverged { .. } | Self::Bug { .. } => Exit::Bug,
            Self::Mismatch { .. } => Exit::Mismatch,
            Self::Interrupted { .. } => Exit::Interrupted,
            Self::Again { .. } => Exit::Again,
            Self::Dismissed { exit, .. } | Self::Cluster { exit, .. } => *exit,
        }
    }

    /// What to do about it, where that is known.
    #[must_use]
    pub fn advice(&self) -> Option<&str> {
        match self {
            Self::Results { advice, .. } => advice.as_deref(),
            Self::Altered { advice, .. } => Some(advice),
            Self::Usage { advice, .. }
            | Self::Missing { advice, .. }
            | Self::Missed { advice, .. }
            | Self::Diverged { advice, .. }
            | Self::Mismatch { advice, .. }
            | Self::Again { advice, .. }
            | Self::Cluster { advice, .. }
            | Self::Bug { advice, .. } => Some(advice),
            Self::Scenario { .. } | Self::Build { .. } | Self::Io { .. } | Self::Threads { .. } => None,
            Self::Interrupted { .. } | Self::Dismissed { .. } => None,
        }
    }

    /// The report for standard error.
    #[must_use]
    pub fn render(&self) -> String {
        let colour = io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        if let Self::Scenario { problems } = self {
            return problems.render(100, colour);
        }
        let paint = |code: &str, text: &str| if colour { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() };
        let mut text = format!("{} {}\n", paint("1;31", "error:"), paint("1", &self.to_string()));
        if let Some(advice) = self.advice() {
            writeln!(text, "  {} {advice}", paint("36", "= help:")).expect("a string takes everything");
        }
        text
    }
}

fn exit_of(error: &results::Error) -> Exit {
    match error {
        results::Error::UnknownTable { .. } | results::Error::UnknownArm { .. } => Exit::BadInput,
        results::Error::UnknownFormat { .. } => Exit::Mismatch,
        _ => Exit::Failed,
    }
}

impl From<Problems> for Failure {
    fn from(problems: Problems) -> Self {
        Self::Scenario { problems }
    }
}

impl From<BuildError> for Failure {
    fn from(source: BuildError) -> Self {
        Self::Build { source }
    }
}

impl From<results::Error> for Failure {
    fn from(source: results::Error) -> Self {
        Self::Results { source, advice: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_failure_has_its_code() {
        let text = || "text".to_owned();
        let io = || io::Error::other("full");
        let codes = [
            (Failure::Io { action: "write", path: "x".into(), source: io() }, 1),
            (Failure::Usage { what: text(), advice: text() }, 2),
            (Failure::Altered { dir: "x".into(), findings: vec![text()], advice: "run again" }, 3),
            (Failure::Missed { what: text(), advice: text() }, 3),
            (Failure::Diverged { what: text(), advice: text() }, 70),
            (Failure::Bug { what: text(), advice: text() }, 70),
            (Failure::Mismatch { what: text(), advice: text() }, 78),
            (Failure::Interrupted { left: text() }, 130),
            (results::Error::RunExists { dir: "x".into() }.into(), 1),
            (results::Error::UnknownTable { name: text(), known: text() }.into(), 2),
        ];
        for (failure, code) in codes {
            assert_eq!(failure.exit() as u8, code, "{failure}");
        }
    }
}
