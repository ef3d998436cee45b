//! Bare addresses in a text, `https://…`, which GitHub makes links of.

use pulldown_cmark::{Event, Parser, Tag};

use super::{Edit, OPTIONS, apply};

/// The text with each bare address between `<` and `>`, which makes a link of it everywhere.
pub(super) fn linked(markdown: &str) -> String {
    let mut closed = Vec::new(); // where an address is something else already
    for (event, range) in Parser::new_ext(markdown, OPTIONS).into_offset_iter() {
        match event {
            Event::Code(_)
            | Event::InlineMath(_)
            | Event::DisplayMath(_)
            | Event::InlineHtml(_)
            | Event::Start(
                Tag::CodeBlock(_) | Tag::HtmlBlock | Tag::Link { .. } | Tag::Image { .. },
            ) => closed.push(range),
            _ => {}
        }
    }
    let mut edits = Vec::new();
    for (at, scheme) in markdown
        .match_indices("http://")
        .chain(markdown.match_indices("https://"))
    {
        let before = markdown[..at].chars().next_back();
        let may_begin = before.is_none_or(|before| {
            before.is_whitespace()
                || "*_~(".contains(before)
                || (!before.is_ascii() && before.is_alphabetic())
        });
        if !may_begin || closed.iter().any(|range| range.contains(&at)) {
            continue;
        }
        let address = address(&markdown[at..]);
        if address.len() > scheme.len() {
            edits.push(Edit {
                range: at..at + address.len(),
                text: format!("<{address}>"),
            });
        }
    }
    apply(markdown, edits)
}

/// The address that `text` begins with, without what closes a sentence or a bracket behind it.
fn address(text: &str) -> &str {
    let is_part =
        |character: char| character.is_ascii_graphic() && !"<>\"`|\\*[]".contains(character);
    let end = text
        .find(|character| !is_part(character))
        .unwrap_or(text.len());
    let mut address = &text[..end];
    loop {
        let opened = address.matches('(').count();
        let shorter = match address.chars().next_back() {
            Some('?' | '!' | '.' | ',' | ':' | ';' | '_' | '~' | '\'') => true,
            Some(')') => address.matches(')').count() > opened,
            _ => false,
        };
        if !shorter {
            return address;
        }
        address = &address[..address.len() - 1];
    }
}
