//! Panics: a broken rule of the program becomes an error with a place instead of a trace on the terminal.
//!
//! Owns the panic hook. Guarantees that the message and its place in the source survive until the error is built. With
//! `RUST_BACKTRACE` set the trace is printed too.

use std::any::Any;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Mutex;

static LAST: Mutex<Option<String>> = Mutex::new(None);

/// Keeps the first message of a panic instead of printing it.
pub(crate) fn install_hook() {
    let trace = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        let place = info.location().map(|at| format!(" ({}:{})", file_name(at.file()), at.line())).unwrap_or_default();
        let message = format!("{}{place}", text_of(info.payload()));
        if let Ok(mut last) = LAST.lock() {
            last.get_or_insert(message);
        }
        if std::env::var_os("RUST_BACKTRACE").is_some_and(|value| value != "0") {
            trace(info);
        }
    }));
}

/// Runs `work`; the message of the panic if it panics.
pub(crate) fn caught<R>(work: impl FnOnce() -> R) -> Result<R, String> {
    panic::catch_unwind(AssertUnwindSafe(work)).map_err(|payload| {
        let kept = LAST.lock().ok().and_then(|mut last| last.take());
        kept.unwrap_or_else(|| text_of(&*payload).to_owned())
    })
}

/// Crate and file: `agents/src/market.rs`.
fn file_name(path: &str) -> &str {
    let mut cuts = path.rmatch_indices(['/', '\\']).map(|(at, _)| at + 1);
    cuts.nth(2).map_or(path, |at| &path[at..])
}

fn text_of(payload: &(dyn Any + Send)) -> &str {
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("a panic without a message")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_its_message() {
        let message = caught(|| panic!("budget of {} overspent", 3)).unwrap_err();
        assert!(message.starts_with("budget of 3 overspent"), "{message}");
        assert_eq!(caught(|| 5), Ok(5));
    }

    #[test]
    fn places_are_short() {
        assert_eq!(file_name("/some/where/agents/src/market.rs"), "agents/src/market.rs");
        assert_eq!(file_name("market.rs"), "market.rs");
    }
}
