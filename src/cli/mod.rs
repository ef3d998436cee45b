//! The command line: commands, options and exit codes.

mod build;
mod diff;
mod doctor;
mod dry_run;
mod init;
mod inspect;
mod interrupt;
mod layers;
mod messages;
mod methods;
mod serve;
mod shard;
mod shells;
mod stoppable;
mod store;
mod store_at;
mod target;
mod values;
mod watch;
mod words;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use cnn_report::plan::Overrides;
use cnn_report::report::machine;
use cnn_report::{check_spec, method_schemas, spec};
use messages::MessageFormat;

/// One command turns a report.yaml and an image classifier into a report that explains the classifier.
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    /// How errors and warnings are printed: with the line of the file, as one line each, as JSON
    #[arg(
        long,
        global = true,
        value_enum,
        default_value = "full",
        display_order = 900
    )]
    format: MessageFormat,
}

#[derive(Subcommand)]
enum Command {
    /// Write a first report.yaml for your own network and photos, and build it
    Init(init::InitArguments),
    /// Explain photos at once: a report of them, without writing any YAML
    Explain(init::ExplainArguments),
    /// Run every explanation and write the report (HTML, Markdown, JSON)
    Build(build::BuildArguments),
    /// Build again after each change of the spec, its photos or its model, until Ctrl-C
    Watch(build::BuildArguments),
    /// Build after each change and show the report in a browser of this machine, loaded again each time, until Ctrl-C
    Serve(serve::ServeArguments),
    /// Check a report.yaml and everything it names; a network that was not seen before is loaded and tried once
    Check(CheckArguments),
    /// List a model's layers: number, name, kind, output shape, filters, parameters, receptive field
    Layers(layers::LayersArguments),
    /// Say what is in a model file and what can be done with it; check its scores, or its preprocessing
    Inspect(inspect::InspectArguments),
    /// List the methods, or explain one with its parameters and papers
    Methods(methods::MethodsArguments),
    /// List the values that the texts of a report can quote; what is not stored is computed
    Values(values::ValuesArguments),
    /// Say what changed between two reports: settings, numbers, maps and texts
    Diff(diff::DiffArguments),
    /// Show or empty the store of results
    Cache(store::CacheArguments),
    /// Say what is found on this machine: libtorch, devices, threads, memory
    Doctor(doctor::DoctorArguments),
    /// Print the completions of a shell
    Completions(shells::CompletionsArguments),
    /// Print the man page
    Man,
    /// Print every word of the report in a language, as `strings:` takes them
    Words(words::WordsArguments),
    /// Print the reference of report.yaml's keys, in Markdown
    Reference,
    /// Print the JSON Schema of report.yaml, for editors, or of report.json
    Schema(SchemaArguments),
}

impl Command {
    /// Whether it runs a network for more than a moment.
    fn computes(&self) -> bool {
        matches!(
            self,
            Self::Build(_) | Self::Values(_) | Self::Init(_) | Self::Explain(_) | Self::Inspect(_)
        )
    }
}

#[derive(Args)]
struct SchemaArguments {
    /// Print the schema of report.json, which `output: {formats: [json]}` writes
    #[arg(long)]
    report: bool,
}

/// What `check` is given.
#[derive(Args)]
struct CheckArguments {
    #[command(flatten)]
    spec: ReportArguments,
    #[command(flatten)]
    store: store::StoreArguments,
}

#[derive(Args)]
struct ReportArguments {
    /// The report's YAML file
    #[arg(default_value = "report.yaml")]
    report: PathBuf,
    /// Device in place of the spec's: auto, cpu, cuda, cuda:N or mps
    #[arg(long)]
    device: Option<String>,
    /// Precision in place of the spec's: fp32, bf16 or auto
    #[arg(long)]
    precision: Option<String>,
    #[command(flatten)]
    set: SetArguments,
}

/// Values in place of the spec's.
#[derive(Args)]
struct SetArguments {
    /// A value in place of the spec's, such as `seed=1`, `lime.samples=500` (every figure of that method or id), `questions.2.lime.samples=500`; may be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
}

pub fn run() -> ExitCode {
    let Cli { command, format } = Cli::parse();
    if command.computes() {
        crate::waiting::sleep_beside_others();
    }
    match command {
        Command::Init(arguments) => init::init(arguments, format),
        Command::Explain(arguments) => init::explain(arguments, format),
        Command::Build(arguments) => build::run(arguments, format),
        Command::Watch(arguments) => watch::run(&arguments, format),
        Command::Serve(arguments) => serve::run(&arguments, format),
        Command::Check(CheckArguments { spec, store }) => format.finish(
            check_spec(&spec.report, &spec.overrides(), &store.of_report()),
            |warnings| {
                format.print_diagnostics(warnings);
                "no faults found\n".to_owned()
            },
        ),
        Command::Layers(arguments) => layers::run(&arguments, format),
        Command::Inspect(arguments) => inspect::run(&arguments, format),
        Command::Values(arguments) => values::run(&arguments, format),
        Command::Diff(arguments) => diff::run(&arguments, format),
        Command::Cache(arguments) => store::run(&arguments, format),
        Command::Methods(arguments) => methods::run(&arguments, format),
        Command::Doctor(arguments) => doctor::run(&arguments, format),
        Command::Completions(arguments) => shells::completions(&arguments, format),
        Command::Man => shells::man(format),
        Command::Words(arguments) => words::run(&arguments, format),
        Command::Reference => format.print(&spec::reference(&method_schemas())),
        Command::Schema(SchemaArguments { report }) => {
            let schema = match report {
                true => machine::json_schema(),
                false => spec::json_schema(&method_schemas()),
            };
            format.print(&format!("{schema:#}\n"))
        }
    }
}

impl ReportArguments {
    fn overrides(&self) -> Overrides {
        Overrides {
            device: self.device.clone(),
            precision: self.precision.clone(),
            set: self.set.set.clone(),
            ..Overrides::default()
        }
    }
}
