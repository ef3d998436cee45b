//! Captions of the author's tables: a paragraph `Table: text` or `: text` before or behind a table, with an id at its end
//! where something refers to it (`{#scores}`), as Pandoc and Quarto have them.

use std::ops::Range;

use pulldown_cmark::{Event, Parser, Tag, TagEnd};

use super::{Edit, OPTIONS, apply};

/// A caption in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caption {
    /// Markdown, without mark and id.
    pub text: String,
    /// What `{table:ID}` refers to it by.
    pub id: Option<String>,
    /// Byte offset of its paragraph.
    pub start: usize,
    paragraph: Range<usize>,
    table: usize,
}

/// In the order of the text. Tables within lists and quotations have none.
pub fn captions(markdown: &str) -> Vec<Caption> {
    let blocks = blocks(markdown);
    let mut found: Vec<Caption> = Vec::new();
    for (index, (kind, range)) in blocks.iter().enumerate() {
        if *kind != Kind::Table {
            continue;
        }
        let beside = [index.checked_sub(1), Some(index + 1)]
            .into_iter()
            .flatten();
        let mut captions = beside.filter_map(|at| {
            let (kind, paragraph) = blocks.get(at)?;
            let is_free = found.iter().all(|other| other.paragraph != *paragraph);
            let (text, id) = (*kind == Kind::Paragraph && is_free)
                .then(|| caption(&markdown[paragraph.clone()]))
                .flatten()?;
            Some(Caption {
                text,
                id,
                start: paragraph.start,
                paragraph: paragraph.clone(),
                table: range.start,
            })
        });
        let first = captions.next();
        drop(captions);
        found.extend(first);
    }
    found
}

/// Puts a paragraph with the mark `{caption:ANCHOR}` and the name in bold before each table that has a caption, in place of the
/// author's; `name` gives anchor and name.
pub fn number(markdown: &str, mut name: impl FnMut(&Caption) -> (String, String)) -> String {
    let edits = captions(markdown).into_iter().flat_map(|caption| {
        let (anchor, name) = name(&caption);
        let numbered = format!("{{caption:{anchor}}}**{name}** {}\n", caption.text);
        let edit = |range, text| Edit { range, text };
        match caption.paragraph.start < caption.table {
            true => vec![edit(caption.paragraph, numbered)],
            false => vec![
                edit(caption.table..caption.table, numbered + "\n"),
                edit(caption.paragraph, String::new()),
            ],
        }
    });
    apply(markdown, edits.collect())
}

/// The text behind the mark, and the id at its end.
fn caption(paragraph: &str) -> Option<(String, Option<String>)> {
    let paragraph = paragraph.trim();
    let mut marks = ["Table:", "table:", ":"].into_iter();
    let text = marks.find_map(|mark| paragraph.strip_prefix(mark))?;
    let text = text.strip_prefix([' ', '\n'])?.trim();
    let with_id = text
        .strip_suffix('}')
        .and_then(|rest| rest.rsplit_once("{#"));
    let (text, id) = match with_id {
        Some((text, id)) if !id.is_empty() && id.chars().all(is_of_id) => {
            (text.trim_end(), Some(id.to_owned()))
        }
        _ => (text, None),
    };
    Some((text.to_owned(), id))
}

fn is_of_id(character: char) -> bool {
    character.is_alphanumeric() || "-_".contains(character)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Paragraph,
    Table,
    Other,
}

/// What stands at the top of a text, in order.
fn blocks(markdown: &str) -> Vec<(Kind, Range<usize>)> {
    let (mut depth, mut found) = (0_usize, Vec::new());
    for (event, range) in Parser::new_ext(markdown, OPTIONS).into_offset_iter() {
        match event {
            Event::Start(tag) => {
                if depth == 0 {
                    let kind = match tag {
                        Tag::Paragraph => Kind::Paragraph,
                        Tag::Table(_) => Kind::Table,
                        _ => Kind::Other,
                    };
                    found.push((kind, range));
                }
                depth += 1;
            }
            Event::End(TagEnd::Paragraph | _) => depth = depth.saturating_sub(1),
            _ if depth == 0 => found.push((Kind::Other, range)),
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "| a |\n|---|\n| 1 |\n";

    fn numbered(markdown: &str) -> String {
        let mut count = 0;
        number(markdown, |_| {
            count += 1;
            (format!("table-{count}"), format!("Table {count}"))
        })
    }

    #[test]
    fn a_caption_stands_before_its_table_wherever_the_author_put_it() {
        for markdown in [
            format!("Text.\n\nTable: Scores *of* three. {{#scores}}\n\n{TABLE}"),
            format!("Text.\n\n{TABLE}\n: Scores *of* three. {{#scores}}\n"),
        ] {
            let found = captions(&markdown);
            assert_eq!(found.len(), 1, "{markdown}");
            assert_eq!(found[0].id.as_deref(), Some("scores"));
            let text = numbered(&markdown);
            let expected = format!("{{caption:table-1}}**Table 1** Scores *of* three.\n\n{TABLE}");
            assert!(text.contains(&expected), "{text}");
            assert!(!text.contains("{#scores}"), "{text}");
        }
    }

    /// Between two tables a caption is of the first that has none; a list keeps its paragraphs.
    #[test]
    fn each_caption_is_of_one_table() {
        let text = numbered(&format!("{TABLE}\n: One.\n\n{TABLE}\n: Two.\n"));
        let (first, second) = text.split_once("{caption:table-2}").unwrap();
        assert!(
            first.contains("**Table 1** One.") && second.contains("**Table 2** Two."),
            "{text}"
        );
        for plain in [
            "Table: of contents.\n\nText.",
            "- : a\n\n  | a |\n  |---|\n",
            "10:30 is no mark.\n\n| a |\n|---|\n",
        ] {
            assert!(captions(plain).is_empty(), "{plain}");
        }
    }
}
