//! `cnn-report completions` and `man`: what shells and `man` read, from the commands themselves.

use std::process::ExitCode;

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::Cli;
use super::messages::MessageFormat;

/// What `completions` is given.
#[derive(Args)]
pub struct CompletionsArguments {
    /// The shell
    shell: Shell,
}

pub fn completions(arguments: &CompletionsArguments, format: MessageFormat) -> ExitCode {
    let mut script = Vec::new();
    clap_complete::generate(
        arguments.shell,
        &mut Cli::command(),
        "cnn-report",
        &mut script,
    );
    format.print(&String::from_utf8_lossy(&script))
}

/// One page with every command.
pub fn man(format: MessageFormat) -> ExitCode {
    let mut page = Vec::new();
    let mut command = Cli::command();
    command.build();
    let mut written = clap_mangen::Man::new(command.clone()).render(&mut page);
    for sub in command.get_subcommands() {
        written = written.and_then(|()| clap_mangen::Man::new(sub.clone()).render(&mut page));
    }
    match written {
        Ok(()) => format.print(&String::from_utf8_lossy(&page)),
        Err(_) => ExitCode::FAILURE, // a vector takes everything
    }
}
