//! What the templates see: text, and HTML in the fields that end with `_html`.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Serialize;

use super::colours::{self, ColourMap};
use super::prose;
use super::section::{Pair, Section, pairs, points, section};
use super::stock::{Map, Photo, Stock};
use super::summary::{Summary, summary};
use super::thumbnail::{Thumbnail, thumbnail};
use super::words::{SCRIPT_WORDS, WORDS, words};
use super::{SCRIPT, STYLE, policy_hash};
use crate::render::introduction;
use crate::report::prose::headings::Headings;
use crate::report::{self, Report};
use crate::words::Strings;

#[derive(Serialize)]
pub(super) struct Page<'a> {
    language: &'a str,
    title: &'a str,
    /// What the browser calls it.
    page_title: String,
    /// Address of the page with the overview, in the pages of sections.
    home: String,
    previous: Option<Neighbour>,
    next: Option<Neighbour>,
    style: Cow<'static, str>,
    pub(super) style_hash: String,
    script: &'static str,
    pub(super) script_hash: String,
    words: BTreeMap<&'static str, &'a str>,
    script_words: String,
    byline: Vec<Pair<'a>>,
    /// HTML.
    notices: Vec<String>,
    introduction_html: String,
    /// Those of this page.
    sections: Vec<Section<'a>>,
    /// Every section of the report.
    contents: Vec<Entry<'a>>,
    has_summary: bool,
    summary: Option<Summary<'a>>,
    /// Every figure of the report, where the page lists them.
    figures: Vec<Listed<'a>>,
    colour_maps: Vec<ColourMap>,
    pale_matrix: String,
    photos: Vec<Photo>,
    maps: Vec<Map>,
    provenance: Vec<Pair<'a>>,
}

/// Another page of the report.
#[derive(Serialize)]
pub(super) struct Neighbour {
    pub address: String,
    pub title: String,
}

/// A section in the contents.
#[derive(Serialize)]
struct Entry<'a> {
    id: &'a str,
    name: String,
    title: &'a str,
    points: String,
    parts: Vec<EntryPart<'a>>,
}

#[derive(Serialize)]
struct EntryPart<'a> {
    id: &'a str,
    title: &'a str,
}

#[derive(Serialize)]
struct Listed<'a> {
    id: &'a str,
    name: &'a str,
    caption: &'a str,
    /// Where the page does not have the figure.
    thumbnail: Option<Thumbnail<'a>>,
}

/// Which page of a report.
pub(super) enum Part<'a> {
    /// The only one.
    Whole,
    /// Overview and introduction, of a report with a page a section.
    Overview { next: Option<Neighbour> },
    Section {
        section: &'a report::Section,
        home: String,
        previous: Neighbour,
        next: Option<Neighbour>,
    },
}

impl<'a> Page<'a> {
    pub(super) fn new(report: &'a Report, headings: &Headings, part: Part<'a>) -> Self {
        let strings = &report.strings;
        let style = match report.look.style.as_str() {
            "" => Cow::Borrowed(STYLE),
            own => Cow::Owned(format!("{STYLE}\n{own}")),
        };
        let shown: &[report::Section] = match &part {
            Part::Whole => &report.sections,
            Part::Overview { .. } => &[],
            Part::Section { section, .. } => std::slice::from_ref(*section),
        };
        let stock = Stock::of(shown.iter().flat_map(report::Section::figures));
        let sections = shown
            .iter()
            .map(|each| section(each, headings, &stock, strings))
            .collect::<Vec<_>>();
        let (photos, maps) = stock.into_items();
        // Keys are sorted, so that the page's bytes are the same.
        let script_words =
            serde_json::to_string(&words(&SCRIPT_WORDS, strings)).unwrap_or_default();
        let page = Self {
            language: strings.language(),
            title: &report.title,
            page_title: report.title.clone(),
            home: String::new(),
            previous: None,
            next: None,
            style_hash: policy_hash(&style),
            style,
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
            introduction_html: prose::html(&report.introduction, introduction(headings)),
            sections,
            contents: report
                .sections
                .iter()
                .map(|each| entry(each, strings))
                .collect(),
            has_summary: !report.summary.photos.is_empty(),
            summary: summary(&report.summary),
            figures: report.figures().map(listed).collect(),
            colour_maps: colours::all(),
            pale_matrix: colours::pale_matrix(),
            photos,
            maps,
            provenance: pairs(&report.provenance),
        };
        match part {
            Part::Whole => page,
            Part::Overview { next } => Self {
                next,
                figures: report.figures().map(listed_elsewhere).collect(),
                ..page
            },
            Part::Section {
                section,
                home,
                previous,
                next,
            } => Self {
                page_title: format!("{} · {}", heading(section, strings), report.title),
                home,
                previous: Some(previous),
                next,
                // These stand in the page with the overview.
                byline: Vec::new(),
                notices: Vec::new(),
                introduction_html: String::new(),
                summary: None,
                figures: Vec::new(),
                provenance: Vec::new(),
                ..page
            },
        }
    }
}

/// `Question 2  Where does it look?`
pub(super) fn heading(section: &report::Section, strings: &Strings) -> String {
    let name = strings.text(&section.numbered());
    format!("{name} {}", section.title).trim().to_owned()
}

fn entry<'a>(section: &'a report::Section, strings: &Strings) -> Entry<'a> {
    let parts = section.explanations();
    Entry {
        id: &section.id,
        name: strings.text(&section.numbered()),
        title: &section.title,
        points: points(section, strings),
        parts: parts
            .map(|each| EntryPart {
                id: &each.id,
                title: &each.title,
            })
            .collect(),
    }
}

fn listed(figure: &report::Figure) -> Listed<'_> {
    Listed {
        id: &figure.id,
        name: &figure.name,
        caption: &figure.caption,
        thumbnail: None,
    }
}

fn listed_elsewhere(figure: &report::Figure) -> Listed<'_> {
    Listed {
        thumbnail: thumbnail(figure),
        ..listed(figure)
    }
}
