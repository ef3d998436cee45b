//! What other files, `--set`, `defaults`, patterns and sets make of a report.yaml, and where their faults are told.

use std::collections::BTreeMap;

use super::*;
use crate::spec::{ImagesKey, MethodSchema, Spec};

/// Files by name; a pattern is what stands before its first `*`.
struct Written(BTreeMap<&'static str, &'static str>);

impl Files for Written {
    fn read(&self, path: &Path) -> Result<String, String> {
        let name = path.to_string_lossy();
        let text = self.0.get(name.as_ref()).map(|text| (*text).to_owned());
        text.ok_or_else(|| format!("there is no file `{name}`"))
    }

    fn matching(&self, pattern: &str) -> Result<Vec<PathBuf>, String> {
        let begin = pattern.split('*').next().unwrap_or_default();
        let names = self.0.keys().filter(|name| name.starts_with(begin));
        Ok(names.map(PathBuf::from).collect())
    }
}

fn methods() -> Vec<MethodSchema> {
    let method = |name| MethodSchema {
        name,
        parameters: serde_json::json!({
            "type": "object",
            "properties": {
                "samples": { "type": "integer", "minimum": 1 },
                "start": { "type": "object", "properties": {
                    "low": { "type": "integer" }, "high": { "type": "integer" },
                }},
            },
        }),
        images: ImagesKey::Many,
        checks: false,
    };
    vec![method("lime"), method("rise")]
}

const FILES: [(&str, &str); 7] = [
    (
        "common.yaml",
        "title: Common\nmodel:\n  file: common.pt2\n  classes: c.txt\nseed: 7\n",
    ),
    ("wrong.yaml", "model: {fil: x}\nlanguage: [en]\n"),
    ("nested.yaml", "include: common.yaml\n"),
    ("p/a b.jpg", ""),
    ("p/cat.jpg", ""),
    ("q/x.jpeg", ""),
    ("q/x.jpg", ""),
];

fn read(text: &str, set: &[&str]) -> Result<Spec, Vec<String>> {
    let mut document = Document::new(Path::new("report.yaml"), text.to_owned());
    let set: Vec<String> = set.iter().map(|setting| (*setting).to_owned()).collect();
    let files = Written(BTreeMap::from(FILES));
    let additions = Additions {
        set: &set,
        files: &files,
    };
    let spec = document.parse(&methods(), &additions);
    spec.map_err(|faults| faults.iter().map(Diagnostic::to_string).collect())
}

fn faults(text: &str, set: &[&str]) -> Vec<String> {
    read(text, set).err().unwrap_or_default()
}

const REPORT: &str = "title: T
model: {file: net.pt2}
images: [{id: a, file: a.jpg}, {id: b, file: b.jpg}]
questions:
  - title: One
    figures: [{lime: {id: first}}, {rise: }]
  - title: Two
    figures: [{lime: {samples: 3, start: {low: 1}}}]
";

/// Parameters of a figure, from 0 both.
fn figure(spec: &Spec, question: usize, figure: usize) -> Value {
    let item = &spec.questions[question].figures[figure];
    item.values().next().cloned().unwrap()
}

#[test]
fn an_included_file_says_what_the_report_does_not() {
    let spec = read(
        "include: common.yaml\ntitle: Own\nmodel: {file: own.pt2}\nquestions: [{title: Q}]\n",
        &[],
    )
    .unwrap();
    assert_eq!(spec.title, "Own");
    assert_eq!(spec.model.file, Path::new("own.pt2"));
    assert_eq!(spec.model.classes.as_deref(), Some(Path::new("c.txt")));
    assert_eq!(spec.seed, 7);
}

#[test]
fn a_fault_of_an_included_file_is_told_there() {
    let text =
        "include: [wrong.yaml]\ntitle: T\nmodel: {file: x.pt2}\nquestions: [{title: Q}]\nsede: 3\n";
    assert_eq!(
        faults(text, &[]),
        [
            "report.yaml:5:1: error: unknown key `sede`; hint: did you mean `seed`?",
            "wrong.yaml:1:9: error: unknown key `fil`; hint: did you mean `file`?",
            "wrong.yaml:2:11: error: expected a string, found a list",
        ]
    );
    assert_eq!(
        faults("include: none.yaml\n", &[]),
        [
            "report.yaml:1:10: error: there is no file `none.yaml`; hint: name a YAML file, relative to the folder of report.yaml"
        ]
    );
    assert!(
        faults("include: nested.yaml\n", &[])[0]
            .starts_with("nested.yaml:1:1: error: a file that is included cannot include others")
    );
}

#[test]
fn defaults_reach_every_figure_that_does_not_say_it() {
    let text = format!(
        "{REPORT}defaults: {{lime: {{samples: 9, start: {{low: 5, high: 6}}}}, rise: {{samples: 2}}}}\n"
    );
    let spec = read(&text, &[]).unwrap();
    assert_eq!(figure(&spec, 0, 0)["samples"], 9);
    assert_eq!(figure(&spec, 0, 1)["samples"], 2);
    let second = figure(&spec, 1, 0);
    assert_eq!(second["samples"], 3);
    assert_eq!(second["start"], serde_json::json!({ "low": 1, "high": 6 }));
}

#[test]
fn a_fault_of_a_default_is_told_once_and_where_it_stands() {
    let text = format!("{REPORT}defaults: {{lime: {{samples: 0, id: x}}}}\n");
    assert_eq!(
        faults(&text, &[]),
        [
            "report.yaml:9:28: error: expected a whole number from 1, found `0`",
            "report.yaml:9:31: error: unknown key `id`; hint: the known keys are `samples`, `start`, `images`",
        ]
    );
}

#[test]
fn a_setting_changes_keys_items_and_figures() {
    let spec = read(
        REPORT,
        &[
            "title=New",
            "output.name=other",
            "images.b.file=c.jpg",
            "images.1.name='the first'",
            "lime.samples=5",
            "questions.1.rise.samples=8",
            "first.start.low=2",
            "questions.2.points=1.5",
        ],
    )
    .unwrap();
    assert_eq!(spec.title, "New");
    assert_eq!(spec.output.name.as_deref(), Some("other"));
    assert_eq!(spec.images[1].file, Path::new("c.jpg"));
    assert_eq!(spec.images[0].name.as_deref(), Some("the first"));
    assert_eq!(figure(&spec, 0, 0)["samples"], 5);
    assert_eq!(figure(&spec, 1, 0)["samples"], 5);
    assert_eq!(figure(&spec, 0, 1)["samples"], 8);
    assert_eq!(figure(&spec, 0, 0)["start"]["low"], 2);
    assert_eq!(spec.questions[1].points, Some(1.5));
}

#[test]
fn a_setting_that_cannot_be_says_why() {
    let one = |setting: &str| faults(REPORT, &[setting]).join("\n");
    assert_eq!(
        one("lime.samples=many"),
        "--set lime.samples=many: error: expected a whole number from 1, found `many`"
    );
    assert_eq!(
        one("lime"),
        "--set lime: error: a `=` is missing; hint: write for example `--set questions.2.lime.samples=5000`"
    );
    assert_eq!(
        one("lim.samples=3"),
        "--set lim.samples=3: error: no key, figure or method of the report is called `lim`; hint: did you mean `lime`?"
    );
    assert_eq!(
        one("questions.3.title=x"),
        "--set questions.3.title=x: error: `questions` has no item `3`; hint: it has 2, counted from 1"
    );
    assert_eq!(
        one("title.x=3"),
        "--set title.x=3: error: `title` is one value, without keys below it; hint: write for example `--set questions.2.lime.samples=5000`"
    );
    assert_eq!(
        one("lime.sampels=3"),
        "--set lime.sampels=3: error: unknown key `sampels`; hint: did you mean `samples`?"
    );
    assert!(
        one("seed=[1")
            .starts_with("--set seed=[1: error: a list that starts with `[` is not closed")
    );
}

#[test]
fn a_pattern_becomes_photos() {
    let text = |images: &str| {
        format!("title: T\nmodel: {{file: n.pt2}}\nimages: {images}\nquestions: [{{title: Q}}]\n")
    };
    let photos = |images: &str| -> Vec<(String, PathBuf, Option<String>)> {
        let spec = read(&text(images), &[]).unwrap();
        let photos = spec.images.into_iter();
        photos
            .map(|photo| (photo.id, photo.file, photo.name))
            .collect()
    };
    let a = ("a-b".to_owned(), "p/a b.jpg".into(), Some("a b".to_owned()));
    let cat = ("cat".to_owned(), PathBuf::from("p/cat.jpg"), None);
    assert_eq!(photos("p/*.jpg"), [a.clone(), cat]);
    let taken = (
        "cat-2".to_owned(),
        PathBuf::from("p/cat.jpg"),
        Some("cat".to_owned()),
    );
    let own = ("cat".to_owned(), "x.png".into(), None);
    assert_eq!(photos("[{id: cat, file: x.png}, p/*.jpg]"), [own, a, taken]);
    assert_eq!(
        faults(&text("[none/*.jpg, {id: 3}]"), &[])[0],
        "report.yaml:3:10: error: no file fits `none/*.jpg`; hint: a pattern is relative to the folder of report.yaml: `photos/*.jpg`, `photos/**/*.{jpg,png}`"
    );
}

/// Two files that differ in their endings have both in their ids: a text that quotes one never comes to quote the other.
#[test]
fn ids_do_not_depend_on_which_file_came_first() {
    let ids = |images: &str| -> Vec<String> {
        let text = format!(
            "title: T\nmodel: {{file: n.pt2}}\nimages: {images}\nquestions: [{{title: Q}}]\n"
        );
        let spec = read(&text, &[]).unwrap();
        spec.images.into_iter().map(|photo| photo.id).collect()
    };
    assert_eq!(ids("q/*"), ["x-jpeg", "x-jpg"]);
    assert_eq!(ids("[p/*.jpg, p/cat.jpg, p/*]"), ["a-b", "cat"]);
    assert_eq!(ids("[{id: mine, file: p/cat.jpg}, p/*]"), ["mine", "a-b"]);
}

#[test]
fn a_set_stands_for_its_photos() {
    let text = REPORT
        .replace("{id: first}", "{images: both}")
        .replace("{samples: 3", "{images: [a, both], samples: 3");
    let spec = read(&format!("{text}sets: {{both: [b, a]}}\n"), &[]).unwrap();
    assert_eq!(figure(&spec, 0, 0)["images"], serde_json::json!(["b", "a"]));
    assert_eq!(figure(&spec, 1, 0)["images"], serde_json::json!(["a", "b"]));
    let member = text.replace("[a, both]", "[both, a]");
    let spec = read(&format!("{member}sets: {{both: [b, a]}}\n"), &[]).unwrap();
    assert_eq!(figure(&spec, 1, 0)["images"], serde_json::json!(["b", "a"]));
    assert_eq!(
        faults(&format!("{text}sets: {{both: [b, c]}}\n"), &[]),
        ["report.yaml:9:18: error: no image has the id `c`; hint: a set lists ids of `images`"]
    );
    assert!(
        faults(&format!("{REPORT}sets: {{a: [b]}}\n"), &[])[0]
            .starts_with("report.yaml:9:8: error: `a` is the id of a photo already")
    );
    let one = read(&REPORT.replace("{id: first}", "{images: b}"), &[]).unwrap();
    assert_eq!(figure(&one, 0, 0)["images"], serde_json::json!(["b"]));
}

#[test]
fn sections_are_questions_by_another_name() {
    let text = "title: T\nmodel: {file: n.pt2}\nsections:\n  - title: One\n    text: Read this.\n    figures: [{lime: {samples: 0}}]\n";
    let good = text.replace("samples: 0", "samples: 4");
    let spec = read(&good, &["sections.1.lime.samples=9"]).unwrap();
    assert!(spec.has_sections);
    assert_eq!(spec.questions[0].figures[0]["text"], "Read this.");
    assert_eq!(figure(&spec, 0, 1)["samples"], 9);
    // A fault stands where it was written, although the text has moved in front of the figure.
    assert_eq!(
        faults(text, &[]),
        ["report.yaml:6:32: error: expected a whole number from 1, found `0`"]
    );
    let both = format!("{good}questions: [{{title: Q}}]\n");
    assert!(
        faults(&both, &[])[0]
            .starts_with("report.yaml:3:1: error: `sections` and `questions` stand for the same")
    );
    let questions = read(&good.replace("sections:", "questions:"), &[]).unwrap();
    assert!(!questions.has_sections);
    assert_eq!(questions.questions[0].figures[0]["text"], "Read this.");
}
