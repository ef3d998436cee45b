//! What the templates see: text, and HTML in the fields that end with `_html`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

use super::prose;
use super::{SCRIPT, STYLE, policy_hash};
use crate::figure::{Drawing, Image, Media};
use crate::render::{
    PART_LEVEL, alternative, encoded, footnotes, headings, introduction, method_footnotes, svg,
    text_part,
};
use crate::report::prose::Place;
use crate::report::prose::headings::Headings;
use crate::report::{self, Report};
use crate::words::Message;
use crate::words::Strings;

#[derive(Serialize)]
pub(super) struct Page<'a> {
    language: &'static str,
    title: &'a str,
    style: &'static str,
    style_hash: String,
    script: &'static str,
    script_hash: String,
    words: Words<'a>,
    byline: Vec<Pair<'a>>,
    notices: &'a [String],
    introduction_html: String,
    sections: Vec<Section<'a>>,
    provenance: Vec<Pair<'a>>,
}

/// The fixed texts of the page, in its language.
#[derive(Serialize)]
struct Words<'a> {
    contents: &'a str,
    prompt: &'a str,
    answer: &'a str,
    parameter: &'a str,
    value: &'a str,
    citations: &'a str,
    parameters_and_citations: &'a str,
    how_to_read: &'a str,
    where_it_misleads: &'a str,
    reading_and_limits: &'a str,
    notice: &'a str,
    warning: &'a str,
    provenance: &'a str,
    skip_to_content: &'a str,
    enlarge: &'a str,
    close: &'a str,
    previous: &'a str,
    next: &'a str,
    label_separator: &'a str,
}

#[derive(Serialize)]
struct Pair<'a> {
    label: &'a str,
    value: &'a str,
}

#[derive(Serialize)]
struct Section<'a> {
    id: &'a str,
    /// `Question 2`.
    name: String,
    title: &'a str,
    /// `2.5 points`; empty where there are none.
    points: String,
    prompt_html: String,
    blocks: Vec<Block<'a>>,
    answer_html: String,
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Block<'a> {
    Text { text_html: String },
    Explanation(Explanation<'a>),
}

#[derive(Serialize)]
struct Explanation<'a> {
    title: &'a str,
    notices: &'a [String],
    figures: Vec<Figure<'a>>,
    reading_html: String,
    misleading_html: String,
    parameters: Vec<Pair<'a>>,
    citations: &'a [String],
}

#[derive(Serialize)]
struct Figure<'a> {
    id: &'a str,
    name: &'a str,
    caption: &'a str,
    alt: &'a str,
    drawing: Drawn<'a>,
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Drawn<'a> {
    Grid {
        columns: usize,
        pictures: Vec<Picture<'a>>,
        colour_bar: Option<Picture<'a>>,
    },
    Table {
        header: Vec<Cell<'a>>,
        rows: Vec<Vec<Cell<'a>>>,
    },
}

#[derive(Serialize)]
struct Picture<'a> {
    label: &'a str,
    alt: String,
    width_px: usize,
    height_px: usize,
    /// A `data:` address; empty for a chart, whose elements are in `svg_html`.
    source: String,
    svg_html: String,
}

#[derive(Serialize)]
struct Cell<'a> {
    text: &'a str,
    numeric: bool,
}

impl<'a> Page<'a> {
    pub(super) fn new(report: &'a Report, strings: &'a Strings) -> Self {
        let headings = headings(report);
        Self {
            language: strings.language(),
            title: &report.title,
            style: STYLE,
            style_hash: policy_hash(STYLE),
            script: SCRIPT,
            script_hash: policy_hash(SCRIPT),
            words: Words::new(strings),
            byline: pairs(&report.byline),
            notices: &report.notices,
            introduction_html: prose::html(&report.introduction, introduction(&headings)),
            sections: report
                .sections
                .iter()
                .map(|each| section(each, &headings, strings))
                .collect(),
            provenance: pairs(&report.provenance),
        }
    }
}

impl<'a> Words<'a> {
    fn new(strings: &'a Strings) -> Self {
        Self {
            contents: strings.get("contents"),
            prompt: strings.get("prompt"),
            answer: strings.get("answer"),
            parameter: strings.get("parameter"),
            value: strings.get("value"),
            citations: strings.get("citations"),
            parameters_and_citations: strings.get("parameters_and_citations"),
            how_to_read: strings.get("how_to_read"),
            where_it_misleads: strings.get("where_it_misleads"),
            reading_and_limits: strings.get("reading_and_limits"),
            notice: strings.get("notice"),
            warning: strings.get("warning"),
            provenance: strings.get("provenance"),
            skip_to_content: strings.get("skip_to_content"),
            enlarge: strings.get("enlarge"),
            close: strings.get("close"),
            previous: strings.get("previous"),
            next: strings.get("next"),
            label_separator: strings.get("label_separator"),
        }
    }
}

fn pairs(pairs: &[(String, String)]) -> Vec<Pair<'_>> {
    pairs
        .iter()
        .map(|(label, value)| Pair { label, value })
        .collect()
}

fn section<'a>(
    section: &'a report::Section,
    headings: &Headings,
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
    let blocks = section
        .blocks
        .iter()
        .enumerate()
        .map(|(index, block)| match block {
            report::Block::Text(markdown) => {
                let part = text_part(index);
                Block::Text {
                    text_html: text(markdown, &part, PART_LEVEL),
                }
            }
            report::Block::Explanation(each) => Block::Explanation(explanation(each, strings)),
        });
    let number = Message::new("question").with("number", section.number);
    let points = section
        .points
        .as_deref()
        .map(|points| Message::new("points").with("points", points));
    Section {
        id: &section.id,
        name: strings.text(&number),
        title: &section.title,
        points: points
            .map(|points| strings.text(&points))
            .unwrap_or_default(),
        prompt_html: text(&section.prompt, "prompt", PART_LEVEL),
        blocks: blocks.collect(),
        answer_html: text(&section.answer, "answer", PART_LEVEL + 1),
    }
}

fn explanation<'a>(explanation: &'a report::Explanation, strings: &Strings) -> Explanation<'a> {
    let footnotes = method_footnotes(explanation);
    let note = |markdown: &str| {
        prose::html(
            markdown,
            Place {
                footnotes: &footnotes,
                heading_level: PART_LEVEL + 2,
                headings: None,
            },
        )
    };
    Explanation {
        title: &explanation.title,
        notices: &explanation.notices,
        figures: explanation
            .figures
            .iter()
            .map(|each| figure(each, strings))
            .collect(),
        reading_html: note(&explanation.reading),
        misleading_html: note(&explanation.misleading),
        parameters: pairs(&explanation.parameters),
        citations: &explanation.citations,
    }
}

fn figure<'a>(figure: &'a report::Figure, strings: &Strings) -> Figure<'a> {
    let drawing = match &figure.drawing {
        Drawing::Grid {
            columns,
            tiles,
            colour_bar,
        } => {
            let pictures = tiles.iter().enumerate().map(|(index, tile)| {
                let alt = alternative(figure, tiles, index);
                picture(
                    &tile.label,
                    alt,
                    &tile.image,
                    &format!("{}-{}", figure.id, index + 1),
                )
            });
            let colour_bar = colour_bar.as_ref().map(|image| {
                let alt = Message::new("colour_scale").with("figure", figure.name.as_str());
                picture(
                    "",
                    strings.text(&alt),
                    image,
                    &format!("{}-scale", figure.id),
                )
            });
            // A grid never has more columns than pictures, nor more than the style sheet knows.
            let columns = (*columns).clamp(1, tiles.len().clamp(1, MOST_COLUMNS));
            Drawn::Grid {
                columns,
                pictures: pictures.collect(),
                colour_bar,
            }
        }
        Drawing::Table {
            header,
            rows,
            numeric,
        } => {
            let row = |cells: &'a [String]| -> Vec<Cell<'a>> {
                let numeric = |column| numeric.get(column).copied().unwrap_or(false);
                let cells = cells.iter().enumerate();
                cells
                    .map(|(column, text)| Cell {
                        text,
                        numeric: numeric(column),
                    })
                    .collect()
            };
            Drawn::Table {
                header: row(header),
                rows: rows.iter().map(|each| row(each)).collect(),
            }
        }
    };
    Figure {
        id: &figure.id,
        name: &figure.name,
        caption: &figure.caption,
        alt: &figure.alt,
        drawing,
    }
}

/// `.columns-12` is the last in style.css.
const MOST_COLUMNS: usize = 12;

fn picture<'a>(label: &'a str, alt: String, image: &Image, id: &str) -> Picture<'a> {
    let (source, svg_html) = match &image.media {
        Media::Svg(text) => (String::new(), svg::inline(text, &alt, id)),
        media @ (Media::Png(_) | Media::Jpeg(_)) => {
            let (bytes, _, media_type) = encoded(media);
            (
                format!("data:{media_type};base64,{}", STANDARD.encode(bytes)),
                String::new(),
            )
        }
    };
    Picture {
        label,
        alt,
        width_px: image.width_px,
        height_px: image.height_px,
        source,
        svg_html,
    }
}
