//! Raw HTML, pictures, links and their definitions.

use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, LinkType, Parser, Tag};

use super::{Edit, OPTIONS, apply};

/// Pictures in a text, which may have none: the address of each and its byte offset.
pub fn images_in(markdown: &str) -> Vec<(String, usize)> {
    let events = Parser::new_ext(markdown, OPTIONS).into_offset_iter();
    events
        .filter_map(|(event, range)| match event {
            Event::Start(Tag::Image { dest_url, .. }) => {
                Some((dest_url.into_string(), range.start))
            }
            _ => None,
        })
        .collect()
}

/// Links that a report does not follow, anything but `http:`, `https:`, `mailto:` and `#…`: the
/// address of each and its byte offset. They are shown as plain text.
pub fn refused_links_in(markdown: &str) -> Vec<(String, usize)> {
    let events = Parser::new_ext(markdown, OPTIONS).into_offset_iter();
    events
        .filter_map(|(event, range)| match event {
            Event::Start(Tag::Link {
                link_type,
                dest_url,
                ..
            }) if !is_allowed(link_type, &dest_url) => Some((dest_url.into_string(), range.start)),
            _ => None,
        })
        .collect()
}

/// What GitHub draws and a page shows as it is written: the first of each kind, with a sentence.
pub fn shown_as_source(markdown: &str) -> Vec<(String, &'static str)> {
    let mut drawing = None;
    for (event, range) in Parser::new_ext(markdown, OPTIONS).into_offset_iter() {
        let source = || {
            markdown[range.clone()]
                .lines()
                .next()
                .unwrap_or_default()
                .to_owned()
        };
        match event {
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(language)))
                if &*language == "mermaid" =>
            {
                drawing.get_or_insert_with(source);
            }
            _ => {}
        }
    }
    let drawing = drawing.map(|source| (source, "the HTML page shows the source of this drawing"));
    drawing.into_iter().collect()
}

fn is_allowed(link_type: LinkType, address: &str) -> bool {
    let lower = address.to_ascii_lowercase();
    link_type == LinkType::Email
        || ["http://", "https://", "mailto:", "#"]
            .iter()
            .any(|start| lower.starts_with(start))
}

/// The raw HTML that may stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Allowed {
    /// `<br>`, `<sub>` and `<sup>`, as the author wrote them.
    Harmless,
    /// Besides, those that [`crate::report::cjk`] and [`super::outline`] write.
    Ours,
}

/// Escapes until the parser sees no raw HTML, picture or refused link any more. What was inside an
/// HTML block is Markdown afterwards and may hold more of them, hence the loop; each turn takes at
/// least one `<` or `[` away from the parser.
pub(super) fn as_text(markdown: &str, allowed: Allowed) -> String {
    let mut text = markdown.to_owned();
    loop {
        let mut edits = Vec::new();
        for (event, range) in Parser::new_ext(&text, OPTIONS).into_offset_iter() {
            let escaped = match event {
                Event::InlineHtml(tag) if is_harmless(&tag) => None,
                Event::InlineHtml(tag) if allowed == Allowed::Ours && is_ours(&tag) => None,
                Event::InlineHtml(_) => comment(&text, range.clone())
                    .or_else(|| escape_first(&text, &range, '<', "&lt;")),
                // A block may be of several events, one for each line: the whole is looked at.
                Event::Start(Tag::HtmlBlock) => comment(&text, range),
                Event::Html(_) if in_comment(&edits, &range) => None,
                Event::Html(_) => escape_first(&text, &range, '<', "&lt;"),
                Event::Start(Tag::Image { .. }) => escape_first(&text, &range, '[', "\\["),
                Event::Start(Tag::Link {
                    link_type,
                    dest_url,
                    ..
                }) if !is_allowed(link_type, &dest_url) => match link_type {
                    LinkType::Autolink => escape_first(&text, &range, '<', "&lt;"),
                    _ => escape_first(&text, &range, '[', "\\["),
                },
                _ => None,
            };
            edits.extend(escaped);
        }
        if edits.is_empty() {
            return text;
        }
        text = apply(&text, edits);
    }
}

/// Leaves a comment out: everything up to its end, or to the end of the block where it has none.
fn comment(text: &str, range: Range<usize>) -> Option<Edit> {
    let source = &text[range.clone()];
    let start = source.len() - source.trim_start().len();
    if !source[start..].starts_with("<!--") {
        return None;
    }
    let end = source[start..]
        .find("-->")
        .map_or(source.trim_end().len(), |end| start + end + 3);
    Some(Edit {
        range: range.start + start..range.start + end,
        text: String::new(),
    })
}

fn in_comment(edits: &[Edit], range: &Range<usize>) -> bool {
    let last = edits.last();
    last.is_some_and(|edit| edit.text.is_empty() && range.start < edit.range.end)
}

/// Whether a tag may stay in a prepared text.
pub fn is_kept(tag: &str) -> bool {
    is_harmless(tag) || is_ours(tag)
}

/// Whether this is one of the tags, without attributes, that the author may write.
fn is_harmless(tag: &str) -> bool {
    const TAGS: [&str; 7] = [
        "<br>", "<br/>", "<br />", "<sub>", "</sub>", "<sup>", "</sup>",
    ];
    TAGS.iter().any(|known| known.eq_ignore_ascii_case(tag))
}

/// Whether this is one of the tags that make emphasis explicit, or the anchor of a heading.
fn is_ours(tag: &str) -> bool {
    let is_anchor = || {
        let name = tag
            .strip_prefix("<a id=\"")
            .and_then(|rest| rest.strip_suffix("\">"));
        name.is_some_and(|name| {
            name.chars()
                .all(|c| c.is_alphanumeric() || "-_".contains(c))
        })
    };
    matches!(tag, "<strong>" | "</strong>" | "<em>" | "</em>" | "</a>") || is_anchor()
}

fn escape_first(text: &str, range: &Range<usize>, character: char, by: &str) -> Option<Edit> {
    let at = range.start + text[range.clone()].find(character)?;
    Some(Edit {
        range: at..at + 1,
        text: by.to_owned(),
    })
}

/// Gives each reference link (`[a][b]`) its address in place and drops the definitions, which in a
/// larger document would reach into other texts.
pub(super) fn inline_links(markdown: &str) -> String {
    let parser = Parser::new_ext(markdown, OPTIONS);
    let mut edits: Vec<Edit> = parser
        .reference_definitions()
        .iter()
        .map(|(_, definition)| Edit {
            range: definition.span.clone(),
            text: String::new(),
        })
        .collect();
    for (event, range) in parser.into_offset_iter() {
        let Event::Start(Tag::Link {
            link_type,
            dest_url,
            title,
            ..
        }) = event
        else {
            continue;
        };
        let label = match link_type {
            LinkType::Shortcut => range.end..range.end,
            LinkType::Collapsed => {
                // The parser counts the empty label as not of the link.
                let empty = if markdown[range.end..].starts_with("[]") {
                    "[]".len()
                } else {
                    0
                };
                range.end..range.end + empty
            }
            LinkType::Reference => {
                let Some(bracket) = markdown[range.clone()].rfind("][") else {
                    continue;
                };
                range.start + bracket + 1..range.end
            }
            _ => continue,
        };
        edits.push(Edit {
            range: label,
            text: destination(&dest_url, &title),
        });
    }
    apply(markdown, edits)
}

fn destination(address: &str, title: &str) -> String {
    let escape = |text: &str| text.replace('\\', "\\\\").replace('&', "&amp;");
    let address = escape(address)
        .replace('<', "%3C")
        .replace('>', "%3E")
        .replace('\n', "");
    if title.is_empty() {
        format!("(<{address}>)")
    } else {
        format!("(<{address}> \"{}\")", escape(title).replace('"', "\\\""))
    }
}
