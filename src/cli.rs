//! Command line: what the user types, and how the answer is printed.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use cnn_report::diagnostic::Diagnostic;
use cnn_report::model::layer_table;
use cnn_report::plan::Overrides;
use cnn_report::progress::{Progress, Silent};
use cnn_report::{
    Failure, OnFailure, Request, build_report, check_spec, load_network, method_schemas, spec,
};

use crate::terminal::Terminal;

/// One command turns a report.yaml and an image classifier into a report that explains the classifier.
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run every explanation and write the report (HTML and Markdown)
    Build(Build),
    /// Check a report.yaml and everything it names, without computing
    Check(Spec),
    /// List the layers of the model: number, name, kind, output shape, parameters
    Layers(Spec),
    /// Print the reference of report.yaml's keys, in Markdown
    Reference,
    /// Print the JSON Schema of report.yaml, for editors
    Schema,
}

#[derive(Args)]
struct Spec {
    /// The report's YAML file
    #[arg(default_value = "report.yaml")]
    report: PathBuf,
    /// Device in place of the spec's: auto, cpu, cuda, cuda:N or mps
    #[arg(long)]
    device: Option<String>,
    /// Precision in place of the spec's: fp32, bf16 or auto
    #[arg(long)]
    precision: Option<String>,
}

#[derive(Args)]
struct Build {
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

/// The spec, or a file it names, is wrong.
const BAD_SPEC: u8 = 2;
const FAILED_RUN: u8 = 1;

pub fn run() -> ExitCode {
    match Cli::parse().command {
        Command::Build(arguments) => build(arguments),
        Command::Check(arguments) => answer(
            check_spec(&arguments.report, &arguments.overrides()),
            |_| "no faults found\n".to_owned(),
        ),
        Command::Layers(arguments) => answer(
            load_network(&arguments.report, &arguments.overrides()),
            |model| layer_table(model.layers()),
        ),
        Command::Reference => print(&spec::reference(&method_schemas())),
        Command::Schema => print(&format!("{:#}\n", spec::json_schema(&method_schemas()))),
    }
}

fn build(arguments: Build) -> ExitCode {
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

impl Spec {
    fn overrides(&self) -> Overrides {
        Overrides {
            device: self.device.clone(),
            precision: self.precision.clone(),
            ..Overrides::default()
        }
    }
}

fn answer<T>(result: Result<T, Failure>, text: impl Fn(&T) -> String) -> ExitCode {
    match result {
        Ok(value) => print(&text(&value)),
        Err(failure) => failed(&failure),
    }
}

fn failed(failure: &Failure) -> ExitCode {
    match failure {
        Failure::Spec(faults) => {
            complain(faults);
            ExitCode::from(BAD_SPEC)
        }
        Failure::Run(faults) => {
            complain(faults);
            ExitCode::from(FAILED_RUN)
        }
    }
}

fn complain(faults: &[Diagnostic]) {
    for fault in faults {
        eprintln!("{fault}");
    }
}

/// Standard output may be a pipe that nobody reads to the end: that is not an error.
fn print(text: &str) -> ExitCode {
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            eprintln!("cnn-report: cannot write to standard output: {error}");
            ExitCode::from(FAILED_RUN)
        }
        _ => ExitCode::SUCCESS,
    }
}
