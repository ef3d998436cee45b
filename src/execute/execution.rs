//! What is at hand while a plan is executed.

use super::key::Keys;
use super::timings::Timings;
use super::{Network, Reason, Reuse};
use crate::explain::{Known, Unit};
use crate::plan::{Plan, Task};
use crate::progress::Progress;
use crate::store::{Key, Store};

/// The plan with its network, the store, what this build found before.
pub(super) struct Execution<'a> {
    pub plan: &'a Plan,
    pub network: &'a Network,
    pub store: Option<&'a Store>,
    pub reuse: Reuse,
    pub keys: &'a Keys<'a>,
    pub known: &'a Known,
    pub progress: &'a dyn Progress,
    /// Why a unit ran, by its name and key.
    pub reason: &'a dyn Fn(&str, &Key) -> Reason,
    pub timings: &'a Timings<'a>,
}

impl Execution<'_> {
    /// Under which keys the results of some units of a task are stored.
    pub fn keys_of(&self, task: &Task, units: &[Unit]) -> Vec<Key> {
        units.iter().map(|unit| self.keys.of(task, unit)).collect()
    }
}
