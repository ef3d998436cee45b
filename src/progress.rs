//! How a build tells where it is. The library never prints: the caller decides.

/// Told of every step, in order.
pub trait Progress {
    /// `title` of step `number` of `total`, both from 1.
    fn started(&self, number: usize, total: usize, title: &str);
    /// Within the step; a step may never call this.
    fn advanced(&self, done: usize, total: usize);
    fn finished(&self, title: &str);
}

/// Says nothing.
pub struct Silent;

impl Progress for Silent {
    fn started(&self, _: usize, _: usize, _: &str) {}
    fn advanced(&self, _: usize, _: usize) {}
    fn finished(&self, _: &str) {}
}
