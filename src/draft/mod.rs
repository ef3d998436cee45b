//! A first report.yaml for a user's own network and photos: what `init` and `explain` write. It is text to go on from,
//! with a comment where something had to be guessed.

mod input;
mod layers;
mod photos;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use serde::Serialize;
use tera::{Context, Tera};

use crate::diagnostic::Diagnostic;
use crate::explain::parameters::yaml_text;
use crate::inspect::Inspection;
use crate::inspect::trial::Trial;
use crate::model::Model;
use layers::LayerToShow;
use photos::Photos;

pub use photos::MOST_PHOTOS;

/// Photos on which the slower methods run.
const SLOWLY_EXPLAINED: usize = 3;
/// Samples of LIME: about ten for each of the 30 superpixels that a photo of 224 px has.
const SAMPLES: usize = 300;
/// Maps of a class that answer "where?", where the network serves them.
const MAPS: [&str; 2] = ["saliency", "grad_cam"];

/// What a report is wanted of. Paths are as the user gave them.
#[derive(Debug, Clone)]
pub struct Wanted {
    pub model: PathBuf,
    pub architecture: Option<String>,
    /// The key of the weights in a checkpoint; `None` for the usual ones.
    pub weights: Option<String>,
    /// Name of the output that holds the scores, of a network that gives more than one.
    pub output: Option<String>,
    /// Photos, and folders of photos; where there are none, some of `labelled`.
    pub images: Vec<PathBuf>,
    pub classes: Option<PathBuf>,
    /// A folder with a sub-folder of photos for each class.
    pub labelled: Option<PathBuf>,
    pub groups: Option<PathBuf>,
    pub language: Language,
    pub title: Option<String>,
    /// Where the report.yaml is to lie; paths in it are relative to its folder.
    pub spec: PathBuf,
    /// Whether the pages are to lie beside it; else in `build`.
    pub pages_beside: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    English,
    Japanese,
    SimplifiedChinese,
    TraditionalChinese,
}

#[derive(Debug, thiserror::Error)]
pub enum DraftError {
    #[error("{}", .0.message)]
    Photos(Diagnostic),
    #[error("the draft cannot be written: {0}")]
    Template(#[from] tera::Error),
}

impl DraftError {
    pub fn diagnostic(self) -> Diagnostic {
        match self {
            Self::Photos(diagnostic) => diagnostic,
            Self::Template(error) => Diagnostic::without_file(error.to_string(), String::new()),
        }
    }
}

/// A photo of the draft.
#[derive(Debug, Serialize)]
struct Image {
    id: String,
    file: String,
}

/// The text of a report.yaml. `trial` is what labelled photos told of the preprocessing.
pub fn draft(
    wanted: &Wanted,
    inspection: &Inspection,
    model: &Model,
    trial: Option<&Trial>,
) -> Result<String, DraftError> {
    let photos = Photos::find(wanted).map_err(DraftError::Photos)?;
    let folder = folder_of(&wanted.spec);
    let path_text = |path: &Path| yaml_text(&relative(path, folder));
    let runs = |method: &str| {
        let methods = inspection.classifier.iter().flat_map(|c| &c.methods);
        methods.clone().any(|row| row.method == method && row.runs)
    };
    let images: Vec<Image> = photos
        .files
        .iter()
        .zip(photos.ids())
        .map(|(file, id)| Image {
            id,
            file: path_text(file),
        })
        .collect();
    let slowly: Vec<&str> = images.iter().map(|image| image.id.as_str()).collect();
    let input = input::input(wanted.architecture.as_deref(), trial, wanted.language);
    let mut context = Context::new();
    let stem = wanted
        .model
        .file_stem()
        .unwrap_or_default()
        .to_string_lossy();
    let title = match (&wanted.title, wanted.language) {
        (Some(title), _) => title.clone(),
        (None, Language::English) => format!("What {stem} sees"),
        (None, Language::Japanese) => format!("{stem} は何を見ているか"),
        (None, Language::SimplifiedChinese) => format!("{stem} 看到了什么"),
        (None, Language::TraditionalChinese) => format!("{stem} 看到了什麼"),
    };
    context.insert("spec", &wanted.spec.display().to_string());
    context.insert("title", &yaml_text(&title));
    context.insert("model", &path_text(&wanted.model));
    context.insert("architecture", &wanted.architecture);
    let quoted = |text: &Option<String>| text.as_deref().map(yaml_text);
    context.insert("weights", &quoted(&wanted.weights));
    context.insert("output", &quoted(&wanted.output));
    context.insert("classes", &wanted.classes.as_deref().map(path_text));
    context.insert("input_comment", &input.comment);
    context.insert("input_lines", &input.lines);
    context.insert("left_out", &photos.left_out);
    context.insert("images", &images);
    let maps: Vec<&str> = MAPS.into_iter().filter(|method| runs(method)).collect();
    context.insert("maps", &maps);
    context.insert("lime", &runs("lime"));
    context.insert("samples", &SAMPLES);
    context.insert(
        "lime_images",
        &slowly[..slowly.len().min(SLOWLY_EXPLAINED)].join(", "),
    );
    let layer = runs("activation_maps").then(|| layers::to_show(model.facts(), runs("filters")));
    let layer: Option<LayerToShow> = layer.flatten();
    context.insert("layer", &layer);
    context.insert("labelled", &wanted.labelled.as_deref().map(path_text));
    context.insert("groups", &groups(wanted).as_deref().map(path_text));
    context.insert("here", &wanted.pages_beside);
    let mut tera = Tera::new();
    let template = match wanted.language {
        Language::English => include_str!("../../templates/draft/en.yaml"),
        Language::Japanese => include_str!("../../templates/draft/ja.yaml"),
        Language::SimplifiedChinese => include_str!("../../templates/draft/zh-CN.yaml"),
        Language::TraditionalChinese => include_str!("../../templates/draft/zh-TW.yaml"),
    };
    tera.add_raw_template("draft", template)?;
    Ok(tera.render("draft", &context)?)
}

/// Which classes count as which label: as the user says, or the file beside the photos.
fn groups(wanted: &Wanted) -> Option<PathBuf> {
    let beside = wanted
        .labelled
        .as_ref()
        .map(|folder| folder.join("groups.yaml"));
    let given = wanted.groups.clone();
    given.or_else(|| beside.filter(|file| file.is_file()))
}

/// The folder of a file; `.` where its path is a name alone.
pub fn folder_of(file: &Path) -> &Path {
    match file.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}

/// A path as it is seen from a folder. Both are made absolute first; a folder need not be there yet.
fn relative(path: &Path, folder: &Path) -> String {
    let absolute = |path: &Path| {
        let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        crate::fs::real_path(path).unwrap_or(absolute)
    };
    let (path, folder) = (absolute(path), absolute(folder));
    let found = pathdiff::diff_paths(&path, &folder).unwrap_or(path);
    // As YAML has it on every system.
    found.display().to_string().replace('\\', "/")
}
