//! `cnn-report inspect`: what is in a model file, whether its scores are right, and how photos are prepared for it.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use cnn_report::diagnostic::Diagnostic;
use cnn_report::inspect::trial::Trial;
use cnn_report::inspect::verify::{Verification, shape_of_pictures, verify};
use cnn_report::inspect::{as_text, trial_text, verification_text};
use cnn_report::model::Model;
use cnn_report::progress::{Progress, Silent};
use cnn_report::{Failure, Labelled, Subject, inspect_model, inspect_report, try_preprocessings};
use serde_json::{Value, json};

use super::messages::{BAD_SPEC, FAILED_RUN, MessageFormat};
use crate::terminal::Terminal;

/// What `inspect` is given.
#[derive(Args)]
pub struct InspectArguments {
    #[command(flatten)]
    target: super::target::Target,
    /// As JSON
    #[arg(long)]
    json: bool,
    /// Run this array (.npy), normalised pictures [N, C, H, W] or [C, H, W], and compare with --expect
    #[arg(long, value_name = "INPUT", requires = "expect")]
    verify: Option<PathBuf>,
    /// What another program computed (.npy), [N, classes] or [classes]: scores, or what the file gives, such as probabilities
    #[arg(long, value_name = "SCORES", requires = "verify")]
    expect: Option<PathBuf>,
    /// Largest difference for --verify, over the largest expected score
    #[arg(long, value_name = "SHARE", default_value_t = 1e-4, requires = "verify", value_parser = share)]
    tolerance: f64,
    /// Try every preset on labelled photos: a folder of sub-folders named by class, or with a labels.csv
    #[arg(long = "try", value_name = "FOLDER")]
    trial: Option<PathBuf>,
    /// Names of the classes for --try, one a line [default: those of the report]
    #[arg(long, value_name = "FILE", requires = "trial")]
    classes: Option<PathBuf>,
    /// Which classes count as which label, for --try [default: groups.yaml in the folder]
    #[arg(long, value_name = "FILE", requires = "trial")]
    groups: Option<PathBuf>,
}

pub fn run(arguments: &InspectArguments, format: MessageFormat) -> ExitCode {
    match subject(arguments) {
        Ok(subject) => inspect(arguments, &subject, format),
        Err(failure) => format.fail(&failure),
    }
}

fn subject(arguments: &InspectArguments) -> Result<Subject, Failure> {
    let target = &arguments.target;
    if target.is_report()? {
        inspect_report(&target.file, &target.overrides())
    } else {
        let mut model = target.model_file();
        let verified = arguments.verify.as_deref();
        model.input_shape = model.input_shape.or_else(|| shape_of_pictures(verified?));
        inspect_model(&model)
    }
}

fn inspect(arguments: &InspectArguments, subject: &Subject, format: MessageFormat) -> ExitCode {
    let print = |text: String| {
        if arguments.json {
            format.print(&text)
        } else {
            format.print_text(&text)
        }
    };
    let Some(model) = &subject.model else {
        let printed = print(output(arguments, subject, None, None));
        let fault = subject.inspection.fault.clone().unwrap_or_default();
        format.print_diagnostics(&[fault_of(fault)]);
        return match printed == ExitCode::SUCCESS {
            true => ExitCode::from(BAD_SPEC),
            false => printed,
        };
    };
    let verification = match verification(arguments, model).transpose() {
        Ok(verification) => verification,
        Err(failure) => return format.fail(&failure),
    };
    let trial = match trial(arguments, subject, model, format).transpose() {
        Ok(trial) => trial,
        Err(failure) => return format.fail(&failure),
    };
    let printed = print(output(
        arguments,
        subject,
        verification.as_ref(),
        trial.as_ref(),
    ));
    match verification {
        Some(found) if !found.holds => ExitCode::from(FAILED_RUN),
        _ => printed,
    }
}

fn output(
    arguments: &InspectArguments,
    subject: &Subject,
    verification: Option<&Verification>,
    trial: Option<&Trial>,
) -> String {
    if arguments.json {
        let mut object = json!(subject.inspection);
        let mut add = |key: &str, value: Option<Value>| {
            if let Some(value) = value {
                object[key] = value;
            }
        };
        add("verification", verification.map(|found| json!(found)));
        add("trial", trial.map(|found| json!(found)));
        return format!("{object:#}\n");
    }
    let mut parts = vec![as_text(&subject.inspection)];
    parts.extend(verification.map(verification_text));
    parts.extend(trial.map(trial_text));
    parts.join("\n")
}

fn verification(
    arguments: &InspectArguments,
    model: &Model,
) -> Option<Result<Verification, Failure>> {
    let (input, expect) = (arguments.verify.as_ref()?, arguments.expect.as_ref()?);
    let found = verify(model, input, expect, arguments.tolerance);
    Some(found.map_err(|error| refused(error.to_string())))
}

fn trial(
    arguments: &InspectArguments,
    subject: &Subject,
    model: &Model,
    format: MessageFormat,
) -> Option<Result<Trial, Failure>> {
    let folder = arguments.trial.as_deref()?;
    Some(trial_of(arguments, subject, model, folder, format))
}

fn trial_of(
    arguments: &InspectArguments,
    subject: &Subject,
    model: &Model,
    folder: &Path,
    format: MessageFormat,
) -> Result<Trial, Failure> {
    let report = arguments.target.file.display().to_string();
    let own = subject.preprocessing.as_ref();
    let labelled = Labelled {
        folder,
        classes: arguments.classes.as_deref().or(subject.classes.as_deref()),
        groups: arguments.groups.as_deref(),
    };
    let progress: Box<dyn Progress> = match format {
        MessageFormat::Json => Box::new(Silent), // standard error then holds nothing but JSON
        MessageFormat::Full | MessageFormat::Short => Box::new(Terminal::new()),
    };
    let own = own.map(|own| (report.as_str(), own));
    try_preprocessings(model, own, &labelled, progress.as_ref())
}

fn refused(message: String) -> Failure {
    Failure::Spec(vec![fault_of(message)])
}

fn fault_of(message: String) -> Diagnostic {
    Diagnostic::without_file(message, String::new())
}

/// A share of 0 or more.
fn share(text: &str) -> Result<f64, String> {
    let share = text.parse().ok();
    share
        .filter(|share: &f64| share.is_finite() && *share >= 0.0)
        .ok_or_else(|| "expected a number from 0, such as 1e-4".to_owned())
}
