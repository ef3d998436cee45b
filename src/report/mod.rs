//! The report as a document: sections, blocks, numbered figures. Knows no output format.

mod cjk;
pub mod machine;
pub mod number;
pub mod prose;
mod source;
mod style;

pub use number::Numbering;
pub use prose::{
    NearMiss, ReferredTo, captions, images_in, near_misses, place, placements, references,
    refused_links_in, resolve_values, shown_as_source, value_format, values,
};

pub use style::{Look, OwnTemplate};

use std::collections::BTreeMap;

use crate::figure::Drawing;
use crate::words::{Message, Strings};

/// Everything a renderer needs, in the report's language; numbers are text already.
#[derive(Debug, Clone)]
pub struct Report {
    /// The words of the report's language.
    pub strings: Strings,
    pub look: Look,
    pub title: String,
    /// Label and value, such as author, course, date; only what the spec gives.
    pub byline: Vec<(String, String)>,
    /// Markdown; may be empty.
    pub introduction: String,
    pub sections: Vec<Section>,
    /// What the figures say of each photo's class.
    pub summary: Summary,
    /// Label and value: version, model, hash, device, libtorch, seed.
    pub provenance: Vec<(String, String)>,
    /// What the reader must know of the whole build (a method that failed).
    pub notices: Vec<String>,
}

impl Report {
    /// Every explanation, in the order of the page.
    pub fn explanations(&self) -> impl Iterator<Item = &Explanation> {
        self.sections.iter().flat_map(Section::explanations)
    }

    pub fn figures(&self) -> impl Iterator<Item = &Figure> {
        self.explanations()
            .flat_map(|explanation| &explanation.figures)
    }
}

/// Of each photo its class, and for each method that explains a class where its figure is.
#[derive(Debug, Clone, Default)]
pub struct Summary {
    pub methods: Vec<SummaryMethod>,
    pub photos: Vec<SummaryPhoto>,
}

#[derive(Debug, Clone)]
pub struct SummaryMethod {
    pub title: String,
    /// Its first figure: anchor and name.
    pub figure: (String, String),
}

#[derive(Debug, Clone)]
pub struct SummaryPhoto {
    pub name: String,
    /// What the network predicts, and its probability; a dash where no figure shows it.
    pub class: String,
    pub probability: String,
    /// One for each method; `None` where it does not have this photo.
    pub cells: Vec<Option<SummaryCell>>,
}

#[derive(Debug, Clone, Default)]
pub struct SummaryCell {
    /// Class and probability where they differ from those of the photo; else empty.
    pub class: String,
    /// How well the explanation fits the network, where that is known; else empty.
    pub fit: String,
}

/// One question of the author.
#[derive(Debug, Clone)]
pub struct Section {
    /// Whether it is called a question.
    pub is_question: bool,
    /// `question-1` or `section-1`.
    pub id: String,
    pub number: usize,
    pub title: String,
    /// Such as `2.5`; `None` where the spec gives none.
    pub points: Option<String>,
    /// Markdown; may be empty.
    pub prompt: String,
    pub blocks: Vec<Block>,
    /// Markdown, the author's own text; may be empty.
    pub answer: String,
}

impl Section {
    pub fn explanations(&self) -> impl Iterator<Item = &Explanation> {
        self.blocks.iter().filter_map(|block| match block {
            Block::Explanation(explanation) => Some(explanation),
            Block::Text(_) => None,
        })
    }

    pub fn figures(&self) -> impl Iterator<Item = &Figure> {
        self.explanations()
            .flat_map(|explanation| &explanation.figures)
    }

    /// `Question 1`, `Section 1`.
    pub fn numbered(&self) -> Message {
        let key = match self.is_question {
            true => "question",
            false => "section",
        };
        Message::new(key).with("number", self.number)
    }
}

#[derive(Debug, Clone)]
pub enum Block {
    /// Markdown between the figures.
    Text(String),
    Explanation(Explanation),
}

/// What one method gave: its figures with everything needed to read them.
#[derive(Debug, Clone)]
pub struct Explanation {
    /// Unique in the report: `question-1-part-2`.
    pub id: String,
    /// YAML name of the method, `saliency`.
    pub method: &'static str,
    /// Its name in the report's language.
    pub title: String,
    /// Whether a text of its section holds `{figure:` and its id: there it stands, and not among the blocks.
    pub is_placed: bool,
    pub figures: Vec<Figure>,
    /// Of this method: a dead filter, a clipped range; or why it failed.
    pub notices: Vec<String>,
    /// YAML key and value.
    pub parameters: Vec<(String, String)>,
    /// Markdown: how to read these figures.
    pub reading: String,
    /// Markdown: where they mislead.
    pub misleading: String,
    /// `Author, title, venue year`.
    pub citations: Vec<String>,
}

/// A numbered figure or table.
#[derive(Debug, Clone)]
pub struct Figure {
    /// Unique in the report, a slug: `fig-coffee-saliency`. Anchors and file names are made from it.
    pub id: String,
    /// `圖 3`, `Figure 3`, `Table 1`.
    pub name: String,
    pub caption: String,
    /// Of the whole figure.
    pub alt: String,
    /// Of each picture that has a description of its own, by its index in the drawing.
    pub alts: BTreeMap<usize, String>,
    pub drawing: Drawing,
}
