//! The model that a command is about, named by a report.yaml or by its own file.

use std::path::PathBuf;

use clap::Args;
use cnn_report::diagnostic::Diagnostic;
use cnn_report::model::ModelFacts;
use cnn_report::plan::Overrides;
use cnn_report::{Failure, ModelFile, facts_of_model, facts_of_report, is_report};

use super::store::StoreArguments;

/// A model, named by its file or by a report.
#[derive(Args)]
pub struct Target {
    /// A report.yaml, or a model file itself; what is in the file decides which
    #[arg(value_name = "MODEL|REPORT", default_value = "report.yaml")]
    pub file: PathBuf,
    /// Built-in architecture, for a model file that holds weights only
    #[arg(long, value_name = "NAME")]
    pub architecture: Option<String>,
    /// Where the weights lie in a checkpoint that holds several sets of them, for a model file: `ema`, `model.state_dict`
    #[arg(long, value_name = "KEY")]
    pub weights: Option<String>,
    /// Which output holds the scores, for a model file that gives more than one
    #[arg(long, value_name = "NAME")]
    pub model_output: Option<String>,
    /// Channels, height and width of one input, for a model file [default: what the file says, else 3x224x224]
    #[arg(long, value_name = "CxHxW", value_parser = input_shape)]
    pub input: Option<[i64; 3]>,
    /// auto, cpu, cuda, cuda:N or mps, in place of the spec's
    #[arg(long)]
    pub device: Option<String>,
    /// fp32, bf16 or auto, in place of the spec's
    #[arg(long)]
    pub precision: Option<String>,
    #[command(flatten)]
    set: super::SetArguments,
}

impl Target {
    pub fn overrides(&self) -> Overrides {
        Overrides {
            device: self.device.clone(),
            precision: self.precision.clone(),
            set: self.set.set.clone(),
            ..Overrides::default()
        }
    }

    pub fn model_file(&self) -> ModelFile {
        ModelFile {
            file: self.file.clone(),
            architecture: self.architecture.clone(),
            weights: self.weights.clone(),
            output: self.model_output.clone(),
            input_shape: self.input,
            device: self.device.clone(),
            precision: self.precision.clone(),
        }
    }

    /// Whether the file is a report; an error if options for model files are given with it.
    pub fn is_report(&self) -> Result<bool, Failure> {
        let report = is_report(&self.file)?;
        if !report && !self.set.set.is_empty() {
            let message = "`--set` applies to reports only, and this file is a model".to_owned();
            let fault = Diagnostic::without_file(message, "leave it out".to_owned());
            return Err(Failure::Spec(vec![fault]));
        }
        let given = [
            ("--architecture", self.architecture.is_some()),
            ("--weights", self.weights.is_some()),
            ("--model-output", self.model_output.is_some()),
            ("--input", self.input.is_some()),
        ];
        let faults = given.iter().filter(|(_, given)| report && *given);
        let faults: Vec<_> = faults
            .map(|(option, _)| {
                let file = self.file.display().to_string();
                let message =
                    format!("`{option}` applies to model files only, and this file is a report");
                let hint = "set it under `model:` in the report".to_owned();
                Diagnostic::error(&file, None, message, hint)
            })
            .collect();
        if faults.is_empty() {
            Ok(report)
        } else {
            Err(Failure::Spec(faults))
        }
    }

    /// What can be said of the network; it is loaded only where it was not seen before.
    pub fn facts(&self, store: &StoreArguments) -> Result<ModelFacts, Failure> {
        if self.is_report()? {
            facts_of_report(&self.file, &self.overrides(), &store.of_report())
        } else {
            facts_of_model(&self.model_file(), &store.of_model())
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
        .ok_or_else(|| format!("expected three sizes from 1 to {LARGEST}, such as 3x224x224"))
}
