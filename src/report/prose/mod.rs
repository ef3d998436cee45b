//! The author's Markdown, made safe to stand in a larger document.
//!
//! Everything is an edit of the source, so both writers show the same: HTML parses the result, Markdown
//! writes it down. Afterwards the only raw HTML in it is `<strong>` and `<em>` (see [`super::cjk`]), `<br>`,
//! `<sub>` and `<sup>` without attributes, and the anchors of linked headings (see [`headings`]).

mod addresses;
mod captions;
pub mod headings;
mod outline;
mod placed;
mod plain;
mod references;

use super::cjk;
pub use super::source::OPTIONS;
use super::source::{Edit, apply};

pub use captions::{captions, number};
use headings::Headings;
pub use placed::{Piece, Placement, pieces, place, placements};
use plain::Allowed;
pub use plain::{images_in, is_kept, refused_links_in, shown_as_source};
pub use references::{
    NearMiss, ReferredTo, near_misses, references, resolve, resolve_values, value_format, values,
};

/// Where a text stands in the report.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// Put before the author's footnote names, so that two texts may both have a `[^1]`.
    pub footnotes: &'a str,
    /// Level of the text's highest heading, 1..=6; the others follow below it.
    pub heading_level: usize,
    /// The headings that links of the report lead to.
    pub headings: Option<&'a Headings>,
}

/// The text as it can stand at `place`: comments left out, other raw HTML, pictures and refused links as
/// plain text, bare addresses as links, links carrying their own addresses, headings below the
/// document's, footnote names made unique, no gaps where lines of Chinese meet, emphasis beside CJK explicit, an open code block closed.
pub fn prepare(markdown: &str, place: Place) -> String {
    let plain = plain::as_text(markdown.trim_end(), Allowed::Harmless);
    let own_links = addresses::linked(&plain::inline_links(&plain));
    // Before lines are joined, so that a `*` at a line's start is told from emphasis, and again after,
    // since a joined line may bring a character beside a `*` that CommonMark trips over.
    let emphasised = cjk::explicit_emphasis(&own_links);
    // Once more: where a link's definition stood, a tag may begin a block, which would hide a heading.
    let placed = outline::put_in_place(&plain::as_text(&emphasised, Allowed::Ours), place);
    let explicit = cjk::explicit_emphasis(&placed);
    // Moving text may let the parser see a tag where it saw none: the promise is kept here.
    outline::close_code(plain::as_text(&explicit, Allowed::Ours))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: Place = Place {
        footnotes: "q1-",
        heading_level: 4,
        headings: None,
    };

    fn prepared(markdown: &str) -> String {
        prepare(markdown, PLACE)
    }

    #[test]
    fn references_are_found_outside_code_only() {
        let text =
            "如{table:貓-1}所示，`{fig:no}`，見{fig:b}。\n\n    {table:no}\n\n{fig: no} {table:}";
        assert_eq!(
            references(text),
            [
                (ReferredTo::Table, "貓-1".to_owned(), 3),
                (
                    ReferredTo::Figure,
                    "b".to_owned(),
                    text.find("{fig:b}").unwrap()
                )
            ]
        );
    }

    #[test]
    fn references_become_links_beside_chinese() {
        let figure = |id: &str| (id == "a").then_some(("fig-a", "圖 3"));
        assert_eq!(
            resolve(
                "如{fig:a}所示，[看{fig:a}](https://example.org)，{fig:b}，{table:a}",
                figure
            ),
            "如[圖 3](#fig-a)所示，[看圖 3](https://example.org)，{fig:b}，[圖 3](#fig-a)"
        );
    }

    #[test]
    fn an_escaped_reference_stays_and_one_in_an_address_is_an_anchor() {
        let figure = |id: &str| (id == "a").then_some(("fig-a", "圖 3"));
        assert_eq!(
            resolve("\\{fig:a} [b](#{fig:a}) [c]({fig:a})", figure),
            "\\{fig:a} [b](#fig-a) [c](#fig-a)"
        );
        // {figure:a} is no reference but a place
        let misses = near_misses(
            "{fig: a} {Fig:a} {Table: a} \\{fig:a} {figure:a} {fig:a} {table:a} `{Fig:a}` {value:a} {table:}",
        );
        let misses: Vec<_> = misses
            .iter()
            .map(|miss| (miss.written.as_str(), miss.to, miss.id.as_str()))
            .collect();
        assert_eq!(
            misses,
            [
                ("{fig: a}", ReferredTo::Figure, "a"),
                ("{Fig:a}", ReferredTo::Figure, "a"),
                ("{Table: a}", ReferredTo::Table, "a"),
                ("\\{fig:a}", ReferredTo::Figure, "a"),
            ]
        );
    }

    #[test]
    fn raw_html_pictures_and_other_links_become_text() {
        let cases = [
            ("a <b>c</b> d", "a &lt;b>c&lt;/b> d"),
            (
                "<script>\nalert(1)\n</script>",
                "&lt;script>\nalert(1)\n&lt;/script>",
            ),
            (
                "<div>\n\n<img src=x onerror=y>",
                "&lt;div>\n\n&lt;img src=x onerror=y>",
            ),
            ("![alt](x.png)", "!\\[alt](x.png)"),
            ("[a](javascript:x)", "\\[a](javascript:x)"),
            ("<javascript:x>", "&lt;javascript:x>"),
            (
                "[a](HTTPS://b.example) [c](#d)",
                "[a](HTTPS://b.example) [c](#d)",
            ),
            ("<https://a.example> `<b>`", "<https://a.example> `<b>`"),
            (
                "H<sub>2</sub>O<br>x<SUP>2</SUP>",
                "H<sub>2</sub>O<br>x<SUP>2</SUP>",
            ),
            ("<sub class=a>2", "&lt;sub class=a>2"),
            ("<a id=\"x\">a", "&lt;a id=\"x\">a"),
        ];
        for (markdown, expected) in cases {
            assert_eq!(prepared(markdown), expected);
        }
    }

    #[test]
    fn comments_are_left_out() {
        let cases = [
            ("a<!-- b -->c", "ac"),
            ("a\n\n<!-- b\n\nc -->\n\nd", "a\n\n\n\nd"),
            ("> <!-- b\n> c --> d", ">  d"),
            ("a\n\n<!-- b\n\nc", "a\n\n"),
            ("`<!-- a -->`", "`<!-- a -->`"),
        ];
        for (markdown, expected) in cases {
            assert_eq!(prepared(markdown), expected);
        }
    }

    #[test]
    fn mathematics_stays_as_it_is() {
        let text = "$a_1*b$ and $c*d_1$\n\n$$\nx_i * y_i \\\\\na &= b*c\n$$";
        assert_eq!(prepared(text), text);
    }

    #[test]
    fn alerts_and_bare_addresses_are_githubs() {
        assert_eq!(prepared("> [!NOTE]\n> a"), "> [!NOTE]\n> a");
        assert_eq!(
            prepared("see https://a.example/b_c?d=e. And (http://f.example)"),
            "see <https://a.example/b_c?d=e>. And (<http://f.example>)"
        );
        let untouched =
            "[a](https://a.example) `https://b.example` <https://c.example> xhttp://d.example";
        assert_eq!(prepared(untouched), untouched);
    }

    #[test]
    fn linked_headings_get_anchors() {
        let text = "[a](#one) [b](#question-1)\n\n## One\n\nTwo\n---";
        let texts = [("q1-".to_owned(), text)];
        let headings = Headings::of(texts.iter().cloned());
        let place = Place {
            headings: Some(&headings),
            ..PLACE
        };
        assert_eq!(
            prepare(text, place),
            "[a](#q1-one) [b](#question-1)\n\n#### <a id=\"q1-one\"></a>One\n\n#### Two\n"
        );
    }

    #[test]
    fn footnote_labels_hold_no_markup() {
        let prepared = prepared("a[^b\"><i>]\n\n[^b\"><i>]: c");
        assert!(!prepared.contains('<'), "{prepared}");
        assert!(prepared.starts_with("a[^q1-b"), "{prepared}");
    }

    #[test]
    fn pictures_and_links_are_reported_with_their_offset() {
        assert_eq!(images_in("甲 ![a](b.png)"), [("b.png".to_owned(), 4)]);
        assert_eq!(
            refused_links_in("甲 [a](b.md) [c](#d)"),
            [("b.md".to_owned(), 4)]
        );
    }

    #[test]
    fn headings_go_below_the_document() {
        assert_eq!(prepared("## a\n\n### b"), "#### a\n\n##### b");
        assert_eq!(prepared("a\nb\n===\n\nc\n---\nd"), "#### a b\n\n##### c\nd");
        assert_eq!(
            prepared("#no heading\n\n```\n# code\n```"),
            "#no heading\n\n```\n# code\n```"
        );
    }

    #[test]
    fn footnotes_and_link_definitions_stay_in_their_text() {
        assert_eq!(prepared("a[^1]\n\n[^1]: b"), "a[^q1-1]\n\n[^q1-1]: b");
        assert_eq!(
            prepared("[a][x] [x][] [x]\n\n[x]: https://b.example \"c\""),
            "[a](<https://b.example> \"c\") [x](<https://b.example> \"c\") [x](<https://b.example> \"c\")\n\n"
        );
    }

    #[test]
    fn lines_of_chinese_join_without_a_gap() {
        assert_eq!(
            prepared("第一行，\n第二行\n**「三」**行 \n四"),
            "第一行，第二行<strong>「三」</strong>行四"
        );
        assert_eq!(prepared("> 第一\n> 第二\n> third"), "> 第一第二\n> third");
        assert_eq!(prepared("中文\nlatin\n中文"), "中文\nlatin\n中文");
    }

    #[test]
    fn an_open_fence_is_closed() {
        assert_eq!(prepared("~~~~\na"), "~~~~\na\n~~~~");
        assert_eq!(prepared("```\na\n```"), "```\na\n```");
        assert_eq!(prepared("    a"), "    a");
    }
}
