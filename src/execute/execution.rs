//! What is at hand while a plan is executed.

use super::key::Keys;
use super::timings::Timings;
use super::{Network, Networks, Reason, Reuse};
use crate::explain::{Known, Unit};
use crate::plan::{Plan, Task};
use crate::progress::Progress;
use crate::store::{Key, Store};

/// The plan with its networks, the store, what this build found before.
pub(super) struct Execution<'a> {
    pub plan: &'a Plan,
    pub networks: &'a Networks,
    pub store: Option<&'a Store>,
    pub reuse: Reuse,
    pub keys: &'a Keys<'a>,
    /// By network.
    pub known: &'a [Known],
    pub progress: &'a dyn Progress,
    /// Why a unit ran, by its name and key.
    pub reason: &'a dyn Fn(&str, &Key) -> Reason,
    /// By network.
    pub timings: &'a [Timings<'a>],
}

impl Execution<'_> {
    /// What a task explains.
    pub fn network(&self, task: &Task) -> &Network {
        self.networks.of(task)
    }

    /// What was found of its network before.
    pub fn known(&self, task: &Task) -> &Known {
        &self.known[task.model]
    }

    pub fn timings(&self, task: &Task) -> &Timings<'_> {
        &self.timings[task.model]
    }

    /// Under which keys the results of some units of a task are stored.
    pub fn keys_of(&self, task: &Task, units: &[Unit]) -> Vec<Key> {
        units.iter().map(|unit| self.keys.of(task, unit)).collect()
    }
}
