//! `cnn-report init` and `explain`: a first report of a user's own network and photos.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use cnn_report::diagnostic::Diagnostic;
use cnn_report::draft::{Language, Wanted, folder_of};
use cnn_report::execute::Reuse;
use cnn_report::plan::Overrides;
use cnn_report::{Failure, OnFailure, Request, draft_report, fs};

use super::build::{Said, build};
use super::messages::MessageFormat;
use super::stoppable::{Told, progress};
use super::store::StoreArguments;

/// What both are given.
#[derive(Args)]
struct Subject {
    /// The model file: .pt2, .onnx, TorchScript, or weights with --architecture
    #[arg(long, value_name = "FILE")]
    model: PathBuf,
    /// Built-in architecture, for a model file that holds weights only
    #[arg(long, value_name = "NAME")]
    architecture: Option<String>,
    /// Where the weights lie in a checkpoint that holds several sets of them: `ema`, `model.state_dict`
    #[arg(long, value_name = "KEY")]
    weights: Option<String>,
    /// Which output of the network holds the scores, where it gives more than one
    #[arg(long, value_name = "NAME")]
    model_output: Option<String>,
    /// Names of the classes, one a line, in the order of the network's scores
    #[arg(long, value_name = "FILE")]
    classes: Option<PathBuf>,
    /// Labelled photos, a sub-folder for each class: which preprocessing fits is tried on them, and the report gets a confusion matrix
    #[arg(long, value_name = "FOLDER")]
    labelled: Option<PathBuf>,
    /// Which classes count as which label [default: groups.yaml in the folder of labelled photos]
    #[arg(long, value_name = "FILE", requires = "labelled")]
    groups: Option<PathBuf>,
    /// Language of the report
    #[arg(long, value_enum, default_value = "en")]
    language: Spoken,
    /// Title of the report
    #[arg(long)]
    title: Option<String>,
    /// Write over a report.yaml that is there
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    store: StoreArguments,
    #[command(flatten)]
    told: Told,
}

/// What `init` is given.
#[derive(Args)]
pub struct InitArguments {
    #[command(flatten)]
    subject: Subject,
    /// Photos, or folders of photos [default: some of the labelled ones]
    #[arg(long, value_name = "PATH", num_args = 1..)]
    images: Vec<PathBuf>,
    /// The report's YAML file to write
    #[arg(long, short, default_value = "report.yaml")]
    output: PathBuf,
    /// Write the YAML file and run nothing
    #[arg(long)]
    no_build: bool,
}

/// What `explain` is given.
#[derive(Args)]
pub struct ExplainArguments {
    /// Photos, or folders of photos
    #[arg(value_name = "PHOTO", required = true)]
    photos: Vec<PathBuf>,
    #[command(flatten)]
    subject: Subject,
    /// Folder to write the report and its YAML file to
    #[arg(long, short, default_value = "explanation")]
    output: PathBuf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Spoken {
    En,
    Ja,
    #[value(name = "zh-CN")]
    ZhCn,
    #[value(name = "zh-TW")]
    ZhTw,
}

pub fn init(arguments: InitArguments, format: MessageFormat) -> ExitCode {
    let InitArguments {
        subject,
        images,
        output,
        no_build,
    } = arguments;
    let wanted = subject.wanted(images, output, false);
    run(&subject, &wanted, no_build, format)
}

pub fn explain(arguments: ExplainArguments, format: MessageFormat) -> ExitCode {
    let ExplainArguments {
        photos,
        subject,
        output,
    } = arguments;
    let wanted = subject.wanted(photos, output.join("report.yaml"), true);
    run(&subject, &wanted, false, format)
}

impl Subject {
    fn wanted(&self, images: Vec<PathBuf>, spec: PathBuf, pages_beside: bool) -> Wanted {
        Wanted {
            model: self.model.clone(),
            architecture: self.architecture.clone(),
            weights: self.weights.clone(),
            output: self.model_output.clone(),
            images,
            classes: self.classes.clone(),
            labelled: self.labelled.clone(),
            groups: self.groups.clone(),
            language: match self.language {
                Spoken::En => Language::English,
                Spoken::Ja => Language::Japanese,
                Spoken::ZhCn => Language::SimplifiedChinese,
                Spoken::ZhTw => Language::TraditionalChinese,
            },
            title: self.title.clone(),
            spec,
            pages_beside,
        }
    }
}

fn run(subject: &Subject, wanted: &Wanted, no_build: bool, format: MessageFormat) -> ExitCode {
    if let Err(failure) = write(subject, wanted, format) {
        return format.fail(&failure);
    }
    if !subject.told.quiet {
        format.print_text(&format!("{}\n", wanted.spec.display()));
    }
    if no_build {
        return ExitCode::SUCCESS;
    }
    let request = Request {
        spec: wanted.spec.clone(),
        overrides: Overrides::default(),
        on_failure: OnFailure::Stop,
        store: subject.store.of_report(),
        reuse: Reuse::Stored,
    };
    let said = Said {
        why: false,
        told: subject.told,
        comment: None,
    };
    build(&request, &said, format)
}

fn write(subject: &Subject, wanted: &Wanted, format: MessageFormat) -> Result<(), Failure> {
    let refused = |message: String, hint: &str| {
        let diagnostic = Diagnostic::without_file(message, hint.to_owned());
        Failure::Spec(vec![diagnostic])
    };
    if wanted.spec.exists() && !subject.force {
        let message = format!("`{}` is there already", wanted.spec.display());
        let hint = "write to another place with `--output`, or over it with `--force`";
        return Err(refused(message, hint));
    }
    let progress = progress(subject.told, format);
    let text = draft_report(wanted, progress.as_ref())?;
    drop(progress);
    let written = create(folder_of(&wanted.spec))
        .and_then(|()| fs::stage(&wanted.spec, text.as_bytes())?.commit());
    written.map_err(|error| refused(error.to_string(), ""))
}

fn create(folder: &Path) -> Result<(), fs::FileError> {
    match folder.is_dir() {
        true => Ok(()),
        false => fs::create_directory(folder),
    }
}
