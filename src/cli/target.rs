//! What a command looks at: a report.yaml, or a model file itself.

use std::path::PathBuf;

use clap::Args;
use cnn_report::diagnostic::Diagnostic;
use cnn_report::model::Model;
use cnn_report::plan::Overrides;
use cnn_report::{Failure, ModelFile, is_report, load_model, load_network};

/// A model, named by its file or by a report.
#[derive(Args)]
pub struct Target {
    /// A report.yaml, or a model file itself; what is in the file decides which
    #[arg(value_name = "MODEL|REPORT", default_value = "report.yaml")]
    pub file: PathBuf,
    /// Built-in architecture, for a model file that holds weights only
    #[arg(long, value_name = "NAME")]
    pub architecture: Option<String>,
    /// Channels, height and width of one input, for a model file [default: what the file says, else 3x224x224]
    #[arg(long, value_name = "CxHxW", value_parser = input_shape)]
    pub input: Option<[i64; 3]>,
    /// auto, cpu, cuda, cuda:N or mps, in place of the spec's
    #[arg(long)]
    pub device: Option<String>,
    /// fp32, bf16 or auto, in place of the spec's
    #[arg(long)]
    pub precision: Option<String>,
}

impl Target {
    pub fn overrides(&self) -> Overrides {
        Overrides {
            device: self.device.clone(),
            precision: self.precision.clone(),
            ..Overrides::default()
        }
    }

    pub fn model_file(&self) -> ModelFile {
        ModelFile {
            file: self.file.clone(),
            architecture: self.architecture.clone(),
            input_shape: self.input,
            device: self.device.clone(),
            precision: self.precision.clone(),
        }
    }

    /// Whether the file is a report; a fault where options say otherwise.
    pub fn is_report(&self) -> Result<bool, Failure> {
        let report = is_report(&self.file)?;
        let given = [
            ("--architecture", self.architecture.is_some()),
            ("--input", self.input.is_some()),
        ];
        let faults = given.iter().filter(|(_, given)| report && *given);
        let faults: Vec<_> = faults
            .map(|(option, _)| {
                let file = self.file.display().to_string();
                let message = format!("`{option}` is for model files, and this is a report");
                let hint = "write it under `model:` in the report".to_owned();
                Diagnostic::error(&file, None, message, hint)
            })
            .collect();
        if faults.is_empty() {
            Ok(report)
        } else {
            Err(Failure::Spec(faults))
        }
    }

    pub fn load(&self) -> Result<Model, Failure> {
        if self.is_report()? {
            load_network(&self.file, &self.overrides())
        } else {
            load_model(&self.model_file())
        }
    }
}

/// `3x224x224`
fn input_shape(text: &str) -> Result<[i64; 3], String> {
    const LARGEST: i64 = 8192; // as in a spec
    let sizes = text.split(['x', '×']).map(|size| {
        let size = size.trim().parse().ok();
        size.filter(|size| (1..=LARGEST).contains(size))
    });
    let sizes: Option<Vec<i64>> = sizes.collect();
    sizes
        .and_then(|sizes| sizes.try_into().ok())
        .ok_or_else(|| format!("3x224x224 would be right, each from 1 to {LARGEST}"))
}
