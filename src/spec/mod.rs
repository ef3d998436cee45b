//! What the user wrote: `report.yaml` as serde structs, with the place of every value.

mod expected;
mod faults;
mod input;
mod layers;
mod positions;
mod reference;
mod schema;
#[cfg(test)]
mod tests;
mod yaml;

use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use crate::diagnostic::{Diagnostic, Position};
pub use input::{
    ChannelsSpec, InputSpec, Interpolation, MiddleSpec, PresetName, ResizeSpec, SizeSpec,
    WholePhoto,
};
pub use positions::{Mark, Positions, escape};
pub use reference::{reference, reference_of};
pub use schema::{ImagesKey, MethodSchema, json_schema};

/// A report: a model, some photos, and questions with figures.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Spec {
    /// Title of the report.
    pub title: String,
    /// Language of everything that the program writes: `en` or `zh-TW`. Default: `en`.
    #[serde(default = "default_language")]
    pub language: String,
    /// Lines under the title, such as `Author: …`, in this order. Default: none.
    #[serde(default)]
    pub byline: serde_json::Map<String, Value>,
    /// Markdown before the first question. Default: none.
    #[serde(default)]
    pub introduction: String,
    /// The classifier to explain.
    pub model: ModelSpec,
    /// The photos, in the order in which figures show them. Default: none.
    #[serde(default)]
    pub images: Vec<ImageSpec>,
    /// The questions, each a section of the report.
    #[schemars(length(min = 1))]
    pub questions: Vec<QuestionSpec>,
    /// Where and what to write.
    #[serde(default)]
    pub output: OutputSpec,
    /// `auto` (CUDA where there is one, else Apple's `mps`, else the CPU), `cpu`, `cuda`, `cuda:N` or `mps`. Default: `auto`.
    #[serde(default = "default_device")]
    #[schemars(regex(pattern = r"^(auto|cpu|cuda(:[0-9]+)?|mps)$"), extend("patternErrorMessage" = "one of `auto`, `cpu`, `cuda`, `cuda:N`, `mps`"))]
    pub device: String,
    /// What `predictions`, `lime` and `confusion_matrix` compute the network's scores in: `fp32`, `bf16` (half the memory of a pass; scores differ in the third digit) or `auto`, which is `bf16` on devices that compute in it. Gradients, layers and optimisation are `fp32` always. Default: `fp32`.
    #[serde(default = "default_precision")]
    #[schemars(regex(pattern = r"^(fp32|bf16|auto)$"), extend("patternErrorMessage" = "one of `fp32`, `bf16`, `auto`"))]
    pub precision: String,
    /// What judges the maps of a class, in every figure that does not say it itself: `insertion_deletion`, `mu_fidelity`, `max_sensitivity`, `randomisation`; `[]` for nothing. docs/fidelity.md says what they compute. Default: `[insertion_deletion]`.
    #[serde(default)]
    pub checks: Option<Vec<CheckName>>,
    /// Start of every random number; equal seeds give equal reports. Default: 0.
    #[serde(default)]
    #[schemars(range(min = 0, max = 4294967295_u32))]
    pub seed: u32,
}

/// The classifier to explain.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ModelSpec {
    /// Path of the model: `.pt2` from `torch.export.save`, `.onnx`, or weights (`.safetensors`, or a state dict of `torch.save`). Relative to report.yaml.
    pub file: PathBuf,
    /// Built-in architecture that the weights belong to, such as `squeezenet1_1` or `vgg16`; for files that hold weights only. Default: none.
    #[serde(default)]
    pub architecture: Option<String>,
    /// Path of a `.pt2` whose graph the weights are put into; its own weights are not used. For files that hold weights only, such as the checkpoints of a training run. Relative to report.yaml. Default: none.
    #[serde(default)]
    pub graph: Option<PathBuf>,
    /// The network layer by layer, as `torch.nn.Sequential` runs it, for files that hold weights only. Default: none.
    #[serde(default)]
    pub layers: Option<Vec<serde_json::Map<String, Value>>>,
    /// Key under which the weights lie in the file, such as `ema` or `model.state_dict`, where a checkpoint holds several. Default: the usual ones, `state_dict` and `model` first.
    #[serde(default)]
    pub weights: Option<String>,
    /// Name of the output that holds the scores, of a network that gives more than one: the name in the file, the key of a dict, or the place in a tuple, from 0. Default: the only output, or the only one that is a row for each photo.
    #[serde(default)]
    pub output: Option<String>,
    /// Path of a text file with the names of the classes, one a line, in the order of the network's scores. A network that gives one number has two classes: name both, the one of low numbers first, or the one of high numbers alone. Default: classes are called by their numbers.
    #[serde(default)]
    pub classes: Option<PathBuf>,
    /// What the numbers are that the network gives: scores of which `softmax` over all classes or a `sigmoid` of each class by itself makes the probabilities, or `probabilities` already, or their logarithms (`log`). Default: what is found in the network and by running it.
    #[serde(default)]
    pub scores: Option<ScoresSpec>,
    /// How a photo becomes the network's input.
    #[serde(default)]
    pub input: InputSpec,
}

/// What the numbers are that a network gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ScoresSpec {
    Softmax,
    Sigmoid,
    Probabilities,
    Log,
}

/// A photo.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ImageSpec {
    /// Short name by which figures refer to the photo.
    #[schemars(length(min = 1))]
    pub id: String,
    /// Path of a picture (PNG, JPEG, WebP, BMP, GIF, TIFF or PPM); or of an array (`.npy`, `.safetensors`) of the network's input shape, which is fed as it is, neither resized nor normalised. Relative to report.yaml.
    pub file: PathBuf,
    /// Name of the tensor, in a `.safetensors` file of several. Default: the only one.
    #[serde(default)]
    pub tensor: Option<String>,
    /// Name shown in figures. Default: the `id`.
    #[serde(default)]
    pub name: Option<String>,
}

/// A question of the report.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct QuestionSpec {
    /// Heading of the section.
    pub title: String,
    /// Points the question is worth. Default: not shown.
    #[serde(default)]
    #[schemars(range(min = 0))]
    pub points: Option<f64>,
    /// Markdown: the question as it was set. Default: none.
    #[serde(default)]
    pub prompt: String,
    /// The figures, in order: each item is one method with its parameters, `- saliency: {reduction: max}`, or `- text: Markdown`. `{figure:ID}`, as a paragraph of its own in a text or in the answer, puts the figure with that `id` there. Default: none.
    #[serde(default)]
    pub figures: Vec<serde_json::Map<String, Value>>,
    /// Markdown below the figures: the author's answer. `{fig:ID}` becomes the number of the figure with that `id`; `{figure:ID}`, as a paragraph of its own, becomes the figure itself. Default: none.
    #[serde(default)]
    pub answer: String,
}

/// A number that judges a map.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CheckName {
    InsertionDeletion,
    MuFidelity,
    MaxSensitivity,
    Randomisation,
}

/// Where and what to write.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct OutputSpec {
    /// Folder for the report, made where it is missing, relative to report.yaml. Default: `build` beside it.
    pub folder: Option<PathBuf>,
    /// File name without extension. Default: that of the YAML file.
    #[schemars(regex(pattern = r"^[^/\\]+$"), extend("patternErrorMessage" = r"a file name without `/` and `\`"))]
    pub name: Option<String>,
    /// What to write: `html`, `markdown` (with its pictures in a folder beside it), `markdown-embedded` (one file with the pictures in it, for mail and forges that show them), `json` (every number, and every map as an array beside it). Default: `html` and `markdown`.
    pub formats: Option<Vec<Format>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    Html,
    Markdown,
    MarkdownEmbedded,
    Json,
}

fn default_language() -> String {
    "en".to_owned()
}

fn default_device() -> String {
    "auto".to_owned()
}

fn default_precision() -> String {
    "fp32".to_owned()
}

/// A YAML file with the place of everything in it.
#[derive(Debug)]
pub struct Document {
    /// As the user named it.
    pub path: PathBuf,
    pub text: String,
    positions: Positions,
}

impl Document {
    pub fn new(path: &Path, text: String) -> Self {
        // Editors on Windows begin a file with a byte order mark; YAML's columns do not count it.
        let text = match text.strip_prefix('\u{feff}') {
            Some(text) => text.to_owned(),
            None => text,
        };
        let positions = Positions::of(&text);
        Self {
            path: path.to_owned(),
            text,
            positions,
        }
    }

    /// A fault of the value at a JSON pointer.
    pub fn error(
        &self,
        pointer: &str,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) -> Diagnostic {
        self.error_in(self.positions.value_at(pointer), message, hint)
    }

    /// A fault of the key at a JSON pointer.
    pub fn key_error(
        &self,
        pointer: &str,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) -> Diagnostic {
        self.error_in(self.positions.key_at(pointer), message, hint)
    }

    /// Where the key at a JSON pointer is.
    pub fn key_position(&self, pointer: &str) -> Option<Position> {
        self.positions.key_at(pointer).map(|mark| mark.position)
    }

    fn error_in(
        &self,
        mark: Option<Mark>,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) -> Diagnostic {
        let length = mark.map_or(1, |mark| mark.length);
        self.error_at(mark.map(|mark| mark.position), length, message, hint)
    }

    fn error_at(
        &self,
        position: Option<Position>,
        length: usize,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) -> Diagnostic {
        Diagnostic::error(
            &self.path.display().to_string(),
            position,
            message.into(),
            hint.into(),
        )
        .marking(&self.text, length)
    }

    /// A fault of `fragment` in the text at a pointer. Exact for block texts (`|`), whose lines are in
    /// the file as they are; otherwise the place where the value starts.
    pub fn text_error(
        &self,
        pointer: &str,
        fragment: &str,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) -> Diagnostic {
        let start = self.positions.value_at(pointer);
        let found = start.and_then(|start| self.find_from(start.position, fragment));
        self.error_in(found.or(start), message, hint)
    }

    /// As [`Self::text_error`], of the place `nth` of the fragment, from 0.
    pub fn nth_text_error(
        &self,
        pointer: &str,
        (fragment, nth): (&str, usize),
        message: impl Into<String>,
        hint: impl Into<String>,
    ) -> Diagnostic {
        let start = self.positions.value_at(pointer);
        let mut found = start.and_then(|start| self.find_from(start.position, fragment));
        for _ in 0..nth {
            found = found.and_then(|mark| {
                let behind = Position {
                    column: mark.position.column + mark.length,
                    ..mark.position
                };
                self.find_from(behind, fragment)
            });
        }
        self.error_in(found.or(start), message, hint)
    }

    /// The first place of `fragment` at or after `start`.
    fn find_from(&self, start: Position, fragment: &str) -> Option<Mark> {
        self.text
            .lines()
            .enumerate()
            .skip(start.line - 1)
            .find_map(|(index, line)| {
                let skip = if index + 1 == start.line {
                    start.column - 1
                } else {
                    0
                };
                let from = line
                    .char_indices()
                    .nth(skip)
                    .map_or(line.len(), |(byte, _)| byte);
                let byte = from + line[from..].find(fragment)?;
                let position = Position {
                    line: index + 1,
                    column: line[..byte].chars().count() + 1,
                };
                let length = fragment.chars().count();
                Some(Mark { position, length })
            })
    }

    /// The spec, or every fault that can be told from the file alone.
    pub fn parse(&self, methods: &[MethodSchema]) -> Result<Spec, Vec<Diagnostic>> {
        let refused = self
            .positions
            .refused
            .iter()
            .map(|refusal| self.error_in(Some(refusal.mark), &refusal.message, &refusal.hint));
        let refused: Vec<_> = refused.collect();
        if !refused.is_empty() {
            return Err(refused);
        }
        let (value, not_finite) = yaml::read(self).map_err(|fault| vec![fault])?;
        let mut found = faults::faults(self, methods, &value);
        // The schema sees no value where a number is not finite.
        found.retain(|fault| {
            not_finite
                .iter()
                .all(|other| other.position != fault.position)
        });
        found.extend(not_finite);
        if !found.is_empty() {
            found.sort_by_key(|fault| fault.position);
            return Err(found);
        }
        serde_json::from_value(value)
            .map_err(|error| vec![self.error_at(None, 1, error.to_string(), "")])
    }
}
