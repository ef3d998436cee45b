//! The report as GitHub-flavoured Markdown with its pictures in a folder beside it.

mod document;
mod text;

use tera::{Context, Tera};

use super::RenderError;
use crate::report::Report;
use crate::words::Strings;

const TEMPLATE: &str = include_str!("../../../templates/markdown/report.md");

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
    let strings = Strings::new(&report.language)?;
    let mut files = Vec::new();
    let document = document::Document::new(report, &strings, folder, &mut files);
    let mut tera = Tera::new();
    tera.add_raw_template("report.md", TEMPLATE)?;
    let text = tera.render("report.md", &Context::from_serialize(&document)?)?;
    Ok(MarkdownReport {
        text: format!("{}\n", text.trim_end()),
        files,
    })
}
