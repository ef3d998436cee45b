//! Writers of the finished report: HTML and Markdown, two projections of one `Report`. They know `report`
//! and `figure` and nothing of how it came about.

mod html;
mod markdown;
mod own;
mod svg;
mod templates;
mod weight;

pub use html::{html, section_page, split};
pub use markdown::{
    CommentForm, MOST_CHARACTERS, MarkdownReport, comment, embedded_markdown, markdown,
};

pub use own::{check_templates, template_names};
pub use templates::{TemplateFault, fault_of_template};
pub use weight::{Form, Weight, weights};

use crate::figure::{Media, Tile};
use crate::report::prose::Place;
use crate::report::prose::headings::Headings;
use crate::report::{Block, Explanation, Figure, Report, Section};

#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    #[error("a template of the report is wrong: {0}")]
    Template(#[from] tera::Error),
    #[error(
        "the page has lost its Content Security Policy; keep the line `<meta http-equiv=\"Content-Security-Policy\" …>` of our page.html"
    )]
    Policy,
}

/// Levels of headings: the report's title is 1, a question 2, its parts 3.
const QUESTION_LEVEL: usize = 2;
const PART_LEVEL: usize = 3;

/// Where the introduction stands.
fn introduction(headings: &Headings) -> Place<'_> {
    Place {
        footnotes: INTRODUCTION,
        heading_level: QUESTION_LEVEL,
        headings: Some(headings),
    }
}

/// Prefix of the footnotes and anchors in the introduction.
const INTRODUCTION: &str = "introduction-";

/// The headings of the author's texts that links lead to.
fn headings(report: &Report) -> Headings {
    let introduction = (INTRODUCTION.to_owned(), report.introduction.as_str());
    let of_sections = report.sections.iter().flat_map(|section| {
        let prompt = (footnotes(section, "prompt"), section.prompt.as_str());
        let blocks = section.blocks.iter().enumerate();
        let blocks = blocks.filter_map(|(index, block)| match block {
            Block::Text(text) => Some((footnotes(section, &text_part(index)), text.as_str())),
            Block::Explanation(_) => None,
        });
        let answer = (footnotes(section, "answer"), section.answer.as_str());
        std::iter::once(prompt)
            .chain(blocks)
            .chain(std::iter::once(answer))
    });
    Headings::of(std::iter::once(introduction).chain(of_sections))
}

/// The name of the text that is block `index` of a section.
fn text_part(index: usize) -> String {
    format!("text-{}", index + 1)
}

/// Characters of a figure's description that stand for one picture.
const LONGEST_ALTERNATIVE: usize = 1000;

/// What stands for picture `index` of a figure where it cannot be seen: its own part of the figure's
/// description, else its label. Of a figure without such parts the first picture carries the description.
fn alternative(figure: &Figure, tiles: &[Tile], index: usize) -> String {
    if let Some(own) = figure.alts.get(&index) {
        return own.clone();
    }
    let label = tiles[index].label.trim();
    match (index, label.is_empty()) {
        (0, _) if figure.alts.is_empty() => shortened(&figure.alt),
        (_, false) => label.to_owned(),
        (_, true) => format!("{} ({}/{})", figure.name, index + 1, tiles.len()),
    }
}

/// Cut at the last separator of a list that fits.
fn shortened(text: &str) -> String {
    let Some((limit, _)) = text.char_indices().nth(LONGEST_ALTERNATIVE) else {
        return text.to_owned();
    };
    let kept = &text[..limit];
    let end = kept
        .rfind([';', ',', '、', '；', '，', ' '])
        .unwrap_or(limit);
    format!("{} …", kept[..end].trim_end())
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

/// A sentence of the program in parts: what stands between two backticks is code.
fn sentence_parts(text: &str) -> Vec<(&str, bool)> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('`')
        && let Some((code, behind)) = behind.split_once('`')
    {
        parts.extend([(before, false), (code, true)]);
        rest = behind;
    }
    parts.push((rest, false));
    parts
}
