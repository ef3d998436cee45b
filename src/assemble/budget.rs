//! What the forms of a report take, against the most that they may.

use super::pages::pictures_folder;
use crate::plan::{Plan, embedded_name};
use crate::render::{Form, Weight, weights};
use crate::report::Report;
use crate::spec::Format;
use crate::write::Files;

/// A form that takes more than the budget.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Over {
    /// `report.html`, or `report.md` and its folder.
    pub what: String,
    pub bytes: u64,
    /// Figures that take most of it, the heaviest first, with the index of their task.
    pub heaviest: Vec<(usize, Weight)>,
}

/// Figures that are worth naming.
const NAMED: usize = 5;

/// The forms of the report that take more than `budget` bytes.
pub fn over(plan: &Plan, report: &Report, files: &Files, budget: u64) -> anyhow::Result<Vec<Over>> {
    let name = &plan.output.name;
    let mut found = Vec::new();
    for format in &plan.output.formats {
        let (form, page, folder) = match format {
            Format::Html => (Form::Page, format!("{name}.html"), None),
            Format::Markdown => {
                let folder = pictures_folder(name);
                (Form::Folder, format!("{name}.md"), Some(folder))
            }
            Format::MarkdownEmbedded => (Form::Embedded, embedded_name(name), None),
            Format::Json => continue, // for programs, which read what they want of it
        };
        let is_split = *format == Format::Html && plan.output.is_split;
        let pages = files
            .pages
            .iter()
            .filter(|(name, _)| *name == page || is_split && name.ends_with(".html"));
        let pictures = files
            .folders
            .iter()
            .filter(|(name, _)| Some(name) == folder.as_ref());
        let pictures = pictures.flat_map(|(_, inside)| inside);
        let bytes: usize = pages
            .chain(pictures)
            .map(|(_, content)| content.len())
            .sum();
        let bytes = bytes as u64;
        if bytes <= budget {
            continue;
        }
        let weights = weights(report, form)?.into_iter().enumerate();
        let weights =
            weights.flat_map(|(task, of_task)| of_task.into_iter().map(move |it| (task, it)));
        let mut heaviest: Vec<(usize, Weight)> = weights.collect();
        heaviest.sort_by_key(|(_, weight)| std::cmp::Reverse(weight.bytes)); // of equals the first in the report
        heaviest.truncate(NAMED);
        let what = match folder {
            Some(folder) => format!("`{page}` with `{folder}`"),
            None if is_split => format!("`{page}` with the pages of its questions"),
            None => format!("`{page}`"),
        };
        found.push(Over {
            what,
            bytes,
            heaviest,
        });
    }
    Ok(found)
}
