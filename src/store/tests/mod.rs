mod damage;
#[cfg(feature = "object-store")]
mod in_bucket;
mod room;

use super::*;

use std::path::PathBuf;

use serde::Deserialize;

const NO_LIMIT: u64 = u64::MAX;

fn store() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("store"), NO_LIMIT).unwrap();
    (folder, store)
}

fn key(number: u32) -> Key {
    Key::new(json!({"method": "lime", "version": 1, "parameters": {"samples": number}}))
}

#[test]
fn numbers_come_back_bit_for_bit() {
    #[derive(Serialize, Deserialize)]
    struct Numbers {
        single: Vec<f32>,
        double: Vec<f64>,
        bytes: Vec<u8>,
        names: BTreeMap<String, Option<i64>>,
    }
    let (_folder, store) = store();
    let single = [
        0x7fc0_0001,
        0xffa0_0000,
        0x7f80_0001,
        0x8000_0000,
        0x7f80_0000,
        0xff80_0000,
        1,
    ];
    let double = [
        0x7ff8_0000_0000_0001,
        0x7ff0_0000_0000_0001,
        0x8000_0000_0000_0000,
        0xfff0_0000_0000_0000,
        1,
    ];
    let mut numbers = Numbers {
        single: single.map(f32::from_bits).into(),
        double: double.map(f64::from_bits).into(),
        bytes: (0..3_000_000)
            .map(|n: u32| (n.wrapping_mul(n) >> 7) as u8)
            .collect(),
        names: [("é".to_owned(), Some(i64::MIN)), (String::new(), None)].into(),
    };
    numbers
        .single
        .extend((0..1_000_000).map(|n| (n as f32).sin()));
    store.save(&key(1), &numbers).unwrap();
    let loaded: Numbers = store.load(&key(1)).unwrap();
    let bits = |values: &[f32]| values.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
    assert_eq!(bits(&loaded.single), bits(&numbers.single));
    let bits = |values: &[f64]| values.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
    assert_eq!(bits(&loaded.double), bits(&numbers.double));
    assert_eq!((loaded.bytes, loaded.names), (numbers.bytes, numbers.names));
}

#[test]
fn threads_may_share_a_store() {
    fn is_shared<T: Send + Sync>() {}
    is_shared::<Store>();
}

#[test]
fn a_result_is_found_by_its_key_alone() {
    let (_folder, store) = store();
    assert_eq!(store.load::<String>(&key(1)), None);
    assert!(!store.contains(&key(1)));
    store.save(&key(1), &"one").unwrap();
    assert_eq!(store.load::<String>(&key(1)).unwrap(), "one");
    assert_eq!(store.load::<String>(&key(2)), None);
    store.save(&key(1), &"another").unwrap();
    let reopened = Store::open(folder_of(&store), NO_LIMIT).unwrap();
    assert_eq!(reopened.load::<String>(&key(1)).unwrap(), "another");
    assert!(reopened.contains(&key(1)));
}

/// Where the entry of a key is, read and written past the store.
fn on_disk(store: &Store, key: &Key) -> PathBuf {
    folder::path_of(folder_of(store), key.digest())
}

pub fn digests_path(store: &Store) -> PathBuf {
    folder_of(store).join(folder::DIGESTS)
}

pub fn folder_of(store: &Store) -> &Path {
    match &store.place {
        Place::Folder(folder) => folder,
        Place::Bucket(_) => panic!("the store is a folder's"),
    }
}

#[test]
fn eight_stores_at_once_do_no_harm() {
    let (_folder, store) = store();
    let value = |number: u32, thread: u32| vec![number * 100 + thread; 20_000];
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let folder = folder_of(&store).to_owned();
            scope.spawn(move || {
                // As another process has it: its own store of the same folder.
                let store = Store::open(&folder, NO_LIMIT).unwrap();
                for round in 0..30 {
                    let shared = round % 3;
                    store.save(&key(shared), &value(shared, thread)).unwrap();
                    let loaded: Vec<u32> = store.load(&key(shared)).unwrap();
                    let by = loaded[0] - shared * 100;
                    assert!(
                        by < 8 && loaded == value(shared, by),
                        "whole, by one thread"
                    );
                    let own = 1000 + thread;
                    store.save(&key(own), &value(round, thread)).unwrap();
                    assert_eq!(
                        store.load::<Vec<u32>>(&key(own)).unwrap(),
                        value(round, thread)
                    );
                    store.prune(NO_LIMIT).unwrap();
                }
                store.flush().unwrap();
            });
        }
    });
    assert_eq!(store.list().unwrap().len(), 3 + 8);
    let folders = store.list().unwrap().into_iter().map(|entry| entry.bytes);
    assert_eq!(
        store.prune(NO_LIMIT).unwrap().kept_bytes,
        folders.sum::<u64>()
    );
}

#[test]
fn the_last_build_of_each_report_is_remembered() {
    let (_folder, store) = store();
    assert!(store.last_build("a.yaml").is_empty());
    let units = |seed: u32| -> BTreeMap<String, Value> {
        [(
            "lime.coffee".to_owned(),
            json!({"seed": seed, "kernel": 0.1}),
        )]
        .into()
    };
    store.remember_build("a.yaml", &units(1)).unwrap();
    store.remember_build("b.yaml", &units(2)).unwrap();
    store.remember_build("a.yaml", &units(3)).unwrap();
    assert_eq!(store.last_build("a.yaml"), units(3));
    assert_eq!(store.last_build("b.yaml"), units(2));
}
