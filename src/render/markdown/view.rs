//! What the template sees: Markdown, written and escaped.

use serde::Serialize;

#[derive(Serialize)]
pub(super) struct Document {
    pub(super) title: String,
    pub(super) words: Words,
    pub(super) byline: Vec<Pair>,
    pub(super) notices: Vec<String>,
    pub(super) introduction: String,
    pub(super) sections: Vec<Section>,
    pub(super) summary: Summary,
    pub(super) provenance: Vec<Pair>,
}

/// The report in one table: photos in rows. Without rows where no method explains a class.
#[derive(Serialize)]
pub(super) struct Summary {
    pub(super) header: String,
    pub(super) rule: String,
    pub(super) rows: Vec<String>,
}

/// The fixed texts, in the report's language.
#[derive(Serialize)]
pub(super) struct Words {
    pub(super) contents: String,
    pub(super) prompt: String,
    pub(super) answer: String,
    pub(super) parameter: String,
    pub(super) value: String,
    pub(super) citations: String,
    pub(super) how_to_read: String,
    pub(super) where_it_misleads: String,
    pub(super) reading_and_limits: String,
    pub(super) parameters_and_citations: String,
    pub(super) notice: String,
    pub(super) warning: String,
    pub(super) provenance: String,
    pub(super) label_separator: String,
    pub(super) summary_caption: String,
}

#[derive(Serialize)]
pub(super) struct Pair {
    pub(super) label: String,
    pub(super) value: String,
}

#[derive(Serialize)]
pub(super) struct Section {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) title: String,
    pub(super) points: String,
    /// Name, title and points in one line, as HTML.
    pub(super) summary: String,
    /// As a quotation, each line behind `> `.
    pub(super) prompt: String,
    pub(super) blocks: Vec<Block>,
    /// Empty where the author gave none.
    pub(super) answer: Vec<Block>,
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(super) enum Block {
    Text { text: String },
    Explanation(Explanation),
}

#[derive(Serialize)]
pub(super) struct Explanation {
    /// What its heading begins with, `###` or, within an answer, `####`.
    pub(super) hashes: &'static str,
    pub(super) title: String,
    pub(super) notices: Vec<String>,
    pub(super) figures: Vec<Figure>,
    pub(super) reading: String,
    pub(super) misleading: String,
    pub(super) parameters: Vec<Pair>,
    pub(super) citations: Vec<String>,
}

#[derive(Serialize)]
pub(super) struct Figure {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) caption: String,
    pub(super) is_table: bool,
    /// The pictures or the table; where no pictures are shown, what they show.
    pub(super) body: String,
    /// The colour scale as a picture; empty where there is none.
    pub(super) colour_bar: String,
}
