//! The author's `{fig:id}` and `{table:id}`.

use std::ops::Range;

use pulldown_cmark::{Event, Parser, Tag};

use super::{Edit, OPTIONS, apply};

/// What a reference may lead to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReferredTo {
    /// `{fig:id}`: a figure, or one of the author's tables.
    Figure,
    /// `{table:id}`: one of the author's tables.
    Table,
}

impl ReferredTo {
    fn opening(self) -> &'static str {
        match self {
            Self::Figure => "{fig:",
            Self::Table => "{table:",
        }
    }

    /// A reference as the author writes it.
    pub fn written(self, id: &str) -> String {
        format!("{}{id}}}", self.opening())
    }
}

/// What a text refers to, each with the byte offset of its `{`, in the order of the text. Code is left out.
pub fn references(markdown: &str) -> Vec<(ReferredTo, String, usize)> {
    let found = find_references(markdown).into_iter();
    found
        .map(|(to, found)| (to, found.id, found.range.start))
        .collect()
}

/// Replaces every reference that `target` knows (as anchor and name) by a link, inside a link by the
/// name alone; an unknown one stays.
pub fn resolve<'a>(markdown: &str, target: impl Fn(&str) -> Option<(&'a str, &'a str)>) -> String {
    let edits = find_references(markdown)
        .into_iter()
        .filter_map(|(_, found)| {
            let (anchor, name) = target(&found.id)?;
            let text = match found.stands {
                Stands::Text => format!("[{name}](#{anchor})"),
                Stands::LinkText => name.to_owned(),
                Stands::Address if markdown[..found.range.start].ends_with('#') => {
                    anchor.to_owned()
                }
                Stands::Address => format!("#{anchor}"),
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
    find(
        markdown,
        "{value:",
        |name| name.contains('\n'),
        Escaped::Not,
    )
}

struct Reference {
    id: String,
    range: Range<usize>,
    stands: Stands,
}

#[derive(Clone, Copy)]
enum Stands {
    Text,
    /// In the text of a link, where no other link may be.
    LinkText,
    /// In the address of a link.
    Address,
}

/// What looks like a reference and is none: another case, spaces, an escaped brace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NearMiss {
    pub written: String,
    /// What may be meant.
    pub to: ReferredTo,
    pub id: String,
}

pub fn near_misses(markdown: &str) -> Vec<NearMiss> {
    let right: Vec<usize> = find_references(markdown)
        .iter()
        .map(|(_, found)| found.range.start)
        .collect();
    let found = find(markdown, "{", |_| false, Escaped::Too).into_iter();
    let near = found.filter_map(|found| {
        if right.contains(&found.range.start) || is_placement(markdown, &found) {
            return None;
        }
        let (word, id) = found.id.split_once(':')?;
        let to = match word.trim().to_lowercase().as_str() {
            "fig" | "figs" | "figure" | "圖" => ReferredTo::Figure,
            "tab" | "tbl" | "table" | "tables" | "表" => ReferredTo::Table,
            _ => return None,
        };
        let id = id.trim().to_owned();
        let start = found.range.start - usize::from(is_escaped(markdown, found.range.start));
        let written = markdown[start..found.range.end].to_owned();
        (!id.is_empty()).then_some(NearMiss { written, to, id })
    });
    near.collect()
}

/// `{figure:id}` puts the figure itself somewhere: [`super::placements`].
fn is_placement(markdown: &str, found: &Reference) -> bool {
    let id = found.id.strip_prefix("figure:");
    id.is_some_and(|id| !id.is_empty() && !id.contains(char::is_whitespace))
        && !is_escaped(markdown, found.range.start)
}

/// Every `{figure:id}` outside code with its byte offsets.
pub(super) fn find_placements(markdown: &str) -> Vec<(String, Range<usize>)> {
    let is_wrong = |id: &str| id.contains(char::is_whitespace);
    let found = find(markdown, "{figure:", is_wrong, Escaped::Not).into_iter();
    found.map(|found| (found.id, found.range)).collect()
}

/// Whether places whose brace is escaped are found.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Escaped {
    Not,
    Too,
}

fn is_escaped(markdown: &str, at: usize) -> bool {
    let before = &markdown[..at];
    (before.len() - before.trim_end_matches('\\').len()) % 2 == 1
}

fn find_references(markdown: &str) -> Vec<(ReferredTo, Reference)> {
    let is_wrong = |id: &str| id.contains(char::is_whitespace);
    let of = |to: ReferredTo| {
        let found = find(markdown, to.opening(), is_wrong, Escaped::Not).into_iter();
        found.map(move |found| (to, found))
    };
    let mut found: Vec<_> = of(ReferredTo::Figure)
        .chain(of(ReferredTo::Table))
        .collect();
    found.sort_by_key(|(_, found)| found.range.start);
    found
}

/// What stands between `opening` and the next `}`, outside code.
fn find(
    markdown: &str,
    opening: &str,
    is_wrong: impl Fn(&str) -> bool,
    escaped: Escaped,
) -> Vec<Reference> {
    let mut code = Vec::new();
    let mut links = Vec::new();
    // Where the address of each link begins, behind all of its text.
    let mut texts_end: Vec<usize> = Vec::new();
    for (event, range) in Parser::new_ext(markdown, OPTIONS).into_offset_iter() {
        match event {
            Event::Code(_)
            | Event::InlineMath(_)
            | Event::DisplayMath(_)
            | Event::Start(Tag::CodeBlock(_)) => code.push(range),
            Event::Start(Tag::Link { .. } | Tag::Image { .. }) => {
                texts_end.push(range.start);
                links.push(range);
            }
            _ => {
                for (link, end) in links.iter().zip(&mut texts_end) {
                    if range.start > link.start && range.end < link.end {
                        *end = range.end.max(*end);
                    }
                }
            }
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
        if escaped == Escaped::Not && is_escaped(markdown, start) {
            continue;
        }
        let link = links.iter().position(|link| link.contains(&start));
        let range = start..start + opening.len() + id.len() + 1;
        found.push(Reference {
            id: id.to_owned(),
            range,
            stands: match link {
                None => Stands::Text,
                Some(link) if start < texts_end[link] => Stands::LinkText,
                Some(_) => Stands::Address,
            },
        });
    }
    found
}
