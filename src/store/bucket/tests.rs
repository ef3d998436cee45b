//! A bucket in memory, and services that fail.

use std::sync::atomic::{AtomicUsize, Ordering};

use object_store::memory::InMemory;
use object_store::throttle::{ThrottleConfig, ThrottledStore};

use super::*;

fn address() -> Address {
    Address::parse("s3://bucket/a/store").unwrap().unwrap()
}

fn over(objects: Arc<dyn ObjectStore>) -> Bucket {
    Bucket::over(&address(), objects).unwrap()
}

fn names(bucket: &Bucket, folder: &str) -> Vec<String> {
    let mut names: Vec<String> = bucket
        .list(folder)
        .unwrap()
        .into_iter()
        .map(|o| o.name)
        .collect();
    names.sort();
    names
}

#[test]
fn objects_come_back_as_they_were_put() {
    let objects: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
    let bucket = over(objects.clone());
    assert_eq!(bucket.read("entries/ab/one"), None);
    assert!(!bucket.contains("entries/ab/one"));
    bucket.write("entries/ab/one", vec![1, 2, 3]).unwrap();
    bucket.write("entries/ab/one", vec![4, 5, 6, 7]).unwrap();
    bucket.write("entries/cd/two", Vec::new()).unwrap();
    bucket.write("digests", vec![9]).unwrap();
    let other = over(objects);
    assert_eq!(other.read("entries/ab/one"), Some(vec![4, 5, 6, 7]));
    assert!(other.contains("entries/ab/one"));
    assert_eq!(
        names(&other, "entries"),
        ["entries/ab/one", "entries/cd/two"]
    );
    let asked = [
        ("entries/ab/one".to_owned(), Some(2)),
        ("entries/ab/none".to_owned(), Some(2)),
        ("entries/cd/two".to_owned(), Some(0)),
        ("digests".to_owned(), None),
    ];
    let mut found = vec![None; asked.len()];
    other.read_each(&asked, &mut |at, one| found[at] = one);
    assert_eq!(found, [Some(vec![4, 5]), None, Some(vec![]), Some(vec![9])]);
    let gone = ["entries/ab/one", "entries/ab/none"].map(str::to_owned);
    bucket.remove(&gone).unwrap();
    assert_eq!(names(&other, "entries"), ["entries/cd/two"]);
    assert!(other.fault().is_ok(), "what is missing is no fault");
}

#[test]
fn many_are_asked_for_at_once_and_come_in_order() {
    let slow = ThrottleConfig {
        wait_get_per_call: std::time::Duration::from_millis(20),
        ..ThrottleConfig::default()
    };
    let bucket = over(Arc::new(ThrottledStore::new(InMemory::new(), slow)));
    let name = |at: usize| format!("entries/ab/{at}");
    for at in 0..64 {
        bucket.write(&name(at), vec![at as u8]).unwrap();
    }
    let asked: Vec<_> = (0..64).map(|at| (name(at), None)).collect();
    let started = std::time::Instant::now();
    let mut found = Vec::new();
    bucket.read_each(&asked, &mut |at, one| found.push((at, one)));
    let expected: Vec<_> = (0..64).map(|at| (at, Some(vec![at as u8]))).collect();
    assert_eq!(found, expected);
    // One after the other they would take 64 × 20 ms.
    assert!(
        started.elapsed().as_millis() < 800,
        "{:?}",
        started.elapsed()
    );
}

#[test]
fn threads_share_a_bucket() {
    let bucket = over(Arc::new(InMemory::new()));
    let done = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let (bucket, done) = (&bucket, &done);
            scope.spawn(move || {
                for round in 0..50_u8 {
                    let name = format!("entries/ab/{thread}");
                    bucket.write(&name, vec![round; 1000]).unwrap();
                    assert_eq!(bucket.read(&name), Some(vec![round; 1000]));
                    done.fetch_add(1, Ordering::SeqCst);
                }
            });
        }
    });
    assert_eq!(done.into_inner(), 400);
}

/// The first fault ends it, also for reading: nothing is taken for missing that could not be asked for.
#[test]
fn the_first_fault_is_told_and_the_last_request() {
    // A name that no object may have stands for a request that fails.
    let bucket = over(Arc::new(InMemory::new()));
    bucket.write("entries/ab/one", vec![1]).unwrap();
    let error = bucket.write("entries//two", vec![2]).unwrap_err();
    let said = error.to_string();
    assert!(
        said.starts_with("cannot write `s3://bucket/a/store/entries//two`: "),
        "{said}"
    );
    assert_eq!(bucket.read("entries/ab/one"), None);
    assert!(!bucket.contains("entries/ab/one"));
    for later in [
        bucket.fault(),
        bucket.write("entries/ab/one", vec![3]),
        bucket.remove(&["entries/ab/one".to_owned()]),
        bucket.list("entries").map(|_| ()),
    ] {
        assert_eq!(later.unwrap_err().to_string(), said);
    }
    let other = over(bucket.objects.clone());
    assert_eq!(other.read("entries/ab/one"), Some(vec![1]), "as it was");
}
