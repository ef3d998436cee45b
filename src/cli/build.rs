//! `cnn-report build`: the report, and progress while it is made.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use cnn_report::execute::Reuse;
use cnn_report::plan::Overrides;
use cnn_report::progress::{Finished, Progress, Silent};
use cnn_report::{OnFailure, Request, build_report};

use super::ReportArguments;
use super::interrupt;
use super::messages::{FAILED_RUN, MessageFormat};
use super::store::StoreArguments;
use crate::terminal::Terminal;

/// What `build` is given.
#[derive(Args)]
pub struct BuildArguments {
    #[command(flatten)]
    spec: ReportArguments,
    /// Seed in place of the spec's
    #[arg(long)]
    seed: Option<u32>,
    /// Folder to write to, in place of the spec's
    #[arg(long, short)]
    output: Option<PathBuf>,
    /// Write the report even where a method fails, with a notice in its place (the exit code is still 1)
    #[arg(long)]
    keep_going: bool,
    /// Say of each unit of work that was run why it was
    #[arg(long)]
    why: bool,
    /// Run everything, whatever is stored
    #[arg(long)]
    fresh: bool,
    #[command(flatten)]
    store: StoreArguments,
    /// Print errors only
    #[arg(long, short)]
    quiet: bool,
}

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

impl BuildArguments {
    pub fn report(&self) -> &Path {
        &self.spec.report
    }

    pub fn overrides(&self) -> Overrides {
        Overrides {
            seed: self.seed,
            output: self.output.clone(),
            ..self.spec.overrides()
        }
    }
}

pub fn run(arguments: BuildArguments, format: MessageFormat) -> ExitCode {
    let request = Request {
        overrides: arguments.overrides(),
        spec: arguments.spec.report,
        on_failure: if arguments.keep_going {
            OnFailure::KeepGoing
        } else {
            OnFailure::Stop
        },
        store: arguments.store.of_report(),
        reuse: match arguments.fresh {
            true => Reuse::Nothing,
            false => Reuse::Stored,
        },
    };
    let said = Said {
        why: arguments.why,
        quiet: arguments.quiet,
    };
    build(&request, &said, format)
}

/// What is said of a build that went well.
pub struct Said {
    pub why: bool,
    pub quiet: bool,
}

/// Builds, with progress on a terminal, and prints the pages.
pub fn build(request: &Request, said: &Said, format: MessageFormat) -> ExitCode {
    interrupt::watch();
    // Standard error then holds nothing but JSON.
    let silent = said.quiet || format == MessageFormat::Json;
    let progress: Box<dyn Progress> = if silent {
        Box::new(Stoppable(Silent))
    } else {
        Box::new(Stoppable(Terminal::new()))
    };
    let built = build_report(request, progress.as_ref());
    drop(progress); // a bar that is still drawn would overwrite the diagnostics
    match built {
        Ok(built) => {
            format.print_diagnostics(&built.warnings);
            if said.why {
                let lines = built.ran.iter();
                let lines = lines.map(|ran| format!("ran {}: {}\n", ran.unit, ran.reason));
                let (ran, units) = (built.ran.len(), built.units);
                let network = match built.opened_network {
                    true => "the network was opened",
                    false => "the network was not opened",
                };
                let last = format!("ran {ran} of {units} units; {network}\n");
                format.print_text(&lines.chain([last]).collect::<String>());
            }
            if !said.quiet {
                let pages = built
                    .pages
                    .iter()
                    .map(|page| format!("{}\n", page.display()));
                format.print_text(&pages.collect::<String>());
            }
            format.print_diagnostics(&built.failures);
            if built.failures.is_empty() {
                ExitCode::SUCCESS
            } else {
                ExitCode::from(FAILED_RUN)
            }
        }
        // Ctrl-C also ends the writing of files, which then is no failure of its own.
        Err(_) if interrupt::requested() => ExitCode::from(interrupt::EXIT_CODE),
        Err(failure) => format.fail(&failure),
    }
}
