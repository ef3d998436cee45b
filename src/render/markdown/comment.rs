//! The report as the comment of a pull request.

use pulldown_cmark::{Event, Parser, Tag};
use serde::Serialize;

use super::pictures::Pictures;
use super::rendered;
use super::view::Document;
use crate::render::RenderError;
use crate::report::Report;
use crate::report::prose::OPTIONS;
use crate::words::{Message, Strings};

/// GitHub refuses a comment of 65,536 characters. Those outside Unicode's first plane are counted twice here, as some
/// programs do.
pub const MOST_CHARACTERS: usize = 65_535;

/// What a comment can show and lead to.
#[derive(Debug, Clone, Default)]
pub struct CommentForm {
    /// Address of the folder in which the report lies; `None`: pictures are described.
    pub pictures: Option<String>,
    /// Address of the whole report.
    pub link: Option<String>,
}

/// What is left out, in this order, until a comment fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Cut {
    Nothing,
    Parameters,
    Notes,
    Provenance,
    Pictures,
    Bodies,
    /// Questions from this one on, from 0.
    Questions(std::cmp::Reverse<usize>),
    Introduction,
    Everything,
}

#[derive(Serialize)]
struct Comment<'a> {
    #[serde(flatten)]
    document: &'a Document,
    show: Show,
    /// Markdown: what is left out, and where the whole report is.
    closing: Vec<String>,
}

/// Parts that are there.
#[derive(Serialize)]
pub(super) struct Show {
    parameters: bool,
    notes: bool,
    provenance: bool,
    bodies: bool,
    introduction: bool,
    everything: bool,
}

/// `folder`: the folder of the pictures as seen from the report, such as `report_files`. The text has
/// [`MOST_CHARACTERS`] at most; it says what is left out for that.
pub fn comment(report: &Report, folder: &str, form: &CommentForm) -> Result<String, RenderError> {
    let strings = &report.strings;
    let address = form.pictures.as_deref().map(safe_address);
    let shown = match &address {
        Some(address) => document(report, strings, Pictures::Below { address, folder }),
        None => document(report, strings, Pictures::Described),
    };
    let described = address
        .as_ref()
        .map(|_| document(report, strings, Pictures::Described));
    let mut cuts = vec![Cut::Nothing, Cut::Parameters, Cut::Notes, Cut::Provenance];
    cuts.extend(described.as_ref().map(|_| Cut::Pictures));
    cuts.push(Cut::Bodies);
    let questions = (1..report.sections.len()).rev();
    cuts.extend(questions.map(|kept| Cut::Questions(std::cmp::Reverse(kept))));
    cuts.extend([Cut::Introduction, Cut::Everything]);
    let (mut shown, mut described) = (shown, described);
    let mut text = String::new();
    for cut in cuts {
        if cut >= Cut::Pictures
            && let Some(described) = described.take()
        {
            shown = described;
        }
        if let Cut::Questions(kept) = cut {
            shown.sections.truncate(kept.0);
        }
        let comment = Comment {
            document: &shown,
            show: Show::after(cut),
            closing: closing(report, strings, cut, form),
        };
        text = without_dead_links(&rendered("comment.md", &comment, &report.look)?);
        if length(&text) <= MOST_CHARACTERS {
            return Ok(text);
        }
    }
    // Only a title of this length comes here.
    let mut left = MOST_CHARACTERS - 2;
    text.retain(|character| {
        left = left.saturating_sub(character.len_utf16());
        left > 0
    });
    Ok(text + "…\n")
}

fn document(report: &Report, strings: &Strings, mut pictures: Pictures) -> Document {
    Document::new(report, strings, &mut pictures)
}

fn length(text: &str) -> usize {
    text.encode_utf16().count()
}

impl Show {
    pub(super) const ALL: Self = Self {
        parameters: true,
        notes: true,
        provenance: true,
        bodies: true,
        introduction: true,
        everything: true,
    };

    fn after(cut: Cut) -> Self {
        Self {
            parameters: cut < Cut::Parameters,
            notes: cut < Cut::Notes,
            provenance: cut < Cut::Provenance,
            bodies: cut < Cut::Bodies,
            introduction: cut < Cut::Introduction,
            everything: cut < Cut::Everything,
        }
    }
}

/// What is left out, and the link to the whole.
fn closing(report: &Report, strings: &Strings, cut: Cut, form: &CommentForm) -> Vec<String> {
    let text = |message: &Message| super::text::plain(&strings.text(message));
    let mut parts = Vec::new();
    let mut part = |from: Cut, key: &'static str| {
        if cut >= from {
            parts.push(strings.get(key).to_owned());
        }
    };
    part(Cut::Parameters, "comment_parameters");
    part(Cut::Notes, "comment_notes");
    part(Cut::Provenance, "comment_provenance");
    if form.pictures.is_some() {
        part(Cut::Pictures, "comment_pictures");
    }
    part(Cut::Bodies, "comment_bodies");
    part(Cut::Introduction, "comment_introduction");
    let kept = match cut {
        Cut::Questions(kept) => kept.0,
        _ if cut > Cut::Bodies => report.sections.len().min(1),
        _ => report.sections.len(),
    };
    if cut == Cut::Everything {
        parts.push(strings.get("comment_questions").to_owned());
    } else if kept < report.sections.len() {
        let message = Message::new("comment_questions_from").with("number", kept + 1);
        parts.push(strings.text(&message));
    }
    let mut closing = Vec::new();
    if !parts.is_empty() {
        let parts = parts.join(strings.get("comment_separator"));
        closing.push(text(&Message::new("comment_left_out").with("parts", parts)));
    }
    if form.pictures.is_none() && cut < Cut::Bodies {
        closing.push(text(&Message::new("comment_no_pictures")));
    }
    if let Some(link) = &form.link {
        let whole = text(&Message::new("comment_whole"));
        closing.push(format!("[{whole}]({})", safe_address(link)));
    }
    closing
}

/// An address as it can stand in `(…)` of a link.
fn safe_address(address: &str) -> String {
    let mut safe = String::with_capacity(address.len());
    for byte in address.bytes() {
        match byte {
            byte if byte.is_ascii_graphic() && !b"<>()[]\"`\\|".contains(&byte) => {
                safe.push(char::from(byte));
            }
            byte => safe.push_str(&format!("%{byte:02X}")),
        }
    }
    safe
}

/// Links within the report whose target was left out, as their text alone.
fn without_dead_links(markdown: &str) -> String {
    let mut written = String::with_capacity(markdown.len());
    let mut done = 0;
    for (event, range) in Parser::new_ext(markdown, OPTIONS).into_offset_iter() {
        let Event::Start(Tag::Link { dest_url, .. }) = event else {
            continue;
        };
        let Some(anchor) = dest_url.strip_prefix('#') else {
            continue;
        };
        let source = &markdown[range.clone()];
        let text_end = source.rfind("](");
        let (Some(end), true) = (text_end, range.start >= done && source.starts_with('[')) else {
            continue;
        };
        if markdown.contains(&format!("<a id=\"{anchor}\">")) {
            continue;
        }
        written.push_str(&markdown[done..range.start]);
        written.push_str(&source[1..end]);
        done = range.end;
    }
    written + &markdown[done..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_to_what_is_left_out_are_words() {
        let text = "<a id=\"a\"></a>\n\n[圖 1](#a)，[圖 *2*](#b)、[c](https://d.example) `[e](#f)`";
        let expected = "<a id=\"a\"></a>\n\n[圖 1](#a)，圖 *2*、[c](https://d.example) `[e](#f)`";
        assert_eq!(without_dead_links(text), expected);
    }

    #[test]
    fn addresses_hold_nothing_that_ends_a_link() {
        let address = "https://a.example/b c)[d]?e=f&g#h";
        assert_eq!(
            safe_address(address),
            "https://a.example/b%20c%29%5Bd%5D?e=f&g#h"
        );
    }

    #[test]
    fn cuts_come_one_after_the_other() {
        use std::cmp::Reverse;
        let order = [
            Cut::Nothing,
            Cut::Notes,
            Cut::Pictures,
            Cut::Bodies,
            Cut::Questions(Reverse(3)),
            Cut::Questions(Reverse(1)),
            Cut::Introduction,
            Cut::Everything,
        ];
        assert!(order.is_sorted());
    }
}
