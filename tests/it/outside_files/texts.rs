//! Texts of authors, as GitHub shows them and as the page does.

use super::{cnn_report, folder_of};

pub(super) const MODEL: &str = "model:\n  file: plain.pth\n  input: {size: 8, resize: stretch}\n  layers:\n  - {name: conv, type: Conv2d, out_channels: 4, kernel_size: 3}\n  - {type: ReLU}\n  - {type: Flatten}\n  - {name: fc, type: Linear, out_features: 3}\n";

/// What `check` prints, the page and the Markdown.
fn built(questions: &str) -> (String, String, String) {
    let folder = folder_of(&["weights/plain.pth", "pictures/a.bmp", "pictures/a420.jpg"]);
    let report = format!("title: t\n{MODEL}{questions}");
    std::fs::write(folder.path().join("report.yaml"), report).unwrap();
    let (code, printed) = cnn_report(folder.path(), &["check", "report.yaml"]);
    assert_eq!(code, 0, "{printed}");
    let (code, more) = cnn_report(folder.path(), &["build", "report.yaml", "-o", "out"]);
    assert_eq!(code, 0, "{more}");
    let read = |name: &str| std::fs::read_to_string(folder.path().join("out").join(name)).unwrap();
    (printed, read("report.html"), read("report.md"))
}

#[test]
fn near_misses_and_links_to_nothing_are_warned_of() {
    let (printed, page, _) = built(
        "images: [{id: a, file: a.bmp}]\nquestions:\n- title: q\n  figures: [{photos: {id: ph}}]\n  answer: |\n    Escaped \\{fig:ph}; [see](#{fig:ph}); {fig: ph}, {Fig:ph}, [b](#nowhere).\n\n    ## Results\n\n    [c](#results)\n",
    );
    for near in ["`\\{fig:ph}`", "`{fig: ph}`", "`{Fig:ph}`"] {
        assert!(
            printed.contains(&format!("{near} is no reference")),
            "{printed}"
        );
    }
    assert!(
        printed.contains("the link to `#nowhere` leads to no heading"),
        "{printed}"
    );
    assert!(!printed.contains("the link to `#results`"), "{printed}");
    assert!(
        page.contains("Escaped {fig:ph}; <a href=\"#fig-ph\">see</a>"),
        "{page}"
    );
    assert!(page.contains("<a href=\"#question-1-answer-results\">c</a>"));
    assert!(page.contains("<a id=\"question-1-answer-results\"></a>Results"));
}

#[test]
fn what_github_understands_is_shown() {
    let (printed, page, document) = built(
        "questions:\n- title: q\n  answer: |\n    Inline $a_1*b$ and $c*d_1$. H<sub>2</sub>O <!-- TODO private -->\n\n    ```mermaid\n    graph TD\n    ```\n\n    > [!WARNING]\n    > An alert.\n\n    | a |\n    |---|\n    | one<br>two https://bare.example.org |\n",
    );
    assert_eq!(page.matches("<math").count(), 2);
    assert!(page.contains("<mi>a</mi>") && !page.contains("$a_1"));
    assert!(page.contains("H<sub>2</sub>O") && page.contains("one<br>two"));
    assert!(page.contains("<p class=\"alert-title\">Warning</p>"));
    assert!(page.contains("<a href=\"https://bare.example.org\">"));
    assert!(!page.contains("TODO private") && !document.contains("TODO private"));
    assert!(
        !printed.contains("source of this formula") && printed.contains("source of this drawing")
    );
}

#[test]
fn names_with_colons_stay_on_github() {
    let (_, _, document) = built(
        "images: [{id: \"x:+1:y\", file: a.bmp}]\nquestions: [{title: \"Layers :cat: a^b^\", figures: [{predictions: {}}]}]\n",
    );
    assert!(
        document.contains("Layers <span>:</span>cat: a\\^b\\^"),
        "{document}"
    );
    assert!(
        !document.replace("![x:+1:y", "").contains("x:+1:y"),
        "{document}"
    );
}

#[test]
fn each_photo_has_its_own_description() {
    let (_, page, _) = built(
        "images: [{id: a, file: a.bmp, name: Ann}, {id: b, file: a420.jpg, name: Bob}]\nquestions: [{title: q, figures: [{photos: {}}]}]\n",
    );
    assert!(
        page.contains("alt=\"Ann\"") && page.contains("alt=\"Bob\""),
        "{page}"
    );
    let (_, page, _) = built(
        "images: [{id: a, file: a.bmp, name: Ann}]\nquestions: [{title: q, figures: [{photos: {}}]}]\n",
    );
    assert!(page.contains("alt=\"1 photo: Ann.\""), "{page}");
}
