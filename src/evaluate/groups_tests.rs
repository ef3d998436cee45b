use super::*;

fn labels() -> Labels {
    Labels(
        ["tench", "goldfish", "tabby", "crane", "lynx", "crane"]
            .map(str::to_owned)
            .to_vec(),
    )
}

fn groups(text: &str) -> Result<Groups, Vec<String>> {
    let texts = |faults: Vec<Diagnostic>| faults.iter().map(Diagnostic::to_string).collect();
    Groups::parse("groups.yaml", text, &labels()).map_err(texts)
}

#[test]
fn many_unknown_names_are_counted() {
    let names: Vec<String> = (0..400).map(|at| format!("unheard of {at}")).collect();
    let told = groups(&format!("a: [{}]", names.join(", "))).unwrap_err();
    assert_eq!(told.len(), 6, "{told:?}");
    assert!(
        told[5].contains(
            "395 more items are unknown; hint: the group file may be of other class names"
        ),
        "{}",
        told[5]
    );
}

#[test]
fn names_numbers_and_ranges_make_groups_and_the_rest_is_other() {
    let found = groups("fish: [Tench, 1]\ncat: 2\nbird: [\"3-3\"]\nfox:\n").unwrap();
    assert_eq!(found.names, ["fish", "cat", "bird", "fox"]);
    assert_eq!(
        [0, 1, 2, 3, 4].map(|group| found.size(group)),
        [2, 1, 1, 0, 2]
    );
    let sums = found.probabilities(&[0.25, 0.125, 0.0625, 0.5, 0.03125, 0.03125]);
    assert_eq!(sums, [0.375, 0.0625, 0.5, 0.0, 0.0625]);
    assert_eq!(sums.iter().sum::<f64>(), 1.0);
}

#[test]
fn all_faults_come_together_with_line_and_column() {
    let text = "fish: [tensh, 9, 0-2]\ncat: [2, 4-3, crane, predicted]\nfish: [5]\nother: [3]\n";
    let faults = groups(text).unwrap_err();
    let expected = [
        "groups.yaml:1:8: error: there is no class `tensh`; did you mean `tench`",
        "groups.yaml:1:15: error: there is no class 9; hint: the classes are 0 to 5",
        "groups.yaml:2:7: error: class 2 `tabby` is listed twice; hint: a class stands in one group; the first place is line 1",
        "groups.yaml:2:10: error: the range `4-3` runs backwards; hint: write `3-4`",
        "groups.yaml:2:15: error: several classes are named `crane`: 3, 5; give the number of one",
        "groups.yaml:2:22: error: `predicted` does not name a class; hint: write a class name, a number or a range",
        "groups.yaml:3:1: error: the group `fish` is given twice; hint: put its classes into the one in line 1",
        "groups.yaml:4:1: error: a group cannot be named `other`; hint: leave the group out: classes in no group are `other`",
    ];
    assert_eq!(faults, expected);
}

#[test]
fn a_file_without_classes_is_a_fault() {
    assert!(groups("").unwrap_err()[0].starts_with("groups.yaml: error: no group has a class"));
    assert!(groups("fish:\n").is_err());
}

#[test]
fn labels_of_photos_are_groups_or_other() {
    let found = groups("fish: 0-1\ncat: 2\n").unwrap();
    assert_eq!(
        (found.find("fish"), found.find("Cat"), found.find("other")),
        (Ok(0), Ok(1), Ok(2))
    );
    let (message, hint) = found.find("fihs").unwrap_err();
    assert_eq!(
        (message.as_str(), hint.as_str()),
        ("there is no group `fihs`", "did you mean `fish`")
    );
    let (_, hint) = found.find("zebra").unwrap_err();
    assert_eq!(hint, "expected one of `fish`, `cat`");
    // A number is no label where there are groups, and without classes left there is no `other`.
    assert!(found.find("0").is_err());
    assert!(groups("all: 0-5\n").unwrap().find("other").is_err());
}

#[test]
fn composed_and_decomposed_letters_are_equal() {
    let (composed, decomposed) = ("caf\u{e9}", "cafe\u{301}");
    let labels = Labels(vec![composed.to_owned(), "tabby".to_owned()]);
    assert_eq!(Groups::classes(&labels).find(decomposed), Ok(0));
    assert_eq!(Groups::classes(&labels).find("CAFE\u{301}"), Ok(0));
    let text = format!("drink: {decomposed}\n");
    let groups = Groups::parse("groups.yaml", &text, &labels).unwrap();
    assert_eq!((groups.size(0), groups.size(1)), (1, 1));
}

#[test]
fn without_groups_labels_are_class_names_or_numbers() {
    let found = Groups::classes(&labels());
    assert_eq!(found.names[3], "crane (3)");
    assert_eq!(
        (
            found.find("tabby"),
            found.find("5"),
            found.find("crane (5)")
        ),
        (Ok(2), Ok(5), Ok(5))
    );
    assert!(
        found.find("6").is_err() && found.find("crane").is_err() && found.find("other").is_err()
    );
    assert_eq!(found.probabilities(&[1.0, 0.0, 0.0, 0.0, 0.0, 0.0])[0], 1.0);
}
