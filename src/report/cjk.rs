//! Bold and italic beside Chinese, Japanese and Korean characters.
//!
//! CommonMark decides by the characters around a `*` whether it opens or closes, and counts a full-width
//! bracket as punctuation and a Chinese character as a letter. So `**「重點」**文字` stays as it is written, in
//! pulldown-cmark and on GitHub (commonmark-spec #650). Here CJK characters count as neither, the pairs
//! are found anew, and where they differ the emphasis is written as `<strong>` and `<em>`, which both accept.

use std::ops::Range;

use pulldown_cmark::{Event, Parser, Tag, TagEnd};

use super::source::{Edit, OPTIONS, apply};

/// A run of `*` that could open or close emphasis.
#[derive(Debug)]
struct Run {
    place: Place,
    /// Byte offset of its first `*`.
    start: usize,
    length: usize,
    can_open: bool,
    can_close: bool,
    beside_cjk: bool,
}

/// Runs pair only within one block and one link (or other inline container).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    block: usize,
    container: usize,
}

/// Emphasis (one `*`) or strong emphasis (two), by the offsets of its delimiters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Pair {
    open: usize,
    close: usize,
    length: usize,
}

/// The text with those emphases made explicit that CommonMark does not see or sees wrongly; all other
/// text, code above all, is left byte for byte.
pub(super) fn explicit_emphasis(markdown: &str) -> String {
    let (runs, ordinary) = scan(markdown);
    let mut edits = Vec::new();
    for of_block in runs.chunk_by(|a, b| a.place.block == b.place.block) {
        let (Some(first), Some(last)) = (of_block.first(), of_block.last()) else {
            continue;
        };
        let reach = first.start..last.start + last.length;
        let expected: Vec<Pair> = ordinary
            .iter()
            .filter(|pair| reach.contains(&pair.open))
            .copied()
            .collect();
        let pairs = pair_up(of_block);
        if pairs != expected && of_block.iter().any(|run| run.beside_cjk) {
            edits.extend(rewrite(of_block, &pairs));
        }
    }
    apply(markdown, edits)
}

/// The runs in the order of the text, and the pairs that CommonMark makes of them.
fn scan(markdown: &str) -> (Vec<Run>, Vec<Pair>) {
    let mut stars: Vec<(usize, Place)> = Vec::new();
    let mut ordinary = Vec::new();
    let mut block = 0;
    let mut containers: Vec<usize> = Vec::new();
    let mut opened = 0;
    let mut text_end = 0;
    let mut in_code = false;
    for (event, range) in Parser::new_ext(markdown, OPTIONS).into_offset_iter() {
        let place = Place {
            block,
            container: containers.last().copied().unwrap_or(0),
        };
        match event {
            Event::Start(Tag::Emphasis | Tag::Strong)
                if markdown[range.clone()].starts_with('*') =>
            {
                let length = if matches!(event, Event::Start(Tag::Strong)) {
                    2
                } else {
                    1
                };
                let pair = Pair {
                    open: range.start,
                    close: range.end - length,
                    length,
                };
                for at in (pair.open..pair.open + length).chain(pair.close..range.end) {
                    stars.push((at, place));
                }
                ordinary.push(pair);
                continue;
            }
            Event::End(TagEnd::Emphasis | TagEnd::Strong)
                if markdown[range.clone()].starts_with('*') => {}
            Event::Start(tag) if is_inline(&tag.to_end()) => {
                opened += 1;
                containers.push(opened);
            }
            Event::End(tag) if is_inline(&tag) => {
                containers.pop();
            }
            Event::Start(tag) => {
                block += 1;
                in_code = matches!(tag, Tag::CodeBlock(_));
            }
            Event::End(_) => {
                block += 1;
                in_code = false;
            }
            Event::Text(_) if !in_code => {
                let escaped = range.start > text_end && markdown[..range.start].ends_with('\\');
                let from = range.start + usize::from(escaped);
                for (at, _) in markdown[from..range.end.max(from)].match_indices('*') {
                    stars.push((from + at, place));
                }
                text_end = range.end;
            }
            _ => {}
        }
    }
    stars.sort_by_key(|(at, _)| *at);
    ordinary.sort();
    (runs(markdown, &stars), ordinary)
}

fn is_inline(tag: &TagEnd) -> bool {
    matches!(
        tag,
        TagEnd::Emphasis | TagEnd::Strong | TagEnd::Strikethrough | TagEnd::Link | TagEnd::Image
    )
}

fn runs(markdown: &str, stars: &[(usize, Place)]) -> Vec<Run> {
    let adjacent = |a: &(usize, Place), b: &(usize, Place)| a.0 + 1 == b.0 && a.1 == b.1;
    let mut runs = Vec::new();
    for chunk in stars.chunk_by(adjacent) {
        let (start, place) = chunk[0];
        let range = start..start + chunk.len();
        let before = markdown[..range.start].chars().next_back().unwrap_or('\n');
        let after = markdown[range.end..].chars().next().unwrap_or('\n');
        runs.push(Run {
            place,
            start,
            length: chunk.len(),
            can_open: flanks(before, after),
            can_close: flanks(after, before),
            beside_cjk: is_cjk(before) || is_cjk(after),
        });
    }
    runs
}

/// CommonMark's flanking rule with CJK characters taken out of letters and of punctuation: the run
/// leans on `inner`, away from `outer`.
fn flanks(outer: char, inner: char) -> bool {
    !inner.is_whitespace()
        && (!is_punctuation(inner)
            || outer.is_whitespace()
            || is_punctuation(outer)
            || is_cjk(outer))
}

/// CommonMark's delimiter algorithm ("process emphasis") for `*`.
fn pair_up(runs: &[Run]) -> Vec<Pair> {
    let mut pairs = Vec::new();
    // Of each run, the `*`s not yet used: an opener gives its last ones, a closer its first.
    let mut unused: Vec<Range<usize>> = runs
        .iter()
        .map(|run| run.start..run.start + run.length)
        .collect();
    for closer in 0..runs.len() {
        while runs[closer].can_close && !unused[closer].is_empty() {
            let fits = |opener: &usize| {
                let (open, close) = (&runs[*opener], &runs[closer]);
                let both_ways = open.can_close || close.can_open;
                let by_three = (open.length + close.length).is_multiple_of(3)
                    && !(open.length.is_multiple_of(3) && close.length.is_multiple_of(3));
                open.can_open
                    && !unused[*opener].is_empty()
                    && open.place == close.place
                    && !(both_ways && by_three)
            };
            let Some(opener) = (0..closer).rev().find(fits) else {
                break;
            };
            let length = unused[opener].len().min(unused[closer].len()).min(2);
            unused[opener].end -= length;
            pairs.push(Pair {
                open: unused[opener].end,
                close: unused[closer].start,
                length,
            });
            unused[closer].start += length;
            for between in &mut unused[opener + 1..closer] {
                between.end = between.start;
            }
        }
    }
    pairs.sort();
    pairs
}

/// Every pair as tags; a `*` that is left gets a backslash, since the tags change what stands around it.
fn rewrite(runs: &[Run], pairs: &[Pair]) -> Vec<Edit> {
    let mut edits = Vec::new();
    let mut taken = Vec::new();
    for Pair {
        open,
        close,
        length,
    } in pairs
    {
        let name = if *length == 2 { "strong" } else { "em" };
        edits.push(Edit {
            range: *open..open + length,
            text: format!("<{name}>"),
        });
        edits.push(Edit {
            range: *close..close + length,
            text: format!("</{name}>"),
        });
        taken.extend((*open..open + length).chain(*close..close + length));
    }
    for star in runs
        .iter()
        .flat_map(|run| run.start..run.start + run.length)
    {
        if !taken.contains(&star) {
            edits.push(Edit {
                range: star..star + 1,
                text: "\\*".to_owned(),
            });
        }
    }
    edits
}

/// ASCII and general punctuation and symbols, without the CJK ones.
fn is_punctuation(character: char) -> bool {
    let other =
        !character.is_alphanumeric() && !character.is_whitespace() && !character.is_control();
    other && !is_cjk(character)
}

/// Ideographs, kana, bopomofo, hangul and the punctuation and full-width forms that go with them.
pub(super) fn is_cjk(character: char) -> bool {
    matches!(character as u32,
        0x1100..=0x11FF       // hangul letters
        | 0x2E80..=0x303F     // radicals, 、。「」
        | 0x3040..=0x33FF     // kana, bopomofo, enclosed
        | 0x3400..=0x4DBF | 0x4E00..=0x9FFF
        | 0xA960..=0xA97F | 0xAC00..=0xD7FF
        | 0xF900..=0xFAFF     // compatibility ideographs
        | 0xFE30..=0xFE4F     // vertical and small forms
        | 0xFF00..=0xFFEF     // ，：（）
        | 0x20000..=0x3FFFF
    )
}

#[cfg(test)]
#[path = "cjk_tests.rs"]
mod tests;
