use super::*;

fn labels() -> Labels {
    Labels(["cat", "dog", "lynx", "tiger"].map(str::to_owned).to_vec())
}

fn found(written: Value, takes: Takes) -> Result<Wanted, Vec<(String, String)>> {
    let name: TargetName = serde_json::from_value(written).unwrap();
    let faults = wanted(&labels(), &name, takes);
    faults.map_err(|faults| {
        let each = faults.into_iter();
        each.map(|fault| (fault.pointer, fault.message)).collect()
    })
}

fn scalar(plus: &[usize], minus: &[usize], of: Explained) -> Scalar {
    Scalar {
        plus: plus.to_vec(),
        minus: minus.to_vec(),
        of,
    }
}

#[test]
fn a_number_is_made_of_classes_by_name_or_number() {
    let made = |written: Value| found(written, Takes::Any).unwrap().scalar(|| 3);
    assert_eq!(made(json!("dog")), scalar(&[1], &[], Explained::Score));
    assert_eq!(
        made(json!("predicted")),
        scalar(&[3], &[], Explained::Score)
    );
    let difference = json!({ "difference": ["predicted", 0], "of": "probability" });
    assert_eq!(made(difference), scalar(&[3], &[0], Explained::Probability));
    let sum = json!({ "sum": ["cat", "lynx", "tiger"] });
    assert_eq!(made(sum), scalar(&[0, 2, 3], &[], Explained::Score));
    let one = json!({ "class": "cat", "of": "probability" });
    assert_eq!(made(one), scalar(&[0], &[], Explained::Probability));
    let rise = Takes::Probabilities { why: "" };
    let of_itself = found(json!({ "sum": ["cat", "dog"] }), rise).unwrap();
    assert_eq!(of_itself.scalar(|| 0).of, Explained::Probability);
}

#[test]
fn faults_stand_where_they_are_written_and_come_together() {
    let faults = |written: Value, takes| found(written, takes).unwrap_err();
    let at = |pointer: &str, message: &str| (pointer.to_owned(), message.to_owned());
    assert_eq!(
        faults(json!({ "sum": ["cat", "tigr", 9, "cat"] }), Takes::Any),
        [
            at(
                "/class/sum/1",
                "there is no class `tigr`; did you mean `tiger`"
            ),
            at(
                "/class/sum/2",
                "there is no class 9; the numbers run from 0 to 3"
            ),
            at("/class/sum/3", "the class is listed twice"),
        ]
    );
    assert_eq!(
        faults(json!({ "sum": ["cat", "predicted"] }), Takes::Any)[0].0,
        "/class/sum/1"
    );
    for written in [json!({}), json!({ "class": 0, "sum": [0, 1] })] {
        assert_eq!(faults(written, Takes::Any)[0].0, "/class");
    }
    let of = |of: &str| json!({ "class": 0, "of": of });
    let refused = [
        (of("probability"), Takes::Scores { why: "" }, "/class/of"),
        (of("score"), Takes::Probabilities { why: "" }, "/class/of"),
        (of("score"), Takes::AsOutput(Explained::Score), "/class/of"),
        (of("probability"), Takes::OneClass { why: "" }, "/class/of"),
        (
            json!({ "difference": [0, 1] }),
            Takes::OneClass { why: "" },
            "/class",
        ),
    ];
    for (written, takes, pointer) in refused {
        assert_eq!(faults(written, takes)[0].0, pointer, "{takes:?}");
    }
}

/// Results that were stored of a class are found again however it is written.
#[test]
fn a_key_names_what_is_computed() {
    let of = |written: Value, takes| {
        let name: TargetName = serde_json::from_value(written).unwrap();
        key(&labels(), &name, takes)
    };
    assert_eq!(of(json!("dog"), Takes::Any), json!(1));
    assert_eq!(
        of(json!({ "class": 1, "of": "score" }), Takes::Any),
        json!(1)
    );
    assert_eq!(of(json!("predicted"), Takes::Any), json!("predicted"));
    let probability = json!({ "class": "dog", "of": "probability" });
    assert_ne!(of(probability.clone(), Takes::Any), json!(1));
    assert_eq!(of(probability, Takes::Probabilities { why: "" }), json!(1));
    let two = of(json!({ "difference": ["dog", 0] }), Takes::Any);
    assert_eq!(two, json!({ "plus": [1], "minus": [0], "of": "score" }));
}

#[test]
fn the_predicted_class_of_a_photo_takes_its_place() {
    let filled = |mut written: Value| {
        without_predicted(&mut written, &scalar(&[2], &[0], Explained::Score));
        written
    };
    assert_eq!(filled(json!("predicted")), json!(2));
    assert_eq!(
        filled(json!({ "difference": ["predicted", 0], "of": "score" })),
        json!({ "difference": [2, 0], "of": "score" })
    );
    assert_eq!(
        filled(json!({ "difference": [2, "predicted"] })),
        json!({ "difference": [2, 0] })
    );
    assert_eq!(
        filled(json!({ "class": "predicted", "of": "score" })),
        json!({ "class": 2, "of": "score" })
    );
}
