//! Words of a user's own, and languages that are not built in, as their user writes them.

use crate::rebuilds::Project;

#[test]
fn own_words_take_the_place_of_ours() {
    let project = Project::of_one_figure();
    project.spec("language: en", "language: en\nstrings: my-words.yaml");
    let words =
        "# ours are too dry\npredictions.title: What it says\nquestion: \"Part {number}\"\n";
    std::fs::write(project.path("my-words.yaml"), words).unwrap();
    let (code, _, told) = project.told(&["build", "--quiet"]);
    assert_eq!((code, told.as_str()), (0, ""));
    let page = std::fs::read_to_string(project.path("build/report.html")).unwrap();
    let markdown = std::fs::read_to_string(project.path("build/report.md")).unwrap();
    for text in [&page, &markdown] {
        assert!(text.contains("What it says"));
        assert!(text.contains("Part 1"));
        assert!(!text.contains("Question 1"));
    }
    assert!(page.contains("<html lang=\"en\">"));
}

#[test]
fn a_language_that_is_not_built_in_says_what_it_lacks() {
    let project = Project::of_one_figure();
    project.spec("language: en", "language: fr");
    let (code, _, told) = project.told(&["check"]);
    assert_eq!(code, 2);
    assert!(
        told.starts_with("report.yaml:2:11: error: there is no language `fr`; choose one of `en`, `ja`, `zh-CN`, `zh-TW`, or give its words with `strings: fr.yaml`"),
        "{told}"
    );
    // Of a folder the file of the language is taken.
    project.spec("language: fr", "language: fr\nstrings: words");
    std::fs::create_dir(project.path("words")).unwrap();
    std::fs::write(project.path("words/de.yaml"), "contents: Inhalt\n").unwrap();
    let (code, _, told) = project.told(&["check"]);
    assert_eq!(code, 2);
    assert!(told.starts_with("report.yaml:3:10: error: "), "{told}");
    assert!(told.contains("fr.yaml"), "{told}");
    std::fs::write(
        project.path("words/fr.yaml"),
        "contents: Sommaire\nquestion: \"Question n° {number}\"\n",
    )
    .unwrap();
    let (code, said, told) = project.told(&["check"]);
    assert_eq!((code, said.as_str()), (0, "no faults found\n"), "{told}");
    assert!(
        told.contains("words/fr.yaml: warning: `fr` lacks "),
        "{told}"
    );
    assert!(told.contains(", which stay English: `"), "{told}");
    assert!(!told.contains("`contents`"), "{told}");
    let (code, ..) = project.told(&["build", "--quiet"]);
    assert_eq!(code, 0);
    let page = std::fs::read_to_string(project.path("build/report.html")).unwrap();
    assert!(page.contains("<html lang=\"fr\">"));
    assert!(page.contains("Question n° 1"));
    assert!(page.contains("Predictions"), "what is missing is English");
}

#[test]
fn every_wrong_word_is_told_with_its_place() {
    let project = Project::of_one_figure();
    project.spec("language: en", "language: ja\nstrings: my-words.yaml");
    let words =
        "contentz: x\nfigure: \"Fig. {count}\"\nsaliency:\n  title: Map\npoints: 3\nvalue: \"\"\n";
    std::fs::write(project.path("my-words.yaml"), words).unwrap();
    let (code, _, told) = project.told(&["check"]);
    assert_eq!(code, 2);
    let lines: Vec<&str> = told.lines().collect();
    let expected = [
        "my-words.yaml:1:1: error: there is no word `contentz`; hint: did you mean `contents`?",
        "my-words.yaml:2:15: error: nothing is known of `{count}` here; hint: what is filled in here: `{number}`",
        "my-words.yaml:3:1: error: expected a string; hint: write `saliency.title: …`, each word by its full key",
        "my-words.yaml:5:1: error: expected a string; hint: write the text in quotation marks",
        "my-words.yaml:6:1: error: the text is empty; hint: leave the line out to keep our word",
    ];
    assert_eq!(lines, expected);
}

#[test]
fn what_words_prints_is_what_strings_takes() {
    let project = Project::of_one_figure();
    let (code, printed, _) = project.told(&["words", "zh-Hans"]);
    assert_eq!(code, 0);
    assert!(printed.contains("contents: \"目录\"\n"));
    std::fs::write(project.path("xx.yaml"), printed).unwrap();
    project.spec("language: en", "language: xx\nstrings: xx.yaml");
    let (code, _, told) = project.told(&["check"]);
    assert_eq!((code, told.as_str()), (0, ""), "nothing is missing");
    let (code, ..) = project.told(&["words", "tlh"]);
    assert_eq!(code, 2);
}
