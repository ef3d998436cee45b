//! Runs the units of a plan that the store lacks. The network is opened at the first of them.

mod checks;
mod first_photo;
mod key;
mod network;
mod reason;
mod shard;
mod timings;
mod upcoming;

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};

use serde_json::Value;

use crate::explain::{ExplainError, Inputs, Known, Needs, Passes, Sink, Unit};
use crate::fs::FileError;
use crate::plan::memory::Memory;
use crate::plan::{Plan, Task};
use crate::progress::{Finished, Progress};
use crate::results::{Kind, Results};
use crate::store::{Key, Store};
use crate::words::{Message, Strings};
pub use checks::Checked;
pub use first_photo::first_photo;
pub use network::{Found, Network, NetworkError, find};
pub use reason::{Ran, Reason};
use shard::Turns;
pub use shard::{NoShard, Shard};
pub use timings::{Basis, Timing};
use timings::{Sort, Timings, Watch};
pub use upcoming::{Estimate, Upcoming, UpcomingTask, upcoming};

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
    /// By task the units that its first results named; their results stand behind those of the plan's units.
    pub further: BTreeMap<usize, Vec<Unit>>,
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
    part_of(plan, network, store, (reuse, None), progress)
}

/// The units of a shard, which go into the store. What others run is not waited for: it is missing in the results.
pub fn execute_shard(
    plan: &Plan,
    network: &Network,
    store: &Store,
    (reuse, shard): (Reuse, Shard),
    progress: &dyn Progress,
) -> Result<Executed, ExecuteError> {
    part_of(plan, network, Some(store), (reuse, Some(shard)), progress)
}

fn part_of(
    plan: &Plan,
    network: &Network,
    store: Option<&Store>,
    (reuse, shard): (Reuse, Option<Shard>),
    progress: &dyn Progress,
) -> Result<Executed, ExecuteError> {
    let mut turns = Turns::new(shard);
    let keys = key::Keys::new(plan, network);
    let timings = Timings::of(network, store);
    let before = store.map_or_else(BTreeMap::new, |store| store.last_build(&report_name(plan)));
    let mut executed = Executed::default();
    let needs_facts = |task: &Task| task.entry.kind == Kind::DataFaults;
    let known = Known::new(plan.tasks.iter().any(needs_facts));
    let mut earlier = BTreeMap::new();
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
        timings: &timings,
    };
    for (index, task) in plan.tasks.iter().enumerate() {
        let title = title(&plan.strings, task);
        progress.started(index + 1, plan.tasks.len(), &title);
        let ran_before = executed.ran.len();
        let mut build = Build {
            plan,
            network,
            store,
            reuse,
            progress,
            keys: &keys,
            reason: &reason,
            known: &known,
            executed: &mut executed,
            earlier: &mut earlier,
            timings: &timings,
        };
        let mut ours = turns.ours(&build.keys_of(task, &task.units));
        let mut results = build.units(index, task, &task.units, &ours)?;
        let all: Option<Vec<&Results>> = results.iter().map(Option::as_ref).collect();
        let further = match all.map(|all| (task.method.accept(&all), all)) {
            Some((Err(error), _)) => {
                build.executed.failures.insert(index, error);
                Vec::new()
            }
            Some((Ok(()), all)) => {
                let inputs = plan.inputs(task);
                task.method.further_units(&inputs, &task.units, &all)
            }
            None => Vec::new(),
        };
        if !further.is_empty() {
            let of_further = turns.ours_of_further(index, further.len());
            results.extend(build.units(index, task, &further, &of_further)?);
            ours.extend(of_further);
            build.executed.further.insert(index, further);
        }
        let ran = executed.ran.len() - ran_before;
        let judged = judges.judge(task, &results, &ours)?;
        progress.finished(
            &title,
            Finished {
                ran: ran + judged.ran.len(),
                units: ours.iter().filter(|ours| **ours).count() + judged.checked.len(),
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

/// What is at hand while a plan is executed.
struct Build<'a> {
    plan: &'a Plan,
    network: &'a Network,
    store: Option<&'a Store>,
    reuse: Reuse,
    progress: &'a dyn Progress,
    keys: &'a key::Keys<'a>,
    /// Why a unit runs, by its name and key.
    reason: &'a dyn Fn(&str, &Key) -> Reason,
    known: &'a Known,
    executed: &'a mut Executed,
    /// Results of this build that other methods find too, by their keys: they are run once also without a store.
    earlier: &'a mut BTreeMap<String, Results>,
    timings: &'a Timings<'a>,
}

impl Build<'_> {
    fn keys_of(&self, task: &Task, units: &[Unit]) -> Vec<Key> {
        units.iter().map(|unit| self.keys.of(task, unit)).collect()
    }

    /// The results of some units of a task; `None` of those that failed, and of those that are not ours and not stored.
    fn units(
        &mut self,
        index: usize,
        task: &Task,
        units: &[Unit],
        ours: &[bool],
    ) -> Result<Vec<Option<Results>>, ExecuteError> {
        let keys = self.keys_of(task, units);
        let inputs = self.plan.inputs(task);
        let shared = units
            .iter()
            .map(|unit| task.method.shared(&inputs, unit).is_some());
        let shared: Vec<bool> = shared.collect();
        let text = |key: &Key| key.json().to_string();
        let mut results: Vec<Option<Results>> = keys
            .iter()
            .zip(&shared)
            .map(|(key, is_shared)| {
                let found = is_shared.then(|| self.earlier.get(&text(key)).cloned());
                found.flatten().or_else(|| match self.reuse {
                    Reuse::Stored => self.store?.load(key),
                    Reuse::Nothing => None,
                })
            })
            .collect();
        let missing: Vec<usize> = (0..results.len())
            .filter(|at| results[*at].is_none() && ours[*at])
            .collect();
        self.executed.units += results.len();
        for (unit, key) in units.iter().zip(&keys) {
            let name = name(task, unit);
            self.executed.keys.insert(name, key.json().clone());
        }
        self.executed.ran.extend(missing.iter().map(|&at| {
            let name = name(task, &units[at]);
            let reason = (self.reason)(&name, &keys[at]);
            Ran { unit: name, reason }
        }));
        if let Some(first) = missing.first() {
            // The time to load the network is nobody's; where it cannot be, the run says so.
            if task.method.needs() != Needs::Nothing {
                let _ = self.network.open();
            }
            let mut watch = Watch::start(self.network);
            let mut keep = |at: usize, found: Results| {
                let Some(&unit) = missing.get(at) else {
                    return Ok(()); // a method never names a unit that it was not given
                };
                if let Some(store) = self.store {
                    store.save(&keys[unit], &found)?;
                }
                results[unit] = Some(found);
                watch.unit();
                Ok(())
            };
            let units: Vec<Unit> = missing.iter().map(|at| units[*at].clone()).collect();
            let advanced = |done, total| self.progress.advanced(done, total);
            let mut sink = Sink::new(&mut keep, &advanced);
            let outcome = run(task, inputs, self.network, self.known, &units, &mut sink);
            self.timings
                .keep(Sort::of(&keys[*first], None), watch.timing());
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
