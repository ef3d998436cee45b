//! How much the store keeps, and which folder it keeps it in.

use std::time::{Duration, SystemTime};

use super::*;

#[test]
fn the_entries_that_were_not_used_for_longest_go_first() {
    let (_folder, store) = store();
    for number in 0..5 {
        store.save(&key(number), &vec![0_u8; 1000]).unwrap();
        set_age(&on_disk(&store, &key(number)), 1000 - u64::from(number));
    }
    store.load::<Vec<u8>>(&key(0)).unwrap();
    let listed = store.list().unwrap();
    let samples = |entry: &Listed| entry.key["parameters"]["samples"].as_u64().unwrap();
    assert_eq!(
        listed.iter().map(samples).collect::<Vec<_>>(),
        [0, 4, 3, 2, 1]
    );
    let bytes = listed[0].bytes;
    assert!(listed[0].last_used.elapsed().unwrap() < Duration::from_secs(60));
    let pruned = store.prune(3 * bytes).unwrap();
    assert_eq!(
        (pruned.removed_entries, pruned.removed_bytes),
        (2, 2 * bytes)
    );
    assert_eq!((pruned.kept_entries, pruned.kept_bytes), (3, 3 * bytes));
    let left = store.list().unwrap();
    assert_eq!(left.iter().map(samples).collect::<Vec<_>>(), [0, 4, 3]);

    let small = Store::open(folder_of(&store), bytes).unwrap();
    small.flush().unwrap();
    assert_eq!(small.list().unwrap().len(), 3, "nothing was added");
    small.save(&key(9), &vec![0_u8; 1000]).unwrap();
    small.flush().unwrap();
    assert_eq!(
        small
            .list()
            .unwrap()
            .iter()
            .map(samples)
            .collect::<Vec<_>>(),
        [9]
    );
    small.digest(&on_disk(&small, &key(9))).unwrap();
    assert_eq!(small.clear().unwrap().removed_entries, 1);
    assert!(small.list().unwrap().is_empty());
    small.save(&key(1), &1).unwrap();
}

#[test]
fn what_is_not_the_stores_stays() {
    let (_folder, store) = store();
    store.save(&key(1), &1).unwrap();
    let inside = on_disk(&store, &key(1)).parent().unwrap().to_owned();
    for path in [
        inside.join("notes.txt"),
        folder_of(&store).join("notes.txt"),
    ] {
        std::fs::write(path, "mine").unwrap();
    }
    std::fs::write(inside.join(".cnn-report-aaaaaa"), "killed").unwrap();
    std::fs::write(inside.join(".cnn-report-bbbbbb"), "at work").unwrap();
    set_age(&inside.join(".cnn-report-aaaaaa"), 7200);
    store.clear().unwrap();
    assert_eq!(
        fs::names_in(&inside).unwrap(),
        [".cnn-report-bbbbbb", "notes.txt"]
    );
    assert!(folder_of(&store).join("notes.txt").exists());
}

fn set_age(path: &Path, seconds: u64) {
    let file = std::fs::File::open(path).unwrap();
    file.set_modified(SystemTime::now() - Duration::from_secs(seconds))
        .unwrap();
}

#[test]
fn keys_longer_than_the_usual_head_are_listed() {
    let (_folder, store) = store();
    let long = Key::new(json!({"classes": vec![1234; 5000]}));
    store.save(&long, &1).unwrap();
    assert_eq!(store.list().unwrap()[0].key, *long.json());
}

#[test]
fn a_folder_that_is_no_store_is_refused_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |path: &Path| match Store::open(path, 1) {
        Ok(_) => panic!("{} was opened", path.display()),
        Err(error) => error.to_string(),
    };
    let file = folder.path().join("file");
    std::fs::write(&file, "x").unwrap();
    let message = refused(&file.join("store"));
    assert!(message.starts_with("cannot create the folder"), "{message}");
    let message = refused(folder.path());
    assert!(
        message.contains("such as `file`; expected a new or empty folder"),
        "{message}"
    );
    assert_eq!(
        fs::names_in(folder.path()).unwrap(),
        ["file"],
        "it is as it was"
    );
    let message = refused(Path::new("/proc/self/store"));
    assert!(message.contains("/proc/self/store"), "{message}");

    let store = folder.path().join("store");
    Store::open(&store, 1).unwrap();
    let read = |name: &str| std::fs::read_to_string(store.join(name)).unwrap();
    assert_eq!(read(".gitignore"), "*\n");
    assert!(read("CACHEDIR.TAG").starts_with("Signature: 8a477f597d28d172789f06886806bc55\n"));
    std::fs::write(store.join("notes.txt"), "later").unwrap();
    Store::open(&store, 1).unwrap();
}

#[test]
fn a_store_is_made_by_eight_at_once() {
    let folder = tempfile::tempdir().unwrap();
    std::thread::scope(|scope| {
        for number in 0..8 {
            let path = folder.path().join("a/b/store");
            scope.spawn(move || {
                Store::open(&path, 1)
                    .unwrap()
                    .save(&key(number), &1)
                    .unwrap()
            });
        }
    });
}
