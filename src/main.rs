//! The `cnn-report` command; everything is in the library.

use std::process::ExitCode;

mod allocator;
mod cli;
mod terminal;

fn main() -> ExitCode {
    allocator::keep_freed_memory();
    cli::run()
}
