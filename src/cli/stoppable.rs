//! What is told of work while it goes on, until Ctrl-C ends it.

use std::ops::ControlFlow;

use cnn_report::progress::{Finished, Progress, Silent};

use super::interrupt;
use super::messages::MessageFormat;
use crate::terminal::Terminal;

/// Stops where Ctrl-C was pressed.
struct Stoppable<P>(P);

impl<P: Progress> Progress for Stoppable<P> {
    fn started(&self, number: usize, total: usize, title: &str) {
        self.0.started(number, total, title);
    }

    fn advanced(&self, done: usize, total: usize) -> ControlFlow<()> {
        match interrupt::requested() {
            true => ControlFlow::Break(()),
            false => self.0.advanced(done, total),
        }
    }

    fn finished(&self, title: &str, work: Finished) {
        self.0.finished(title, work);
    }
}

/// Progress on a terminal; nothing where errors only are wanted, or JSON, which is all that standard error then holds.
pub(super) fn progress(quiet: bool, format: MessageFormat) -> Box<dyn Progress> {
    interrupt::watch();
    match quiet || format == MessageFormat::Json {
        true => Box::new(Stoppable(Silent)),
        false => Box::new(Stoppable(Terminal::new())),
    }
}
