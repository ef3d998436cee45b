//! Real files with bytes changed, cut out, put in and swapped: whatever comes of it, an answer comes,
//! and soon.

use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use cnn_report::model::load::pickle;

use super::hostile::zipped;

const FILES: &[&str] = &[
    "zip.pth",
    "legacy.pth",
    "checkpoint.pth",
    "legacy_checkpoint.pth",
    "views.pth",
    "legacy_views.pth",
    "integers.pth",
    "parameters.pth",
    "protocol1.pth",
    "protocol4.pth",
    "legacy_protocol4.pth",
    "bfloat16.pth",
    "object.pth",
    "script.pt",
    "big_endian.pth",
];

/// SplitMix64: <https://prng.di.unimi.it/splitmix64.c>, whose numbers are the same everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }
}

/// Opcodes and numbers that lead into the corners of the machine.
const CORNERS: &[&[u8]] = &[
    b"(",
    b"t",
    b"R",
    b"Q",
    b"}",
    b"]",
    b"e",
    b"u",
    b"s",
    b"a",
    b"b",
    b".",
    b"0",
    b"h\x00",
    b"q\x00",
    b"\x85",
    b"\x86",
    b"\x87",
    b"\x81",
    b"\x93",
    b"\x94",
    b"N",
    b"\x88",
    b"K\xff",
    b"J\xff\xff\xff\xff",
    b"\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f",
    b"\x8a\x08\x00\x00\x00\x00\x00\x00\x00\x80",
    b"\xff\xff\xff\xff",
    b"\x00\x00\x00\x80",
    b"\x8b\xff\xff\xff\x7f",
    b"X\xff\xff\xff\xff",
    b"ccollections\nOrderedDict\n",
    b"ctorch._utils\n_rebuild_tensor_v2\n",
    b"ctorch\nByteStorage\n",
];

fn mutate(bytes: &mut Vec<u8>, random: &mut Random) {
    // Mostly one change: after several of them little is left to read.
    let changes = [1, 1, 1, 1, 2, 3];
    for _ in 0..changes[random.below(changes.len())] {
        let at = random.below(bytes.len());
        match random.below(7) {
            0 if at < bytes.len() => bytes[at] ^= 1 << random.below(8),
            1 if at < bytes.len() => bytes[at] = random.next() as u8,
            2 => bytes.truncate(at),
            3 => bytes.insert(at, random.next() as u8),
            4 => {
                let corner = CORNERS[random.below(CORNERS.len())];
                bytes.splice(at..at, corner.iter().copied());
            }
            5 => {
                let corner = CORNERS[random.below(CORNERS.len())];
                let end = bytes.len().min(at + corner.len());
                bytes.splice(at..end, corner.iter().copied());
            }
            _ => {
                let end = bytes.len().min(at + random.below(40));
                let taken: Vec<u8> = bytes.drain(at..end).collect();
                let to = random.below(bytes.len());
                if random.below(2) == 0 {
                    bytes.splice(to..to, taken);
                }
            }
        }
    }
}

/// What a checksum guards in a zip archive.
struct Entries {
    pickle: Vec<u8>,
    /// By key.
    storages: Vec<(String, Vec<u8>)>,
}

/// A file as it is and, of a zip archive, what is in it.
struct Original {
    whole: Vec<u8>,
    entries: Option<Entries>,
}

fn original(name: &str) -> Original {
    let whole = super::bytes(name);
    let Ok(mut archive) = zip::ZipArchive::new(std::io::Cursor::new(whole.clone())) else {
        return Original {
            whole,
            entries: None,
        };
    };
    let (mut pickle, mut storages) = (Vec::new(), Vec::new());
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).expect("an entry");
        let mut content = Vec::new();
        entry.read_to_end(&mut content).expect("its content");
        let path = entry.name().expect("a name").into_owned();
        if path.ends_with("data.pkl") {
            pickle = content;
        } else if let Some((_, key)) = path.split_once("/data/") {
            storages.push((key.to_owned(), content));
        }
    }
    Original {
        whole,
        entries: Some(Entries { pickle, storages }),
    }
}

/// How many of the mutated files were read all the same.
fn run(mutations: u64) -> u64 {
    let originals: Vec<_> = FILES.iter().map(|name| original(name)).collect();
    let mut read = 0;
    for seed in 0..mutations {
        let mut random = Random(seed);
        let which = random.below(originals.len());
        let bytes = match (&originals[which].entries, random.below(3)) {
            (Some(Entries { pickle, storages }), 0 | 1) => {
                let mut pickle = pickle.clone();
                mutate(&mut pickle, &mut random);
                let storages: Vec<_> = storages
                    .iter()
                    .map(|(key, bytes)| (key.as_str(), bytes.as_slice()))
                    .collect();
                zipped(&pickle, &storages)
            }
            _ => {
                let mut whole = originals[which].whole.clone();
                mutate(&mut whole, &mut random);
                whole
            }
        };
        let start = Instant::now();
        let answer = catch_unwind(AssertUnwindSafe(|| pickle::read_bytes(&bytes)));
        let took = start.elapsed();
        let file = FILES[which];
        let answer = answer.unwrap_or_else(|_| panic!("{file} with the seed {seed} panics"));
        assert!(
            took < Duration::from_secs(1),
            "{file} with the seed {seed} takes {took:?}"
        );
        if let Ok(weights) = answer {
            read += 1;
            let numbers: usize = weights.values().map(tch::Tensor::numel).sum();
            assert!(
                numbers <= 4 * bytes.len(),
                "{file} with the seed {seed}: {numbers} numbers"
            );
        }
    }
    read
}

#[test]
fn twenty_thousand_mutations_are_answered() {
    let read = run(20_000);
    // Neither all refused at the door nor all let through.
    assert!((1_000..10_000).contains(&read), "{read} were read");
}

#[test]
#[ignore = "takes a minute; run once after a change with `-- --ignored mutations`"]
fn two_hundred_thousand_mutations_are_answered() {
    let read = run(200_000);
    assert!((10_000..100_000).contains(&read), "{read} were read");
}
