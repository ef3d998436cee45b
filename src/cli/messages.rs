//! Results on standard output, diagnostics on standard error.
//!
//! `print!` and `eprintln!` panic where a stream is closed or the disk is full; everything here writes
//! with functions that return the error.

use std::io::Write;
use std::process::ExitCode;

use clap::ValueEnum;
use cnn_report::Failure;
use cnn_report::diagnostic::{Colours, Diagnostic, visible};

/// The spec, or a file it names, is wrong.
pub const BAD_SPEC: u8 = 2;
pub const FAILED_RUN: u8 = 1;

/// How diagnostics are printed. The variants have no doc comments: clap would spread `--help` over many lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum MessageFormat {
    // The line of the file, with a caret below
    Full,
    // One line each: `file:line:column: error: message; hint: …`
    Short,
    // One JSON object a line
    Json,
}

impl MessageFormat {
    /// Prints what a command computed, or the diagnostics that say why it could not.
    pub fn finish<T>(self, result: Result<T, Failure>, text: impl Fn(&T) -> String) -> ExitCode {
        match result {
            Ok(value) => self.print_text(&text(&value)),
            Err(failure) => self.fail(&failure),
        }
    }

    /// Prints the diagnostics of a failure; its exit code.
    pub fn fail(self, failure: &Failure) -> ExitCode {
        let (diagnostics, code) = match failure {
            Failure::Spec(diagnostics) => (diagnostics, BAD_SPEC),
            Failure::Run(diagnostics) => (diagnostics, FAILED_RUN),
            Failure::Cancelled => return ExitCode::from(super::interrupt::EXIT_CODE),
        };
        self.print_diagnostics(diagnostics);
        ExitCode::from(code)
    }

    /// An error in writing them is ignored: there is no place left to print it.
    pub fn print_diagnostics(self, diagnostics: &[Diagnostic]) {
        let mut stream = anstream::stderr().lock(); // takes the colours out where nobody sees them
        for diagnostic in diagnostics {
            let _ = match self {
                // An empty line keeps the drawings apart.
                Self::Full => writeln!(stream, "{}\n", diagnostic.drawn(Colours::Ansi)),
                Self::Short => writeln!(stream, "{diagnostic}"),
                Self::Json => writeln!(stream, "{}", diagnostic.to_json()),
            };
        }
    }

    /// Prints text in which names from files may stand: control characters are escaped.
    pub fn print_text(self, text: &str) -> ExitCode {
        let lines = text.split_inclusive('\n').map(|line| {
            let (line, end) = match line.strip_suffix('\n') {
                Some(line) => (line, "\n"),
                None => (line, ""),
            };
            format!("{}{end}", visible(line))
        });
        self.print(&lines.collect::<String>())
    }

    /// Prints text as it is. Standard output may be a pipe that nobody reads to the end: that is no error.
    pub fn print(self, text: &str) -> ExitCode {
        let mut stream = std::io::stdout().lock();
        let written = stream
            .write_all(text.as_bytes())
            .and_then(|()| stream.flush());
        match written {
            Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
                let message = format!("cannot write to standard output: {error}");
                self.print_diagnostics(&[Diagnostic::without_file(message, String::new())]);
                ExitCode::from(FAILED_RUN)
            }
            _ => ExitCode::SUCCESS,
        }
    }
}
