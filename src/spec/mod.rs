//! What the user wrote: `report.yaml` as serde structs, with the place of every value.

mod document;
mod expand;
mod expected;
mod faults;
mod input;
mod layers;
mod parsed;
mod positions;
mod reference;
mod schema;
mod source;
#[cfg(test)]
mod tests;
mod theme;
mod yaml;

use std::collections::BTreeMap;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

pub use document::Document;
pub use expand::{Additions, Files};
pub use input::{
    ChannelsSpec, InputSpec, Interpolation, MiddleSpec, PresetName, ResizeSpec, SizeSpec,
    WholePhoto,
};
pub use positions::{Mark, Positions, escape};
pub use reference::{reference, reference_of};
pub use schema::{ImagesKey, MethodSchema, json_schema};
pub use theme::{ColourSpec, EachGround, Hex, ThemeSpec};

/// A report: a model, some photos, and questions with figures.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Spec {
    /// Title of the report.
    pub title: String,
    /// Language of everything that the program writes: `en`, `ja`, `zh-CN` or `zh-TW`, or another one whose words `strings` gives, by its BCP 47 name such as `fr`. Default: `en`.
    #[serde(default = "default_language")]
    pub language: String,
    /// Your own words in the place of ours: a YAML file of `key: text`, or a folder with such a file for each language (`fr.yaml`). What it leaves out stays ours, or English in a language that is not built in. `cnn-report words` prints all keys with their texts. Relative to report.yaml. Default: none.
    #[serde(default)]
    pub strings: Option<PathBuf>,
    /// Lines under the title, such as `Author: …`, in this order. Default: none.
    #[serde(default)]
    pub byline: serde_json::Map<String, Value>,
    /// Markdown before the first question. Default: none.
    #[serde(default)]
    pub introduction: String,
    /// The classifier to explain.
    pub model: ModelSpec,
    /// Other networks under names of their own, `name: {file: …}`, such as the checkpoints of a training or the network before a change: a figure with `model: name` explains that one, with `model: [model, name]` each of them in turn, `model` being the report's own. What an entry leaves out is as in `model`, but for `name` and `weights`; `architecture`, `graph` and `layers` only where it says none of them and its file holds weights only. Default: none.
    #[serde(default)]
    pub models: BTreeMap<String, ModelSpec>,
    /// The photos, in the order in which figures show them: a list, or a pattern of file names such as `photos/*.jpg`; an item of the list may be a pattern, too. Photos of a pattern stand in the order of their names, whose capitals do not matter; their `id` is the file's name without its ending, in letters, digits, `_` and `-` (`a b.jpg` is `a-b`), with the ending where two files differ in nothing else. Default: none.
    #[serde(default)]
    #[schemars(with = "Images")]
    pub images: Vec<ImageSpec>,
    /// Photos under a name, `name: [id, …]`: a figure with `images: name` or `images: [name, id]` shows them. Default: none.
    #[serde(default)]
    pub sets: BTreeMap<String, Vec<String>>,
    /// Parameters of methods, `method: {key: value}`, for every figure that does not say them itself. Default: none.
    #[serde(default)]
    #[schemars(schema_with = "schema::defaults_stand_in")]
    pub defaults: serde_json::Map<String, Value>,
    /// Other YAML files, one or a list, whose keys hold where this file does not say them: mappings are joined key by key, everything else is replaced, later files go before earlier ones. Every path stays relative to report.yaml. Default: none.
    #[serde(default)]
    pub include: Option<OneOrMore>,
    /// The questions, each a section of the report. `sections` is another name for them, for a report that asks none: they are then numbered as sections.
    #[schemars(length(min = 1))]
    pub questions: Vec<QuestionSpec>,
    /// Whether they were called sections.
    #[serde(skip)]
    #[schemars(skip)]
    pub has_sections: bool,
    /// The patterns under `images`, whose photos are among them.
    #[serde(skip)]
    #[schemars(skip)]
    pub patterns: Vec<String>,
    /// Where and what to write.
    #[serde(default)]
    pub output: OutputSpec,
    /// How the page looks: colours, fonts, a style sheet of your own.
    #[serde(default)]
    pub theme: ThemeSpec,
    /// Folder with templates of your own, in Tera's language, that take the place of ours by their names: `page.html`, `section.html`, `figure.html` and so on of the page, `report.md`, `explanation.md`, `comment.md` of the Markdown. The page must keep the line of its Content Security Policy. Relative to report.yaml. Default: none.
    #[serde(default)]
    pub templates: Option<PathBuf>,
    /// `auto` (CUDA where there is one, else Apple's `mps`, else the CPU), `cpu`, `cuda`, `cuda:N` or `mps`. Default: `auto`.
    #[serde(default = "default_device")]
    #[schemars(regex(pattern = r"^(auto|cpu|cuda(:[0-9]+)?|mps)$"), extend("patternErrorMessage" = "one of `auto`, `cpu`, `cuda`, `cuda:N`, `mps`"))]
    pub device: String,
    /// What scores are computed in, of photos, of perturbed photos (LIME, RISE, occlusion …) and of labelled ones: `fp32`, `bf16` (half the memory of a pass; scores differ in the third digit) or `auto`, which is `bf16` on devices that compute in it where on the photos of the report (the first 16) the predicted classes are those of `fp32` and no probability differs by 0.02 or more. The report says how far they agree. Gradients, layers and optimisation are `fp32` always. Default: `fp32`.
    #[serde(default = "default_precision")]
    #[schemars(regex(pattern = r"^(fp32|bf16|auto)$"), extend("patternErrorMessage" = "one of `fp32`, `bf16`, `auto`"))]
    pub precision: String,
    /// What judges the maps of a class, in every figure that does not say it itself: `insertion_deletion`, `mu_fidelity`, `infidelity`, `max_sensitivity`, `randomisation`, `randomisation_cascade`; `[]` for nothing. docs/fidelity.md says what they compute. Default: `[insertion_deletion]`.
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
    /// Name under which figures show the network, in a report of several. Default: the key under `models`; of `model` the name of the file without its ending.
    #[serde(default)]
    pub name: Option<String>,
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

/// One text, or a list of them.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum OneOrMore {
    One(String),
    More(Vec<String>),
}

/// How `images` may be written; patterns are photos by the time a spec is made.
#[derive(JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "its schema is read, never a value")]
enum Images {
    Pattern(String),
    List(Vec<ImageItem>),
}

#[derive(JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "its schema is read, never a value")]
enum ImageItem {
    Pattern(String),
    Photo(ImageSpec),
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
    /// Markdown before the figures, without a heading of its own; `{figure:ID}` in a paragraph of its own puts a figure there. Default: none.
    #[serde(default)]
    pub text: Option<String>,
    /// The figures, in order: each item is one method with its parameters, `- saliency: {reduction: max}`, or `- text: Markdown`. `{figure:ID}`, as a paragraph of its own in a text or in the answer, puts the figure with that `id` there. Default: none.
    #[serde(default)]
    pub figures: Vec<serde_json::Map<String, Value>>,
    /// Markdown below the figures: the author's answer. `{fig:ID}` becomes the number of the figure with that `id`; `{figure:ID}`, as a paragraph of its own, becomes the figure itself. A paragraph `Table: text` or `: text` before or behind a table is its caption and gives it a number; with `{#ID}` at its end, `{table:ID}` becomes its number. Default: none.
    #[serde(default)]
    pub answer: String,
}

/// A number that judges a map.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CheckName {
    InsertionDeletion,
    MuFidelity,
    Infidelity,
    MaxSensitivity,
    Randomisation,
    RandomisationCascade,
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
    /// The most that each form of the report for readers may take, such as `5MB` or `800kB`: the page, the Markdown with its folder of pictures, the Markdown with its pictures in it. Where one takes more, nothing is written, and the heaviest figures are listed. `json` is not measured. Default: no limit.
    #[schemars(regex(pattern = r"^[0-9]+(\.[0-9]+)? ?(B|[kKMG]B|[KMG]iB)$"), extend("patternErrorMessage" = "a size such as `5MB` or `800kB`"))]
    pub budget: Option<String>,
    /// Whether the HTML gets a page for each question and one with the overview, which links to them, in place of one page for all. Default: false.
    pub split: bool,
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
