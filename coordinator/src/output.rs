//! Standard output. A reader that stops reading, as `head` does, is no error.

use std::io::{self, Write};
use std::path::Path;

use crate::exit::Failure;

/// Writes `text` to standard output as it is.
///
/// # Errors
/// If standard output cannot be written for another reason than a closed pipe.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(source) if source.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::Io { action: "write", path: Path::new("standard output").to_owned(), source })
        }
        _ => Ok(()),
    }
}

/// Writes `text` to standard error; what cannot be written there cannot be reported anywhere.
pub(crate) fn note(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

/// A whole number in groups of three digits: `200,000`.
pub(crate) fn grouped(number: u128) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 arm`, `2 arms`.
pub(crate) fn counted(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

/// A number of bytes with three significant digits: `1.23 GiB`.
pub(crate) fn bytes(number: u128) -> String {
    let size = number as f64;
    let (divisor, unit) = [(1_u64 << 40, "TiB"), (1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")]
        .into_iter()
        .find(|&(divisor, _)| size >= divisor as f64)
        .unwrap_or((1, "bytes"));
    let value = size / divisor as f64;
    let decimals = if divisor == 1 || value >= 100.0 {
        0
    } else if value >= 10.0 {
        1
    } else {
        2
    };
    format!("{value:.decimals$} {unit}")
}

/// A duration: `3.2 s`, `4 min 12 s`, `2 h 5 min`.
pub(crate) fn duration(seconds: f64) -> String {
    let whole = seconds.round() as u64;
    match whole {
        0..60 if seconds < 10.0 => format!("{seconds:.1} s"),
        0..60 => format!("{whole} s"),
        60..3600 => format!("{} min {} s", whole / 60, whole % 60),
        _ => format!("{} h {} min", whole / 3600, whole % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_for_people() {
        assert_eq!((grouped(7), grouped(1_234), grouped(200_000)), ("7".into(), "1,234".into(), "200,000".into()));
        assert_eq!((bytes(12), bytes(1_536), bytes(3 << 30)), ("12 bytes".into(), "1.50 KiB".into(), "3.00 GiB".into()));
        assert_eq!((duration(3.21), duration(252.0), duration(7_500.0)), ("3.2 s".into(), "4 min 12 s".into(), "2 h 5 min".into()));
        assert_eq!((counted(1, "arm"), counted(2, "arm")), ("1 arm".into(), "2 arms".into()));
    }
}
