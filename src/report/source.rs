//! The author's Markdown as a text: what of the language is understood, and edits of it.

use std::ops::Range;

use pulldown_cmark::Options;

/// What of GitHub's Markdown is understood.
pub const OPTIONS: Options = Options::ENABLE_TABLES
    .union(Options::ENABLE_FOOTNOTES)
    .union(Options::ENABLE_STRIKETHROUGH)
    .union(Options::ENABLE_TASKLISTS)
    .union(Options::ENABLE_MATH)
    .union(Options::ENABLE_GFM);

/// `text` in place of the bytes in `range`.
#[derive(Debug)]
pub(super) struct Edit {
    pub range: Range<usize>,
    pub text: String,
}

/// Carries out edits that do not overlap, in any order.
pub(super) fn apply(source: &str, mut edits: Vec<Edit>) -> String {
    edits.sort_by_key(|edit| (edit.range.start, edit.range.end));
    let mut result = String::with_capacity(source.len());
    let mut done = 0;
    for edit in edits {
        if edit.range.start < done {
            continue; // overlaps the one before, which stands
        }
        result.push_str(&source[done..edit.range.start]);
        result.push_str(&edit.text);
        done = edit.range.end;
    }
    result + &source[done..]
}
