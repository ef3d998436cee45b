//! Ctrl-C: a build ends by itself where it can, within a second in any case, and leaves no half-written file.
//!
//! An operator of libtorch cannot be stopped from outside. So the build asks `requested` between two
//! units and returns; where a unit takes longer than `PATIENCE`, a thread ends the process.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use cnn_report::fs;

/// Exit code of a process that Ctrl-C ended: 128 and the number of the signal SIGINT.
pub const EXIT_CODE: u8 = 130;

/// Together with the time that libtorch's threads need to notice, less than a second.
const PATIENCE: Duration = Duration::from_millis(700);

static REQUESTED: AtomicBool = AtomicBool::new(false);

/// Whether Ctrl-C was pressed.
pub fn requested() -> bool {
    REQUESTED.load(Ordering::SeqCst)
}

/// From now on Ctrl-C ends the process as said above; a second one ends it at once. A process that was
/// started to ignore Ctrl-C (`command &` in a script) goes on ignoring it.
pub fn watch() {
    match ctrlc::try_set_handler(|| on_signal(&REQUESTED, PATIENCE, end_process)) {
        Ok(()) | Err(ctrlc::Error::MultipleHandlers) => {} // the second: it is ignored
        Err(error) => eprintln!("cnn-report: warning: Ctrl-C may leave temporary files: {error}"),
    }
}

/// How the process ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// After files that are just being put in place.
    InOrder,
    AtOnce,
}

/// Signals come one after the other, on a thread that is no signal handler.
fn on_signal(requested: &AtomicBool, patience: Duration, end: impl FnOnce(End) + Send + 'static) {
    if requested.swap(true, Ordering::SeqCst) {
        end(End::AtOnce);
        return;
    }
    std::thread::spawn(move || {
        std::thread::sleep(patience);
        end(End::InOrder); // not reached where the process has ended by itself
    });
}

fn end_process(how: End) {
    fs::abandon_staged(how == End::AtOnce);
    exit_now();
}

/// Without the destructors of libtorch, whose threads are still at work.
#[allow(unsafe_code)]
pub fn exit_now() -> ! {
    // SAFETY: `_exit` takes any number and ends the process; nothing runs after it.
    unsafe { libc::_exit(i32::from(EXIT_CODE)) }
}

#[cfg(test)]
#[allow(
    clippy::disallowed_methods,
    reason = "what is tested is how long it waits"
)]
mod tests {
    use super::*;
    use std::sync::mpsc;
    use std::time::Instant;

    #[test]
    fn the_first_ctrl_c_waits_and_the_second_does_not() {
        let requested = AtomicBool::new(false);
        let (ends, ended) = mpsc::channel();
        let send = || {
            let ends = ends.clone();
            move |how| ends.send((how, Instant::now())).unwrap()
        };
        let patience = Duration::from_millis(300);
        let start = Instant::now();
        on_signal(&requested, patience, send());
        assert!(requested.load(Ordering::SeqCst));
        assert!(
            ended.try_recv().is_err(),
            "the build may still end by itself"
        );
        on_signal(&requested, patience, send());
        assert_eq!(ended.try_recv().unwrap().0, End::AtOnce);
        let (how, at) = ended.recv().unwrap();
        assert_eq!(how, End::InOrder);
        assert!(at - start >= patience);
    }
}
