//! Files changed at random, and the same way for the same seed.

use std::io::{Cursor, Read, Write};

/// SplitMix64: <https://prng.di.unimi.it/splitmix64.c>, whose numbers are the same everywhere.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }

    pub fn of<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        &choices[self.below(choices.len())]
    }

    /// A place in a file; headers and tables lie at its ends, and numbers between.
    fn place(&mut self, length: usize) -> usize {
        const END: usize = 512;
        match self.below(4) {
            0 => self.below(length.min(END)),
            1 => length - length.min(END) + self.below(length.min(END)),
            _ => self.below(length),
        }
    }
}

/// Where sizes and offsets go wrong.
const LENGTHS: &[u64] = &[
    0,
    1,
    0x7f,
    0xff,
    0xffff,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_fffe,
    0xffff_ffff,
    1 << 40,
    i64::MAX as u64,
    1 << 63,
    u64::MAX - 1,
    u64::MAX,
];

const NUMBERS: &[&str] = &[
    "0",
    "-1",
    "1",
    "2",
    "65536",
    "2147483648",
    "4294967296",
    "9223372036854775807",
    "-9223372036854775808",
    "18446744073709551616",
    "1e999",
    "null",
    "[]",
    "\"\"",
];

/// One to three changes; mostly one, for after several little is left to read.
pub fn mutated(original: &[u8], other: &[u8], random: &mut Random) -> Vec<u8> {
    let mut bytes = original.to_vec();
    for _ in 0..*random.of(&[1, 1, 1, 2, 3]) {
        if !bytes.is_empty() {
            change(&mut bytes, other, random);
        }
    }
    bytes
}

fn change(bytes: &mut Vec<u8>, other: &[u8], random: &mut Random) {
    let at = random.place(bytes.len());
    let run = at..bytes.len().min(at + 1 + random.below(40));
    match random.below(9) {
        0 | 1 => {
            for _ in 0..=random.below(3) {
                let at = random.place(bytes.len());
                bytes[at] ^= 1 << random.below(8);
            }
        }
        2 => {
            let byte = *random.of(&[0, 0xff, b'0', b'(', b'[', b'{', random.0 as u8]);
            bytes[run].fill(byte);
        }
        3 => bytes.truncate(at),
        4 => {
            let from = random.place(other.len().max(1)).min(other.len());
            bytes.truncate(at);
            bytes.extend_from_slice(&other[from..]);
        }
        5 => {
            let length = *random.of(&[1, 2, 4, 8]);
            let value = random.of(LENGTHS).to_le_bytes();
            let end = bytes.len().min(at + length);
            bytes[at..end].copy_from_slice(&value[..end - at]);
        }
        6 => number(bytes, at, random),
        7 => drop(bytes.drain(run)),
        _ => {
            let taken = bytes[run].to_vec();
            let to = random.place(bytes.len());
            bytes.splice(to..to, taken);
        }
    }
}

/// The next written number becomes another.
fn number(bytes: &mut Vec<u8>, at: usize, random: &mut Random) {
    let digit = |byte: &u8| byte.is_ascii_digit();
    let Some(begin) = bytes[at..].iter().position(digit) else {
        return;
    };
    let begin = at + begin;
    let rest = &bytes[begin..];
    let length = rest
        .iter()
        .position(|byte| !digit(byte))
        .unwrap_or(rest.len());
    bytes.splice(begin..begin + length, random.of(NUMBERS).bytes());
}

/// An original and, of a zip archive, what is in it.
pub struct Original {
    pub whole: Vec<u8>,
    entries: Vec<(String, Vec<u8>)>,
}

impl Original {
    pub fn new(whole: Vec<u8>) -> Self {
        Self {
            entries: entries(&whole).unwrap_or_default(),
            whole,
        }
    }

    /// Changed as a whole, or in one entry of the archive, packed again so that its checksum is right.
    pub fn mutated(&self, other: &Self, random: &mut Random) -> Vec<u8> {
        if self.entries.is_empty() || random.below(4) == 0 {
            return mutated(&self.whole, &other.whole, random);
        }
        let texts: Vec<usize> = (0..self.entries.len())
            .filter(|index| is_text(&self.entries[*index].0))
            .collect();
        let which = match random.below(5) {
            0 => random.below(self.entries.len()),
            _ if texts.is_empty() => random.below(self.entries.len()),
            _ => *random.of(&texts),
        };
        let other = other.entries.get(random.below(other.entries.len()));
        let other = other.map_or(&[][..], |(_, content)| content);
        let mut changed = self.entries.clone();
        match random.below(20) {
            0 => drop(changed.remove(which)),
            1 => changed[which].0 = mutated_name(&changed[which].0, random),
            _ => changed[which].1 = mutated(&changed[which].1, other, random),
        }
        packed(&changed)
    }
}

fn is_text(name: &str) -> bool {
    [".json", ".pkl", ".py"]
        .iter()
        .any(|end| name.ends_with(end))
}

fn mutated_name(name: &str, random: &mut Random) -> String {
    let names = ["../", "/", "x/", "data.pkl", "constants.pkl", "\u{301}"];
    format!("{}{name}", random.of(&names))
}

fn entries(bytes: &[u8]) -> Option<Vec<(String, Vec<u8>)>> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).ok()?;
    let mut entries = Vec::new();
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).ok()?;
        let mut content = Vec::new();
        entry.read_to_end(&mut content).ok()?;
        entries.push((entry.name().ok()?.into_owned(), content));
    }
    Some(entries)
}

pub fn packed(entries: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let stored =
        zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for (name, content) in entries {
        // A name that is there already is left out.
        if zip.start_file(name.as_str(), stored).is_ok() {
            zip.write_all(content).unwrap();
        }
    }
    zip.finish().unwrap().into_inner()
}
