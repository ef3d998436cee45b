//! What the two writers must have in common, and what each must never do.

use std::collections::BTreeSet;

use base64::Engine;
use cnn_report::figure::Drawing;
use cnn_report::render::{MarkdownReport, html, markdown};
use cnn_report::report::{Block, Figure, Report, Summary};
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use sha2::{Digest, Sha256};

use super::sample;

const FOLDER: &str = "report_files";

fn page() -> String {
    html(&sample::report("zh-TW")).unwrap()
}

fn document() -> MarkdownReport {
    markdown(&sample::report("zh-TW"), FOLDER).unwrap()
}

fn figures(report: &Report) -> Vec<&Figure> {
    let blocks = report.sections.iter().flat_map(|section| &section.blocks);
    let explanations = blocks.filter_map(|block| match block {
        Block::Explanation(explanation) => Some(explanation),
        Block::Text(_) => None,
    });
    explanations
        .flat_map(|explanation| &explanation.figures)
        .collect()
}

/// Every text between `before` and `after`.
fn all_between<'a>(text: &'a str, before: &str, after: &str) -> Vec<&'a str> {
    text.match_indices(before)
        .map(|(at, _)| text[at + before.len()..].split(after).next().unwrap())
        .collect()
}

fn unescaped(html: &str) -> String {
    html.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&amp;", "&")
}

/// Alternative text and address of every picture of a Markdown document.
fn pictures(markdown: &str) -> Vec<(String, String)> {
    let mut pictures: Vec<(String, String)> = Vec::new();
    let mut inside = false;
    for event in Parser::new_ext(
        markdown,
        Options::ENABLE_GFM | Options::ENABLE_TABLES | Options::ENABLE_FOOTNOTES,
    ) {
        match event {
            Event::Start(Tag::Image { dest_url, .. }) => {
                pictures.push((String::new(), dest_url.into_string()));
                inside = true;
            }
            Event::End(TagEnd::Image) => inside = false,
            Event::Text(text) if inside => pictures.last_mut().unwrap().0.push_str(&text),
            _ => {}
        }
    }
    pictures
}

#[test]
fn both_writers_show_the_same_figures() {
    let report = sample::report("zh-TW");
    let (page, document) = (page(), document());

    let names: Vec<&str> = figures(&report)
        .iter()
        .map(|figure| figure.name.as_str())
        .collect();
    assert_eq!(names, ["圖 1", "表 1", "圖 2", "圖 3", "圖 4", "圖 5"]);
    for figure in figures(&report) {
        let caption = format!(
            "<figcaption><a class=\"name\" href=\"#{}\">{}</a> {}</figcaption>",
            figure.id, figure.name, figure.caption
        );
        assert!(page.contains(&caption), "{caption}");
        assert!(
            document
                .text
                .contains(&format!("**{}** {}\n", figure.name, figure.caption)),
            "{}",
            figure.name
        );
        assert!(
            page.contains(&format!("<figure id=\"{}\"", figure.id))
                || page.contains(&format!("<figure class=\"table\" id=\"{}\"", figure.id))
        );
        assert!(
            document
                .text
                .contains(&format!("<a id=\"{}\"></a>", figure.id))
        );
    }

    // Pictures in the order of the page: photos by `alt`, charts by `aria-label`.
    let in_page: Vec<String> = all_between(&page, "<span class=\"picture", "</span>")
        .iter()
        .map(|picture| {
            let attribute = if picture.contains("<img") {
                " alt=\""
            } else {
                " aria-label=\""
            };
            unescaped(all_between(picture, attribute, "\"")[0])
        })
        .collect();
    let in_document: Vec<String> = pictures(&document.text)
        .into_iter()
        .map(|(alt, _)| alt)
        .collect();
    assert_eq!(in_page, in_document);
    assert_eq!(in_page.len(), 6 + 1 + 7 + 1 + 1 + 3);
    for figure in figures(&report) {
        if let Drawing::Grid { .. } = figure.drawing {
            assert!(in_page.contains(&figure.alt), "{}", figure.alt);
        }
    }
    assert!(in_page.iter().all(|alt| !alt.is_empty()));
}

#[test]
fn every_picture_file_is_shown_and_every_shown_one_exists() {
    let document = document();
    let shown: Vec<String> = pictures(&document.text)
        .into_iter()
        .map(|(_, address)| address)
        .collect();
    let written: Vec<String> = document
        .files
        .iter()
        .map(|(name, _)| format!("{FOLDER}/{name}"))
        .collect();
    assert_eq!(shown, written);
    let names: BTreeSet<&String> = written.iter().collect();
    assert_eq!(names.len(), written.len(), "names are unique");
    for (name, content) in &document.files {
        assert!(name.is_ascii() && !name.contains([' ', '/', '%']), "{name}");
        let hash: String = Sha256::digest(content)
            .iter()
            .take(4)
            .map(|byte| format!("{byte:02x}"))
            .collect();
        assert!(name.contains(&format!(".{hash}.")), "{name}");
        if name.ends_with(".svg") {
            let text = std::str::from_utf8(content).unwrap();
            assert!(
                text.starts_with("<svg color=\"#1f2328\" xmlns=") && text.contains("><rect "),
                "{text}"
            );
        }
    }
}

#[test]
fn a_folder_with_spaces_and_chinese_is_encoded() {
    let document = markdown(&sample::report("en"), "報告 1_files").unwrap();
    let (_, address) = &pictures(&document.text)[0];
    assert!(
        address.starts_with("%E5%A0%B1%E5%91%8A%201_files/fig-saliency-1."),
        "{address}"
    );
}

#[test]
fn the_page_loads_nothing() {
    let page = page();
    for source in all_between(&page, " src=\"", "\"") {
        assert!(source.starts_with("data:image/"), "{}", &source[..40]);
    }
    for tag in all_between(&page, "<link ", ">") {
        assert_eq!(tag, "rel=\"icon\" href=\"data:,\"");
    }
    for address in all_between(&page, " href=\"", "\"") {
        assert!(
            address.starts_with('#')
                || address.starts_with("https://example.org")
                || address.starts_with("data:image/")
                || address.starts_with("data:text/csv;")
                || address == "data:,",
            "{address}"
        );
    }
    for loading in [
        "@import", "url(h", "url(\"", "<iframe", "<object", "<base", " srcset=",
    ] {
        assert!(!page.contains(loading), "{loading}");
    }
}

#[test]
fn the_policy_names_the_style_and_the_script_and_nothing_else() {
    let page = page();
    let hash = |content: &str| {
        let digest = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(content));
        format!("'sha256-{digest}'")
    };
    let policy = all_between(
        &page,
        "http-equiv=\"Content-Security-Policy\" content=\"",
        "\"",
    )[0];
    let [style] = all_between(&page, "<style>", "</style>")[..] else {
        panic!("one style")
    };
    let [script] = all_between(&page, "<script>", "</script>")[..] else {
        panic!("one script")
    };
    assert_eq!(
        policy,
        format!(
            "default-src 'none'; img-src data:; style-src {}; script-src {}; base-uri 'none'; form-action 'none'",
            hash(style),
            hash(script)
        )
    );
    assert_eq!(page.matches("<script").count(), 1);
    let body = page.split("<body ").nth(1).unwrap();
    assert!(
        !body.contains(" style=\""),
        "the policy forbids style attributes"
    );
    assert!(
        !body.contains(" onclick"),
        "the policy forbids event attributes"
    );
}

#[test]
fn ids_are_unique_and_every_link_has_a_target() {
    let page = page();
    let (page, _) = page.split_once("<script>").unwrap();
    let ids = all_between(page, " id=\"", "\"");
    let unique: BTreeSet<&str> = ids.iter().copied().collect();
    assert_eq!(unique.len(), ids.len(), "{ids:?}");
    for reference in ["href=\"#", "aria-labelledby=\"", "url(#"] {
        let end = if reference.ends_with('"') || reference.contains("href") {
            "\""
        } else {
            ")"
        };
        let targets = all_between(page, reference, end);
        assert!(!targets.is_empty(), "{reference}");
        for target in targets {
            assert!(unique.contains(target), "{reference}{target}");
        }
    }

    let text = document().text;
    let anchors: BTreeSet<&str> = all_between(&text, "<a id=\"", "\"").into_iter().collect();
    assert_eq!(anchors.len(), text.matches("<a id=").count());
    for target in all_between(&text, "](#", ")") {
        assert!(anchors.contains(target), "{target}");
    }
}

/// Name of each tag, with `/` for an end.
fn tags(page: &str) -> Vec<String> {
    let mut tags = Vec::new();
    let body = page.split("</style>").nth(1).unwrap();
    let body = body.split("<script>").next().unwrap();
    for (at, _) in body.match_indices('<') {
        let tag = body[at + 1..].split('>').next().unwrap();
        let name: String = tag
            .chars()
            .take_while(|c| c.is_ascii_alphanumeric() || *c == '/')
            .collect();
        if !tag.ends_with('/') {
            tags.push(name);
        }
    }
    tags
}

#[test]
fn the_tags_of_the_page_are_balanced() {
    let mut open = vec!["html".to_owned(), "head".to_owned()];
    for tag in tags(&page()) {
        match tag.strip_prefix('/') {
            Some(end) => assert_eq!(open.pop().as_deref(), Some(end), "{open:?}"),
            None if ["img", "input", "br", "hr", "link", "meta"].contains(&tag.as_str()) => {}
            None => open.push(tag),
        }
    }
    assert_eq!(
        open,
        ["html", "body"],
        "the script stands between these and the end"
    );
}

#[test]
fn hostile_text_shows_as_text() {
    const HOSTILE: &str =
        "<img src=x onerror=alert(1)> \"'&|`*a*`{{ title }}</style></script> ![p](q.png)";
    let mut report = sample::report("en");
    let hostile = || HOSTILE.to_owned();
    report.title = hostile();
    report.byline.push((hostile(), hostile()));
    report.notices.push(hostile());
    report.provenance.push((hostile(), hostile()));
    report.introduction = hostile();
    let section = &mut report.sections[0];
    (
        section.title,
        section.prompt,
        section.answer,
        section.points,
    ) = (hostile(), hostile(), hostile(), Some(hostile()));
    let Block::Explanation(explanation) = &mut section.blocks[0] else {
        panic!("an explanation")
    };
    explanation.title = hostile();
    explanation.notices.push(hostile());
    explanation.parameters.push((hostile(), hostile()));
    explanation.citations.push(hostile());
    for figure in &mut explanation.figures {
        (figure.caption, figure.alt) = (hostile(), hostile());
        match &mut figure.drawing {
            Drawing::Grid { tiles, .. } => tiles[1].label = hostile(),
            Drawing::Table { header, rows, .. } => (header[0], rows[0][0]) = (hostile(), hostile()),
        }
    }

    let page = html(&report).unwrap();
    assert!(!page.contains("<img src=x"));
    assert_eq!(page.matches("</style>").count(), 1);
    assert_eq!(page.matches("</script>").count(), 1);
    assert!(
        page.contains("{{ title }}"),
        "a template in the text is not carried out"
    );

    let document = markdown(&report, FOLDER).unwrap();
    assert_eq!(pictures(&document.text).len(), document.files.len());
    for event in Parser::new_ext(
        &document.text,
        Options::ENABLE_TABLES | Options::ENABLE_FOOTNOTES,
    ) {
        if let Event::Html(tag) | Event::InlineHtml(tag) = event {
            assert!(!tag.contains("src=x"), "{tag}");
        }
    }
}

#[test]
fn the_document_parses_as_github_would() {
    let report = sample::report("zh-TW");
    let document = document();
    let events: Vec<Event> = Parser::new_ext(
        &document.text,
        Options::ENABLE_TABLES | Options::ENABLE_FOOTNOTES | Options::ENABLE_TASKLISTS,
    )
    .collect();
    let count = |wanted: fn(&Event) -> bool| events.iter().filter(|event| wanted(event)).count();

    let is_table = |figure: &&Figure| match &figure.drawing {
        Drawing::Table { .. } => true,
        Drawing::Grid { tiles, .. } => tiles.len() > 1,
    };
    let of_figures = figures(&report).into_iter().filter(is_table).count();
    let of_parameters = 3;
    let (of_the_author, of_provenance) = (1, 1);
    assert_eq!(
        count(|event| matches!(event, Event::Start(Tag::Table(_)))),
        of_figures + of_parameters + of_the_author + of_provenance
    );
    assert_eq!(
        count(|event| matches!(event, Event::FootnoteReference(_))),
        2
    );
    assert_eq!(
        count(|event| matches!(event, Event::Start(Tag::FootnoteDefinition(_)))),
        2
    );
    assert_eq!(count(|event| matches!(event, Event::TaskListMarker(_))), 2);
    // No emphasis is left literal outside code.
    let literal = events
        .iter()
        .filter(|event| matches!(event, Event::Text(text) if text.contains("**")));
    assert_eq!(literal.count(), 1, "the one in the author's code block");

    let mut level = 0;
    for event in &events {
        if let Event::Start(Tag::Heading { level: next, .. }) = event {
            assert!(*next as usize <= level + 1, "no level is skipped");
            level = *next as usize;
        }
    }
}

#[test]
fn headings_of_the_page_skip_no_level() {
    let mut level = 0;
    for tag in tags(&page()) {
        if let Some(next) = tag
            .strip_prefix('h')
            .and_then(|digit| digit.parse::<usize>().ok())
        {
            assert!(next <= level + 1, "h{next} after h{level}");
            level = next;
        }
    }
}

#[test]
fn the_same_report_gives_the_same_bytes() {
    assert_eq!(page(), page());
    assert_eq!(document(), document());
}

#[test]
fn an_empty_report_is_whole() {
    let report = Report {
        strings: cnn_report::words::Strings::new("en-GB").unwrap(),
        look: cnn_report::report::Look::default(),
        title: "Nothing yet".to_owned(),
        byline: Vec::new(),
        introduction: String::new(),
        sections: Vec::new(),
        summary: Summary::default(),
        provenance: Vec::new(),
        notices: Vec::new(),
    };
    let page = html(&report).unwrap();
    assert!(page.contains("<html lang=\"en\">") && page.contains("<h1>Nothing yet</h1>"));
    assert_eq!(markdown(&report, FOLDER).unwrap().text, "# Nothing yet\n");
}

/// Read `tests/data/render/sample.md` in review; `ACCEPT=1 cargo test --release --test it` rewrites it.
#[test]
fn the_document_is_as_it_was_accepted() {
    let golden =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/render/sample.md");
    // The pictures are made with `sin`, whose last bit differs between machines: their hashes are left out.
    let document = document();
    let mut text = document.text;
    for (name, _) in &document.files {
        let parts: Vec<&str> = name.split('.').collect();
        text = text.replace(name.as_str(), &format!("{}.{}", parts[0], parts[2]));
    }
    if std::env::var_os("ACCEPT").is_some() {
        std::fs::write(&golden, text.as_bytes()).unwrap();
    }
    assert_eq!(text, cnn_report::fs::read_to_string(&golden).unwrap());
}
