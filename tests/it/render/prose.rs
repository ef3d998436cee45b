//! Whatever an author writes, it cannot break out of its place in the report.

use cnn_report::report::prose::{
    OPTIONS, Place, images_in, is_kept, prepare, references, refused_links_in,
};
use proptest::prelude::*;
use pulldown_cmark::{Event, Parser, Tag, TagEnd};

const PLACE: Place = Place {
    headings: None,
    footnotes: "q-",
    heading_level: 4,
};

/// Pieces of Markdown that mean something, in any order.
fn markdown() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "**",
        "*",
        "***",
        "「",
        "」",
        "。",
        "文",
        "字",
        "a",
        "b c",
        " ",
        "\n",
        "\n\n",
        "`",
        "``",
        "```\n",
        "~~~\n",
        "    ",
        "<b>",
        "</b>",
        "<div>\n",
        "</div>",
        "<!--",
        "-->",
        "<script>",
        "<?",
        "<![CDATA[",
        "[",
        "]",
        "[a]",
        "(x.png)",
        "(https://a.example)",
        "(javascript:x)",
        "![",
        "\n# ",
        "\n## ",
        "\n===\n",
        "\n---\n",
        "\n> ",
        "\n- ",
        "\n1. ",
        "|",
        "\n|-|-|\n",
        "\\",
        "_",
        "~~",
        "&lt;",
        "[^1]",
        "\n[^1]: ",
        "\n[a]: https://b.example\n",
        "\n[a]: d.md\n",
        "{fig:a}",
        "<https://a.example>",
        "<x:y>",
        "<!--",
        "-->",
        "$",
        "$$",
        "<br>",
        "<sub>",
        "https://a.example/b",
        "> [!NOTE]\n",
        "\\",
        "!",
    ]);
    prop::collection::vec(pieces, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_but_text_comes_through(markdown in markdown()) {
        let prepared = prepare(&markdown, PLACE);
        prop_assert_eq!(images_in(&prepared), Vec::new());
        prop_assert_eq!(refused_links_in(&prepared), Vec::new());
        for event in Parser::new_ext(&prepared, OPTIONS) {
            match event {
                Event::InlineHtml(tag) => {
                    prop_assert!(is_kept(&tag), "{} in {}", tag, prepared);
                }
                Event::Html(html) => prop_assert!(false, "{} in {}", html, prepared),
                Event::Start(Tag::Heading { level, .. }) => prop_assert!(level as usize >= PLACE.heading_level, "{}", prepared),
                _ => {}
            }
        }
    }

    #[test]
    fn what_follows_is_a_paragraph_of_its_own(markdown in markdown()) {
        let document = format!("{}\n\nfollowing", prepare(&markdown, PLACE));
        let events: Vec<Event> = Parser::new_ext(&document, OPTIONS).collect();
        let end = [Event::Text("following".into()), Event::End(TagEnd::Paragraph)];
        prop_assert!(events.ends_with(&end), "{:?}", document);
    }

    #[test]
    fn references_are_where_they_are_said_to_be(markdown in markdown()) {
        for (to, id, offset) in references(&markdown) {
            prop_assert!(markdown[offset..].starts_with(&to.written(&id)));
        }
    }
}
