//! Command line: what the user types, and how the answer is printed.

mod build;
mod inspect;
mod layers;
mod target;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use cnn_report::diagnostic::Diagnostic;
use cnn_report::plan::Overrides;
use cnn_report::{Failure, check_spec, method_schemas, spec};

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
    Build(build::Build),
    /// Check a report.yaml and everything it names, without computing
    Check(Spec),
    /// List a model's layers: number, name, kind, output shape, filters, parameters, receptive field
    Layers(layers::Layers),
    /// Say what is in a model file and what can be done with it; check its scores, or its preprocessing
    Inspect(inspect::Inspect),
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

/// The spec, or a file it names, is wrong.
const BAD_SPEC: u8 = 2;
const FAILED_RUN: u8 = 1;

pub fn run() -> ExitCode {
    match Cli::parse().command {
        Command::Build(arguments) => build::run(arguments),
        Command::Check(arguments) => answer(
            check_spec(&arguments.report, &arguments.overrides()),
            |plan| {
                complain(&plan.warnings);
                "no faults found\n".to_owned()
            },
        ),
        Command::Layers(arguments) => layers::run(&arguments),
        Command::Inspect(arguments) => inspect::run(&arguments),
        Command::Reference => print(&spec::reference(&method_schemas())),
        Command::Schema => print(&format!("{:#}\n", spec::json_schema(&method_schemas()))),
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
