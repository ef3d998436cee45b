//! Files that nobody writes by accident: sizes, bombs and storages that are not what they say.

use std::io::Write;
use std::time::{Duration, Instant};

use cnn_report::model::load::Fault;
use cnn_report::model::load::pickle;

/// Pickles are written opcode by opcode.
#[derive(Default)]
pub struct Program(pub Vec<u8>);

impl Program {
    fn new() -> Self {
        Self(vec![0x80, 2])
    }

    fn op(mut self, opcodes: &[u8]) -> Self {
        self.0.extend_from_slice(opcodes);
        self
    }

    fn text(self, text: &str) -> Self {
        self.op(b"X")
            .op(&(text.len() as u32).to_le_bytes())
            .op(text.as_bytes())
    }

    fn number(self, number: i64) -> Self {
        self.op(&[0x8a, 8]).op(&number.to_le_bytes())
    }

    fn tuple(self, numbers: &[i64]) -> Self {
        numbers
            .iter()
            .fold(self.op(b"("), |program, number| program.number(*number))
            .op(b"t")
    }

    fn storage(self, class: &str, key: &str, count: i64) -> Self {
        let program = self
            .op(b"(")
            .text("storage")
            .op(format!("ctorch\n{class}\n").as_bytes());
        program.text(key).text("cpu").number(count).op(b"tQ")
    }

    /// The entry of a dict that is on the stack.
    fn entry(self, name: &str, storage: (&str, i64), place: (i64, &[i64], &[i64])) -> Self {
        let program = self.text(name).op(b"ctorch._utils\n_rebuild_tensor_v2\n(");
        let program = program
            .storage("FloatStorage", storage.0, storage.1)
            .number(place.0);
        program.tuple(place.1).tuple(place.2).op(b"\x89}tRs")
    }

    fn end(self) -> Vec<u8> {
        self.op(b".").0
    }
}

/// A zip archive as PyTorch writes it, with these storages.
pub fn zipped(pickle: &[u8], storages: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let stored =
        zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    let named = storages
        .iter()
        .map(|(key, content)| (format!("net/data/{key}"), *content));
    for (name, content) in std::iter::once(("net/data.pkl".to_owned(), pickle)).chain(named) {
        archive.start_file(name, stored).expect("an entry");
        archive.write_all(content).expect("its content");
    }
    archive.finish().expect("an archive").into_inner()
}

/// What is said about a file, in well under a second.
fn fault(bytes: &[u8]) -> String {
    let start = Instant::now();
    let read = pickle::read_bytes(bytes);
    assert!(
        start.elapsed() < Duration::from_secs(2),
        "{:?}",
        start.elapsed()
    );
    match read {
        Err(Fault::Damaged(fault) | Fault::NotSupported { fault, .. }) => fault,
        Err(Fault::Other(error)) => error.to_string(),
        Ok(_) => panic!("it was read"),
    }
}

fn fault_of_pickle(program: Program) -> String {
    fault(&zipped(&program.end(), &[("0", &[0; 24])]))
}

fn fault_of_tensor(count: i64, place: (i64, &[i64], &[i64])) -> String {
    fault_of_pickle(Program::new().op(b"}").entry("w", ("0", count), place))
}

#[test]
fn the_programs_of_these_tests_are_right_but_for_their_fault() {
    let program = Program::new()
        .op(b"}")
        .entry("w", ("0", 6), (1, &[2, 2], &[1, 3]));
    let content: Vec<u8> = (0..6)
        .flat_map(|number| (number as f32).to_le_bytes())
        .collect();
    let read = pickle::read_bytes(&zipped(&program.end(), &[("0", &content)])).expect("weights");
    assert_eq!(super::numbers(&read["w"]), [1.0, 4.0, 2.0, 5.0]);
}

#[test]
fn trusts_no_declared_size() {
    let huge = 1 << 60;
    assert!(fault_of_tensor(6, (0, &[huge], &[1])).contains("beyond the 6 numbers"));
    assert!(fault_of_tensor(6, (0, &[huge, 16], &[1, 1])).contains("beyond the 6 numbers"));
    assert!(fault_of_tensor(6, (0, &[0, huge, huge], &[1, 1, 1])).contains("beyond the 6"));
    assert!(
        fault_of_tensor(6, (0, &[i64::MIN], &[1])).contains("has the size -9223372036854775808")
    );
    assert!(fault_of_tensor(6, (0, &[6], &[-1])).contains("with the stride -1"));
    assert!(fault_of_tensor(6, (-1, &[6], &[1])).contains("beyond"));
    assert!(fault_of_tensor(6, (1, &[6], &[1])).contains("beyond"));
    assert!(
        fault_of_tensor(6, (0, &[2, 3], &[1, 1])).contains("uses numbers of its storage twice")
    );
    assert!(fault_of_tensor(6, (0, &[6], &[0])).contains("uses numbers of its storage twice"));
    assert!(fault_of_tensor(huge, (0, &[6], &[1])).contains("longer than the file"));
    assert!(fault_of_tensor(i64::MAX, (0, &[6], &[1])).contains("longer than the file"));
    assert!(fault_of_tensor(-1, (0, &[6], &[1])).contains("an integer at byte"));
    assert!(fault_of_tensor(5, (0, &[5], &[1])).contains("24 bytes long instead of"));
    assert!(fault_of_tensor(6, (0, &[1; 65], &[1; 65])).contains("more than 64 dimensions"));
    assert!(fault_of_tensor(6, (0, &[6], &[1, 1])).contains("numbers of sizes and strides differ"));
    let long = |length: u32| Program::new().op(&[0x8b]).op(&length.to_le_bytes());
    assert!(fault_of_pickle(long(u32::MAX)).contains("in the middle of a number"));
    let text = Program::new().op(&[0x8d]).op(&u64::MAX.to_le_bytes());
    assert!(fault_of_pickle(text).contains("in the middle of a string"));
}

#[test]
fn storages_are_what_they_say() {
    let place: (i64, &[i64], &[i64]) = (0, &[6], &[1]);
    let two = || Program::new().op(b"}").entry("a", ("0", 6), place);
    let other_type = two().text("b").op(b"ctorch._utils\n_rebuild_tensor_v2\n(");
    let other_type = other_type
        .storage("IntStorage", "0", 6)
        .number(0)
        .tuple(&[6])
        .tuple(&[1]);
    let said = fault_of_pickle(other_type.op(b"\x89}tRs"));
    assert_eq!(
        said,
        "the storage `0` is declared with two types or lengths"
    );
    assert!(fault_of_pickle(two().entry("b", ("0", 5), place)).contains("two types or lengths"));
    let missing = fault_of_pickle(Program::new().op(b"}").entry("w", ("../../w", 6), place));
    assert!(
        missing.starts_with("the entry `net/data/../../w` is missing"),
        "{missing}"
    );
}

#[test]
fn views_of_one_storage_cannot_fill_the_memory() {
    let content = vec![0; 4 * 10_000];
    let views = (0..200).fold(Program::new().op(b"}"), |program, offset| {
        program.entry(
            &format!("w{offset}"),
            ("0", 10_000),
            (offset, &[9_000], &[1]),
        )
    });
    let said = fault(&zipped(&views.end(), &[("0", &content)]));
    assert!(said.contains("its tensors overlap"), "{said}");
}

/// Entries of a zip archive that lie on top of each other: each is within the file, all together are not.
#[test]
fn entries_cannot_overlap() {
    let content = [0; 4_000];
    let place: (i64, &[i64], &[i64]) = (0, &[1], &[1]);
    let names: Vec<String> = (0..9).map(|key| key.to_string()).collect();
    let program = names.iter().fold(Program::new().op(b"}"), |program, key| {
        program.entry(key, (key, 1_000), place)
    });
    let storages: Vec<(&str, &[u8])> = names
        .iter()
        .map(|key| (key.as_str(), &content[..]))
        .collect();
    let apart = zipped(&program.end(), &storages);
    assert!(pickle::read_bytes(&apart).is_ok());
    // The directory at the end points every storage at the first one.
    let find = |bytes: &[u8], needle: &[u8], from: usize| {
        bytes[from..]
            .windows(needle.len())
            .position(|window| window == needle)
            .map(|at| from + at)
    };
    let directory = find(&apart, b"PK\x01\x02", 0).expect("a directory");
    let first = find(&apart, b"PK\x03\x04", 4).expect("the first storage");
    let second = find(&apart, b"PK\x03\x04", first + 4).expect("the second storage");
    let mut at = find(&apart, b"PK\x01\x02", directory + 4);
    let mut together = apart[..second].to_vec();
    let mut entries = apart[directory..].to_vec();
    while let Some(entry) = at {
        let offset = entry - directory + 42;
        entries[offset..offset + 4].copy_from_slice(&(first as u32).to_le_bytes());
        at = find(&apart, b"PK\x01\x02", entry + 4);
    }
    let end = find(&entries, b"PK\x05\x06", 0).expect("the end of the directory");
    entries[end + 16..end + 20].copy_from_slice(&(second as u32).to_le_bytes());
    together.extend(entries);
    let said = fault(&together);
    assert!(
        said == "its storages together are longer than the file",
        "{said}"
    );
}

#[test]
fn compressed_entries_cannot_grow() {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let deflated = zip::write::SimpleFileOptions::default()
        .compression_method(zip::CompressionMethod::Deflated);
    archive
        .start_file("net/data.pkl", deflated)
        .expect("an entry");
    archive
        .write_all(&vec![b'('; 50 << 20])
        .expect("its content");
    let bytes = archive.finish().expect("an archive").into_inner();
    assert!(bytes.len() < 100_000);
    assert!(fault(&bytes).contains("is compressed"));
}

#[test]
fn bombs_of_references_cost_what_they_take_in_the_file() {
    // A list of two references to a list of two references to …: 2^1000 values for who follows them.
    let mut bomb = Program::new().op(b"]q\x00");
    for level in 0..1_000u32 {
        let place = level.to_le_bytes();
        let next = (level + 1).to_le_bytes();
        bomb = bomb
            .op(b"](j")
            .op(&place)
            .op(b"j")
            .op(&place)
            .op(b"er")
            .op(&next);
    }
    assert_eq!(
        fault_of_pickle(bomb),
        "expected tensors by name, found a list only"
    );
    // A dict that holds itself under every key that is looked into.
    let itself = Program::new()
        .op(b"}q\x00")
        .text("state_dict")
        .op(b"h\x00s");
    let itself = itself.text("model").op(b"h\x00s");
    assert_eq!(
        fault_of_pickle(itself),
        "expected tensors by name, found a dict of `model`, `state_dict`"
    );
    // Nested deeper than any call stack.
    let nested = Program::new().op(b")").op(&[0x85; 1_000_000]);
    assert_eq!(
        fault_of_pickle(nested),
        "expected tensors by name, found a tuple only"
    );
    let marks = Program::new().op(&[b'('; 1_000_000]);
    assert!(fault_of_pickle(marks).contains("an empty stack"));
    let places = Program::new().op(b"Nr\xff\xff\xff\xffj\xff\xff\xff\xff");
    assert_eq!(
        fault_of_pickle(places),
        "expected tensors by name, found None only"
    );
}

#[test]
fn copies_are_paid_for() {
    // One list of pairs, made into a dict again and again.
    let pairs = (0..1_000).fold(Program::new().op(b"]q\x00("), |program, _| {
        program.op(b"NN\x86")
    });
    let pairs = pairs.op(b"eq\x01\x85q\x02ccollections\nOrderedDict\nq\x03");
    let dicts = (0..100_000).fold(pairs, |program, _| program.op(b"h\x03h\x02R"));
    let said = fault_of_pickle(dicts);
    assert!(said.starts_with("the pickle holds more than"), "{said}");
    let values = Program::new().op(&vec![b'N'; 3 << 20]);
    assert_eq!(
        fault_of_pickle(values),
        "the pickle holds more than 2097152 values"
    );
}

#[test]
fn refuses_functions_however_they_are_named() {
    for program in [
        Program::new().op(b"cos\nsystem\n").text("id").op(b"\x85R"),
        Program::new()
            .text("os")
            .text("system")
            .op(b"\x93")
            .text("id")
            .op(b"\x85R"),
        Program::default().op(b"(U\x02idios\nsystem\n"),
        Program::new().op(b"cos\nsystem\n)\x81"),
    ] {
        let said = fault_of_pickle(program);
        assert!(
            said.starts_with("it asks Python to run `os.system`"),
            "{said}"
        );
    }
    let opcode = Program::new().op(b"ccollections\nOrderedDict\n)}\x92");
    assert_eq!(
        fault_of_pickle(opcode),
        "the pickle has the opcode 0x92 at byte 29, which PyTorch never writes"
    );
    let name = Program::new().op(b"c\x1b[31m`os`\nx\n");
    assert!(fault_of_pickle(name).contains("`\\u{1b}[31m'os'.x`"));
    let attribute = Program::new()
        .text("torch")
        .text("Size.__init__.__globals__")
        .op(b"\x93");
    assert!(fault_of_pickle(attribute).starts_with("it asks Python to run"));
    assert!(fault(b"\x80\x02}.").contains("that `torch.save` did not write"));
}
