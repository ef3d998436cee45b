//! `build --split`, as its user runs it.

use crate::rebuilds::Project;

/// Two questions, a table of the author's, and a text that refers to both.
fn project() -> Project {
    let project = Project::of_one_figure();
    let spec = std::fs::read_to_string(project.path("report.yaml")).unwrap();
    let more = "    answer: |
      See {table:scores} and {fig:second}.

      | photo | score |
      |---|--:|
      | cat | 2 |

      : Scores of *one* photo. {#scores}
  - title: Second
    figures:
      - photos: {id: second}
    answer: As {table:scores} and {fig:scores} say.
";
    std::fs::write(project.path("report.yaml"), spec + more).unwrap();
    project
}

#[test]
fn a_page_a_question_is_written_checked_and_refused_as_a_whole() {
    let project = project();
    let (code, _, told) = project.told(&["build", "--split", "--quiet"]);
    assert_eq!(code, 0, "{told}");
    for page in [
        "report.html",
        "report-question-1.html",
        "report-question-2.html",
        "report.md",
    ] {
        assert!(project.path("build").join(page).is_file(), "{page}");
    }
    let read = |page: &str| std::fs::read_to_string(project.path("build").join(page)).unwrap();
    let first = read("report-question-1.html");
    assert!(first.contains("<a href=\"report-question-2.html#fig-second\">Figure 2</a>"));
    assert!(first.contains("<a href=\"#table-scores\">Table 1</a>"));
    assert!(first.contains("<table id=\"table-scores\"><caption><strong>Table 1</strong> Scores of <em>one</em> photo.</caption>"));
    let table = "<a href=\"report-question-1.html#table-scores\">Table 1</a>";
    let second = read("report-question-2.html");
    assert!(
        second.contains(&format!("As {table} and {table} say.")),
        "{second}"
    );
    let markdown = read("report.md");
    assert!(
        markdown.contains(
            "<a id=\"table-scores\"></a>**Table 1** Scores of *one* photo.\n\n| photo | score |"
        ),
        "{markdown}"
    );
    assert!(
        markdown.contains("See [Table 1](#table-scores) and [Figure 2](#fig-second)."),
        "{markdown}"
    );

    let (code, _, told) = project.told(&["build", "--quiet", "--comment", "comment.md"]);
    assert_eq!(code, 0, "{told}");
    let comment = std::fs::read_to_string(project.path("comment.md")).unwrap();
    assert!(comment.contains("**Table 1** Scores of *one* photo."));
    assert!(
        comment.contains("As [Table 1](#table-scores) and [Table 1](#table-scores) say."),
        "{comment}"
    );

    let (code, _, told) = project.told(&["build", "--split", "--quiet"]);
    assert_eq!(code, 0, "{told}");
    let check = ["build", "--check", "--quiet", "--set", "output.split=true"];
    let (code, _, told) = project.told(&check);
    assert_eq!(code, 0, "{told}");
    std::fs::remove_file(project.path("build/report-question-2.html")).unwrap();
    let (code, _, told) = project.told(&check);
    assert_eq!(code, 1);
    assert!(
        told.contains("report-question-2.html") && told.contains("this page is missing"),
        "{told}"
    );
    // One page for all is another report.
    let (code, _, told) = project.told(&["build", "--check", "--quiet"]);
    assert_eq!(code, 1, "{told}");

    let (code, _, told) = project.told(&["build", "--split", "--formats", "markdown"]);
    assert_eq!(code, 2);
    assert!(told.contains("there is no page to split"), "{told}");
    // What the command line says of formats stands above the spec.
    let formats = [
        "build",
        "--quiet",
        "--set",
        "output.split=true",
        "--formats",
        "markdown",
    ];
    let (code, _, told) = project.told(&formats);
    assert_eq!(code, 0, "{told}");
    let (code, _, told) = project.told(&["build", "--split", "--budget", "100kB"]);
    assert_eq!(code, 1);
    assert!(
        told.contains("`report.html` with the pages of its questions takes "),
        "{told}"
    );
}

#[test]
fn an_id_of_a_table_is_its_own_and_unknown_ones_are_told() {
    let project = project();
    let spec = std::fs::read_to_string(project.path("report.yaml")).unwrap();
    for (from, to, told) in [
        (
            "{#scores}",
            "{#second}",
            "`second` is the id of another table or figure",
        ),
        (
            "{fig:scores}",
            "{fig:score}",
            "no figure has the id `score`; hint: did you mean `{fig:scores}`?",
        ),
        (
            "{table:scores} and {fig:second}",
            "{table:score} and {fig:second}",
            "report.yaml:18:11: error: no table in a text has the id `score`; hint: did you mean `{table:scores}`?",
        ),
        (
            "{#scores}",
            "{#other}",
            "no table in a text has the id `scores`; hint: put `Table: its caption {#scores}`",
        ),
        (
            "As {table:scores}",
            "As {table:second}",
            "`second` is the id of a figure, not of a table in a text; hint: write `{fig:second}`",
        ),
    ] {
        std::fs::write(project.path("report.yaml"), spec.replace(from, to)).unwrap();
        let (code, _, found) = project.told(&["check"]);
        assert_eq!(code, 2);
        assert!(found.contains(told), "{found}");
    }
}
