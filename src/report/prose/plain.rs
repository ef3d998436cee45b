//! Raw HTML, pictures, links and their definitions.

use std::ops::Range;

use pulldown_cmark::{Event, LinkType, Parser, Tag};

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
    Nothing,
    /// The tags that [`crate::report::cjk`] writes.
    Emphasis,
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
                Event::InlineHtml(tag) if allowed == Allowed::Emphasis && is_emphasis(&tag) => None,
                Event::Html(_) | Event::InlineHtml(_) => escape_first(&text, &range, '<', "&lt;"),
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

/// Whether this is one of the tags that make emphasis explicit.
pub fn is_emphasis(tag: &str) -> bool {
    matches!(tag, "<strong>" | "</strong>" | "<em>" | "</em>")
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
