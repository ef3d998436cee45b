//! The author's `{figure:id}`: a paragraph of its own that becomes the figure.

use std::ops::Range;

use pulldown_cmark::{Event, Parser, Tag, TagEnd};

use super::references::find_placements;
use super::{Edit, OPTIONS, apply};

/// A `{figure:id}` in a text, outside code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placement {
    pub id: String,
    /// Byte offsets of the braces and all between them.
    pub range: Range<usize>,
    /// Whether it is a paragraph of its own, in no list, quotation or footnote. Elsewhere no figure can stand.
    pub is_alone: bool,
}

/// In the order of the text.
pub fn placements(markdown: &str) -> Vec<Placement> {
    let found = find_placements(markdown);
    if found.is_empty() {
        return Vec::new();
    }
    let paragraphs = top_paragraphs(markdown);
    let placement = |(id, range): (String, Range<usize>)| Placement {
        is_alone: paragraphs.iter().any(|paragraph| {
            paragraph.contains(&range.start)
                && markdown[paragraph.clone()].trim() == &markdown[range.clone()]
        }),
        id,
        range,
    };
    found.into_iter().map(placement).collect()
}

fn top_paragraphs(markdown: &str) -> Vec<Range<usize>> {
    let (mut depth, mut found) = (0_usize, Vec::new());
    for (event, range) in Parser::new_ext(markdown, OPTIONS).into_offset_iter() {
        match event {
            Event::Start(tag) => {
                if depth == 0 && matches!(tag, Tag::Paragraph) {
                    found.push(range);
                }
                depth += 1;
            }
            Event::End(TagEnd::Paragraph | _) => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    found
}

/// Writes what `name` makes of it into each `{figure:id}` that is alone; an unknown one stays.
pub fn place(markdown: &str, name: impl Fn(&str) -> Option<String>) -> String {
    let edits = placements(markdown).into_iter().filter_map(|placement| {
        let name = name(&placement.id).filter(|_| placement.is_alone)?;
        Some(Edit {
            range: placement.range,
            text: format!("{{figure:{name}}}"),
        })
    });
    apply(markdown, edits.collect())
}

/// A prepared text, cut where figures stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Never blank.
    Text(String),
    /// What [`place`] has written.
    Figure(String),
}

/// Cuts a text at the figures that `is_figure` knows.
pub fn pieces(markdown: &str, is_figure: impl Fn(&str) -> bool) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut from = 0;
    let placed = placements(markdown).into_iter();
    for Placement { id, range, .. } in placed.filter(|one| one.is_alone && is_figure(&one.id)) {
        pieces.push(Piece::Text(
            markdown[from..range.start].trim_end().to_owned(),
        ));
        pieces.push(Piece::Figure(id));
        from = range.end;
    }
    pieces.push(Piece::Text(markdown[from..].to_owned()));
    pieces.retain(|piece| !matches!(piece, Piece::Text(text) if text.trim().is_empty()));
    for piece in &mut pieces {
        if let Piece::Text(text) = piece {
            *text = text.trim_start_matches('\n').to_owned();
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_is_placed_by_a_paragraph_of_its_own() {
        let text = "a\n\n{figure:b}\n\nc {figure:d}\n\n- {figure:e}\n\n> {figure:f}\n\n`{figure:g}`\n\n    {figure:h}\n\n# {figure:i}\n\n  {figure:j}  \n";
        let found = placements(text).into_iter();
        let found: Vec<(String, bool)> = found.map(|one| (one.id, one.is_alone)).collect();
        let expected = [
            ("b", true),
            ("d", false),
            ("e", false),
            ("f", false),
            ("i", false),
            ("j", true),
        ];
        assert_eq!(found, expected.map(|(id, alone)| (id.to_owned(), alone)));
        let placed = place(text, |id| {
            (id == "b" || id == "d").then(|| "part-1".to_owned())
        });
        assert_eq!(placed, text.replace("{figure:b}", "{figure:part-1}"));
    }

    #[test]
    fn a_text_is_cut_at_its_figures() {
        let text = "{figure:a}\n\none\n\n    code\n\n{figure:b}\n\n{figure:c}\n\n    {figure:a}\n";
        let text_piece = |text: &str| Piece::Text(text.to_owned());
        let figure = |id: &str| Piece::Figure(id.to_owned());
        assert_eq!(
            pieces(text, |id| id != "c"),
            [
                figure("a"),
                text_piece("one\n\n    code"),
                figure("b"),
                text_piece("{figure:c}\n\n    {figure:a}\n"),
            ]
        );
        assert_eq!(pieces("a", |_| true), [text_piece("a")]);
        assert_eq!(pieces("", |_| true), []);
    }
}
