//! Ctrl-C: the first asks the run to stop at the next tick, the second stops at once.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::exit::Exit;
use crate::output;

static ASKED: AtomicBool = AtomicBool::new(false);

/// Listens for Ctrl-C. Without a handler the signal ends the program at once, which loses nothing but the message.
pub(crate) fn listen() {
    let heard = ctrlc::set_handler(|| {
        if ASKED.swap(true, Ordering::Relaxed) {
            std::process::exit(i32::from(Exit::Interrupted as u8));
        }
        output::note("\nstopping at the next tick; once more to stop at once\n");
    });
    if let Err(error) = heard {
        tracing::warn!(%error, "no handler for Ctrl-C");
    }
}

/// Whether Ctrl-C was pressed.
pub(crate) fn asked() -> bool {
    ASKED.load(Ordering::Relaxed)
}
