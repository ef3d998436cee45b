//! Files that are no entry, or not the one that was asked for.

use proptest::prelude::*;

use super::*;

#[test]
fn files_that_are_no_whole_entry_of_the_key_are_removed() {
    let (_folder, store) = store();
    let value = vec![1.5_f32; 10];
    store.save(&key(1), &value).unwrap();
    let path = on_disk(&store, &key(1));
    let whole = std::fs::read(&path).unwrap();
    store.save(&key(2), &value).unwrap();
    let of_another_key = std::fs::read(on_disk(&store, &key(2))).unwrap();
    let mut wrong: Vec<Vec<u8>> = (0..whole.len()).map(|n| whole[..n].to_vec()).collect();
    for at in 0..whole.len() {
        // The version's bytes: the next test.
        if !(8..12).contains(&at) {
            for bit in 0..8 {
                wrong.push(whole.clone());
                wrong.last_mut().unwrap()[at] ^= 1 << bit;
            }
        }
    }
    let longer = [&whole[..], b"\0"].concat();
    wrong.extend([
        of_another_key,
        longer,
        vec![0; 5000],
        b"<!DOCTYPE html>".to_vec(),
    ]);
    for (number, content) in wrong.iter().enumerate() {
        std::fs::write(&path, content).unwrap();
        assert_eq!(store.load::<Vec<f32>>(&key(1)), None, "{number}");
        assert!(!path.exists(), "{number}");
    }
    store.save(&key(1), &value).unwrap();
    assert_eq!(store.load::<Vec<f32>>(&key(1)).unwrap(), value);
}

#[test]
fn an_entry_of_another_version_is_missing_until_it_is_replaced() {
    let (_folder, store) = store();
    store.save(&key(1), &1).unwrap();
    let path = on_disk(&store, &key(1));
    let mut file = std::fs::read(&path).unwrap();
    file[8] += 1;
    std::fs::write(&path, &file).unwrap();
    assert_eq!(store.load::<i32>(&key(1)), None);
    assert!(path.exists() && store.list().unwrap().is_empty());
    store.save(&key(1), &2).unwrap();
    assert_eq!(store.load::<i32>(&key(1)), Some(2));
}

#[test]
fn a_value_of_another_type_is_missing() {
    let (_folder, store) = store();
    store.save(&key(1), &vec![1_u8, 2, 3]).unwrap();
    assert_eq!(store.load::<u8>(&key(1)), None, "bytes would be left");
    store.save(&key(1), &7_u8).unwrap();
    assert_eq!(store.load::<[f32; 4]>(&key(1)), None, "bytes are missing");
}

proptest! {
    #[test]
    fn no_file_makes_the_store_panic_or_lie(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..5),
        cut in any::<prop::sample::Index>(),
        is_cut in any::<bool>(),
        foreign in prop::collection::vec(any::<u8>(), 0..200),
        is_foreign in any::<bool>(),
    ) {
        let (_folder, store) = store();
        let value = vec!["text".to_owned(); 20];
        store.save(&key(1), &value).unwrap();
        let path = on_disk(&store, &key(1));
        let whole = std::fs::read(&path).unwrap();
        let mut file = whole.clone();
        for (at, byte) in changes {
            let at = at.index(file.len());
            file[at] = byte;
        }
        if is_cut {
            file.truncate(cut.index(file.len()));
        }
        if is_foreign {
            file.truncate(20);
            file.extend(foreign);
        }
        std::fs::write(&path, &file).unwrap();
        std::fs::write(digests_path(&store), &file).unwrap();
        store.list().unwrap();
        let expected = (file == whole).then_some(value);
        prop_assert_eq!(store.load::<Vec<String>>(&key(1)), expected);
        store.digest(&path.parent().unwrap().join("none")).unwrap_err();
    }
}
