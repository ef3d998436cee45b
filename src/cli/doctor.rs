//! `cnn-report doctor`: what the program finds on this machine.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use cnn_report::diagnostic::Diagnostic;
use cnn_report::{Failure, fs, model};

use super::messages::MessageFormat;

/// What `doctor` is given.
#[derive(Args)]
pub struct DoctorArguments {
    /// Folder in which reports are to be written
    #[arg(default_value = ".")]
    folder: PathBuf,
}

pub fn run(arguments: &DoctorArguments, format: MessageFormat) -> ExitCode {
    let writable = fs::check_writable(&arguments.folder);
    let found = model::machine();
    let mut rows = vec![
        ("cnn-report", env!("CARGO_PKG_VERSION").to_owned()),
        ("libtorch", found.libtorch),
        ("device", format!("{} (`device: auto`)", found.device)),
        ("cards", found.cards),
        ("threads", found.threads),
        (
            "bfloat16",
            match found.computes_in_bf16 {
                true => "computed by this device: `precision: auto` takes it".to_owned(),
                false => "not computed by this device: `precision: auto` is fp32".to_owned(),
            },
        ),
        ("free memory", found.free_memory),
    ];
    rows.push((
        "folder",
        match &writable {
            Ok(()) => format!("`{}` can be written to", arguments.folder.display()),
            Err(error) => error.to_string(),
        },
    ));
    let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let lines = rows
        .iter()
        .map(|(name, value)| format!("{name:<width$}  {value}\n"));
    let printed = format.print_text(&lines.collect::<String>());
    match writable {
        Ok(()) => printed,
        Err(error) => {
            let hint = "choose another folder, or let yourself write there".to_owned();
            format.fail(&Failure::Spec(vec![Diagnostic::without_file(
                error.to_string(),
                hint,
            )]))
        }
    }
}
