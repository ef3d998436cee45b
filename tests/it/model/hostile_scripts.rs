//! Files of TorchScript that somebody built to do harm: refused by name, or bounded.

use std::io::{Cursor, Read, Write};
use std::time::{Duration, Instant};

use cnn_report::model::{self, Model};
use tch::{Device, Tensor};
use zip::write::SimpleFileOptions;

use super::{data, source};

type Entries = Vec<(String, Vec<u8>)>;

/// Of `traced.pt`.
fn entries() -> Entries {
    let file = std::fs::File::open(data("traced.pt")).unwrap();
    let mut archive = zip::ZipArchive::new(file).unwrap();
    let mut entries = Entries::new();
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).unwrap();
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        entries.push((entry.name().unwrap().into_owned(), content));
    }
    entries
}

/// Code compressed, as PyTorch has it, all else as it is.
fn packed(entries: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in entries {
        let method = match name.ends_with(".py") {
            true => zip::CompressionMethod::Deflated,
            false => zip::CompressionMethod::Stored,
        };
        let options = SimpleFileOptions::default().compression_method(method);
        zip.start_file(name.as_str(), options).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// The code of the network itself.
fn main_code(entries: &mut Entries) -> &mut Vec<u8> {
    let code = entries
        .iter_mut()
        .find(|(name, _)| name.ends_with("make_fixtures.py"));
    &mut code.unwrap().1
}

/// The archive with `code` behind that of the network, where nothing calls it.
pub fn with_code(code: &str) -> Vec<u8> {
    let mut entries = entries();
    main_code(&mut entries).extend_from_slice(code.as_bytes());
    packed(&entries)
}

/// The archive whose network runs `statement` first.
fn with_statement(statement: &str) -> Entries {
    let mut entries = entries();
    let code = main_code(&mut entries);
    let text = String::from_utf8(std::mem::take(code)).unwrap();
    let changed = text.replacen(
        "    fc = self.fc\n",
        &format!("    {statement}\n    fc = self.fc\n"),
        1,
    );
    assert_ne!(changed, text);
    *code = changed.into_bytes();
    entries
}

fn load(bytes: &[u8]) -> Result<Model, String> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("net.pt");
    std::fs::write(&file, bytes).unwrap();
    let begun = Instant::now();
    let model = Model::load(&source(file, None, [3, 8, 8]), model::Device::Cpu);
    assert!(begun.elapsed() < Duration::from_secs(10));
    model.map_err(|error| error.to_string())
}

fn refused(bytes: &[u8]) -> String {
    load(bytes).err().expect("should be refused")
}

#[test]
fn loops_without_an_end_to_wait_for_are_refused() {
    for (statement, said) in [
        (
            "for i in range(1000000000000):\n      x = torch.add(x, 1)",
            "1000000000000 times",
        ),
        (
            "n = torch.mul(1000000, 1000000)\n    for i in range(n):\n      x = torch.add(x, 1)",
            "does not say how often",
        ),
        ("while True:\n      x = torch.add(x, 1)", "`while`"),
        (
            "for i in range(9999):\n      for j in range(9999):\n        x = torch.add(x, 0)",
            "99980001 times",
        ),
    ] {
        let error = refused(&packed(&with_statement(statement)));
        assert!(
            error.contains(said) && error.contains("torch.export.save("),
            "{error}"
        );
    }
    // A loop of three that adds nothing is let through.
    let bounded = with_statement("for i in range(3):\n      x = torch.add(x, 0)");
    load(&packed(&bounded)).unwrap();
}

/// 80 GB: more than it may have, and nothing of it is ever taken.
#[test]
fn a_network_that_wants_all_memory_is_refused() {
    let wants =
        with_statement("z = torch.ones([100000, 200000])\n    x = torch.add(x, torch.mean(z))");
    let error = refused(&packed(&wants));
    assert!(error.contains("can't allocate memory"), "{error}");
    // The bound is gone again.
    load(&packed(&entries())).unwrap();
}

#[test]
fn a_network_that_was_traced_on_a_card_runs_on_the_cpu() {
    let mut on_a_card = entries();
    let code = main_code(&mut on_a_card);
    let text = String::from_utf8(std::mem::take(code)).unwrap();
    let changed = text.replace("torch.device(\"cpu\")", "torch.device(\"cuda:0\")");
    assert_ne!(changed, text);
    *code = changed.into_bytes();
    let input = Tensor::linspace(-1, 1, 192, (tch::Kind::Float, Device::Cpu)).view([1, 3, 8, 8]);
    let scores = |entries: &Entries| load(&packed(entries)).unwrap().scores(&input).unwrap();
    assert_eq!(scores(&on_a_card), scores(&entries()));
}

#[test]
fn functions_that_call_each_other_are_refused() {
    for (call, functions) in [
        ("x = (self).forward(x, )", ""),
        (
            "x = __torch__.make_fixtures.f(x, )",
            "def f(x: Tensor) -> Tensor:\n  return __torch__.make_fixtures.g(x, )\n\
             def g(x: Tensor) -> Tensor:\n  return __torch__.make_fixtures.f(x, )\n",
        ),
    ] {
        let mut entries = with_statement(call);
        main_code(&mut entries).extend_from_slice(functions.as_bytes());
        let error = refused(&packed(&entries));
        assert!(
            error.contains("recursive") || error.contains("endlessly"),
            "{error}"
        );
    }
}

#[test]
fn a_long_chain_of_functions_is_answered() {
    let mut entries = with_statement("x = __torch__.make_fixtures.f0(x, )");
    for index in 0..20_000 {
        let next = index + 1;
        let function = format!(
            "def f{index}(x: Tensor) -> Tensor:\n  return __torch__.make_fixtures.f{next}(x, )\n"
        );
        main_code(&mut entries).extend_from_slice(function.as_bytes());
    }
    let error = refused(&packed(&entries));
    assert!(error.contains("functions"), "{error}");
}

#[test]
fn code_that_is_deep_or_huge_is_refused() {
    let deep = format!("x = {}x{}", "(".repeat(100_000), ")".repeat(100_000));
    assert!(refused(&packed(&with_statement(&deep))).contains("nests deeper"));
    let chain = format!("x = torch.add(x, 1{})", " + 1".repeat(100_000));
    assert!(refused(&packed(&with_statement(&chain))).contains("nests deeper"));
    let huge = with_code(&" ".repeat(65 << 20));
    assert!(huge.len() < 1 << 20);
    assert!(refused(&huge).contains("far larger than a file of its kind"));
}

#[test]
fn names_that_shadow_what_is_checked_are_refused() {
    for (code, said) in [
        ("import os\n", "`import`"),
        ("class A(Module):\n  torch : Tensor\n", "`torch`"),
        ("class A(Module):\n  self : Tensor\n", "`self`"),
        ("def f(ops: Tensor) -> Tensor:\n  return ops\n", "`ops`"),
        (
            "def f(x: __torch__.torch.classes.a.B) -> Tensor:\n  return x.open()\n",
            "`open`",
        ),
        (
            "def f(x: Tensor) -> Tensor:\n  return open(\"a\")\n",
            "`open`",
        ),
    ] {
        let error = refused(&with_code(code));
        assert!(error.contains(said), "{code}: {error}");
    }
}

#[test]
fn entries_outside_of_the_archives_folder_are_refused() {
    for name in [
        "/etc/passwd",
        "../net.py",
        "other/code/__torch__/a.py",
        "traced/run.sh",
    ] {
        let mut entries = entries();
        entries.push((name.to_owned(), b"x".to_vec()));
        let error = refused(&packed(&entries));
        assert!(error.contains(&format!("`{name}`")), "{error}");
    }
}

/// Two readers of one archive may take different entries of one name; what runs is what was read.
#[test]
fn code_that_only_another_reader_of_the_archive_would_find_never_runs() {
    let folder = tempfile::tempdir().unwrap();
    let written = folder.path().join("written");
    let hostile = with_statement(&format!(
        "torch.save(x, {:?})",
        written.display().to_string()
    ));
    let tried = |archive: &[u8]| {
        if let Ok(model) = load(archive) {
            let input = Tensor::zeros([1, 3, 8, 8], (tch::Kind::Float, Device::Cpu));
            assert_eq!(model.scores(&input).unwrap().size(), [1, 3]);
        }
        assert!(!written.exists());
    };
    // In a folder that is one of numbers to us, and the whole archive to who goes by its first entry.
    let mut nested: Entries = hostile
        .iter()
        .map(|(name, content)| (name.replacen("traced/", "data/", 1), content.clone()))
        .collect();
    nested.extend(
        entries()
            .into_iter()
            .map(|(name, content)| (name.replacen("traced/", "", 1), content)),
    );
    tried(&packed(&nested));
    // Twice of one name, in either order: names of equal length are exchanged behind the writer's back.
    for hostile_first in [true, false] {
        let mut twice = entries();
        let code = main_code(&mut hostile.clone()).clone();
        let name = "traced/code/__torch__/make_fixtures.py";
        let at = if hostile_first { 0 } else { twice.len() };
        twice.insert(at, (name.replace("fixtures", "fixturez"), code));
        let mut archive = packed(&twice);
        let (from, to) = (b"make_fixturez.py", b"make_fixtures.py");
        while let Some(at) = archive
            .windows(from.len())
            .position(|window| window == from)
        {
            archive[at..at + to.len()].copy_from_slice(to);
        }
        tried(&archive);
    }
}
