//! Themes and templates of a user's own.

use base64::Engine;
use sha2::Digest;

use crate::rebuilds::Project;

fn run(project: &Project, command: &str) -> (i32, String) {
    let (code, _, told) = project.told(&[command]);
    (code, told)
}

/// One small figure, with these lines below `seed`.
fn project(lines: &str) -> Project {
    let project = Project::of_one_figure();
    project.spec(
        "seed: 0\n",
        &format!("seed: 0\noutput: {{formats: [html, markdown]}}\n{lines}"),
    );
    project
}

fn page(project: &Project) -> String {
    std::fs::read_to_string(project.path("build/report.html")).unwrap()
}

/// The style sheet of the page, which its policy must name by its hash.
fn style(page: &str) -> &str {
    let (_, behind) = page.split_once("<style>").unwrap();
    let (style, _) = behind.split_once("</style>").unwrap();
    let digest = sha2::Sha256::digest(style.as_bytes());
    let hash = base64::engine::general_purpose::STANDARD.encode(digest);
    assert!(
        page.contains(&format!("style-src 'sha256-{hash}'")),
        "the policy names the style"
    );
    style
}

#[test]
fn a_theme_stands_behind_our_style_and_in_the_policy() {
    let project = project(
        "theme: {accent: {light: \"#8a1c4a\", dark: \"#e79ab9\"}, font: \"Georgia, serif\", css: my.css}\n",
    );
    std::fs::write(project.path("my.css"), "h1 { letter-spacing: 0.1em; }\n").unwrap();
    let (code, told) = run(&project, "build");
    assert_eq!(code, 0, "{told}");
    assert!(!told.contains("warning"), "{told}");
    let page = page(&project);
    let style = style(&page);
    let dark = "screen and (prefers-color-scheme: dark)";
    assert!(style.contains(&format!(
        "@media not {dark} {{ :root {{ --accent: #8a1c4a; "
    )));
    assert!(style.contains(&format!("@media {dark} {{ :root {{ --accent: #e79ab9; ")));
    assert!(style.contains("font-family: \"Georgia\", serif;"));
    assert!(style.ends_with("h1 { letter-spacing: 0.1em; }\n"));
}

#[test]
fn weak_colours_are_told_for_each_ground() {
    let project = project("theme:\n  accent: \"#e79ab9\"\n  ink: {light: \"#888\"}\n");
    let (code, told) = run(&project, "check");
    assert_eq!(code, 0, "{told}");
    let warnings: Vec<&str> = told
        .lines()
        .filter(|line| line.contains("contrast"))
        .collect();
    assert_eq!(warnings.len(), 2, "{told}");
    assert!(warnings[0].starts_with("report.yaml:6:11: warning: accent #e79ab9 on #fdfdfc has a contrast of 2.1 on the light ground, below 4.5 : 1 (WCAG AA); hint: choose a darker colour"), "{told}");
    assert!(warnings[1].starts_with("report.yaml:7:16: warning: ink #888 on #fdfdfc has a contrast of 3.5 on the light ground"), "{told}");
}

#[test]
fn what_is_wrong_with_a_theme_is_told_with_its_place() {
    let project = project("theme: {fonts: x}\n");
    let (code, told) = run(&project, "check");
    assert_eq!(code, 2);
    assert!(told.contains("hint: did you mean `font`?"), "{told}");
    project.spec("{fonts: x}", "{font: \"x; }\", css: my.css}");
    std::fs::write(
        project.path("my.css"),
        "a { color: red }\nb { background: url(https://example.org/x.png) }\n@import 'y.css';\n",
    )
    .unwrap();
    let (code, told) = run(&project, "check");
    assert_eq!(code, 2);
    assert!(
        told.contains("report.yaml:5:15: error: `x; }` is not the name of a font"),
        "{told}"
    );
    assert!(
        told.contains("my.css:2:17: error: `url(https://example.org/x.png)` loads something"),
        "{told}"
    );
    assert!(
        told.contains("my.css:3:1: error: `@import` loads another style sheet"),
        "{told}"
    );
}

#[test]
fn own_templates_take_the_place_of_ours() {
    let project = project("templates: mine\n");
    std::fs::create_dir(project.path("mine")).unwrap();
    let write =
        |name: &str, text: &str| std::fs::write(project.path("mine").join(name), text).unwrap();
    write("report.md", "# {{ title }}, in my own words\n");
    let (code, told) = run(&project, "build");
    assert_eq!(code, 0, "{told}");
    let markdown = std::fs::read_to_string(project.path("build/report.md")).unwrap();
    assert_eq!(markdown, "# Small, in my own words\n");
    assert!(
        page(&project).contains("<h1>Small</h1>"),
        "the page is ours"
    );

    write("report.md", "# {{ titel }}\n");
    let (code, told) = run(&project, "build");
    assert_eq!(code, 1);
    assert!(told.contains("mine/report.md:1:6: error: "), "{told}");
    assert_eq!(
        std::fs::read_to_string(project.path("build/report.md")).unwrap(),
        markdown,
        "the old report stays"
    );

    write("report.md", "line\n{% if title %}\n");
    write("explanation.md", "{{ 1 + }}\n");
    let (code, told) = run(&project, "check");
    assert_eq!(code, 2);
    assert!(told.contains("mine/explanation.md:1:"), "{told}");
    assert!(told.contains("mine/report.md:"), "{told}");

    write("report.md", "# {{ title }}\n");
    std::fs::remove_file(project.path("mine/explanation.md")).unwrap();
    write("pages.html", "x");
    let (code, told) = run(&project, "check");
    assert_eq!(code, 2);
    assert!(told.contains("mine/pages.html: error: `pages.html` takes the place of no template of ours; hint: did you mean `page.html`?"), "{told}");
    std::fs::remove_file(project.path("mine/pages.html")).unwrap();
    write("page.html", "<!doctype html><title>{{ title }}</title>");
    let (code, told) = run(&project, "build");
    assert_eq!(code, 1);
    assert!(
        told.contains("mine/page.html: error: the page has lost its Content Security Policy"),
        "{told}"
    );
}

#[test]
fn a_colour_that_is_none_is_told() {
    let project =
        project("theme:\n  accent: blue\n  ink: #fff\n  muted: {light: \"#12\", dark: \"#abc\"}\n");
    let (code, told) = run(&project, "check");
    assert_eq!(code, 2);
    let expected = [
        "report.yaml:6:11: error: `blue` is not a colour in red, green and blue",
        "report.yaml:7:3: error: no colour: a bare `#` begins a comment in YAML",
        "report.yaml:8:18: error: `#12` is not a colour in red, green and blue",
    ];
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(lines.len(), expected.len(), "{told}");
    for (line, expected) in lines.iter().zip(expected) {
        assert!(line.starts_with(expected), "{line}");
        assert!(line.ends_with("in quotation marks"), "{line}");
    }
}
