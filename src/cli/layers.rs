//! `cnn-report layers`: what can be named in a network.

use std::process::ExitCode;

use clap::Args;
use cnn_report::model::{Model, layer_json, layer_table};
use serde_json::json;

use super::answer;
use super::target::Target;

/// What `layers` is given.
#[derive(Args)]
pub struct Layers {
    #[command(flatten)]
    target: Target,
    /// Also the modules that hold others, and every node of the graph by its own name
    #[arg(long)]
    all: bool,
    /// As JSON
    #[arg(long)]
    json: bool,
}

pub fn run(arguments: &Layers) -> ExitCode {
    answer(arguments.target.load(), |model| {
        if arguments.json {
            as_json(model, arguments.all)
        } else {
            as_text(model, arguments.all)
        }
    })
}

fn as_text(model: &Model, all: bool) -> String {
    let leaves = layer_table(model, model.layers());
    if !all {
        return leaves;
    }
    let modules = layer_table(model, model.containers());
    let nodes = layer_table(model, model.nodes());
    format!("{leaves}\nModules that hold others:\n\n{modules}\nNodes of the graph:\n\n{nodes}")
}

fn as_json(model: &Model, all: bool) -> String {
    let mut object = json!({
        "input_shape": model.input_shape(),
        "classes": model.classes(),
        "layers": layer_json(model, model.layers()),
    });
    if all {
        object["containers"] = layer_json(model, model.containers());
        object["nodes"] = layer_json(model, model.nodes());
    }
    format!("{object:#}\n")
}
