//! `cnn-report build`: the report, and progress while it is made.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use cnn_report::plan::Overrides;
use cnn_report::progress::{Progress, Silent};
use cnn_report::{OnFailure, Request, build_report};

use super::{FAILED_RUN, Spec, complain, failed, print};
use crate::terminal::Terminal;

/// What `build` is given.
#[derive(Args)]
pub struct Build {
    #[command(flatten)]
    spec: Spec,
    /// Seed in place of the spec's
    #[arg(long)]
    seed: Option<u32>,
    /// Folder to write to, in place of the spec's
    #[arg(long, short)]
    output: Option<PathBuf>,
    /// Write the report even where a method fails, with a notice in its place (the exit code is still 1)
    #[arg(long)]
    keep_going: bool,
    /// Print errors only
    #[arg(long, short)]
    quiet: bool,
}

pub fn run(arguments: Build) -> ExitCode {
    let request = Request {
        overrides: Overrides {
            device: arguments.spec.device,
            precision: arguments.spec.precision,
            seed: arguments.seed,
            output: arguments.output,
        },
        spec: arguments.spec.report,
        on_failure: if arguments.keep_going {
            OnFailure::KeepGoing
        } else {
            OnFailure::Stop
        },
    };
    let progress: Box<dyn Progress> = if arguments.quiet {
        Box::new(Silent)
    } else {
        Box::new(Terminal::new())
    };
    match build_report(&request, progress.as_ref()) {
        Ok(built) => {
            complain(&built.warnings);
            if !arguments.quiet {
                let pages = built
                    .pages
                    .iter()
                    .map(|page| format!("{}\n", page.display()));
                print(&pages.collect::<String>());
            }
            complain(&built.failures);
            if built.failures.is_empty() {
                ExitCode::SUCCESS
            } else {
                ExitCode::from(FAILED_RUN)
            }
        }
        Err(failure) => failed(&failure),
    }
}
