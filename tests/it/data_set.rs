//! Labelled photos: folders and lists as people have them, headers, unreadable files, trials on them.

use std::collections::BTreeMap;
use std::io::{Cursor, Seek, SeekFrom, Write};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use cnn_report::evaluate::data_set::{DataSet, SkipReason, count_by_kind};
use cnn_report::evaluate::groups::Groups;
use cnn_report::labels::Labels;
use cnn_report::picture::{Picture, Preprocessing};
use image::{ImageFormat, Rgb, RgbImage};
use serde_json::Value;

struct Folder(tempfile::TempDir);

fn folder() -> Folder {
    Folder(tempfile::tempdir().unwrap())
}

impl Folder {
    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn with(self, name: &str, content: &[u8]) -> Self {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
        self
    }

    fn photos(self, names: &[&str]) -> Self {
        let photo = encoded(8, 9, ImageFormat::Png);
        names
            .iter()
            .fold(self, |folder, name| folder.with(name, &photo))
    }
}

/// One colour of this red level.
fn encoded(size: u32, red: u8, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    let picture = RgbImage::from_pixel(size, size, Rgb([red, 0, 0]));
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn labels(names: &[&str]) -> Groups {
    Groups::classes(&Labels(
        names.iter().map(|name| (*name).to_owned()).collect(),
    ))
}

fn open(folder: &Folder, name: &str, classes: &[&str]) -> Result<DataSet, Vec<String>> {
    let preprocessing = Preprocessing::default();
    let path = folder.path(name);
    let opened = DataSet::open(name, &path, &labels(classes), &preprocessing, 0.01);
    let base = format!("{}/", folder.0.path().display());
    opened.map_err(|faults| {
        let faults = faults.iter();
        faults
            .map(|fault| fault.to_string().replace(&base, ""))
            .collect()
    })
}

/// File names with the index of their label.
fn found(folder: &Folder, data_set: &DataSet) -> Vec<(String, usize)> {
    let photos = data_set.photos.iter().map(|photo| {
        let name = photo.path.strip_prefix(folder.0.path()).unwrap();
        (name.display().to_string(), photo.truth)
    });
    photos.collect()
}

const CLASSES: [&str; 3] = ["cat", "dog", "cat, domestic"];

fn listed(text: &str) -> Result<Vec<(String, usize)>, Vec<String>> {
    let files = ["0.png", "1.png", "a,b.png", "#1.png"];
    let folder = folder().photos(&files).with("list.csv", text.as_bytes());
    open(&folder, "list.csv", &CLASSES).map(|data_set| found(&folder, &data_set))
}

#[test]
fn lists_are_read_as_spreadsheets_write_them() {
    let pair = [("0.png".to_owned(), 0), ("1.png".to_owned(), 1)];
    for text in [
        "0.png,cat\n1.png,dog\n",
        "0.png;cat\r\n1.png;dog\r\n",
        "0.png\tcat\n1.png\tdog",
        "\u{feff}path,label\n0.png,cat\n1.png,dog\n",
        "Filename;Class\n0.png;cat\n1.png;dog\n",
        "label,image\ncat,0.png\ndog,1.png\n",
        "\"0.png\",\"cat\"\n\"1.png\",\"dog\"\n",
        "# from the archive, 2024\n\n0.png , cat\n#2.png,cat\n1.png, 1\n",
        "0.png,cat,\n1.png,dog,\n",
        "0.png\tcat\n1.png,dog\n",
    ] {
        assert_eq!(listed(text).unwrap(), pair, "{text}");
    }
    let quoted = listed("\"a,b.png\",\"cat, domestic\"\n\"0.png\",\"cat\"\n").unwrap();
    assert_eq!(quoted, [("a,b.png".to_owned(), 2), ("0.png".to_owned(), 0)]);
    assert_eq!(
        listed("a,b.png,dog\n").unwrap(),
        [("a,b.png".to_owned(), 1)]
    );
}

#[test]
fn a_photo_whose_name_begins_with_a_hash_is_no_comment() {
    let found = listed("#1.png,cat\n0.png,cat\n1.png,dog\n").unwrap();
    assert_eq!(found.len(), 3);
    assert_eq!(found[0], ("#1.png".to_owned(), 0));
}

#[test]
fn other_dialects_are_refused_by_their_name() {
    assert_eq!(
        listed("0,0.png,cat\n1,1.png,dog\n").unwrap_err(),
        [
            "list.csv:1:1: error: `0,0.png,cat` has 3 columns; hint: use two columns, path and label; the file is named in column 2",
            "list.csv:2:1: error: `1,1.png,dog` has 3 columns; hint: use two columns, path and label; the file is named in column 2",
        ]
    );
    let split = listed("0.png,cat,test\n").unwrap_err();
    assert!(
        split[0].ends_with("the file is named in column 1"),
        "{split:?}"
    );
    let open_quote = listed("\"0.png,cat\n1.png,dog\n").unwrap_err();
    assert_eq!(open_quote.len(), 1, "{open_quote:?}");
    assert!(open_quote[0].starts_with("list.csv:1:1: error: a quote is not closed"));
    let wide: Vec<u8> = std::iter::once(0xFEFF)
        .chain("0.png\tcat\n".encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    let folder = folder().with("list.txt", &wide);
    assert_eq!(
        open(&folder, "list.txt", &CLASSES).unwrap_err(),
        ["list.txt: error: the list is encoded as UTF-16; hint: save it as UTF-8"]
    );
}

/// A first line with a mistake is not taken for headings.
#[test]
fn only_headings_are_headings() {
    let faults = listed("0.png,label\n").unwrap_err();
    assert!(
        faults[0].contains("there is no class `label`"),
        "{faults:?}"
    );
    let faults = listed("missing.png,cta\n0.png,cat\n").unwrap_err();
    assert!(faults[0].contains("there is no class `cta`"), "{faults:?}");
}

#[test]
fn many_faults_of_a_kind_are_counted() {
    let lines: String = (0..360)
        .map(|line| format!("gone{line}.png,cat\n"))
        .collect();
    let faults = listed(&lines).unwrap_err();
    assert_eq!(faults.len(), 6, "{faults:?}");
    assert_eq!(
        faults[5],
        "list.csv: error: there are 355 more missing files"
    );
    let lines: String = (0..360).map(|_| "0.png,zebra\n").collect();
    assert_eq!(listed(&lines).unwrap_err().len(), 1);
}

#[test]
fn composed_and_decomposed_names_of_folders_are_one_label() {
    let names = ["photos/cafe\u{301}/1.png", "photos/caf\u{e9}/2.png"];
    let folder = folder().photos(&names);
    let data_set = open(&folder, "photos", &["tea", "caf\u{e9}"]).unwrap();
    let truths: Vec<_> = data_set.photos.iter().map(|photo| photo.truth).collect();
    assert_eq!(truths, [1, 1]);
}

/// `../shared/cases/files/T31-symlink-loop` counted four photos as 84.
#[test]
fn links_do_not_multiply_photos() {
    let names = [
        "photos/cat/0.png",
        "photos/cat/1.png",
        "photos/dog/2.png",
        "pool/3.png",
    ];
    let folder = folder()
        .photos(&names)
        .with("photos/cat/a.heic", b"")
        .with("photos/Thumbs.db", b"");
    symlink(".", folder.path("photos/cat/loop")).unwrap();
    symlink("../cat", folder.path("photos/dog/cat")).unwrap();
    symlink("../../pool/3.png", folder.path("photos/dog/3.png")).unwrap();
    symlink("nowhere.png", folder.path("photos/dog/4.png")).unwrap();
    let fifo = folder.path("photos/dog/5.png");
    assert!(Command::new("mkfifo").arg(fifo).status().unwrap().success());
    let data_set = open(&folder, "photos", &CLASSES).unwrap();
    let expected = [
        ("photos/cat/0.png", 0),
        ("photos/cat/1.png", 0),
        ("photos/dog/2.png", 1),
        ("photos/dog/3.png", 1),
    ];
    assert_eq!(
        found(&folder, &data_set),
        expected.map(|(name, truth)| (name.to_owned(), truth))
    );
    let counts: BTreeMap<String, usize> = count_by_kind(&data_set.skipped).into_iter().collect();
    let expected = [
        ("FIFOs, sockets and devices", 1),
        ("other files", 1),
        ("pictures of the format heic", 1),
        ("symbolic links to nothing", 1),
        ("symbolic links to what is listed already", 2),
    ];
    assert_eq!(
        counts,
        expected
            .map(|(kind, count)| (kind.to_owned(), count))
            .into()
    );
    let is_special = |reason: &SkipReason| *reason == SkipReason::Special("a FIFO");
    assert!(
        data_set
            .skipped
            .iter()
            .any(|skipped| is_special(&skipped.reason))
    );
}

/// A file of 64 GB, of which the first 64 kB and the end are looked at.
#[test]
fn only_headers_are_read() {
    const HOLE_BYTES: i64 = 64 << 30;
    let with_hole = |name: &str, start: &[u8], end: &[u8]| {
        let folder = folder().with(name, start);
        let mut file = std::fs::OpenOptions::new()
            .write(true)
            .open(folder.path(name))
            .unwrap();
        file.seek(SeekFrom::End(HOLE_BYTES)).unwrap();
        file.write_all(end).unwrap();
        folder
    };
    let jpeg = encoded(40, 9, ImageFormat::Jpeg);
    let (start, end) = jpeg.split_at(jpeg.len() - 2);
    let folder = with_hole("a.jpg", start, end);
    assert_eq!(
        Picture::dimensions_of(&folder.path("a.jpg")).unwrap(),
        (40, 40)
    );
    let png = encoded(40, 9, ImageFormat::Png);
    let (start, end) = png.split_at(png.len() - 12);
    let folder = with_hole("a.png", start, end);
    assert_eq!(
        Picture::dimensions_of(&folder.path("a.png")).unwrap(),
        (40, 40)
    );
}

fn npy(shape: &str, count: usize) -> Vec<u8> {
    let mut header = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}\n");
    header.insert_str(header.len() - 1, &" ".repeat(118 - header.len()));
    let length = (header.len() as u16).to_le_bytes();
    let start = [b"\x93NUMPY\x01\0".as_slice(), &length, header.as_bytes()].concat();
    [start, vec![0; count * 4]].concat()
}

#[test]
fn arrays_are_checked_by_their_header() {
    let values = 3 * 224 * 224;
    let whole = npy("(3, 224, 224)", values);
    let folder = folder()
        .with("photos/cat/a.npy", &whole)
        .with("photos/cat/cut.npy", &whole[..whole.len() - 1])
        .photos(&["photos/dog/1.png"]);
    let data_set = open(&folder, "photos", &CLASSES).unwrap();
    assert_eq!(
        (data_set.arrays, data_set.photos.len(), data_set.total()),
        (1, 2, 3)
    );
    assert!(
        data_set.unreadable[0]
            .reason
            .contains("the file is cut off")
    );
    let folder = folder.with("photos/dog/small.npy", &npy("(3, 5, 5)", 75));
    let faults = open(&folder, "photos", &CLASSES).unwrap_err();
    assert_eq!(faults.len(), 1);
    assert!(
        faults[0].contains("3 × 5 × 5, but the network's input is 3 × 224 × 224"),
        "{faults:?}"
    );
}

#[test]
fn unreadable_photos_are_a_fault_where_they_are_many() {
    let folder = folder()
        .photos(&["photos/cat/0.png", "photos/dog/1.png"])
        .with("photos/cat/page.jpg", b"<!doctype html>");
    let data_set = open(&folder, "photos", &CLASSES).unwrap();
    assert_eq!((data_set.photos.len(), data_set.unreadable.len()), (2, 1));
    let reason = &data_set.unreadable[0].reason;
    assert!(
        reason.contains("page.jpg") && reason.contains("an HTML page"),
        "{reason}"
    );
    let folder = folder.with("photos/dog/empty.png", b"");
    let faults = open(&folder, "photos", &CLASSES).unwrap_err();
    assert_eq!(
        faults,
        [
            "photos: error: 2 of 4 photos cannot be read; `max_unreadable: 0.01` allows 1; hint: the first one: \
          `photos/cat/page.jpg` is an HTML page, not a picture; download the picture itself; the page may be an error message"
        ]
    );
}

fn trial(model: &Path, folder: &Path) -> (Value, String) {
    let run = |more: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_cnn-report"))
            .arg("inspect")
            .arg(model)
            .arg("--try")
            .arg(folder)
            .args(more)
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{told}");
        output.stdout
    };
    let json: Value = serde_json::from_slice(&run(&["--json"])).unwrap();
    (json["trial"].clone(), String::from_utf8(run(&[])).unwrap())
}

/// `../shared/cases/robustness/corrupt-last-photo`: the header is whole, the pixels are not.
#[test]
fn a_photo_with_damaged_pixels_is_left_out_and_named() {
    let mut damaged = encoded(64, 7, ImageFormat::Png);
    let middle = damaged.len() / 2;
    damaged[middle] ^= 0xFF;
    let names: Vec<String> = (0..20)
        .map(|at| format!("photos/{}/{at}.png", at % 3))
        .collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let folder = folder().photos(&names).with("photos/2/last.png", &damaged);
    let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/model/net1.pt2");
    let (json, text) = trial(&model, &folder.path("photos"));
    assert_eq!(json["photos"], 20);
    // four presets in two orders of colour and in grey, levels from 0 to 255 in each, and three other ways of resampling
    assert_eq!(json["rows"].as_array().unwrap().len(), 18);
    assert_eq!(json["unreadable"].as_array().unwrap().len(), 1);
    assert!(
        json["unreadable"][0]["path"]
            .as_str()
            .unwrap()
            .ends_with("2/last.png")
    );
    assert!(
        text.contains("Left out, as unreadable: 1 photo\n"),
        "{text}"
    );
    assert!(text.contains("last.png` cannot be decoded"), "{text}");
}

/// `../shared/cases/files/T28-numeric-folders`: 4 of 24 photos right for 24 of 24.
#[test]
fn a_trial_finds_labels_in_the_order_of_text() {
    let mut names: Vec<String> = (0..12).map(|label| label.to_string()).collect();
    names.sort(); // as ImageFolder sorts
    let mut folder = folder();
    for (class, label) in names.iter().enumerate() {
        let red = (class as f64 * 255.0 / 11.0).round() as u8;
        for photo in 0..2 {
            let photo = format!("photos/{label}/{photo}.png");
            folder = folder.with(&photo, &encoded(32, red, ImageFormat::Png));
        }
    }
    let model =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/evaluate/text_order.safetensors");
    let report = format!(
        "title: T\nmodel:\n  file: {}\n  layers:\n    - {{type: Conv2d, out_channels: 6, kernel_size: 1}}\n    \
         - {{type: ReLU}}\n    - {{type: AdaptiveAvgPool2d, output_size: 1}}\n    - {{type: Flatten}}\n    \
         - {{type: Linear, out_features: 12}}\n  input: {{preset: unit, size: [32, 32], resize: stretch}}\n\
         questions: [{{title: Q}}]\n",
        model.display()
    );
    let folder = folder.with("report.yaml", report.as_bytes());
    let classes: Vec<String> = (0..12).map(|label| label.to_string()).collect();
    let classes: Vec<&str> = classes.iter().map(String::as_str).collect();
    let data_set = open(&folder, "photos", &classes).unwrap();
    assert_eq!(data_set.label_order.unwrap().class_in_text_order[2], 4);
    let (json, text) = trial(&folder.path("report.yaml"), &folder.path("photos"));
    let rows = json["rows"].as_array().unwrap();
    let best = (
        &rows[0]["setting"],
        &rows[0]["labels_in_text_order"],
        &rows[0]["right"],
    );
    assert_eq!(best, (&"unit".into(), &true.into(), &24.into()), "{text}");
    let by_number = |row: &&Value| row["setting"] == "unit" && row["labels_in_text_order"] == false;
    assert_eq!(rows.iter().find(by_number).unwrap()["right"], 4);
    assert!(
        text.contains("in the order of text (0, 1, 10, …)"),
        "{text}"
    );
    // Class names in the order of training leave no doubt.
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    assert_eq!(open(&folder, "photos", &names).unwrap().label_order, None);
}
