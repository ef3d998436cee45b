//! Writers of the finished report: HTML and Markdown, two projections of one `Report`. They know `report`
//! and `figure` and nothing of how it came about.

mod html;
mod markdown;
mod svg;

pub use html::html;
pub use markdown::{MarkdownReport, markdown};

use crate::figure::{Media, Tile};
use crate::report::prose::Place;
use crate::report::{Explanation, Figure, Section};
use crate::words::StringsError;

#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    #[error(transparent)]
    Strings(#[from] StringsError),
    #[error("a template of the report is wrong: {0}")]
    Template(#[from] tera::Error),
}

/// Levels of headings: the report's title is 1, a question 2, its parts 3.
const QUESTION_LEVEL: usize = 2;
const PART_LEVEL: usize = 3;

/// Where the introduction stands.
const INTRODUCTION: Place = Place {
    footnotes: "introduction-",
    heading_level: QUESTION_LEVEL,
};

/// What stands for picture `index` of a figure where it cannot be seen. The first picture carries the
/// figure's description, the others their labels, so that no reader hears the description nine times.
fn alternative(figure: &Figure, tiles: &[Tile], index: usize) -> String {
    let label = tiles[index].label.trim();
    match (index, label.is_empty()) {
        (0, _) => figure.alt.clone(),
        (_, false) => label.to_owned(),
        (_, true) => format!("{} ({}/{})", figure.name, index + 1, tiles.len()),
    }
}

/// Bytes, file extension and media type.
fn encoded(media: &Media) -> (&[u8], &'static str, &'static str) {
    match media {
        Media::Png(bytes) => (bytes, "png", "image/png"),
        Media::Jpeg(bytes) => (bytes, "jpg", "image/jpeg"),
        Media::Svg(text) => (text.as_bytes(), "svg", "image/svg+xml"),
    }
}

/// Plain text as it may stand in HTML, in attributes too.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

/// Prefix of the footnotes in one text of a section, the same in both writers.
fn footnotes(section: &Section, part: &str) -> String {
    format!("{}-{part}-", section.id)
}

/// Prefix of the footnotes in what is said of a method.
fn method_footnotes(explanation: &Explanation) -> String {
    let first = explanation
        .figures
        .first()
        .map_or(explanation.method, |figure| figure.id.as_str());
    format!("{first}-note-")
}
