//! The author's `{fig:id}`.

use std::ops::Range;

use pulldown_cmark::{Event, Parser, Tag};

use super::{Edit, OPTIONS, apply};

/// Figures that a text refers to as `{fig:id}`, each with the byte offset of its `{`. Code is left out.
pub fn references(markdown: &str) -> Vec<(String, usize)> {
    find_references(markdown)
        .into_iter()
        .map(|found| (found.id, found.range.start))
        .collect()
}

/// Replaces every `{fig:id}` that `figure` knows (as anchor and name) by a link, inside a link by the
/// name alone; an unknown one stays.
pub fn resolve<'a>(markdown: &str, figure: impl Fn(&str) -> Option<(&'a str, &'a str)>) -> String {
    let edits = find_references(markdown).into_iter().filter_map(|found| {
        let (anchor, name) = figure(&found.id)?;
        let text = if found.in_link {
            name.to_owned()
        } else {
            format!("[{name}](#{anchor})")
        };
        Some(Edit {
            range: found.range,
            text,
        })
    });
    apply(markdown, edits.collect())
}

struct Reference {
    id: String,
    range: Range<usize>,
    in_link: bool,
}

fn find_references(markdown: &str) -> Vec<Reference> {
    const OPENING: &str = "{fig:";
    let mut code = Vec::new();
    let mut links = Vec::new();
    for (event, range) in Parser::new_ext(markdown, OPTIONS).into_offset_iter() {
        match event {
            Event::Code(_) | Event::Start(Tag::CodeBlock(_)) => code.push(range),
            Event::Start(Tag::Link { .. } | Tag::Image { .. }) => links.push(range),
            _ => {}
        }
    }
    let inside = |ranges: &[Range<usize>], at| ranges.iter().any(|range| range.contains(&at));
    let mut found = Vec::new();
    for (start, _) in markdown.match_indices(OPENING) {
        let rest = &markdown[start + OPENING.len()..];
        let Some((id, _)) = rest.split_once('}') else {
            continue;
        };
        if id.is_empty()
            || id.contains(|c: char| c.is_whitespace() || c == '{')
            || inside(&code, start)
        {
            continue;
        }
        let range = start..start + OPENING.len() + id.len() + 1;
        found.push(Reference {
            id: id.to_owned(),
            range,
            in_link: inside(&links, start),
        });
    }
    found
}
