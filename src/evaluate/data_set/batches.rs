//! Photos are decoded on other threads while the network runs.

use std::ops::ControlFlow;
use std::sync::mpsc::sync_channel;
use std::thread;

use rayon::prelude::*;

use super::LabelledPhoto;

/// Groups of photos that wait for the network. With the one that runs and the one that is being prepared, four
/// groups are in memory, whatever the size of the data set.
const GROUPS_WAITING: usize = 2;

/// Photos that follow each other in the data set.
#[derive(Debug)]
pub struct Batch<T> {
    /// Place of the first one in the data set.
    pub first: usize,
    /// For each photo what was prepared of it, or why it cannot be read, naming the file.
    pub items: Vec<Result<T, String>>,
}

/// Hands `consume` the photos in their order, `batch` by `batch`. `prepare` works ahead on all cores, on `group` photos at
/// once. What the batches hold does not depend on the number of threads, and none of them is left when this returns.
pub fn with_batches<T: Send, R>(
    photos: &[LabelledPhoto],
    (batch, group): (usize, usize),
    prepare: &(dyn Fn(&LabelledPhoto) -> Result<T, String> + Sync),
    consume: impl FnOnce(&mut dyn Iterator<Item = Batch<T>>) -> R,
) -> R {
    let batch = batch.max(1);
    let group = group.next_multiple_of(batch).max(batch);
    let (ready, wait) = sync_channel(GROUPS_WAITING * (group / batch));
    thread::scope(|scope| {
        let ahead = scope.spawn(move || {
            let mut first = 0;
            for photos in photos.chunks(group) {
                let items: Vec<_> = photos.par_iter().map(prepare).collect();
                let mut items = items.into_iter();
                while items.len() > 0 {
                    let items: Vec<_> = items.by_ref().take(batch).collect();
                    let count = items.len();
                    if ready.send(Batch { first, items }).is_err() {
                        return; // nobody waits any more
                    }
                    first += count;
                }
            }
        });
        let result = consume(&mut wait.iter());
        drop(wait); // a thread that waits for room in the channel goes on and ends
        match ahead.join() {
            Ok(()) => result,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}

/// Runs `run` on the photos in their order, `batch` at once, until it fails or breaks off, as [`with_batches`].
pub fn for_each_batch<T: Send, E>(
    photos: &[LabelledPhoto],
    batch: usize,
    prepare: &(dyn Fn(&LabelledPhoto) -> Result<T, String> + Sync),
    run: &mut dyn FnMut(Batch<T>) -> Result<ControlFlow<()>, E>,
) -> Result<(), E> {
    with_batches(photos, (batch, batch), prepare, |batches| {
        for batch in batches {
            if run(batch)?.is_break() {
                break;
            }
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    fn photos(count: usize) -> Vec<LabelledPhoto> {
        let photo = |truth: usize| LabelledPhoto {
            labels: vec![truth],
            path: truth.to_string().into(),
            truth,
        };
        (0..count).map(photo).collect()
    }

    /// Every seventh cannot be read; some take longer than others.
    fn prepare(photo: &LabelledPhoto) -> Result<usize, String> {
        thread::sleep(Duration::from_micros(photo.truth as u64 % 5 * 200));
        match photo.truth % 7 {
            6 => Err(photo.path.display().to_string()),
            _ => Ok(photo.truth * 10),
        }
    }

    #[test]
    fn photos_come_in_their_order_with_any_batch() {
        let photos = photos(50);
        for batch in [1, 3, 16, 50, 200] {
            let mut seen = Vec::new();
            for_each_batch(&photos, batch, &prepare, &mut |batch: Batch<usize>| {
                assert_eq!(batch.first, seen.len());
                seen.extend(batch.items);
                Ok::<_, ()>(ControlFlow::Continue(()))
            })
            .unwrap();
            assert_eq!(seen, photos.iter().map(prepare).collect::<Vec<_>>());
        }
        let nothing = for_each_batch(&[], 4, &prepare, &mut |_| Err("it was run"));
        assert_eq!(nothing, Ok(()));
    }

    #[test]
    fn groups_are_prepared_at_once_and_handed_out_in_batches() {
        let photos = photos(23);
        let sizes = with_batches(&photos, (4, 10), &prepare, |batches| {
            let of = |batch: Batch<usize>| (batch.first, batch.items.len());
            batches.map(of).collect::<Vec<_>>()
        });
        assert_eq!(sizes, [(0, 4), (4, 4), (8, 4), (12, 4), (16, 4), (20, 3)]);
    }

    #[test]
    fn it_stops_where_the_caller_does() {
        let started = AtomicUsize::new(0);
        let counting = |photo: &LabelledPhoto| {
            started.fetch_add(1, Ordering::SeqCst);
            prepare(photo)
        };
        let photos = photos(1000);
        let failed = for_each_batch(
            &photos,
            10,
            &counting,
            &mut |batch: Batch<usize>| match batch.first {
                20 => Err("enough"),
                _ => Ok(ControlFlow::Continue(())),
            },
        );
        assert_eq!(failed, Err("enough"));
        let mut batches = 0;
        for_each_batch(&photos, 10, &counting, &mut |_: Batch<usize>| {
            batches += 1;
            Ok::<_, ()>(ControlFlow::Break(()))
        })
        .unwrap();
        assert_eq!(batches, 1);
        assert!(started.load(Ordering::SeqCst) <= 110, "{started:?}");
    }

    #[test]
    fn no_more_than_a_few_batches_are_ahead() {
        let (prepared, consumed) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let most = AtomicUsize::new(0);
        let counting = |_: &LabelledPhoto| {
            let ahead = prepared.fetch_add(1, Ordering::SeqCst) + 1;
            most.fetch_max(ahead - consumed.load(Ordering::SeqCst), Ordering::SeqCst);
            Ok(())
        };
        for_each_batch(&photos(400), 5, &counting, &mut |batch: Batch<()>| {
            thread::sleep(Duration::from_millis(1));
            consumed.fetch_add(batch.items.len(), Ordering::SeqCst);
            Ok::<_, ()>(ControlFlow::Continue(()))
        })
        .unwrap();
        let most = most.load(Ordering::SeqCst);
        assert!(most <= (GROUPS_WAITING + 2) * 5, "{most}");
        assert!(most > 5, "nothing was prepared ahead: {most}");
    }

    #[test]
    fn a_panic_while_preparing_is_the_callers() {
        let panics = |photo: &LabelledPhoto| -> Result<(), String> {
            assert!(photo.truth < 12, "prepared");
            Ok(())
        };
        let all = photos(40);
        let caught = std::panic::catch_unwind(|| {
            for_each_batch(&all, 4, &panics, &mut |_: Batch<()>| {
                Ok::<_, ()>(ControlFlow::Continue(()))
            })
        });
        assert!(caught.is_err());
    }
}
