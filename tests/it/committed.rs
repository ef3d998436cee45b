//! A report that lies in a repository: what stays as it is, what `--check` finds, figures within an answer, the comment
//! of a pull request, and Markdown as another parser reads it.

mod ci;
mod github;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use tempfile::TempDir;

use github::{Read, read};

const HEAD: &str = "\
title: Small net
language: en
byline: {Author: A. N. Other}
model:
  file: net1.pt2
  classes: classes.txt
  input: {shorter: null, size: [64, 64]}
images:
  - {id: coffee, file: coffee.webp, name: 'Coffee :cup:'}
  - {id: cat, file: cat.webp, name: Cat}
introduction: Some words of **value**.
questions:
";

const QUESTIONS: &str = "  - title: Where does it look?
    points: 2.5
    prompt: Look.
    figures:
      - predictions: {id: predictions, top: 3}
      - saliency: {id: saliency, checks: []}
      - activation_maps: {id: maps, layer: conv2, filters: [0, 5]}
    answer: |
      See {fig:saliency}. **「重點」**文字 and $x_1$; 令$y$為 its value[^1].

      [^1]: A footnote.
  - title: 'And :cat:?'
    figures:
      - photos: {id: photos}
    answer: It is {fig:photos}.
";

/// A folder with the small network and two photos; `folder` is where it lies below a temporary one.
struct Project {
    _temporary: TempDir,
    root: PathBuf,
}

impl Project {
    fn new(folder: &str, questions: &str) -> Self {
        let temporary = tempfile::tempdir().unwrap();
        let root = temporary.path().join(folder);
        std::fs::create_dir_all(&root).unwrap();
        let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
        for (from, to) in [
            ("model/net1.pt2", "net1.pt2"),
            ("picture/coffee.webp", "coffee.webp"),
            ("picture/chelsea.webp", "cat.webp"),
        ] {
            std::fs::copy(data.join(from), root.join(to)).unwrap();
        }
        let classes = "zero :cat: two three four five six seven *eight* nine";
        std::fs::write(root.join("classes.txt"), classes.replace(' ', "\n")).unwrap();
        std::fs::write(root.join("report.yaml"), format!("{HEAD}{questions}")).unwrap();
        Self {
            _temporary: temporary,
            root,
        }
    }

    fn spec(&self, from: &str, to: &str) {
        let path = self.root.join("report.yaml");
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{from}");
        std::fs::write(path, text.replace(from, to)).unwrap();
    }

    /// Exit code, standard output, standard error.
    fn run(&self, arguments: &[&str]) -> (i32, String, String) {
        crate::rebuilds::told(&self.root, arguments)
    }

    fn build(&self, arguments: &[&str]) -> String {
        let (code, printed, said) = self.run(&[&["build", "--quiet"], arguments].concat());
        assert_eq!(code, 0, "{said}");
        printed + &said
    }

    /// What `build --check` says; its exit code is that of `is_current`.
    fn check(&self, arguments: &[&str], is_current: bool) -> String {
        let before = self.tree();
        let (code, printed, said) = self.run(&[&["build", "--check"], arguments].concat());
        assert_eq!(code, i32::from(!is_current), "{printed}{said}");
        assert!(before == self.tree(), "a check writes nothing");
        match is_current {
            true => printed,
            false => said,
        }
    }

    /// The report's files with their content.
    fn tree(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut found = BTreeMap::new();
        let mut open = vec![self.root.join("build")];
        while let Some(folder) = open.pop() {
            let Ok(entries) = std::fs::read_dir(folder) else {
                continue;
            };
            for entry in entries {
                let path = entry.unwrap().path();
                match path.is_dir() {
                    true => open.push(path),
                    false => drop(found.insert(path.clone(), std::fs::read(path).unwrap())),
                }
            }
        }
        found
    }

    fn markdown(&self) -> String {
        std::fs::read_to_string(self.root.join("build/report.md")).unwrap()
    }

    /// The first picture whose name begins so, changed, under the name of its new content, as if another machine had
    /// built it. Its new name.
    fn change(&self, begins: &str, change: impl Fn(&mut image::RgbImage)) -> String {
        let folder = self.root.join("build/report_files");
        let names = std::fs::read_dir(&folder).unwrap();
        let mut names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let old = names.find(|name| name.starts_with(begins)).unwrap();
        let mut picture = image::open(folder.join(&old)).unwrap().into_rgb8();
        change(&mut picture);
        let mut bytes = std::io::Cursor::new(Vec::new());
        picture
            .write_to(&mut bytes, image::ImageFormat::Png)
            .unwrap();
        let bytes = bytes.into_inner();
        let digest: String = Sha256::digest(&bytes)[..4]
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let new = format!("{}.{digest}.png", old.split('.').next().unwrap());
        std::fs::remove_file(folder.join(&old)).unwrap();
        std::fs::write(folder.join(&new), bytes).unwrap();
        let markdown = self.markdown().replace(&old, &new);
        std::fs::write(self.root.join("build/report.md"), markdown).unwrap();
        new
    }
}

const MARKDOWN: [&str; 2] = ["--formats", "markdown"];

#[test]
fn a_check_names_each_file_that_is_out_of_date_and_writes_nothing() {
    let project = Project::new("p", QUESTIONS);
    let said = project.check(&[], false);
    assert!(
        said.contains("`build` holds none of `report.html`, `report.md`"),
        "{said}"
    );
    project.build(&["--formats", "html,markdown,json,markdown-embedded"]);
    let all = ["--formats", "html,markdown,json,markdown-embedded"];
    let said = project.check(&all, true);
    for page in [
        "report.html",
        "report.md",
        "report.json",
        "report.embedded.md",
    ] {
        assert!(
            said.contains(&format!("build/{page} is up to date\n")),
            "{said}"
        );
    }
    // Only the pages that are there are compared.
    std::fs::remove_file(project.root.join("build/report.html")).unwrap();
    assert!(!project.check(&all, true).contains("html"));

    project.spec("It is {fig:photos}.", "It was {fig:photos}.");
    let said = project.check(&MARKDOWN, false);
    assert_eq!(said.matches("error:").count(), 1, "{said}");
    assert!(said.contains("build/report.md:"), "{said}");
    assert!(
        said.contains(
            "`It is [Figure 4](#fig-photos).` should be `It was [Figure 4](#fig-photos).`"
        ),
        "{said}"
    );
    assert!(said.contains("hint: run `cnn-report build`"), "{said}");
    assert_eq!(project.check(&all, false).matches("error:").count(), 3);
    let before = project.markdown();
    project.build(&MARKDOWN);
    let after = project.markdown();
    let changed = before.lines().zip(after.lines()).filter(|(a, b)| a != b);
    assert_eq!(changed.count(), 1, "a changed answer changes its line only");
    project.check(&MARKDOWN, true);

    // A picture is missing, another is cut short.
    let pictures: Vec<PathBuf> = project
        .tree()
        .into_keys()
        .filter(|path| path.ends_with("png") || path.extension().is_some_and(|e| e == "png"))
        .collect();
    std::fs::remove_file(&pictures[0]).unwrap();
    std::fs::write(&pictures[1], "cut").unwrap();
    let said = project.check(&MARKDOWN, false);
    assert!(
        said.contains("this picture or array is missing") && said.contains("not as it was written"),
        "{said}"
    );
    // Without its results it computes them again.
    let (code, _, said) =
        project.run(&["build", "--check", "--store", "empty", "--formats", "html"]);
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("holds none of `report.html`"), "{said}");
}

#[test]
fn a_map_that_moved_by_one_level_in_a_few_pixels_stays() {
    let project = Project::new("p", QUESTIONS);
    project.build(&MARKDOWN);
    let untouched = project.tree();
    let nudge = |by: u8| {
        move |picture: &mut image::RgbImage| {
            let pixel = picture.get_pixel_mut(3, 3);
            pixel.0[0] = match pixel.0[0] > 127 {
                true => pixel.0[0] - by,
                false => pixel.0[0] + by,
            };
        }
    };
    let kept = project.change("fig-saliency-3", nudge(1));
    let moved = project.tree();
    assert!(moved != untouched);
    project.check(&MARKDOWN, true);
    let (code, _, said) = project.run(&["build", "--formats", "markdown"]);
    assert_eq!(code, 0);
    let expected = format!(
        "warning: the picture `{kept}` stays as it is: the new one differs by at most one step"
    );
    assert!(said.contains(&expected), "{said}");
    assert!(project.tree() == moved, "neither page nor pictures change");

    // A picture that shows something else is told and made anew, and the old one goes.
    let other = project.change("fig-saliency-3", nudge(100));
    let said = project.check(&MARKDOWN, false);
    assert_eq!(said.matches("error:").count(), 1, "{said}");
    assert!(
        said.contains(&other) && said.contains("pixels differ, by up to "),
        "{said}"
    );
    let said = project.build(&MARKDOWN);
    assert!(!said.contains("stays as it is"), "{said}");
    assert!(project.tree() == untouched);

    // A comment names the pictures that are there.
    let kept = project.change("fig-saliency-3", nudge(1));
    project.build(&[
        "--formats",
        "markdown",
        "--comment",
        "c.md",
        "--pictures",
        "https://a.example/x",
    ]);
    let comment = std::fs::read_to_string(project.root.join("c.md")).unwrap();
    assert!(
        comment.contains(&format!("(https://a.example/x/report_files/{kept})")),
        "{comment}"
    );
}

#[test]
fn only_a_tolerant_check_lets_numbers_differ() {
    let project = Project::new("p", QUESTIONS);
    project.build(&["--formats", "html,markdown,json"]);
    // A probability, as another machine might round it.
    let text = project.markdown();
    let is_rounded = |at: &usize| {
        let before = &text.as_bytes()[..*at];
        let digit = |back: usize| before[before.len() - back].is_ascii_digit();
        digit(1) && before[before.len() - 2] == b'.' && digit(3)
    };
    let percents = text.match_indices('%').map(|(at, _)| at);
    let digit = percents.filter(|at| *at > 3).find(is_rounded).unwrap() - 1;
    let other = match &text[digit..=digit] {
        "9" => "8".to_owned(),
        digit => (digit.parse::<u8>().unwrap() + 1).to_string(),
    };
    let text = format!("{}{other}{}", &text[..digit], &text[digit + 1..]);
    std::fs::write(project.root.join("build/report.md"), text).unwrap();
    let all = ["--formats", "html,markdown,json"];
    assert_eq!(project.check(&all, false).matches("error:").count(), 1);
    project.check(&[&all[..], &["--tolerant"]].concat(), true);
    project.spec("points: 2.5", "points: 3");
    assert_eq!(
        project
            .check(&[&all[..], &["--tolerant"]].concat(), false)
            .matches("error:")
            .count(),
        3
    );
}

#[test]
fn figures_stand_within_an_answer() {
    let questions = "  - title: Q
    figures:
      - predictions: {id: predictions, top: 3}
      - saliency: {id: saliency, checks: []}
      - text: |
          A text.

          {figure:maps}

          More text.
      - activation_maps: {id: maps, layer: conv2, filters: [0, 5]}
      - photos: {id: photos}
    answer: |
      First {fig:photos}, {fig:maps} and {fig:saliency}.

      {figure:saliency}

      Then **words**[^1].

      {figure:predictions}

      [^1]: A footnote.
";
    let project = Project::new("p", questions);
    project.build(&["--formats", "html,markdown,json"]);
    let html = std::fs::read_to_string(project.root.join("build/report.html")).unwrap();
    let html = html.split("</style>").nth(1).unwrap();
    let markdown = project.markdown();
    for page in [html, markdown.as_str()] {
        assert!(!page.contains("{figure:"), "a place stayed empty");
        let place = |text: &str| {
            page.find(text)
                .unwrap_or_else(|| panic!("{text} in {page}"))
        };
        let id = |id: &str| match page.contains("<html") || page.contains("<main") {
            true => place(&format!("<figure id=\"fig-{id}\"")),
            false => place(&format!("<a id=\"fig-{id}\">")),
        };
        let order = [
            place("A text."),
            id("maps"),
            place("More text."),
            id("photos"),
            place("First "),
            id("saliency"),
            place("Then "),
            id("predictions"),
            place("A footnote."),
        ];
        assert!(order.is_sorted(), "{order:?}");
        for figure in ["saliency", "maps", "photos", "predictions"] {
            assert_eq!(page.matches(&format!("id=\"fig-{figure}\"")).count(), 1);
        }
    }
    // Numbers follow the order in which figures appear.
    assert!(markdown.contains(
        "First [Figure 2](#fig-photos), [Figure 1](#fig-maps) and [Figure 3](#fig-saliency)."
    ));
    let json = std::fs::read_to_string(project.root.join("build/report.json")).unwrap();
    assert!(json.contains("{figure:saliency}") && json.contains("{figure:maps}"));
    let headings: Vec<usize> = read(&markdown).headings;
    assert!(
        headings.windows(2).all(|pair| pair[1] <= pair[0] + 1),
        "{headings:?}"
    );
}

#[test]
fn a_place_that_is_wrong_is_told_with_where_it_is() {
    let questions = "  - title: Q
    prompt: '{figure:photos}'
    figures:
      - photos: {id: photos}
      - predictions: {id: predictions, top: 3}
    answer: |
      {figure:photo}

      Here {figure:photos} is.

      {figure:predictions}

      {figure:predictions}

      - {figure:photos}

      `{figure:nothing}` \\{figure:nothing}
  - title: R
    answer: '{figure:photos}'
";
    let project = Project::new("p", questions);
    let (code, _, said) = project.run(&["check"]);
    assert_eq!(code, 2, "{said}");
    let at = |line: usize, column: usize| {
        format!(
            "report.yaml:{}:{column}: error: ",
            HEAD.lines().count() + line
        )
    };
    for (place, message) in [
        (
            at(2, 14),
            "the figure `photos` cannot stand here; hint: place it in the answer",
        ),
        (
            at(7, 7),
            "no figure has the id `photo`; hint: did you mean `{figure:photos}`?",
        ),
        (
            at(9, 12),
            "the figure `photos` cannot stand within a paragraph, list or quotation; hint: put an empty line",
        ),
        (
            at(13, 7),
            "the figure `predictions` is placed a second time; hint: `{fig:predictions}` refers to it",
        ),
        (
            at(15, 9),
            "the figure `photos` cannot stand within a paragraph",
        ),
        (
            at(19, 14),
            "the figure `photos` belongs to question 1; hint:",
        ),
    ] {
        assert!(
            said.contains(&format!("{place}{message}")),
            "{place}{message}\n{said}"
        );
    }
    assert_eq!(said.matches(" error: ").count(), 6, "{said}");
}

#[test]
fn another_parser_reads_the_markdown_as_it_is_meant() {
    // What file systems, addresses and Markdown each read in a way of their own.
    let project = Project::new("報告 #1 100%", QUESTIONS);
    project.spec("questions:", "output: {name: '結果 #2 50%'}\nquestions:");
    project.build(&MARKDOWN);
    let moved = project.root.parent().unwrap().join("moved (elsewhere) [x]");
    std::fs::rename(project.root.join("build"), &moved).unwrap();
    let text = std::fs::read_to_string(moved.join("結果 #2 50%.md")).unwrap();
    let Read {
        pictures,
        links,
        anchors,
        emojis,
        formulas,
        strong,
        text: plain,
        ..
    } = read(&text);
    assert_eq!(pictures.len(), 2 + 6 + 1 + 6 + 1 + 2, "{pictures:?}");
    for address in &pictures {
        let path = percent_encoding::percent_decode_str(address)
            .decode_utf8()
            .unwrap();
        assert!(moved.join(&*path).is_file(), "{address} is not there");
    }
    for link in links {
        match link.strip_prefix('#') {
            Some(anchor) => assert!(
                anchors.iter().any(|one| one == anchor),
                "{link} leads nowhere"
            ),
            None => assert!(link.starts_with("https://"), "{link}"),
        }
    }
    assert_eq!(emojis, Vec::<String>::new());
    assert_eq!(formulas, ["x_1", "y"]);
    assert!(strong.iter().any(|text| text == "value"), "{strong:?}");
    assert!(text.contains("<strong>「重點」</strong>文字"));
    assert!(!plain.contains("**"), "{plain}");
    assert!(
        plain.contains(":cat:") && plain.contains("*eight*"),
        "{plain}"
    );
}

#[test]
fn embedded_pictures_are_in_the_text() {
    let project = Project::new("p", QUESTIONS);
    project.build(&["--formats", "markdown,markdown-embedded"]);
    let (beside, within) = (
        project.markdown(),
        std::fs::read_to_string(project.root.join("build/report.embedded.md")).unwrap(),
    );
    let (beside, within) = (read(&beside), read(&within));
    assert_eq!(beside.pictures.len(), within.pictures.len());
    for (file, data) in beside.pictures.iter().zip(&within.pictures) {
        let (kind, data) = data
            .strip_prefix("data:image/")
            .unwrap()
            .split_once(";base64,")
            .unwrap();
        let content =
            base64::Engine::decode(&base64::engine::general_purpose::STANDARD, data).unwrap();
        assert!(
            content == std::fs::read(project.root.join("build").join(file)).unwrap(),
            "{file}"
        );
        let extension = match kind {
            "jpeg" => "jpg",
            "svg+xml" => "svg",
            other => other,
        };
        assert!(file.ends_with(extension));
    }
}

#[test]
fn a_comment_fits_and_says_what_it_lacks() {
    let project = Project::new("p", QUESTIONS);
    let (code, comment, said) =
        project.run(&["build", "--comment", "-", "--link", "https://a.example/b c"]);
    assert_eq!(code, 0, "{said}");
    assert!(comment.starts_with("## Small net\n"), "{comment}");
    assert!(comment.contains("Pictures are described only"));
    assert!(
        comment.ends_with("[The whole report](https://a.example/b%20c)\n"),
        "{comment}"
    );
    let shown = read(&comment);
    assert!(shown.pictures.is_empty() && shown.links.iter().any(|link| link == "#fig-saliency"));
    for link in &shown.links {
        let target = link.strip_prefix('#');
        assert!(
            target.is_none_or(|anchor| shown.anchors.iter().any(|one| one == anchor)),
            "{link}"
        );
    }

    // Too long: what matters least goes first, and it is said.
    let long = "A sentence of the answer that is long. ".repeat(700);
    project.spec(
        "It is {fig:photos}.",
        &format!("It is {{fig:photos}}. {long}"),
    );
    let prompt = "A prompt. ".repeat(3500);
    project.spec("prompt: Look.", &format!("prompt: {prompt}"));
    let comment = |arguments: &[&str]| {
        let start = ["build", "--comment", "-", "--formats", "markdown"];
        let (code, comment, said) = project.run(&[&start[..], arguments].concat());
        assert_eq!(code, 0, "{said}");
        assert!(comment.encode_utf16().count() < 65_536);
        comment
    };
    let pictures = ["--pictures", "https://a.example/x"];
    let shortened = comment(&pictures);
    assert!(shortened.contains("Left out, so that this fits into a comment: parameters and sources; how to read the figures; tasks, and how the report was made."), "{}", &shortened[shortened.len() - 400..]);
    assert!(!shortened.contains("A prompt.") && shortened.contains("A sentence"));
    assert_eq!(read(&shortened).pictures.len(), 18);
    assert!(read(&shortened).pictures[0].starts_with("https://a.example/x/report_files/fig-"));
    project.spec(
        "See {fig:saliency}.",
        &format!("See {{fig:saliency}} and {{fig:photos}}. {long}{long}"),
    );
    let shortened = comment(&pictures);
    assert!(
        shortened.contains(
            "; pictures; tables, and descriptions of pictures; questions from number 2 on."
        ),
        "{}",
        &shortened[shortened.len() - 400..]
    );
    assert!(shortened.contains("See [Figure 2](#fig-saliency) and Figure 4."));
    project.spec(
        "title: Small net",
        &format!("title: {}", "字".repeat(70_000)),
    );
    assert!(comment(&[]).encode_utf16().count() > 65_000);

    let (code, _, said) = project.run(&[
        "build",
        "--comment",
        "c.md",
        "--formats",
        "html",
        "--pictures",
        "https://a.example",
    ]);
    assert_eq!(code, 1);
    assert!(
        said.contains("the comment has no pictures to show"),
        "{said}"
    );
}

/// What `build` takes for rounding is one step of a colour scale, alone or over a photo.
#[test]
fn one_step_of_every_colour_scale_is_within_what_is_taken_for_rounding() {
    use cnn_report::figure::palette::Palette;
    let mut largest = 0.0_f32;
    for palette in Palette::ALL {
        let shown = |index: u8, photo: Option<f32>, channel: usize| {
            let colour = f32::from(palette.colour(index)[channel]);
            match photo {
                None => colour,
                Some(photo) => {
                    let cover = cnn_report::figure::cover(palette.sign(), f32::from(index) / 255.0);
                    photo * (1.0 - cover) + colour * cover
                }
            }
        };
        for index in 0..255 {
            for photo in [None, Some(0.0), Some(128.0), Some(255.0)] {
                for channel in 0..3 {
                    let step = shown(index, photo, channel) - shown(index + 1, photo, channel);
                    largest = largest.max(step.abs());
                }
            }
        }
    }
    let most = f32::from(cnn_report::write::LARGEST_STEP);
    assert!(
        largest <= most - 1.0 && largest > most - 2.0,
        "{largest} of {most}"
    );
}
