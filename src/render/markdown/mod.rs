//! The report as GitHub-flavoured Markdown: with its pictures in a folder beside it, with the pictures in it, or as the
//! comment of a pull request.

mod comment;
mod document;
mod mathematics;
mod pictures;
mod text;
mod view;

use serde::Serialize;
use tera::Context;

use super::RenderError;
use super::templates::with_own;
use crate::report::{Look, Report};
use comment::Show;
pub use comment::{CommentForm, MOST_CHARACTERS, comment};
use pictures::Pictures;
use view::Document;

/// One file a part of the text.
pub(super) const TEMPLATES: [(&str, &str); 3] = [
    (
        "report.md",
        include_str!("../../../templates/markdown/report.md"),
    ),
    (
        "explanation.md",
        include_str!("../../../templates/markdown/explanation.md"),
    ),
    (
        "comment.md",
        include_str!("../../../templates/markdown/comment.md"),
    ),
];

/// The document and the pictures it shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MarkdownReport {
    pub text: String,
    /// Name below the report's folder, and content.
    pub files: Vec<(String, Vec<u8>)>,
}

/// `folder`: the folder of the pictures as seen from the document, such as `report_files`. The same
/// report gives the same bytes; a picture's name carries the hash of its content.
pub fn markdown(report: &Report, folder: &str) -> Result<MarkdownReport, RenderError> {
    let mut pictures = Pictures::Folder {
        name: folder,
        files: Vec::new(),
    };
    let text = whole(report, &mut pictures)?;
    let files = match pictures {
        Pictures::Folder { files, .. } => files,
        Pictures::Embedded | Pictures::Below { .. } | Pictures::Described => Vec::new(),
    };
    Ok(MarkdownReport { text, files })
}

/// The document with its pictures in it, as `data:` addresses. GitHub does not show them; mail programs, editors and
/// some forges do.
pub fn embedded_markdown(report: &Report) -> Result<String, RenderError> {
    whole(report, &mut Pictures::Embedded)
}

fn whole(report: &Report, pictures: &mut Pictures) -> Result<String, RenderError> {
    let strings = &report.strings;
    let whole = Whole {
        document: Document::new(report, strings, pictures),
        show: Show::ALL,
    };
    rendered("report.md", &whole, &report.look)
}

#[derive(Serialize)]
struct Whole {
    #[serde(flatten)]
    document: Document,
    show: Show,
}

fn rendered(template: &str, content: &impl Serialize, look: &Look) -> Result<String, RenderError> {
    let tera = with_own(&TEMPLATES, look, ".md")?;
    let text = tera.render(template, &Context::from_serialize(content)?)?;
    Ok(format!("{}\n", text.trim()))
}
