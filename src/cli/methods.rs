//! `cnn-report methods`: what a figure can be.

use std::fmt::Write;
use std::process::ExitCode;

use clap::Args;
use cnn_report::diagnostic::Diagnostic;
use cnn_report::{Failure, method_schemas, methods, spec};

use super::messages::MessageFormat;

/// What `methods` is given.
#[derive(Args)]
pub struct MethodsArguments {
    /// A method to explain, with its parameters and papers
    method: Option<String>,
}

pub fn run(arguments: &MethodsArguments, format: MessageFormat) -> ExitCode {
    match &arguments.method {
        None => format.print_text(&table()),
        Some(name) => match page(name) {
            Some(page) => format.print_text(&page),
            None => format.fail(&unknown(name)),
        },
    }
}

/// Name and what it shows, a line each.
fn table() -> String {
    let schemas = method_schemas();
    let width = schemas.iter().map(|schema| schema.name.len()).max();
    let width = width.unwrap_or(0);
    let mut text = String::new();
    for schema in &schemas {
        let what = schema.parameters["description"].as_str().unwrap_or("");
        let _ = writeln!(text, "{:<width$}  {}", schema.name, what.replace('\n', " "));
    }
    text + "\n`cnn-report methods NAME` shows the parameters of one.\n"
}

/// The method's section of the reference, with its papers.
fn page(name: &str) -> Option<String> {
    let entry = methods().into_iter().find(|entry| entry.name == name)?;
    let schema = method_schemas()
        .into_iter()
        .find(|schema| schema.name == name)?;
    let mut text = spec::reference_of(&schema);
    if !entry.citations.is_empty() {
        text.push_str("\nPapers:\n");
        for citation in entry.citations {
            let _ = writeln!(text, "- {citation}");
        }
    }
    Some(text)
}

fn unknown(name: &str) -> Failure {
    let nearest = methods()
        .into_iter()
        .map(|entry| entry.name)
        .max_by(|a, b| {
            let near = |known: &str| strsim::jaro_winkler(known, name);
            near(a).total_cmp(&near(b))
        });
    let hint = match nearest {
        Some(nearest) => format!("did you mean `{nearest}`? `cnn-report methods` lists them all"),
        None => String::new(),
    };
    Failure::Spec(vec![Diagnostic::without_file(
        format!("there is no method `{name}`"),
        hint,
    )])
}
