//! Figures within a text: its HTML is cut at the paragraphs that place one.

use crate::report::{Block, Explanation, Section};

pub(super) enum Piece<'a> {
    Html(String),
    Explanation(&'a Explanation),
}

/// `html` of a text of the section. What the author wrote is escaped there, so no other paragraph looks like one that
/// places a figure.
pub(super) fn pieces(html: String, section: &Section) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = html.as_str();
    while let Some((before, explanation, behind)) = first(rest, section) {
        pieces.push(Piece::Html(before.to_owned()));
        pieces.push(Piece::Explanation(explanation));
        rest = behind;
    }
    pieces.push(Piece::Html(rest.to_owned()));
    pieces.retain(|piece| !matches!(piece, Piece::Html(html) if html.trim().is_empty()));
    pieces
}

fn first<'a, 'b>(
    html: &'b str,
    section: &'a Section,
) -> Option<(&'b str, &'a Explanation, &'b str)> {
    let placed = section.blocks.iter().filter_map(|block| match block {
        Block::Explanation(explanation) if explanation.is_placed => Some(explanation),
        Block::Explanation(_) | Block::Text(_) => None,
    });
    let found = placed.filter_map(|explanation| {
        let paragraph = format!("<p>{{figure:{}}}</p>\n", explanation.id);
        let (before, behind) = html.split_once(&paragraph)?;
        Some((before, explanation, behind))
    });
    found.min_by_key(|(before, ..)| before.len())
}
