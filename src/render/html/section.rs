//! A section of the page: its texts, and the figures with their notes.

use serde::Serialize;

use super::figure::{Figure, figure};
use super::stock::Stock;
use super::{placed, prose};
use crate::render::{PART_LEVEL, footnotes, method_footnotes, text_part};
use crate::report;
use crate::report::prose::Place;
use crate::report::prose::headings::Headings;
use crate::words::{Message, Strings};

#[derive(Serialize)]
pub(super) struct Pair<'a> {
    label: &'a str,
    value: &'a str,
}

#[derive(Serialize)]
pub(super) struct Section<'a> {
    id: &'a str,
    /// `Question 2`.
    name: String,
    title: &'a str,
    /// `2.5 points`; empty where there are none.
    points: String,
    prompt_html: String,
    blocks: Vec<Block<'a>>,
    /// Empty where the author gave none.
    answer: Vec<Block<'a>>,
    answer_has_figures: bool,
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Block<'a> {
    Text { text_html: String },
    Explanation(Explanation<'a>),
}

#[derive(Serialize)]
struct Explanation<'a> {
    id: &'a str,
    title: &'a str,
    /// Of its heading: 3, or 4 within an answer.
    level: usize,
    /// HTML.
    notices: Vec<String>,
    figures: Vec<Figure<'a>>,
    reading_html: String,
    misleading_html: String,
    parameters: Vec<Pair<'a>>,
    citations: &'a [String],
}

pub(super) fn section<'a>(
    section: &'a report::Section,
    headings: &Headings,
    stock: &Stock,
    strings: &Strings,
) -> Section<'a> {
    let text = |markdown: &str, part: &str, heading_level| {
        prose::html(
            markdown,
            Place {
                footnotes: &footnotes(section, part),
                heading_level,
                headings: Some(headings),
            },
        )
    };
    let flow = |html: String, level| {
        let pieces = placed::pieces(html, section).into_iter();
        let blocks = pieces.map(|piece| match piece {
            placed::Piece::Html(text_html) => Block::Text { text_html },
            placed::Piece::Explanation(each) => {
                Block::Explanation(explanation(each, level, stock, strings))
            }
        });
        blocks.collect::<Vec<_>>()
    };
    let blocks = section
        .blocks
        .iter()
        .enumerate()
        .flat_map(|(index, block)| match block {
            report::Block::Text(markdown) => {
                flow(text(markdown, &text_part(index), PART_LEVEL), PART_LEVEL)
            }
            report::Block::Explanation(each) if each.is_placed => Vec::new(),
            report::Block::Explanation(each) => {
                vec![Block::Explanation(explanation(
                    each, PART_LEVEL, stock, strings,
                ))]
            }
        });
    let answer = text(&section.answer, "answer", PART_LEVEL + 1);
    let answer = flow(answer, PART_LEVEL + 1);
    Section {
        id: &section.id,
        name: strings.text(&section.numbered()),
        title: &section.title,
        points: points(section, strings),
        prompt_html: text(&section.prompt, "prompt", PART_LEVEL),
        blocks: blocks.collect(),
        answer_has_figures: answer
            .iter()
            .any(|block| matches!(block, Block::Explanation(_))),
        answer,
    }
}

fn explanation<'a>(
    explanation: &'a report::Explanation,
    level: usize,
    stock: &Stock,
    strings: &Strings,
) -> Explanation<'a> {
    let footnotes = method_footnotes(explanation);
    let note = |markdown: &str| {
        prose::html(
            markdown,
            Place {
                footnotes: &footnotes,
                heading_level: level + 2,
                headings: None,
            },
        )
    };
    Explanation {
        id: &explanation.id,
        level,
        title: &explanation.title,
        notices: explanation
            .notices
            .iter()
            .map(|each| prose::line(each))
            .collect(),
        figures: explanation
            .figures
            .iter()
            .map(|each| figure(each, stock, strings))
            .collect(),
        reading_html: note(&explanation.reading),
        misleading_html: note(&explanation.misleading),
        parameters: pairs(&explanation.parameters),
        citations: &explanation.citations,
    }
}

/// `2.5 points`; empty where there are none.
pub(super) fn points(section: &report::Section, strings: &Strings) -> String {
    let points = section.points.as_deref();
    let points = points.map(|points| Message::new("points").with("points", points));
    points
        .map(|points| strings.text(&points))
        .unwrap_or_default()
}

pub(super) fn pairs(pairs: &[(String, String)]) -> Vec<Pair<'_>> {
    pairs
        .iter()
        .map(|(label, value)| Pair { label, value })
        .collect()
}
