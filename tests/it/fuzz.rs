//! Real files of every format changed at random: whatever comes of it, an answer comes, soon, and
//! without more memory than the file has reason to.

mod formats;
mod mutate;

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use formats::{FORMATS, Format};

/// Unoptimised, on a busy machine; what is asked for is no more than a network of a few layers.
const LONGEST: Duration = Duration::from_secs(10);

/// While the file is read. What a pass takes is the network's own choice and limited by the machine.
const GROWTH_LIMIT_KB: u64 = 128 << 10;

/// Address space of a child, libtorch's own libraries included.
const ADDRESS_SPACE_KB: u64 = 8 << 20;

/// Of `/proc/self/status`, in kB; 0 on other systems.
fn memory_kb(key: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(key));
    let number = line.and_then(|line| line.trim_matches([':', ' ', '\t', 'k', 'B']).parse().ok());
    number.unwrap_or(0)
}

/// What became of a format's changed files.
#[derive(Debug, Default)]
struct Tally {
    inputs: u64,
    taken: u64,
    slowest: Duration,
    /// Most that reading, and reading and trying, added to the memory of the process.
    read_kb: u64,
    tried_kb: u64,
    found: Vec<String>,
}

/// Every seed of a range; `begun` is told each before it is read.
fn run(format: &Format, seeds: std::ops::Range<u64>, begun: &dyn Fn(u64)) -> Tally {
    let originals = format.originals();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("changed");
    let mut tally = Tally::default();
    for seed in seeds {
        begun(seed);
        let (bytes, which) = format.changed(&originals, seed);
        // So that the peak is that of this file alone.
        let _only_on_linux = std::fs::write("/proc/self/clear_refs", "5");
        let before = memory_kb("VmRSS");
        let read_kb = Cell::new(None);
        let grown = || memory_kb("VmHWM").saturating_sub(before);
        let start = Instant::now();
        let stage = || read_kb.set(Some(grown()));
        let taken = catch_unwind(AssertUnwindSafe(|| {
            format.read(&file, &bytes, which, seed, &stage)
        }));
        let took = start.elapsed();
        let tried_kb = grown();
        let read_kb = read_kb.get().unwrap_or(tried_kb);
        let mut found = |what: String| {
            tally
                .found
                .push(format!("{} seed {seed}: {what}", format.name))
        };
        match taken {
            Ok(taken) => tally.taken += u64::from(taken),
            Err(_) => found("panics".to_owned()),
        }
        if took > LONGEST {
            found(format!("takes {took:?}"));
        }
        if read_kb > GROWTH_LIMIT_KB {
            found(format!("takes {read_kb} kB to read {} bytes", bytes.len()));
        }
        tally.inputs += 1;
        tally.slowest = tally.slowest.max(took);
        tally.read_kb = tally.read_kb.max(read_kb);
        tally.tried_kb = tally.tried_kb.max(tried_kb);
    }
    tally
}

const SMALL_COUNT: u64 = 25;

/// Else the changed ones would be refused for another reason than the change.
#[test]
fn unchanged_files_are_taken() {
    let folder = tempfile::tempdir().unwrap();
    for format in FORMATS.iter().filter(|format| !format.is_refused()) {
        let originals = format.originals();
        for (which, original) in originals.iter().enumerate() {
            let file = folder.path().join("unchanged");
            let taken = format.read(&file, &original.whole, which, 0, &|| ());
            assert!(taken, "{}: {which}", format.name);
        }
    }
}

#[test]
fn changed_files_of_every_format_are_answered() {
    assert_eq!(every_format(SMALL_COUNT), [""; 0]);
}

/// `FUZZ_COUNT=20000 cargo test -- --ignored --nocapture fuzz_every_loader`: so many changed files of each format.
#[test]
#[ignore = "takes minutes; run after a change of a loader"]
fn fuzz_every_loader() {
    let count = std::env::var("FUZZ_COUNT").ok();
    let count = count.map_or(2_000, |count| count.parse().unwrap());
    assert_eq!(every_format(count), [""; 0]);
}

/// What is found in `count` changed files of each format. Each format has a process of its own: its memory is
/// not that of the tests which run beside this one, it is limited, and an abort is noticed.
fn every_format(count: u64) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let progress = folder.path().join("seed");
    let mut found = Vec::new();
    for (index, format) in FORMATS.iter().enumerate() {
        let begun = Instant::now();
        let mut from = 0;
        while from < count {
            std::fs::write(&progress, from.to_string()).unwrap();
            let (output, succeeded) = in_a_process(&format!("{index} {from} {count}"), &progress);
            let mut is_finished = false;
            for line in output.lines().filter_map(|line| line.split_once("fuzz: ")) {
                match line.1.split_once("found: ") {
                    Some((_, what)) => found.push(what.to_owned()),
                    None => {
                        is_finished = true;
                        println!("{} ({:.0?})", line.1, begun.elapsed());
                    }
                }
            }
            if succeeded && is_finished {
                break;
            }
            let seed: u64 = std::fs::read_to_string(&progress).unwrap().parse().unwrap();
            let end: Vec<&str> = output.lines().rev().take(4).collect();
            let name = format.name;
            found.push(format!("{name} seed {seed}: the process ended, {end:?}"));
            from = seed + 1;
        }
    }
    found
}

/// What `child` printed for a task, and whether it came to its end.
fn in_a_process(task: &str, progress: &Path) -> (String, bool) {
    let limit = format!("ulimit -v {ADDRESS_SPACE_KB}; exec \"$@\"");
    let output = Command::new("sh")
        .args(["-c", &limit, "sh"])
        .arg(std::env::current_exe().unwrap())
        .args(["--ignored", "--nocapture", "--exact", "fuzz::child"])
        .env("FUZZ_TASK", task)
        .env("FUZZ_PROGRESS", progress)
        .output()
        .unwrap();
    let printed = [output.stdout, output.stderr].concat();
    let printed = String::from_utf8_lossy(&printed).into_owned();
    (printed, output.status.success())
}

/// `FUZZ_TASK` is the number of a format, the first seed and the one after the last.
#[test]
#[ignore = "the tests above run it, each time in a process of its own"]
fn child() {
    let setting = |name: &str| std::env::var(name).ok();
    let (Some(task), Some(progress)) = (setting("FUZZ_TASK"), setting("FUZZ_PROGRESS")) else {
        return;
    };
    let numbers: Vec<u64> = task
        .split(' ')
        .map(|number| number.parse().unwrap())
        .collect();
    let &[index, from, count] = numbers.as_slice() else {
        panic!("`{task}` is no task");
    };
    let format = &FORMATS[index as usize];
    let is_measured = memory_kb("VmHWM") > 0 && memory_kb("VmRSS") > 0;
    assert!(is_measured || cfg!(not(target_os = "linux")));
    let begun = |seed: u64| std::fs::write(&progress, seed.to_string()).unwrap();
    let tally = run(format, from..count, &begun);
    for found in &tally.found {
        println!("fuzz: found: {found}");
    }
    if tally.inputs >= SMALL_COUNT && tally.taken == tally.inputs {
        println!("fuzz: found: {}: nothing is refused", format.name);
    }
    println!(
        "fuzz: {}: {} inputs, {} taken, slowest {:.2?}, {} kB more to read, {} kB to read and try",
        format.name, tally.inputs, tally.taken, tally.slowest, tally.read_kb, tally.tried_kb
    );
}
