//! Broken files end in an error, never in a panic, a hang or a crash.

use std::io::{Read, Write};
use std::panic::catch_unwind;
use std::path::Path;
use std::time::{Duration, Instant};

use cnn_report::model::{self, Architecture, Model, ModelError};

use super::{NET1_SHAPE, data, source};

/// Numbers that are the same in every run (xorshift, Marsaglia 2003).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound as u64) as usize
    }

    /// One to three bytes changed, or the end cut off.
    fn broken(&mut self, content: &[u8], alphabet: &[u8]) -> Vec<u8> {
        let mut content = content.to_vec();
        if self.below(8) == 0 {
            content.truncate(self.below(content.len()));
            return content;
        }
        for _ in 0..=self.below(3) {
            let place = self.below(content.len());
            content[place] = match alphabet {
                [] => self.below(256) as u8,
                alphabet => alphabet[self.below(alphabet.len())],
            };
        }
        content
    }
}

/// Loads and runs every broken content; returns how many were refused.
fn refused(
    contents: impl Iterator<Item = Vec<u8>>,
    load: impl Fn(&Path) -> Result<Model, ModelError> + std::panic::RefUnwindSafe,
) -> usize {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("broken");
    let mut refused = 0;
    for (index, content) in contents.enumerate() {
        std::fs::write(&file, &content).unwrap();
        let begun = Instant::now();
        let outcome = catch_unwind(|| {
            let model = load(&file)?;
            model.scores(&super::net1("input"))
        });
        match outcome {
            Ok(outcome) => refused += usize::from(outcome.is_err()),
            Err(_) => panic!("content {index} ends in a panic"),
        }
        assert!(
            begun.elapsed() < Duration::from_secs(20),
            "content {index} takes too long"
        );
    }
    refused
}

fn load_exported(file: &Path) -> Result<Model, ModelError> {
    Model::load(
        &source(file.to_owned(), None, NET1_SHAPE),
        model::Device::Cpu,
    )
}

#[test]
fn broken_archives_are_refused() {
    let whole = std::fs::read(data("net1.pt2")).unwrap();
    let mut numbers = Numbers(1);
    let contents = (0..200).map(|_| numbers.broken(&whole, &[]));
    // Weights are covered by checksums; a few bytes of an archive mean nothing, such as those of dates.
    assert!(refused(contents, load_exported) > 180);
}

/// Names and contents of the archive of net1.
fn entries() -> Vec<(String, Vec<u8>)> {
    let mut archive = zip::ZipArchive::new(std::fs::File::open(data("net1.pt2")).unwrap()).unwrap();
    let mut entries = Vec::new();
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).unwrap();
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        entries.push((entry.name().unwrap().into_owned(), content));
    }
    entries
}

/// The archive with the one entry changed whose name ends so, its checksum right: what is wrong is met
/// further in.
fn rewritten(end: &str, change: &mut dyn FnMut(&[u8]) -> Vec<u8>) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let stored =
        zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for (name, content) in entries() {
        zip.start_file(name.as_str(), stored).unwrap();
        let content = if name.ends_with(end) {
            change(&content)
        } else {
            content
        };
        zip.write_all(&content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

const GRAPH: &str = "models/model.json";
const WEIGHTS: &str = "weights_config.json";

#[test]
fn broken_graphs_and_tables_are_refused_or_run() {
    let mut numbers = Numbers(2);
    let contents = (0..200).map(|index| {
        // What JSON is made of, so that many of them are still JSON.
        let mut change = |content: &[u8]| numbers.broken(content, b"0123456789-_,:[]{}\"aent ");
        rewritten(if index % 3 == 0 { WEIGHTS } else { GRAPH }, &mut change)
    });
    assert!(refused(contents, load_exported) > 100);
}

/// Numbers that would divide by zero, overflow or reach beyond the memory there is.
#[test]
fn absurd_numbers_are_refused() {
    const HUGE: &str = "9223372036854775807";
    let huge_pair = format!("[{HUGE}, {HUGE}]");
    let mut contents = Vec::new();
    for pair in ["[0, 0]", "[-1, -1]", "[]", "[1, 1, 1]", &huge_pair] {
        for (before, after) in [("stride", 1), ("kernel_size", 1), ("output_size", 1)] {
            contents.push(replaced(
                GRAPH,
                &format!("\"name\": \"{before}\""),
                "\"as_ints\": ",
                "]",
                pair,
                after,
            ));
        }
    }
    for number in ["0", "-1", HUGE] {
        contents.push(replaced(
            WEIGHTS,
            "\"sizes\"",
            "\"as_int\": ",
            "}",
            &format!("{number}}}"),
            1,
        ));
        contents.push(replaced(
            WEIGHTS,
            "\"sizes\"",
            "\"as_int\": ",
            "}",
            &format!("{number}}}"),
            2,
        ));
    }
    for number in ["-1", "1", HUGE] {
        contents.push(replaced(
            WEIGHTS,
            "\"storage_offset\"",
            "\"as_int\": ",
            "}",
            &format!("{number}}}"),
            1,
        ));
        contents.push(replaced(
            WEIGHTS,
            "\"strides\"",
            "\"as_int\": ",
            "}",
            &format!("{}}}", number.replace('1', "1000")),
            1,
        ));
    }
    let count = contents.len();
    assert_eq!(refused(contents.into_iter(), load_exported), count);
}

/// The archive with other text between `open` and `close` (included) at the `time`-th place behind the
/// first `anchor`.
fn replaced(end: &str, anchor: &str, open: &str, close: &str, by: &str, time: usize) -> Vec<u8> {
    rewritten(end, &mut |content| {
        let text = String::from_utf8(content.to_vec()).unwrap();
        let mut begin = text.find(anchor).unwrap();
        for _ in 0..time {
            begin += text[begin..].find(open).unwrap() + open.len();
        }
        let behind = begin + text[begin..].find(close).unwrap() + close.len();
        format!("{}{by}{}", &text[..begin], &text[behind..]).into_bytes()
    })
}

#[test]
fn broken_state_dicts_are_refused_or_run() {
    let whole = std::fs::read(data("net1.safetensors")).unwrap();
    let header = 8 + u64::from_le_bytes(whole[..8].try_into().unwrap()) as usize;
    let graph = std::fs::read(data("net1.json.gz")).unwrap();
    let mut numbers = Numbers(3);
    let contents = (0..200).map(|_| {
        let mut content = numbers.broken(&whole[..header], b"0123456789-,:[]{}\"FI ");
        content.extend(&whole[header..]);
        content
    });
    let load = |file: &Path| {
        let architecture = Architecture::from_bytes("net1", &graph)?;
        Model::load_into(
            &source(file.to_owned(), None, NET1_SHAPE),
            &architecture,
            model::Device::Cpu,
        )
    };
    assert!(refused(contents, load) > 150);
}

#[test]
fn broken_architectures_are_refused_or_read() {
    let whole = std::fs::read(data("net1.json.gz")).unwrap();
    let mut numbers = Numbers(4);
    for _ in 0..200 {
        let broken = numbers.broken(&whole, &[]);
        assert!(catch_unwind(|| Architecture::from_bytes("net1", &broken).is_ok()).is_ok());
    }
}
