//! Batches beside each other, each on a thread of its own.
//!
//! libtorch's own threads share the work of each operator and wait for each other behind it, by turning in circles. A batch
//! that one thread computes alone needs no company up to its end: on 16 cores LIME takes 14 to 33 % less so, a
//! confusion matrix 35 to 58 % (docs/performance.md). How a batch is computed does not depend on how many run.

use std::any::Any;
use std::collections::BTreeMap;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;

use rayon::ThreadPool;

use super::in_batches;
use super::memory_error::MemoryError;

/// How a loop over many inputs is spread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spread {
    /// Batches that run at once.
    pub lanes: usize,
    /// Inputs of a batch.
    pub size: usize,
}

/// Inputs of a batch that one thread computes: SqueezeNet 1.1 and MobileNetV2 take 2 and 5 % longer for 4, and as long for 16.
const EACH: usize = 8;

/// Inputs in memory at once, where more than `EACH` threads compute.
const MOST: usize = 64;

impl Spread {
    /// Inputs that run at once for so many lanes.
    pub fn auto_size(lanes: usize) -> usize {
        (EACH * lanes).min(MOST.max(lanes))
    }

    /// So many inputs at once on up to so many lanes.
    pub fn new(at_once: usize, lanes: usize) -> Self {
        let lanes = lanes.min(at_once).max(1);
        Self {
            lanes,
            size: (at_once / lanes).max(1),
        }
    }

    /// For few inputs smaller batches, so that each lane has one.
    fn of(self, count: usize) -> Self {
        let share = count.div_ceil(self.lanes).max(1);
        Self {
            lanes: self.lanes.min(count.div_ceil(self.size.min(share))),
            size: self.size.min(share),
        }
    }
}

/// As [`in_batches`], with batches beside each other: `take` is called for each range in order, on this thread, `compute` for
/// what it gives, on any, and `found` for what comes out, in order on this thread. A batch for which memory does not suffice
/// is taken again in halves.
pub fn in_lanes<I: Send, T: Send, E: MemoryError + Send>(
    count: usize,
    spread: Spread,
    take: &mut dyn FnMut(Range<usize>) -> Result<I, E>,
    compute: &(dyn Fn(I) -> Result<T, E> + Sync),
    found: &mut dyn FnMut(Range<usize>, T) -> Result<(), E>,
) -> Result<(), E> {
    let Spread { lanes, size } = spread.of(count);
    if lanes < 2 {
        return in_batches(count, size, |range| {
            let computed = compute(take(range.clone())?)?;
            found(range, computed)
        });
    }
    let take = std::cell::RefCell::new(take);
    let mut start = 0;
    let mut next = || {
        let range = start..count.min(start + size);
        start = range.end;
        match range.is_empty() {
            true => Ok(None),
            false => Ok(Some((range.clone(), (*take.borrow_mut())(range)?))),
        }
    };
    let compute_range = |(range, input)| (range, compute(input));
    in_order(lanes, &mut next, &compute_range, &mut |(
        range,
        computed,
    ): (
        Range<usize>,
        _,
    )| match computed {
        Ok(computed) => found(range, computed),
        Err(error) if error.out_of_memory().is_none() => Err(error),
        Err(_) => in_batches(range.len(), range.len().div_ceil(2), |part| {
            let part = range.start + part.start..range.start + part.end;
            let computed = compute((*take.borrow_mut())(part.clone())?)?;
            found(part, computed)
        }),
    })
}

/// Computes what `next` gives until it gives nothing more, on so many threads, and hands each result to `found`, in their
/// order. `next` and `found` run on this thread, and a few jobs at most are ahead. An error of either ends it.
pub fn in_order<I: Send, R: Send, E>(
    lanes: usize,
    next: &mut dyn FnMut() -> Result<Option<I>, E>,
    compute: &(dyn Fn(I) -> R + Sync),
    found: &mut dyn FnMut(R) -> Result<(), E>,
) -> Result<(), E> {
    let pool = (lanes > 1).then(pool).flatten();
    let Some(pool) = pool.filter(|pool| pool.current_thread_index().is_none()) else {
        while let Some(job) = next()? {
            found(compute(job))?;
        }
        return Ok(());
    };
    let _alone = OneThread::of_this();
    let (done, results) = channel();
    let is_given_up = AtomicBool::new(false);
    let is_given_up = &is_given_up;
    pool.in_place_scope(|scope| {
        let _jobs = GivesUp(is_given_up);
        let mut waiting = BTreeMap::new();
        let (mut begun, mut ended, mut is_over) = (0_usize, 0_usize, false);
        loop {
            // One job waits for each lane, so that none of them waits for this thread.
            while !is_over && begun < ended + waiting.len() + 2 * lanes {
                let Some(job) = next()? else {
                    is_over = true;
                    break;
                };
                let (done, number) = (done.clone(), begun);
                scope.spawn(move |_| {
                    if is_given_up.load(Ordering::Relaxed) {
                        return;
                    }
                    let computed = catch_unwind(AssertUnwindSafe(|| compute(job)));
                    // Nobody waits for it where another one failed.
                    let _sent = done.send((number, computed));
                });
                begun += 1;
            }
            if ended == begun {
                return Ok(());
            }
            let Ok((number, computed)) = results.recv() else {
                return Ok(()); // this thread holds a sender
            };
            waiting.insert(number, computed);
            while let Some(computed) = waiting.remove(&ended) {
                ended += 1;
                found(computed.unwrap_or_else(|panic: Box<dyn Any + Send>| resume_unwind(panic)))?;
            }
        }
    })
}

/// Once nobody collects results any more, jobs that have not begun never do.
struct GivesUp<'a>(&'a AtomicBool);

impl Drop for GivesUp<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Threads that each compute alone; `None` where the system gives none.
fn pool() -> Option<&'static ThreadPool> {
    static POOL: OnceLock<Option<ThreadPool>> = OnceLock::new();
    let made = POOL.get_or_init(|| {
        let before = tch::get_num_threads();
        let threads = usize::try_from(before).unwrap_or(1);
        let threads = rayon::ThreadPoolBuilder::new().num_threads(threads);
        let pool = threads.build().ok()?;
        // The number is that of the thread that sets it, and of every thread that begins to compute later.
        pool.broadcast(|_| tch::set_num_threads(1));
        tch::set_num_threads(before);
        Some(pool)
    });
    made.as_ref()
}

/// While it lives, this thread computes without libtorch's others: what it does beside the lanes is little, and the others
/// would turn in circles behind it.
struct OneThread {
    before: i32,
}

impl OneThread {
    fn of_this() -> Self {
        let before = tch::get_num_threads();
        tch::set_num_threads(1);
        Self { before }
    }
}

impl Drop for OneThread {
    fn drop(&mut self) {
        tch::set_num_threads(self.before);
    }
}

#[cfg(test)]
#[path = "lanes_tests.rs"]
mod tests;
