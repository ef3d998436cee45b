//! The `cnn-report` command; everything is in the library.

use std::process::ExitCode;

mod allocator;
mod cli;
mod event_log;
mod panics;
mod terminal;
mod waiting;

fn main() -> ExitCode {
    allocator::keep_freed_memory();
    panics::silence_caught_panics();
    cli::run()
}
