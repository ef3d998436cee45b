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

/// Values that a text quotes as `{value:name}` or `{value:name:format}`, each with the byte offset of its `{`.
/// Code is left out.
pub fn values(markdown: &str) -> Vec<(String, usize)> {
    let found = find_values(markdown).into_iter();
    found.map(|found| (found.id, found.range.start)).collect()
}

/// Replaces every `{value:…}` by what `value` makes of it.
pub fn resolve_values<E>(
    markdown: &str,
    value: impl Fn(&str) -> Result<String, E>,
) -> Result<String, E> {
    let edits = find_values(markdown).into_iter().map(|found| {
        let text = value(&found.id)?;
        let range = found.range;
        Ok(Edit { range, text })
    });
    Ok(apply(markdown, edits.collect::<Result<_, E>>()?))
}

/// The name of a value and the format behind its last colon, where there is one.
pub fn value_format(reference: &str) -> (&str, Option<&str>) {
    match reference.rsplit_once(':') {
        Some((name, format)) => (name.trim(), Some(format.trim())),
        None => (reference.trim(), None),
    }
}

/// Names of classes and groups may hold spaces, but no line break.
fn find_values(markdown: &str) -> Vec<Reference> {
    find(markdown, "{value:", |name| name.contains('\n'))
}

struct Reference {
    id: String,
    range: Range<usize>,
    in_link: bool,
}

fn find_references(markdown: &str) -> Vec<Reference> {
    find(markdown, "{fig:", |id| id.contains(char::is_whitespace))
}

/// What stands between `opening` and the next `}`, outside code.
fn find(markdown: &str, opening: &str, is_wrong: impl Fn(&str) -> bool) -> Vec<Reference> {
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
    for (start, _) in markdown.match_indices(opening) {
        let rest = &markdown[start + opening.len()..];
        let Some((id, _)) = rest.split_once('}') else {
            continue;
        };
        if id.is_empty() || id.contains('{') || is_wrong(id) || inside(&code, start) {
            continue;
        }
        let range = start..start + opening.len() + id.len() + 1;
        found.push(Reference {
            id: id.to_owned(),
            range,
            in_link: inside(&links, start),
        });
    }
    found
}
