//! Facts of photos against Pillow and imagehash, what is made of them, and that each photo is decoded once.

use cnn_report::evaluate::data_faults;
use cnn_report::present::exhibit::Body;
use cnn_report::results::{PhotoFact, Results};
use cnn_report::words::Argument;
use serde_json::{Value, json};

use crate::evaluate::{Folder, net1, repository};
use crate::strings;

#[test]
fn facts_are_those_of_pillow_and_imagehash() {
    let golden = std::fs::read(repository("tests/data/evaluate/photo_facts.json")).unwrap();
    let golden: Value = serde_json::from_slice(&golden).unwrap();
    let files = [
        "tests/data/picture/chelsea.webp",
        "tests/data/picture/chelsea_224_slic_hw.png",
        "tests/data/picture/coffee.webp",
        "tests/data/picture/coffee_64_lanczos.png",
    ];
    let mut folder = Folder::new();
    for file in files {
        let name = file.rsplit_once('/').unwrap().1;
        folder = folder.with(
            &format!("photos/a/{name}"),
            &std::fs::read(repository(file)).unwrap(),
        );
    }
    let found = net1(&folder).run(&data_faults::ENTRY, json!({ "data": "photos" }));
    let [Results::PhotoFacts(facts)] = &found.results[..] else {
        panic!("one range")
    };
    for (file, fact) in files.iter().zip(&facts.rows) {
        let expected = &golden[file.rsplit_once('/').unwrap().1];
        let PhotoFact::Picture(found) = fact else {
            panic!("a picture")
        };
        assert_eq!(
            json!([found.width, found.height]),
            expected["size"],
            "{file}"
        );
        assert_eq!(
            json!(format!("{:016x}", found.hash)),
            expected["hash"],
            "{file}"
        );
        for (name, found) in [
            ("brightness", found.brightness),
            ("contrast", found.contrast),
            ("sharpness", found.sharpness),
        ] {
            let expected = expected[name].as_f64().unwrap();
            assert!(
                (found - expected).abs() <= 1e-9 * expected,
                "{file}: {name} {found} {expected}"
            );
        }
    }
}

fn saved(picture: &image::RgbImage, format: image::ImageFormat) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// The same photo as PNG and as JPEG, also under another label; a dark one, a tiny one, a long one.
#[test]
fn every_sort_of_fault_is_found_and_named() {
    let coffee = image::open(repository("tests/data/picture/coffee.webp"))
        .unwrap()
        .to_rgb8();
    let png = saved(&coffee, image::ImageFormat::Png);
    let folder = Folder::new()
        .photo("photos/a/1.webp", "coffee")
        .with("photos/a/2.jpg", &saved(&coffee, image::ImageFormat::Jpeg))
        .with("photos/b/3.png", &png)
        .with(
            "photos/b/4.png",
            &saved(
                &image::RgbImage::from_pixel(30, 200, image::Rgb([9; 3])),
                image::ImageFormat::Png,
            ),
        );
    let found = net1(&folder).run(&data_faults::ENTRY, json!({ "data": "photos" }));
    let Body::Table(table) = &found.exhibits[0].body else {
        panic!("the table comes first")
    };
    let counts: Vec<&Argument> = table.rows.iter().map(|row| &row[1]).collect();
    // exact, near, across, dark, bright, flat, blurred, tiny, odd shape
    let expected = [1, 1, 1, 1, 0, 1, 1, 1, 1].map(Argument::Count);
    assert_eq!(counts, expected.iter().collect::<Vec<_>>());
    let Body::Pictures(pairs) = &found.exhibits[1].body else {
        panic!("pairs come second")
    };
    assert_eq!(pairs.tiles.len(), 4);
    let Body::Pictures(others) = &found.exhibits[2].body else {
        panic!("examples come third")
    };
    assert_eq!(others.tiles.len(), 5);
    strings::assert_said(&found);
    // Limits decide where they are shown: the facts are the same.
    let strict = json!({ "data": "photos", "dark": 0.0, "flat": 0.0, "blurred": 0, "tiny_px": 1, "aspect": 99, "hash_bits": 0 });
    let strict = net1(&folder).run(&data_faults::ENTRY, strict);
    assert_eq!(strict.results, found.results);
    assert_eq!(strict.exhibits.len(), 2); // the equal pair is left
}
