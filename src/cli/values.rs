//! `cnn-report values`: what the texts of a report can quote.

use std::process::ExitCode;

use clap::Args;
use cnn_report::execute::Reuse;
use cnn_report::present::values::Quantity;
use cnn_report::{OnFailure, Request, values_of};
use serde_json::json;

use super::ReportArguments;
use super::messages::MessageFormat;
use super::store::StoreArguments;
use crate::terminal::Terminal;

/// What `values` is given.
#[derive(Args)]
pub struct ValuesArguments {
    #[command(flatten)]
    spec: ReportArguments,
    #[command(flatten)]
    store: StoreArguments,
    /// Only names that hold this text
    #[arg(long, value_name = "TEXT")]
    find: Option<String>,
    /// As JSON
    #[arg(long)]
    json: bool,
}

/// Ranks of classes that are listed; the others can be quoted all the same.
const RANKS_LISTED: usize = 5;

pub fn run(arguments: &ValuesArguments, format: MessageFormat) -> ExitCode {
    let request = Request {
        spec: arguments.spec.report.clone(),
        overrides: arguments.spec.overrides(),
        on_failure: OnFailure::Stop,
        store: arguments.store.of_report(),
        reuse: Reuse::Stored,
    };
    let progress = Terminal::of_work();
    let values = values_of(&request, &progress);
    drop(progress);
    let values = match values {
        Ok(values) => values,
        Err(failure) => return format.fail(&failure),
    };
    let wanted = |name: &str| match &arguments.find {
        Some(text) => name.contains(text.as_str()),
        None => !is_far_down(name),
    };
    let values = values.into_iter().filter(|(name, _)| wanted(name));
    if arguments.json {
        let object: serde_json::Map<_, _> =
            values.map(|(name, value)| (name, json!(value))).collect();
        return format.print(&format!("{:#}\n", serde_json::Value::Object(object)));
    }
    let lines = values.map(|(name, value)| format!("{{value:{name}}}  {}\n", shown(&value)));
    format.print_text(&lines.collect::<String>())
}

/// Of a class that is not among the most probable.
fn is_far_down(name: &str) -> bool {
    let mut parts = name.split('.').skip_while(|part| *part != "top");
    let rank = parts.nth(1).and_then(|rank| rank.parse::<usize>().ok());
    rank.is_some_and(|rank| rank > RANKS_LISTED)
}

fn shown(value: &Quantity) -> String {
    cnn_report::words::Strings::new("en").map_or_else(
        |error| error.to_string(),
        |strings| strings.argument(&value.plain()),
    )
}
