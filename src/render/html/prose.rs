//! The author's Markdown as HTML.

use math_core::MathDisplay;
use pulldown_cmark::{Alignment, BlockQuoteKind, CowStr, Event, Parser, Tag, TagEnd};

use super::captioned::captioned;
use super::formula;
use crate::render::{escaped, sentence_parts};
use crate::report::prose::{OPTIONS, Place, is_kept, prepare};

/// HTML of the text as it stands at `place`; no tag in it was written by the author.
pub(super) fn html(markdown: &str, place: Place) -> String {
    let prepared = prepare(markdown, place);
    let mut alignments = Vec::new();
    let mut column = 0;
    let mut cell = "td";
    let events = Parser::new_ext(&prepared, OPTIONS).map(|event| match event {
        // `prepare` leaves a few tags without attributes, and its own anchors, as the only HTML.
        Event::InlineHtml(tag) if is_kept(&tag) => Event::InlineHtml(tag),
        Event::InlineMath(source) => own_inline(formula::html(&source, MathDisplay::Inline)),
        Event::DisplayMath(source) => own_inline(formula::html(&source, MathDisplay::Block)),
        Event::Start(Tag::BlockQuote(Some(kind))) => own(format!(
            "<blockquote class=\"alert\">\n<p class=\"alert-title\">{}</p>\n",
            alert_title(kind)
        )),
        Event::Html(text) | Event::InlineHtml(text) => Event::Text(text),
        // Alignment goes into a class: the page's policy forbids style attributes.
        Event::Start(Tag::Table(columns)) => {
            alignments = columns;
            own("<div class=\"scroll\" tabindex=\"0\"><table>")
        }
        Event::End(TagEnd::Table) => own("</tbody></table></div>\n"),
        Event::Start(Tag::TableHead) => {
            (column, cell) = (0, "th");
            Event::Start(Tag::TableHead)
        }
        Event::Start(Tag::TableRow) => {
            (column, cell) = (0, "td");
            Event::Start(Tag::TableRow)
        }
        Event::Start(Tag::TableCell) => {
            let class = match alignments.get(column) {
                Some(Alignment::Right) => " class=\"right\"",
                Some(Alignment::Center) => " class=\"centre\"",
                Some(Alignment::Left | Alignment::None) | None => "",
            };
            let scope = if cell == "th" { " scope=\"col\"" } else { "" };
            column += 1;
            own(format!("<{cell}{scope}{class}>"))
        }
        Event::End(TagEnd::TableCell) => own(format!("</{cell}>")),
        other => other,
    });
    let mut html = String::new();
    pulldown_cmark::html::push_html(&mut html, events);
    captioned(&html)
}

/// HTML of a sentence of the program, which is no Markdown but for what stands between two backticks: code.
pub(super) fn line(text: &str) -> String {
    let parts = sentence_parts(text).into_iter();
    let html = parts.map(|(part, is_code)| match is_code {
        true => format!("<code>{}</code>", escaped(part)),
        false => escaped(part),
    });
    html.collect()
}

fn own_inline(html: String) -> Event<'static> {
    Event::InlineHtml(html.into())
}

/// As GitHub writes it above the text, in every language.
fn alert_title(kind: BlockQuoteKind) -> &'static str {
    match kind {
        BlockQuoteKind::Note => "Note",
        BlockQuoteKind::Tip => "Tip",
        BlockQuoteKind::Important => "Important",
        BlockQuoteKind::Warning => "Warning",
        BlockQuoteKind::Caution => "Caution",
    }
}

fn own(html: impl Into<CowStr<'static>>) -> Event<'static> {
    Event::Html(html.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_code_between_backticks_and_no_tags() {
        assert_eq!(
            line("a<b: give more `most_<i>`; `one & two` ` left"),
            "a&lt;b: give more <code>most_&lt;i&gt;</code>; <code>one &amp; two</code> ` left"
        );
    }

    fn shown(markdown: &str) -> String {
        html(
            markdown,
            Place {
                footnotes: "q-",
                heading_level: 4,
                headings: None,
            },
        )
    }

    #[test]
    fn emphasis_is_kept_and_other_html_is_text() {
        assert_eq!(
            shown("**「重點」**文字"),
            "<p><strong>「重點」</strong>文字</p>\n"
        );
        assert_eq!(
            shown("<b onclick=x>a</b>"),
            "<p>&lt;b onclick=x&gt;a&lt;/b&gt;</p>\n"
        );
        assert_eq!(
            shown("<strong>a</strong>"),
            "<p>&lt;strong&gt;a&lt;/strong&gt;</p>\n"
        );
        assert!(!shown("<script>\nx\n</script>").contains("<script"));
        assert!(!shown("[a](javascript:x)").contains("href"));
    }

    #[test]
    fn tables_scroll_and_have_no_style_attributes() {
        let table = shown("| a | b |\n|---|--:|\n| 1 | 2 |");
        assert!(table.starts_with("<div class=\"scroll\" tabindex=\"0\"><table><thead><tr><th scope=\"col\">a</th><th scope=\"col\" class=\"right\">b</th></tr></thead>"), "{table}");
        assert!(
            table.contains("<td>1</td><td class=\"right\">2</td>"),
            "{table}"
        );
        assert!(table.ends_with("</tbody></table></div>\n"), "{table}");
    }

    #[test]
    fn a_numbered_caption_goes_into_its_table() {
        let html = shown("{caption:table-2}**Table 2** a < b\n\n| a |\n|---|\n| 1 |");
        assert!(html.starts_with("<div class=\"scroll\" tabindex=\"0\"><table id=\"table-2\"><caption><strong>Table 2</strong> a &lt; b</caption><thead>"), "{html}");
        assert_eq!(shown("{caption:x}y"), "<p>{caption:x}y</p>\n");
    }

    #[test]
    fn footnotes_carry_the_place() {
        let html = shown("a[^1]\n\n[^1]: b");
        assert!(
            html.contains("href=\"#q-1\"") && html.contains("id=\"q-1\""),
            "{html}"
        );
    }
}
