//! Headings, footnotes, line ends and open code blocks: what depends on where the text stands.

use std::ops::Range;

use pulldown_cmark::{Event, HeadingLevel, Parser, Tag, TagEnd};

use super::{Edit, OPTIONS, Place, apply, headings};
use crate::report::cjk;

/// Headings, footnote names, and line ends between CJK characters.
pub(super) fn put_in_place(markdown: &str, place: Place) -> String {
    let events: Vec<(Event, Range<usize>)> = Parser::new_ext(markdown, OPTIONS)
        .into_offset_iter()
        .collect();
    let levels = events.iter().filter_map(|(event, _)| match event {
        Event::Start(Tag::Heading { level, .. }) => Some(*level as usize),
        _ => None,
    });
    let highest = levels.min().unwrap_or(1);
    let mut edits = Vec::new();
    let own = headings::slugs(markdown);
    let mut slugs = own.iter();
    let mut last_character = None;
    for (index, (event, range)) in events.iter().enumerate() {
        match event {
            Event::Start(Tag::Heading { level, .. }) => {
                let level = (*level as usize - highest + place.heading_level)
                    .min(HeadingLevel::H6 as usize);
                let anchor = slugs.next().and_then(|slug| anchor(place, slug));
                edits.extend(heading(markdown, range, (level, anchor), &events[index..]));
            }
            Event::Start(Tag::Link { dest_url, .. }) if dest_url.starts_with('#') => {
                edits.extend(address(markdown, range, dest_url, place, &own));
            }
            Event::Start(Tag::FootnoteDefinition(label)) | Event::FootnoteReference(label) => {
                let name = range.start + "[^".len();
                let is_written = markdown[name..].starts_with(&**label);
                edits.push(Edit {
                    range: name..name + if is_written { label.len() } else { 0 },
                    text: format!("{}{}", place.footnotes, without_markup(label)),
                });
            }
            Event::SoftBreak => {
                let after = events[index + 1..]
                    .iter()
                    .find_map(|(event, _)| match event {
                        Event::Text(text) => text.chars().next(),
                        Event::Start(_) | Event::End(_) | Event::InlineHtml(_) => None,
                        _ => Some(' '),
                    });
                let gap = last_character.is_some_and(cjk::is_cjk) && after.is_some_and(cjk::is_cjk);
                if let Some((_, next)) = events.get(index + 1).filter(|_| gap) {
                    let line_end = markdown[..range.start].trim_end_matches(' ').len();
                    let text = String::new();
                    edits.push(Edit {
                        range: line_end..next_line(markdown, next),
                        text,
                    });
                }
            }
            Event::Text(text) => last_character = text.chars().next_back(),
            Event::Code(_) | Event::HardBreak | Event::InlineMath(_) | Event::DisplayMath(_) => {
                last_character = None;
            }
            _ => {}
        }
    }
    apply(markdown, edits)
}

/// Where the text of a line begins whose first event is at `range`, which leaves out the backslash of
/// an escaped character.
fn next_line(markdown: &str, range: &Range<usize>) -> usize {
    range.start - usize::from(markdown[..range.start].ends_with('\\'))
}

/// What stands before the text of a heading that is linked to.
fn anchor(place: Place, slug: &str) -> Option<String> {
    let anchor = format!("{}{slug}", place.footnotes);
    let is_linked = place.headings?.is_linked(&anchor);
    is_linked.then(|| format!("<a id=\"{anchor}\"></a>"))
}

/// The address of a link to a heading, as its anchor. It stands behind the text of the link, so the last one
/// is meant.
fn address(
    markdown: &str,
    range: &Range<usize>,
    address: &str,
    place: Place,
    own: &[String],
) -> Option<Edit> {
    let target = place.headings?.target(place.footnotes, own, address)?;
    let start = range.start + markdown[range.clone()].rfind(address)?;
    Some(Edit {
        range: start..start + address.len(),
        text: format!("#{target}"),
    })
}

/// The name of a footnote becomes part of an address and of ids: some programs that show Markdown take it
/// over as it is.
fn without_markup(label: &str) -> String {
    let safe = |character: char| match character {
        '<' | '>' | '"' | '\'' | '&' | '`' | '$' | '*' => format!("-{:x}-", u32::from(character)),
        other => other.to_string(),
    };
    label.chars().map(safe).collect()
}

/// A heading of either form as `##` of the wanted level, an anchor before its text.
fn heading(
    markdown: &str,
    range: &Range<usize>,
    (level, anchor): (usize, Option<String>),
    events: &[(Event, Range<usize>)],
) -> Vec<Edit> {
    let hashes = "#".repeat(level);
    let anchor = anchor.unwrap_or_default();
    let source = &markdown[range.clone()];
    let indent = source.len() - source.trim_start().len();
    let count = source[indent..]
        .bytes()
        .take_while(|byte| *byte == b'#')
        .count();
    let rest = &source[indent + count..];
    let is_atx =
        (1..=6).contains(&count) && (rest.is_empty() || rest.starts_with([' ', '\t', '\n']));
    let start = range.start + indent;
    if is_atx {
        let mut edits = vec![Edit {
            range: start..start + count,
            text: hashes,
        }];
        let text = start + count + (rest.len() - rest.trim_start_matches([' ', '\t']).len());
        if !anchor.is_empty() {
            edits.push(Edit {
                range: text..text,
                text: anchor,
            });
        }
        return edits;
    }
    // Underlined: the lines become one, also inside a code span, and the underline goes.
    const QUOTED_LINE_START: [char; 4] = ['\n', ' ', '\t', '>'];
    let inner = events
        .iter()
        .skip(1)
        .take_while(|(event, _)| !matches!(event, Event::End(TagEnd::Heading(_))));
    let end = inner.map(|(_, at)| at.end).max().unwrap_or(start);
    let mut edits = vec![Edit {
        range: start..start,
        text: format!("{hashes} {anchor}"),
    }];
    for (at, _) in markdown[start..end].match_indices('\n') {
        let line_end = markdown[..start + at].trim_end_matches(' ').len();
        let next = markdown[start + at..].trim_start_matches(QUOTED_LINE_START);
        edits.push(Edit {
            range: line_end..markdown.len() - next.len(),
            text: " ".to_owned(),
        });
    }
    edits.push(Edit {
        range: end..range.end,
        text: "\n".to_owned(),
    });
    edits
}

/// A fence that the author forgot to close would swallow all that follows.
pub(super) fn close_code(markdown: String) -> String {
    let probe = format!("{markdown}\n\nend");
    let mut fence = None;
    for (event, range) in Parser::new_ext(&probe, OPTIONS).into_offset_iter() {
        if let Event::Start(Tag::CodeBlock(_)) = event
            && range.end == probe.len()
        {
            let source = &probe[range];
            let mark = source.chars().next().unwrap_or('`');
            fence = Some(
                source
                    .chars()
                    .take_while(|each| *each == mark)
                    .collect::<String>(),
            );
        }
    }
    match fence {
        Some(fence) => format!("{markdown}\n{fence}"),
        None => markdown,
    }
}
