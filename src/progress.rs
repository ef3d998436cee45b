//! How a build tells where it is, and is told to stop. The library never prints: the caller decides.

use std::ops::ControlFlow;

/// Told of every step, in order.
pub trait Progress {
    /// `title` of step `number` of `total`, both from 1.
    fn started(&self, number: usize, total: usize, title: &str);
    /// Within the step; a step may never call this. Whether to go on.
    fn advanced(&self, done: usize, total: usize) -> ControlFlow<()>;
    fn finished(&self, title: &str, work: Finished);
}

/// What a step did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Finished {
    /// Units that were run; the others came from the store.
    pub ran: usize,
    /// Units in all.
    pub units: usize,
}

/// Says nothing and never stops.
pub struct Silent;

impl Progress for Silent {
    fn started(&self, _: usize, _: usize, _: &str) {}
    fn advanced(&self, _: usize, _: usize) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
    fn finished(&self, _: &str, _: Finished) {}
}
