//! Two small reports, worked out by hand.

use serde_json::json;

use super::*;

fn npy(values: &[f32]) -> Vec<u8> {
    let mut header = format!(
        "{{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1, {}), }}",
        values.len()
    );
    while (10 + header.len() + 1) % 64 != 0 {
        header.push(' ');
    }
    header.push('\n');
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    values
        .iter()
        .for_each(|value| bytes.extend(value.to_le_bytes()));
    bytes
}

/// A report with one map of three numbers.
fn report(folder: &Path, map: &[f32], change: impl Fn(&mut Value)) -> Report {
    let digest: u32 = map.iter().map(|value| value.to_bits() % 9973).sum();
    let file = format!("map.{digest}.npy");
    std::fs::write(folder.join(&file), npy(map)).unwrap();
    let mut value = json!({
        "title": "T", "introduction": "",
        "provenance": { "seed": 0, "model": { "sha256": "aa" } },
        "classes": ["cat", "dog"],
        "photos": [{ "id": "a", "file": "a.jpg", "blake3": "11" }],
        "sections": [{ "title": "Q", "answer": "yes" }],
        "figures": [{
            "name": "lime", "method": "lime", "method_version": 1, "failure": null,
            "parameters": { "method": { "samples": 1000 }, "view": { "features": 5 }, "checks": [] },
            "units": [{ "name": "a", "found": { "map": { "file": file, "shape": [1, 1, 3] } } }],
        }],
        "values": { "lime.a.probability": 0.5, "lime.a.class": "cat", "p.a.top.6.probability": 0.1 },
    });
    change(&mut value);
    let path = folder.join("report.json");
    std::fs::write(&path, value.to_string()).unwrap();
    Report::open(folder).unwrap()
}

fn change(key: &str, old: &str, new: &str) -> Change {
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Change {
        key: key.to_owned(),
        old: some(old),
        new: some(new),
    }
}

#[test]
fn equal_reports_have_no_difference() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let map = [1.0, -2.0, 0.5];
    let old = report(one.path(), &map, |_| {});
    let moved = report(two.path(), &map, |value| {
        value["photos"][0]["file"] = json!("x/a.jpg")
    });
    assert!(compare(&old, &moved, 0.0).is_empty());
}

#[test]
fn every_kind_of_difference_is_told() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let old = report(one.path(), &[1.0, -2.0, 0.5], |_| {});
    let new = report(two.path(), &[1.0, -2.0, 0.7], |value| {
        value["provenance"]["model"]["sha256"] = json!("bb");
        value["photos"][0]["blake3"] = json!("22");
        value["figures"][0]["parameters"]["method"] = json!({ "samples": 500, "ridge": 1.0 });
        value["values"]["lime.a.probability"] = json!(0.25);
        value["values"]["p.a.top.6.probability"] = json!(0.2);
        value["sections"][0]["answer"] = json!("no");
        let figures = value["figures"].as_array_mut().unwrap();
        figures.push(json!({ "name": "rise", "method": "rise", "units": [] }));
    });
    let found = compare(&old, &new, 1e-6);
    assert_eq!(
        found.settings,
        [
            change("model.sha256", "aa", "bb"),
            change("photos.a.blake3", "11", "22"),
            change("lime.samples", "1000", "500"),
            change("lime.ridge", "", "1.0"),
        ]
    );
    assert_eq!(found.figures, [change("rise", "", "rise")]);
    assert_eq!(found.texts, ["section 1: answer"]);
    let [value] = found.values.as_slice() else {
        panic!("{:?}", found.values)
    };
    assert_eq!(
        (value.name.as_str(), &value.old, &value.new),
        ("lime.a.probability", &json!(0.5), &json!(0.25))
    );
    let [array] = found.arrays.as_slice() else {
        panic!("{:?}", found.arrays)
    };
    assert_eq!(array.name, "lime/a map");
    let ArrayDifference::Numbers {
        largest,
        correlation,
    } = &array.found
    else {
        panic!("{array:?}")
    };
    assert!((largest - 0.1).abs() < 1e-6, "0.2 of 2");
    // numpy.corrcoef([1, -2, 0.5], [1, -2, 0.7])[0, 1]
    assert!(
        (correlation.unwrap() - 0.997_871).abs() < 1e-5,
        "{correlation:?}"
    );
    assert!(compare(&old, &new, 0.11).arrays.is_empty());
}

#[test]
fn what_is_no_report_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let told = |path: &Path| Report::open(path).err().unwrap().to_string();
    assert!(told(folder.path()).contains("the folder holds no report.json"));
    let path = folder.path().join("x.json");
    std::fs::write(&path, "{\"figures\": 3}").unwrap();
    assert!(told(&path).contains("this is not the report.json of a report"));
    std::fs::write(&path, "{").unwrap();
    assert!(told(folder.path()).contains("this is not JSON"));
}
