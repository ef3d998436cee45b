//! The document in the formats that were asked for.

use crate::render::{self, RenderError};
use crate::report::Report;
use crate::spec::Format;
use crate::write::Files;

/// The report in the formats that were asked for, as files called by `name`.
pub fn pages(report: &Report, name: &str, formats: &[Format]) -> Result<Files, RenderError> {
    let mut files = Files::default();
    for format in formats {
        match format {
            Format::Html => {
                let page = render::html(report)?.into_bytes();
                files.pages.push((format!("{name}.html"), page));
            }
            Format::Markdown => {
                let folder = format!("{name}_files");
                let page = render::markdown(report, &folder)?;
                files
                    .pages
                    .push((format!("{name}.md"), page.text.into_bytes()));
                files.folders.push((folder, page.files));
            }
            Format::Json => {}
        }
    }
    Ok(files)
}
