//! Runs the units of a plan that the store lacks. The network is opened at the first of them.

mod checks;
mod first_photo;
mod key;
mod network;
mod reason;

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};

use serde_json::Value;

use crate::explain::{ExplainError, Inputs, Known, Needs, Passes, Sink, Unit};
use crate::fs::FileError;
use crate::plan::memory::Memory;
use crate::plan::{Plan, Task};
use crate::progress::{Finished, Progress};
use crate::results::Results;
use crate::store::{Key, Store};
use crate::words::{Message, Strings};
pub use checks::Checked;
pub use first_photo::first_photo;
pub use network::{Found, Network, NetworkError, find};
pub use reason::{Ran, Reason};

/// What to make of stored results.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Reuse {
    #[default]
    Stored,
    /// Everything is run again, and stored.
    Nothing,
}

/// What was found.
#[derive(Debug, Default)]
pub struct Executed {
    /// By task and unit, in the order of the plan; `None` of a unit that failed or was left out.
    pub results: Vec<Vec<Option<Results>>>,
    /// What judges them, by task.
    pub checks: Vec<Vec<Checked>>,
    /// Tasks that failed, by index.
    pub failures: BTreeMap<usize, ExplainError>,
    /// Units that were run, each with the reason.
    pub ran: Vec<Ran>,
    /// Units in all, checks among them.
    pub units: usize,
    /// Key of each unit, by its name in the report, for the next build to compare with.
    pub keys: BTreeMap<String, Value>,
}

impl Executed {
    /// What judges the results of a task, by its index.
    pub fn checks_of(&self, task: usize) -> &[Checked] {
        self.checks.get(task).map_or(&[], Vec::as_slice)
    }
}

/// Why nothing can be executed at all.
#[derive(Debug, thiserror::Error)]
pub enum ExecuteError {
    #[error(transparent)]
    File(#[from] FileError),
    #[error("cancelled")]
    Cancelled,
}

/// Runs what is missing. A task that fails does not keep the others from running.
pub fn execute(
    plan: &Plan,
    network: &Network,
    store: Option<&Store>,
    reuse: Reuse,
    progress: &dyn Progress,
) -> Result<Executed, ExecuteError> {
    let keys = key::Keys::new(plan, network);
    let before = store.map_or_else(BTreeMap::new, |store| store.last_build(&report_name(plan)));
    let mut executed = Executed::default();
    let known = Known::default();
    let reason = |name: &str, key: &Key| match reuse {
        Reuse::Nothing => Reason::Fresh,
        Reuse::Stored => Reason::of(before.get(name), key.json()),
    };
    let judges = checks::Judges {
        plan,
        network,
        store,
        reuse,
        keys: &keys,
        known: &known,
        progress,
        reason: &reason,
    };
    for (index, task) in plan.tasks.iter().enumerate() {
        let title = title(&plan.strings, task);
        progress.started(index + 1, plan.tasks.len(), &title);
        let of_units = task.units.iter().map(|unit| judges.keys.of(task, unit));
        let keys: Vec<Key> = of_units.collect();
        let mut results: Vec<Option<Results>> = match (store, reuse) {
            (Some(store), Reuse::Stored) => keys.iter().map(|key| store.load(key)).collect(),
            _ => keys.iter().map(|_| None).collect(),
        };
        let missing: Vec<usize> = (0..results.len())
            .filter(|at| results[*at].is_none())
            .collect();
        executed.units += results.len();
        for (unit, key) in task.units.iter().zip(&keys) {
            executed.keys.insert(name(task, unit), key.json().clone());
        }
        executed.ran.extend(missing.iter().map(|&at| {
            let unit = name(task, &task.units[at]);
            let reason = reason(&unit, &keys[at]);
            Ran { unit, reason }
        }));
        if !missing.is_empty() {
            let mut keep = |at: usize, found: Results| {
                let Some(&unit) = missing.get(at) else {
                    return Ok(()); // a method never names a unit that it was not given
                };
                if let Some(store) = store {
                    store.save(&keys[unit], &found)?;
                }
                results[unit] = Some(found);
                Ok(())
            };
            let units: Vec<Unit> = missing.iter().map(|at| task.units[*at].clone()).collect();
            let advanced = |done, total| progress.advanced(done, total);
            let mut sink = Sink::new(&mut keep, &advanced);
            match run(task, plan.inputs(task), network, &known, &units, &mut sink) {
                Err(ExplainError::Cancelled) => return Err(ExecuteError::Cancelled),
                Err(error) => {
                    executed.failures.insert(index, error);
                }
                Ok(()) => {}
            }
        }
        let all: Option<Vec<&Results>> = results.iter().map(Option::as_ref).collect();
        if let Some(Err(error)) = all.map(|all| task.method.accept(&all)) {
            executed.failures.insert(index, error);
        }
        let judged = judges.judge(task, &results)?;
        progress.finished(
            &title,
            Finished {
                ran: missing.len() + judged.ran.len(),
                units: results.len() + judged.checked.len(),
            },
        );
        executed.units += judged.checked.len();
        executed.ran.extend(judged.ran);
        for (name, key) in judged.keys {
            executed.keys.insert(name, key.json().clone());
        }
        executed.checks.push(judged.checked);
        if progress.advanced(0, 0) == ControlFlow::Break(()) {
            return Err(ExecuteError::Cancelled);
        }
        executed.results.push(results);
    }
    Ok(executed)
}

/// Remembers which keys a finished build used, and keeps the store within its limit.
pub fn remember(plan: &Plan, executed: &Executed, store: &Store) -> Result<(), FileError> {
    store.remember_build(&report_name(plan), &executed.keys)?;
    store.flush()
}

/// What a report is called in the store: its folder and name.
fn report_name(plan: &Plan) -> String {
    let folder = plan.output.folder.display();
    format!("{folder}/{}", plan.output.name)
}

/// What a unit is called in the report: `lime/coffee`.
fn name(task: &Task, unit: &Unit) -> String {
    format!("{}/{}", task.name, unit.name)
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

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text
        .or(panic.downcast_ref::<&str>().copied())
        .unwrap_or("unknown reason");
    format!("internal error: {}", text.lines().next().unwrap_or(text))
}

/// The task's heading in the report's language.
pub fn title(strings: &Strings, task: &Task) -> String {
    let own = || strings.text(&Message::new(format!("{}.title", task.entry.name)));
    task.title.clone().unwrap_or_else(own)
}

/// Whether a unit's numbers depend on the precision in which scores are computed.
fn depends_on_precision(task: &Task) -> bool {
    task.method.needs() == Needs::Scores
}

/// A store remembers what a plan asks for.
impl Memory for Store {
    fn digest(&self, file: &std::path::Path) -> Result<String, FileError> {
        Store::digest(self, file)
    }

    fn is_known(&self, key: &Value) -> bool {
        self.contains(&Key::new(key.clone()))
    }

    fn remember(&self, key: &Value) {
        // What is not remembered is looked at again.
        let _ = self.save(&Key::new(key.clone()), &());
    }
}

/// Where nothing can be kept: every file is read anew.
pub struct NoMemory;

impl Memory for NoMemory {
    fn digest(&self, file: &std::path::Path) -> Result<String, FileError> {
        crate::store::digest_of(file)
    }

    fn is_known(&self, _: &Value) -> bool {
        false
    }

    fn remember(&self, _: &Value) {}
}
