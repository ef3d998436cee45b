//! The units of a task: from the store, or run, each stored when it is done.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::execution::Execution;
use super::timings::{Sort, Watch};
use super::{ExecuteError, Executed, Network, Ran, Reuse, name, panic_text};
use crate::explain::{ExplainError, Inputs, Known, Needs, Passes, Sink, Unit};
use crate::plan::Task;
use crate::results::Results;
use crate::store::Key;

/// What a build runs, with what it has found so far.
pub(super) struct Build<'a> {
    pub at: &'a Execution<'a>,
    pub executed: &'a mut Executed,
    /// Results of this build that other methods find too, by their keys: they are run once also without a store.
    pub earlier: &'a mut BTreeMap<String, Results>,
}

impl Build<'_> {
    /// The results of some units of a task; `None` of those that failed, and of those that are not ours and not stored.
    pub fn units(
        &mut self,
        (index, task): (usize, &Task),
        units: &[Unit],
        keys: &[Key],
        ours: &[bool],
    ) -> Result<Vec<Option<Results>>, ExecuteError> {
        let inputs = self.at.plan.inputs(task);
        let shared = units
            .iter()
            .map(|unit| task.method.shared(&inputs, unit).is_some());
        let shared: Vec<bool> = shared.collect();
        let text = |key: &Key| key.json().to_string();
        let mut results: Vec<Option<Results>> = keys
            .iter()
            .zip(&shared)
            .map(|(key, is_shared)| is_shared.then(|| self.earlier.get(&text(key)).cloned())?)
            .collect();
        if let (Some(store), Reuse::Stored) = (self.at.store, self.at.reuse) {
            let asked = (0..results.len()).filter(|at| results[*at].is_none());
            let asked: Vec<usize> = asked.collect();
            let of_asked: Vec<&Key> = asked.iter().map(|at| &keys[*at]).collect();
            for (at, found) in asked.into_iter().zip(store.load_each(&of_asked)) {
                results[at] = found;
            }
            store.check()?;
        }
        let missing: Vec<usize> = (0..results.len())
            .filter(|at| results[*at].is_none() && ours[*at])
            .collect();
        self.executed.units += results.len();
        for (unit, key) in units.iter().zip(keys) {
            let name = name(task, unit);
            self.executed.keys.insert(name, key.json().clone());
        }
        self.executed.ran.extend(missing.iter().map(|&at| {
            let name = name(task, &units[at]);
            let reason = (self.at.reason)(&name, &keys[at]);
            Ran { unit: name, reason }
        }));
        if let Some(first) = missing.first() {
            // The time to load the network is nobody's; where it cannot be, the run says so.
            if task.method.needs() != Needs::Nothing {
                let _ = self.at.network(task).open();
            }
            let mut watch = Watch::start(self.at.network(task));
            let mut keep = |at: usize, found: Results| {
                let Some(&unit) = missing.get(at) else {
                    return Ok(()); // a method never names a unit that it was not given
                };
                if let Some(store) = self.at.store {
                    store.save(&keys[unit], &found)?;
                }
                results[unit] = Some(found);
                watch.unit();
                Ok(())
            };
            let units: Vec<Unit> = missing.iter().map(|at| units[*at].clone()).collect();
            let advanced = |done, total| self.at.progress.advanced(done, total);
            let mut sink = Sink::new(&mut keep, &advanced);
            let outcome = run(
                task,
                inputs,
                self.at.network(task),
                self.at.known(task),
                &units,
                &mut sink,
            );
            self.at
                .timings(task)
                .keep(Sort::of(&keys[*first], None), watch.timing());
            // A result that could not be put into the bucket is no fault of the method's.
            if let Some(store) = self.at.store {
                store.check()?;
            }
            match outcome {
                Err(ExplainError::Cancelled) => return Err(ExecuteError::Cancelled),
                Err(error) => {
                    self.executed.failures.insert(index, error);
                }
                Ok(()) => {}
            }
        }
        for ((key, is_shared), found) in keys.iter().zip(shared).zip(&results) {
            if let (true, Some(found)) = (is_shared, found) {
                self.earlier.insert(text(key), found.clone());
            }
        }
        Ok(results)
    }
}

fn run(
    task: &Task,
    inputs: Inputs,
    network: &Network,
    known: &Known,
    units: &[Unit],
    sink: &mut Sink,
) -> Result<(), ExplainError> {
    let model = network.open()?;
    let passes = Passes::new(model, inputs, known);
    // Inside a method plain tensor operations panic where a fallible one would return an error.
    let result = catch_unwind(AssertUnwindSafe(|| task.method.run(&passes, units, sink)));
    result.unwrap_or_else(|panic| Err(ExplainError::Failed(panic_text(panic.as_ref()))))
}
