//! `cnn-report layers`: what can be named in a network.

use std::process::ExitCode;

use clap::Args;
use cnn_report::inspect::{attention_json, attention_text, layer_json, layer_table};
use cnn_report::model::ModelFacts;
use serde_json::json;

use super::messages::MessageFormat;
use super::store::StoreArguments;
use super::target::Target;

/// What `layers` is given.
#[derive(Args)]
pub struct LayersArguments {
    #[command(flatten)]
    target: Target,
    /// Also the modules that hold others, and every node of the graph by its own name
    #[arg(long)]
    all: bool,
    /// As JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    store: StoreArguments,
}

pub fn run(arguments: &LayersArguments, format: MessageFormat) -> ExitCode {
    match arguments.target.facts(&arguments.store) {
        Ok(facts) if arguments.json => format.print(&as_json(&facts, arguments.all)),
        Ok(facts) => format.print_text(&as_text(&facts, arguments.all)),
        Err(failure) => format.fail(&failure),
    }
}

fn as_text(facts: &ModelFacts, all: bool) -> String {
    let mut leaves = layer_table(facts, facts.leaves());
    if let Some(attention) = attention_text(facts) {
        leaves.push_str(&format!("\nattention: {attention}\n"));
    }
    if !all {
        return leaves;
    }
    let modules = layer_table(facts, facts.containers());
    let nodes = layer_table(facts, facts.nodes());
    format!("{leaves}\nModules that hold others:\n\n{modules}\nNodes of the graph:\n\n{nodes}")
}

fn as_json(facts: &ModelFacts, all: bool) -> String {
    let mut object = json!({
        "input_shape": facts.input_shape,
        "classes": facts.classes,
        "layers": layer_json(facts, facts.leaves()),
        "attention": attention_json(facts),
    });
    if all {
        object["containers"] = layer_json(facts, facts.containers());
        object["nodes"] = layer_json(facts, facts.nodes());
    }
    format!("{object:#}\n")
}
