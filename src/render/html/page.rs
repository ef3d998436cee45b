//! What the templates see: text, and HTML in the fields that end with `_html`.

use std::collections::BTreeMap;

use serde::Serialize;

use super::colours::{self, ColourMap};
use super::figure::{Figure, figure};
use super::stock::{Map, Photo, Stock};
use super::{SCRIPT, STYLE, policy_hash};
use super::{placed, prose};
use crate::render::{PART_LEVEL, footnotes, headings, introduction, method_footnotes, text_part};
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
    words: BTreeMap<&'static str, &'a str>,
    script_words: String,
    byline: Vec<Pair<'a>>,
    /// HTML.
    notices: Vec<String>,
    introduction_html: String,
    sections: Vec<Section<'a>>,
    summary: Option<Summary<'a>>,
    has_figures: bool,
    colour_maps: Vec<ColourMap>,
    pale_matrix: String,
    photos: Vec<Photo>,
    maps: Vec<Map>,
    provenance: Vec<Pair<'a>>,
}

/// Photos in rows and methods in columns, or the other way round where there are many methods.
#[derive(Serialize)]
struct Summary<'a> {
    by_method: bool,
    columns: Vec<SummaryHead<'a>>,
    rows: Vec<SummaryRow<'a>>,
}

/// A photo with its class and probability, or a method, which has none.
#[derive(Serialize)]
struct SummaryHead<'a> {
    title: &'a str,
    class: &'a str,
    probability: &'a str,
}

#[derive(Serialize)]
struct SummaryRow<'a> {
    head: SummaryHead<'a>,
    cells: Vec<SummaryCell<'a>>,
}

#[derive(Serialize)]
struct SummaryCell<'a> {
    /// Of the figure; empty where it does not have this photo.
    id: &'a str,
    name: &'a str,
    class: &'a str,
    fit: &'a str,
}

/// So many methods stand side by side in the width of the text; more do where photos side by side would take more room.
const METHODS_ACROSS: usize = 2;
/// Columns of a table with photos in rows that are no methods: photo, class and probability.
const OTHER_COLUMNS: usize = 3;

/// The fixed texts of the page, by their keys in `templates/strings.yaml`.
const WORDS: [&str; 28] = [
    "contents",
    "prompt",
    "answer",
    "parameter",
    "value",
    "citations",
    "parameters_and_citations",
    "how_to_read",
    "where_it_misleads",
    "reading_and_limits",
    "notice",
    "warning",
    "provenance",
    "skip_to_content",
    "enlarge",
    "close",
    "previous",
    "next",
    "label_separator",
    "summary",
    "summary_caption",
    "photo",
    "class",
    "probability",
    "figures",
    "numbers",
    "download_csv",
    "permalink",
];

/// What the script says.
const SCRIPT_WORDS: [&str; 29] = [
    "view_settings",
    "colour_map",
    "colours_inferno",
    "colours_viridis",
    "colours_cividis",
    "colours_greys",
    "colours_red-blue",
    "colours_orange-purple",
    "view",
    "view_printed",
    "view_map",
    "view_overlay",
    "view_side",
    "view_slider",
    "divider",
    "opacity",
    "scale",
    "scale_own",
    "scale_shared",
    "scale_end",
    "gamma",
    "reset",
    "download_npy",
    "download_npy_rounded",
    "cell_value",
    "cell_none",
    "probe_hint",
    "enlarge",
    "figure_keys",
];

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
    /// Whether some block explains something.
    has_parts: bool,
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

impl<'a> Page<'a> {
    pub(super) fn new(report: &'a Report, strings: &'a Strings) -> Self {
        let headings = headings(report);
        let stock = Stock::of(report);
        let sections = report
            .sections
            .iter()
            .map(|each| section(each, &headings, &stock, strings))
            .collect::<Vec<_>>();
        let (photos, maps) = stock.into_items();
        // Keys are sorted, so that the page's bytes are the same.
        let script_words =
            serde_json::to_string(&words(&SCRIPT_WORDS, strings)).unwrap_or_default();
        Self {
            language: strings.language(),
            title: &report.title,
            style: STYLE,
            style_hash: policy_hash(STYLE),
            script: SCRIPT,
            script_hash: policy_hash(SCRIPT),
            words: words(&WORDS, strings),
            script_words,
            byline: pairs(&report.byline),
            notices: report
                .notices
                .iter()
                .map(|each| prose::line(each))
                .collect(),
            introduction_html: prose::html(&report.introduction, introduction(&headings)),
            has_figures: sections.iter().any(|section| section.has_parts),
            sections,
            summary: summary(&report.summary),
            colour_maps: colours::all(),
            pale_matrix: colours::pale_matrix(),
            photos,
            maps,
            provenance: pairs(&report.provenance),
        }
    }
}

fn words<'a>(keys: &[&'static str], strings: &'a Strings) -> BTreeMap<&'static str, &'a str> {
    keys.iter().map(|key| (*key, strings.get(key))).collect()
}

/// `None` where no method explains a class of a photo.
fn summary(summary: &report::Summary) -> Option<Summary<'_>> {
    let (photos, methods) = (&summary.photos, &summary.methods);
    if photos.is_empty() {
        return None;
    }
    let of_photo = |photo: usize| SummaryHead {
        title: &photos[photo].name,
        class: &photos[photo].class,
        probability: &photos[photo].probability,
    };
    let of_method = |method: usize| SummaryHead {
        title: &methods[method].title,
        class: "",
        probability: "",
    };
    let cell = |photo: usize, method: usize| {
        let (id, name) = &methods[method].figure;
        match photos[photo].cells.get(method).and_then(Option::as_ref) {
            Some(cell) => SummaryCell {
                id,
                name,
                class: &cell.class,
                fit: &cell.fit,
            },
            None => SummaryCell {
                id: "",
                name: "",
                class: "",
                fit: "",
            },
        }
    };
    let by_method =
        methods.len() > METHODS_ACROSS && photos.len() + 1 < methods.len() + OTHER_COLUMNS;
    let row = |index: usize| match by_method {
        true => SummaryRow {
            head: of_method(index),
            cells: (0..photos.len()).map(|photo| cell(photo, index)).collect(),
        },
        false => SummaryRow {
            head: of_photo(index),
            cells: (0..methods.len())
                .map(|method| cell(index, method))
                .collect(),
        },
    };
    let (rows, columns): (usize, Vec<SummaryHead>) = match by_method {
        true => (methods.len(), (0..photos.len()).map(of_photo).collect()),
        false => (photos.len(), (0..methods.len()).map(of_method).collect()),
    };
    Some(Summary {
        by_method,
        columns,
        rows: (0..rows).map(row).collect(),
    })
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
    let number = section.numbered();
    let points = section
        .points
        .as_deref()
        .map(|points| Message::new("points").with("points", points));
    let is_part = |block: &report::Block| matches!(block, report::Block::Explanation(_));
    let answer = text(&section.answer, "answer", PART_LEVEL + 1);
    let answer = flow(answer, PART_LEVEL + 1);
    Section {
        has_parts: section.blocks.iter().any(is_part),
        id: &section.id,
        name: strings.text(&number),
        title: &section.title,
        points: points
            .map(|points| strings.text(&points))
            .unwrap_or_default(),
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
