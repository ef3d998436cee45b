//! Judges the maps of a task: from the store, or by running the check.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::execution::Execution;
use super::timings::{Sort, Timing, Watch};
use super::{ExecuteError, Ran, Reuse, name, panic_text};
use crate::explain::checks::{self, Check, Judged};
use crate::explain::{ExplainError, Passes};
use crate::plan::Task;
use crate::results::{Fidelity, Results};
use crate::store::Key;

/// What a check found of one unit of a task.
#[derive(Debug, Clone, PartialEq)]
pub struct Checked {
    /// Index in the task's units.
    pub unit: usize,
    pub check: Check,
    /// Or why it could not be computed, which keeps nothing else from its place.
    pub found: Result<Fidelity, String>,
}

/// What was found, and what of it had to be run.
#[derive(Default)]
pub(super) struct Found {
    pub checked: Vec<Checked>,
    pub ran: Vec<Ran>,
    /// Name in the report and key of each.
    pub keys: Vec<(String, Key)>,
}

impl Execution<'_> {
    /// Judges every result of a task that is ours; one that is missing is left out.
    pub fn judge(
        &self,
        task: &Task,
        results: &[Option<Results>],
        ours: &[bool],
    ) -> Result<Found, ExecuteError> {
        let mut found = Found::default();
        let all: Vec<(usize, Check)> = (0..task.units.len())
            .filter(|unit| ours.get(*unit).is_some_and(|is_ours| *is_ours))
            .flat_map(|unit| task.checks.iter().map(move |check| (unit, *check)))
            .collect();
        let total = all.len();
        let mut ran: BTreeMap<&str, (Sort, Timing)> = BTreeMap::new();
        for (at, (unit, check)) in all.into_iter().enumerate() {
            let Some(Some(result)) = results.get(unit) else {
                continue;
            };
            let key = self.keys.of_check(task, &task.units[unit], check);
            let name = format!("{}, {}", name(task, &task.units[unit]), check.name());
            let stored: Option<Fidelity> = match (self.store, self.reuse) {
                (Some(store), Reuse::Stored) => {
                    let stored = store.load(&key);
                    store.check()?;
                    stored
                }
                (Some(_), Reuse::Nothing) | (None, _) => None,
            };
            let is_new = stored.is_none();
            let go_on = || self.progress.advanced(at, total);
            let one = match stored {
                Some(stored) => Ok(stored),
                None => {
                    let _ = self.network(task).open(); // its time is nobody's; where it cannot be, the run says so
                    let mut watch = Watch::start(self.network(task));
                    let one = self.run(task, (unit, result), check, &go_on);
                    if one.is_ok() {
                        watch.unit();
                        let sort = Sort::of(&key, Some(check.name()));
                        let before = ran.entry(check.name()).or_insert((sort, Timing::default()));
                        before.1 = before.1.and(watch.timing());
                        self.timings(task).keep(before.0.clone(), before.1);
                    }
                    one
                }
            };
            if is_new {
                let reason = (self.reason)(&name, &key);
                found.ran.push(Ran {
                    unit: name.clone(),
                    reason,
                });
            }
            let one = match one {
                Ok(one) => Ok(one),
                Err(ExplainError::Cancelled) => return Err(ExecuteError::Cancelled),
                Err(error) => Err(error.to_string()),
            };
            if let (true, Some(store), Ok(one)) = (is_new, self.store, &one) {
                store.save(&key, one)?;
            }
            found.keys.push((name, key));
            found.checked.push(Checked {
                unit,
                check,
                found: one,
            });
        }
        Ok(found)
    }

    fn run(
        &self,
        task: &Task,
        (unit, found): (usize, &Results),
        check: Check,
        go_on: &dyn Fn() -> ControlFlow<()>,
    ) -> Result<Fidelity, ExplainError> {
        let model = self.network(task).open()?;
        let passes = Passes::new(model, self.plan.inputs(task), self.known(task));
        let judged = Judged {
            entry: task.entry,
            method: task.method.as_ref(),
            unit: &task.units[unit],
            found,
        };
        let run = || checks::run(check, &passes, &judged, go_on);
        let result = catch_unwind(AssertUnwindSafe(run));
        result.unwrap_or_else(|panic| Err(ExplainError::Failed(panic_text(panic.as_ref()))))
    }
}
