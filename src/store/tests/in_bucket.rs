//! The store over a bucket: what it does as in a folder, and what a bucket cannot do.

use std::sync::Arc;

use object_store::memory::InMemory;
use object_store::{ObjectStore, ObjectStoreExt};

use super::*;

const PREFIX: &str = "team/store";

fn over(objects: &Arc<InMemory>, access: Access) -> Store {
    let address = Address::parse(&format!("s3://bucket/{PREFIX}"));
    let address = address.unwrap().unwrap();
    let bucket = Bucket::over(&address, objects.clone() as Arc<dyn ObjectStore>);
    Store::at(Place::Bucket(bucket.unwrap()), None, access)
}

fn store() -> (Arc<InMemory>, Store) {
    let objects = Arc::new(InMemory::new());
    let store = over(&objects, Access::Write);
    (objects, store)
}

/// Past the store.
fn put(objects: &InMemory, name: &str, content: &[u8]) {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let path = object_store::path::Path::from(format!("{PREFIX}/{name}"));
    let content = content.to_vec().into();
    let put = async { objects.put(&path, content).await };
    runtime.unwrap().block_on(put).unwrap();
}

#[test]
fn the_entries_of_another_machine_are_found() {
    let (objects, here) = store();
    let there = over(&objects, Access::Read);
    assert_eq!(there.load::<String>(&key(1)), None);
    here.save(&key(1), &"one").unwrap();
    here.save(&key(2), &"two").unwrap();
    // Two that write the same entry.
    over(&objects, Access::Write).save(&key(2), &"two").unwrap();
    assert_eq!(there.load::<String>(&key(1)).unwrap(), "one");
    assert!(there.contains(&key(2)) && !there.contains(&key(3)));
    let keys = [key(2), key(3), key(1)];
    let found: Vec<Option<String>> = there.load_each(&keys.each_ref());
    assert_eq!(
        found,
        [Some("two".to_owned()), None, Some("one".to_owned())]
    );
    there.save(&key(4), &"four").unwrap();
    assert!(!here.contains(&key(4)), "opened for reading");
    here.check().unwrap();
}

#[test]
fn a_damaged_entry_is_missing_until_it_is_replaced() {
    let (objects, store) = store();
    store.save(&key(1), &vec![1.5_f32; 10]).unwrap();
    let name = folder::name_of(key(1).digest());
    for content in [&b""[..], b"CNNstore", b"<html>", &[0; 5000]] {
        put(&objects, &name, content);
        assert_eq!(store.load::<Vec<f32>>(&key(1)), None);
        assert_eq!(store.load_each::<Vec<f32>>(&[&key(1)]), [None]);
        assert_eq!(store.list().unwrap(), []);
        store.check().unwrap();
    }
    store.save(&key(1), &vec![1.5_f32; 10]).unwrap();
    assert_eq!(store.load::<Vec<f32>>(&key(1)).unwrap(), [1.5; 10]);
}

#[test]
fn nothing_is_removed_unasked_and_what_is_not_the_stores_stays() {
    let (objects, store) = store();
    let long = Key::new(json!({"classes": vec![1234; 5000]}));
    store.save(&long, &1).unwrap();
    std::thread::sleep(std::time::Duration::from_millis(5));
    for number in 0..3 {
        store.save(&key(number), &vec![0_u8; 1000]).unwrap();
    }
    put(&objects, "entries/ab/notes.txt", b"mine");
    put(&objects, "entries/notes.txt", b"mine");
    store.flush().unwrap();
    let listed = store.list().unwrap();
    assert_eq!(listed.len(), 4);
    assert_eq!(
        listed[3].key,
        *long.json(),
        "the one that was written first"
    );
    let young: u64 = listed[..3].iter().map(|entry| entry.bytes).sum();
    let pruned = store.prune(young).unwrap();
    assert_eq!((pruned.removed_entries, pruned.kept_entries), (1, 3));
    assert!(!store.contains(&long) && store.contains(&key(0)));
    assert_eq!(store.clear().unwrap().removed_entries, 3);
    let Place::Bucket(bucket) = &store.place else {
        panic!("a bucket")
    };
    let left = bucket.list(folder::ENTRIES).unwrap();
    let mut left: Vec<&str> = left.iter().map(|object| object.name.as_str()).collect();
    left.sort();
    assert_eq!(left, ["entries/ab/notes.txt", "entries/notes.txt"]);
}

#[test]
fn digests_are_remembered_in_the_bucket() {
    let (objects, store) = store();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("photo.jpg");
    std::fs::write(&file, "one").unwrap();
    std::thread::sleep(std::time::Duration::from_millis(2100)); // as in `digests`: times have a grain
    let digest = store.digest(&file).unwrap();
    store.flush().unwrap();
    let Place::Bucket(bucket) = &store.place else {
        panic!("a bucket")
    };
    let kept = bucket.read(folder::DIGESTS).unwrap();
    // To see that a digest comes from there, it is made to be wrong.
    let at = kept.windows(64).position(|part| part == digest.as_bytes());
    let mut wrong = kept[..kept.len() - 32].to_vec();
    wrong[at.unwrap()..][..64].fill(b'0');
    wrong.extend(*blake3::hash(&wrong).as_bytes());
    put(&objects, folder::DIGESTS, &wrong);
    let other = over(&objects, Access::Write);
    assert_eq!(other.digest(&file).unwrap(), "0".repeat(64));
    put(&objects, folder::DIGESTS, &kept[..kept.len() / 2]);
    let other = over(&objects, Access::Write);
    assert_eq!(
        other.digest(&file).unwrap(),
        digest,
        "a damaged memory is none"
    );
    other.flush().unwrap();
    assert_eq!(bucket.read(folder::DIGESTS).unwrap(), kept);
    store.clear().unwrap();
    assert_eq!(bucket.read(folder::DIGESTS), None);
}

#[test]
fn a_bucket_that_fails_is_a_fault_of_the_store() {
    let (_objects, store) = store();
    store.save(&key(1), &1).unwrap();
    let Place::Bucket(bucket) = &store.place else {
        panic!("a bucket")
    };
    // A name that no object may have stands for a request that fails.
    bucket.read("entries//x");
    let said = store.check().unwrap_err().to_string();
    assert!(
        said.starts_with("cannot read `s3://bucket/team/store/entries//x`"),
        "{said}"
    );
    assert_eq!(store.load::<i32>(&key(1)), None);
    assert_eq!(store.load_each::<i32>(&[&key(1)]), [None]);
    for later in [
        store.save(&key(2), &2),
        store.flush(),
        store.list().map(|_| ()),
        store.prune(0).map(|_| ()),
        store.clear().map(|_| ()),
    ] {
        assert_eq!(later.unwrap_err().to_string(), said);
    }
}
