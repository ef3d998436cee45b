use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::*;
use crate::model::error::ModelError;

const TWO: Spread = Spread { lanes: 2, size: 4 };

/// The numbers of each range, the first ones computed the slowest; refuses memory to more than `most` of them.
fn run(count: usize, most: usize) -> (Result<(), ModelError>, Vec<usize>) {
    let mut seen = Vec::new();
    let result = in_lanes(
        count,
        TWO,
        &mut |range| Ok(range),
        &|range: Range<usize>| {
            std::thread::sleep(Duration::from_millis(
                8_u64.saturating_sub(range.start as u64),
            ));
            match range.len() > most {
                true => Err(ModelError::OutOfMemory {
                    message: "none is left".to_owned(),
                }),
                false => Ok(range.collect::<Vec<_>>()),
            }
        },
        &mut |range, numbers| {
            assert_eq!(range, numbers[0]..numbers[0] + numbers.len());
            seen.extend(numbers);
            Ok(())
        },
    );
    (result, seen)
}

#[test]
fn results_come_in_order_and_batches_without_memory_in_halves() {
    for (count, most) in [(0, 4), (1, 4), (5, 4), (30, 4), (30, 3), (30, 1)] {
        let (result, seen) = run(count, most);
        result.unwrap();
        assert_eq!(seen, (0..count).collect::<Vec<_>>(), "{count} by {most}");
    }
    let error = run(9, 0).0.unwrap_err().to_string();
    assert!(error.contains("none is left"), "{error}");
}

#[test]
fn an_error_ends_it_and_this_thread_has_its_threads_again() {
    let before = tch::get_num_threads();
    let begun = AtomicUsize::new(0);
    let result: Result<(), String> = in_order(
        2,
        &mut || Ok(Some(begun.fetch_add(1, Ordering::Relaxed))),
        &|job| job,
        &mut |job| match job {
            7 => Err("seven".to_owned()),
            _ => Ok(()),
        },
    );
    assert_eq!(result, Err("seven".to_owned()));
    assert!(begun.load(Ordering::Relaxed) <= 7 + 5, "a few are ahead");
    assert_eq!(tch::get_num_threads(), before);
}

/// After an error what waits is left alone: of eight jobs for each thread that were ahead fewer than half were begun.
#[test]
fn what_has_not_begun_is_given_up() {
    let threads = usize::try_from(tch::get_num_threads()).unwrap();
    let computed = AtomicUsize::new(0);
    let result: Result<(), String> = in_order(
        4 * threads.max(2),
        &mut || Ok(Some(())),
        &|()| {
            computed.fetch_add(1, Ordering::Relaxed);
            std::thread::sleep(Duration::from_millis(40));
        },
        &mut |()| Err("the first".to_owned()),
    );
    assert_eq!(result, Err("the first".to_owned()));
    let computed = computed.load(Ordering::Relaxed);
    assert!(computed <= 4 * threads, "{computed} on {threads} threads");
}

#[test]
fn a_panic_is_one_of_the_caller() {
    let panics = || {
        in_order(
            2,
            &mut || Ok::<_, String>(Some(())),
            &|()| panic!("of a lane"),
            &mut |()| Ok(()),
        )
    };
    let panic = catch_unwind(AssertUnwindSafe(panics)).unwrap_err();
    assert_eq!(panic.downcast_ref::<&str>(), Some(&"of a lane"));
}

#[test]
fn few_inputs_are_shared_out() {
    let spread = |at_once, lanes| Spread::new(at_once, lanes);
    assert_eq!(spread(16, 2), Spread { lanes: 2, size: 8 });
    assert_eq!(spread(3, 4), Spread { lanes: 3, size: 1 });
    assert_eq!(spread(8, 1), Spread { lanes: 1, size: 8 });
    assert_eq!(spread(16, 2).of(10), Spread { lanes: 2, size: 5 });
    assert_eq!(spread(16, 2).of(1), Spread { lanes: 1, size: 1 });
    assert_eq!(Spread::auto_size(2), 16);
    assert_eq!(Spread::auto_size(16), 64);
    assert_eq!(Spread::auto_size(100), 100);
}
