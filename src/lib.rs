//! cnn-report: a `report.yaml` and an image classifier in, a report that explains the classifier out.
//!
//! `build_report` reads as the pipeline. ARCHITECTURE.md is the map.

#![cfg_attr(
    test,
    allow(
        clippy::disallowed_methods,
        reason = "unit tests make files of their own"
    )
)]

pub mod assemble;
pub mod compare;
pub mod diagnostic;
pub mod draft;
pub mod evaluate;
pub mod execute;
pub mod explain;
pub mod figure;
pub mod fs;
pub mod inspect;
pub mod labels;
pub mod model;
pub mod picture;
pub mod plan;
pub mod present;
pub mod progress;
pub mod render;
pub mod report;
pub mod results;
pub mod spec;
pub mod store;
pub mod words;
pub mod write;

mod building;
mod commands;
mod watched;

pub use building::{
    Built, BuiltShard, DryRun, OnFailure, Request, StoreAt, UpToDate, build_report, build_shard,
    check_spec, check_written, comment, dry_run, plan_report, values_of,
};
pub use commands::{
    Labelled, ModelFile, Subject, draft_report, facts_of_model, facts_of_report, inspect_model,
    inspect_report, is_report, load_network, try_preprocessings,
};

pub use watched::{Watched, watched};

use std::path::Path;

use diagnostic::Diagnostic;
use spec::{Document, ImagesKey, MethodSchema, Spec};

/// Folder of the store, beside report.yaml.
const STORE: &str = ".cnn-report";

#[derive(Debug)]
pub enum Failure {
    /// The spec, or a file it names, is wrong; nothing was computed.
    Spec(Vec<Diagnostic>),
    /// The run failed; nothing was written.
    Run(Vec<Diagnostic>),
    /// Somebody stopped it; what was found so far is stored, nothing was written.
    Cancelled,
}

/// Every method that a figure can name, in the order of the documentation.
pub fn methods() -> Vec<&'static explain::Entry> {
    explain::METHODS.iter().chain(evaluate::METHODS).collect()
}

/// What the spec must know of the methods: their own keys and those of their view.
pub fn method_schemas() -> Vec<MethodSchema> {
    let schema = |entry: &&explain::Entry| {
        let mut parameters = (entry.schema)().to_value();
        let view = present::view::schema(entry.kind, entry.view.without);
        if let Some(keys) = view["properties"].as_object() {
            for (key, value) in keys {
                parameters["properties"][key] = value.clone();
            }
        }
        MethodSchema {
            name: entry.name,
            parameters,
            images: match entry.photos {
                explain::Photos::None => ImagesKey::None,
                explain::Photos::Any | explain::Photos::Optional => ImagesKey::Many,
                explain::Photos::One => ImagesKey::One,
            },
            checks: explain::checks::apply_to(entry),
        }
    };
    methods().iter().map(schema).collect()
}

/// Files round a report.yaml.
struct Beside(std::path::PathBuf);

impl spec::Files for Beside {
    fn read(&self, path: &Path) -> Result<String, String> {
        fs::read_to_string(&self.0.join(path)).map_err(|error| error.to_string())
    }

    fn matching(&self, pattern: &str) -> Result<Vec<std::path::PathBuf>, String> {
        fs::matching(&self.0, pattern).map_err(|error| error.to_string())
    }
}

fn read_spec(path: &Path, set: &[String]) -> Result<(Document, Spec), Failure> {
    let text = fs::read_to_string(path).map_err(|error| {
        let file = path.display().to_string();
        let message = error.to_string();
        Failure::Spec(vec![Diagnostic::error(&file, None, message, String::new())])
    })?;
    let mut document = Document::new(path, text);
    let additions = spec::Additions {
        set,
        files: &Beside(plan::folder_of(path)),
    };
    let spec = document.parse(&method_schemas(), &additions);
    let spec = spec.map_err(Failure::Spec)?;
    Ok((document, spec))
}
