//! The same work on all cores, the same result on any number of them.

use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// How many cores there are to use; it may change the speed of a result, never the result.
pub(super) fn cores() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get)
}

/// `work(0)`, `work(1)`, … `work(count - 1)` in this order, computed by `threads` threads.
pub(super) fn in_order<T: Send>(
    threads: usize,
    count: usize,
    work: impl Fn(usize) -> T + Sync,
) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let take_turns = || {
        let mut done = Vec::new();
        loop {
            let turn = next.fetch_add(1, Ordering::Relaxed);
            if turn >= count {
                return done;
            }
            done.push((turn, work(turn)));
        }
    };
    let mut done = thread::scope(|scope| {
        let helpers: Vec<_> = (1..threads.min(count))
            .map(|_| scope.spawn(take_turns))
            .collect();
        let mut done = take_turns();
        for helper in helpers {
            match helper.join() {
                Ok(part) => done.extend(part),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        done
    });
    done.sort_by_key(|(turn, _)| *turn);
    done.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_turn_once_and_in_order() {
        for threads in [1, 2, 7] {
            assert_eq!(in_order(threads, 5, |turn| turn * turn), [0, 1, 4, 9, 16]);
            assert_eq!(in_order(threads, 0, |turn| turn), [0; 0]);
        }
    }
}
