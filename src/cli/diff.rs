//! `cnn-report diff`: what changed between two reports.

use std::fmt::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use cnn_report::Failure;
use cnn_report::compare::{ArrayDifference, Change, Differences, Report, compare};
use serde_json::Value;

use super::messages::{FAILED_RUN, MessageFormat};

/// What `diff` is given.
#[derive(Args)]
pub struct DiffArguments {
    /// A report.json, or the folder that holds one
    old: PathBuf,
    /// The same of the other report
    new: PathBuf,
    /// Numbers and maps that differ by no more than this part of their size are the same
    #[arg(long, value_name = "PART", default_value_t = 1e-6, value_parser = part)]
    tolerance: f64,
    /// All differences, not the first of many
    #[arg(long)]
    all: bool,
    /// As JSON
    #[arg(long)]
    json: bool,
}

/// Lines of a part that are printed without `--all`.
const LINES: usize = 20;

/// The exit code is 0 where nothing differs, else 1.
pub fn run(arguments: &DiffArguments, format: MessageFormat) -> ExitCode {
    let (old, new) = match (Report::open(&arguments.old), Report::open(&arguments.new)) {
        (Ok(old), Ok(new)) => (old, new),
        (old, new) => {
            let faults = [old.err(), new.err()].into_iter().flatten().collect();
            return format.fail(&Failure::Spec(faults));
        }
    };
    let found = compare(&old, &new, arguments.tolerance);
    let written = match arguments.json {
        true => format.print(&format!("{:#}\n", serde_json::json!(found))),
        false => format.print_text(&text(
            &found,
            if arguments.all { usize::MAX } else { LINES },
        )),
    };
    match found.is_empty() {
        true => written,
        false if written == ExitCode::SUCCESS => ExitCode::from(FAILED_RUN),
        false => written,
    }
}

/// From 0 to 1.
fn part(text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|part| (0.0..=1.0).contains(part));
    number.ok_or_else(|| "expected a number from 0 to 1, such as 0.001".to_owned())
}

fn text(found: &Differences, most: usize) -> String {
    if found.is_empty() {
        return "no difference\n".to_owned();
    }
    let values = found.values.iter().map(|change| {
        let moved = match (change.old.as_f64(), change.new.as_f64()) {
            (Some(old), Some(new)) => format!(" ({:+.3e})", new - old),
            _ => String::new(),
        };
        format!(
            "{}: {} → {}{moved}",
            change.name,
            plain(&change.old),
            plain(&change.new)
        )
    });
    let arrays = found
        .arrays
        .iter()
        .map(|change| format!("{}: {}", change.name, in_words(&change.found)));
    let parts = [
        (
            "settings",
            found.settings.iter().map(line).collect::<Vec<_>>(),
        ),
        ("figures", found.figures.iter().map(line).collect()),
        ("numbers", values.collect()),
        ("maps", arrays.collect()),
        ("texts", found.texts.clone()),
    ];
    let mut text = String::new();
    for (title, lines) in parts.iter().filter(|(_, lines)| !lines.is_empty()) {
        let _ = writeln!(text, "{title}");
        for line in lines.iter().take(most) {
            let _ = writeln!(text, "  {line}");
        }
        if lines.len() > most {
            let _ = writeln!(
                text,
                "  … and {} more; `--all` lists them",
                lines.len() - most
            );
        }
    }
    text
}

fn line(change: &Change) -> String {
    let Change { key, old, new } = change;
    match (old, new) {
        (Some(old), Some(new)) => format!("{key}: {old} → {new}"),
        (None, Some(new)) => format!("{key}: only new, {new}"),
        (Some(old), None) => format!("{key}: only old, {old}"),
        (None, None) => key.clone(),
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => "–".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn in_words(found: &ArrayDifference) -> String {
    match found {
        ArrayDifference::OnlyOld => "only old".to_owned(),
        ArrayDifference::OnlyNew => "only new".to_owned(),
        ArrayDifference::Shape { old, new } => format!("shape {old:?} → {new:?}"),
        ArrayDifference::Numbers {
            largest,
            correlation,
        } => {
            let correlation = correlation.map_or_else(
                || "no correlation, one does not vary".to_owned(),
                |correlation| format!("correlation {correlation:.6}"),
            );
            format!("largest difference {largest:.1e} of the largest number, {correlation}")
        }
        ArrayDifference::Unreadable { reason } => reason.clone(),
    }
}
