//! The document in the formats that were asked for.

use super::machine;
use crate::execute::Executed;
use crate::plan::{Plan, embedded_name};
use crate::render;
use crate::report::Report;
use crate::spec::Format;
use crate::write::Files;

/// The report in the formats that were asked for.
pub fn pages(plan: &Plan, executed: &Executed, report: &Report) -> anyhow::Result<Files> {
    let name = &plan.output.name;
    let mut files = Files::default();
    for format in &plan.output.formats {
        match format {
            Format::Html if plan.output.is_split => {
                let pages = render::split(report, name)?.into_iter();
                let pages = pages.map(|(file, text)| (file, text.into_bytes()));
                files.pages.extend(pages);
            }
            Format::Html => {
                let page = render::html(report)?.into_bytes();
                files.pages.push((format!("{name}.html"), page));
            }
            Format::Markdown => {
                let folder = pictures_folder(name);
                let page = render::markdown(report, &folder)?;
                files
                    .pages
                    .push((format!("{name}.md"), page.text.into_bytes()));
                files.folders.push((folder, page.files));
            }
            Format::MarkdownEmbedded => {
                let page = render::embedded_markdown(report)?;
                files.pages.push((embedded_name(name), page.into_bytes()));
            }
            Format::Json => {
                let folder = format!("{name}_data");
                let (report, arrays) = machine::report(plan, executed, report, &folder)?;
                files
                    .pages
                    .push((format!("{name}.json"), report.to_json()?));
                files.folders.push((folder, arrays));
            }
        }
    }
    Ok(files)
}

/// Where the pictures of the Markdown report `name` lie, as seen from it.
pub fn pictures_folder(name: &str) -> String {
    format!("{name}_files")
}
