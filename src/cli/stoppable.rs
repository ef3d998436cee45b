//! What is told of work while it goes on, until Ctrl-C ends it.

use std::ops::ControlFlow;

use clap::{Args, ValueEnum};
use cnn_report::progress::{Finished, Progress, Silent};

use super::interrupt;
use super::messages::MessageFormat;
use crate::allocator;
use crate::event_log::EventLog;
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
        if work.ran > 0 {
            allocator::give_back_freed_memory();
        }
        self.0.finished(title, work);
    }
}

/// How much is told of work, and how.
#[derive(Debug, Clone, Copy, Args)]
pub struct Told {
    /// Print errors only
    #[arg(long, short)]
    pub quiet: bool,
    /// How progress is told: as a bar, or a line a step where nobody watches; or as events, one JSON object a line
    #[arg(long, value_enum, default_value = "text", value_name = "FORM")]
    log: Log,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Log {
    Text,
    Json,
}

/// Progress on a terminal, or as events; nothing where errors only are wanted, or errors as JSON, which is all that standard error
/// then holds.
pub(super) fn progress(told: Told, format: MessageFormat) -> Box<dyn Progress> {
    interrupt::watch();
    match (told.quiet, told.log) {
        (true, _) => Box::new(Stoppable(Silent)),
        (false, Log::Json) => Box::new(Stoppable(EventLog::new())),
        (false, Log::Text) if format == MessageFormat::Json => Box::new(Stoppable(Silent)),
        (false, Log::Text) => Box::new(Stoppable(Terminal::new())),
    }
}
