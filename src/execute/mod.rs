//! Runs the units of a plan that the store lacks. A network is opened at the first of its own.

mod agreement;
mod build;
mod checks;
mod execution;
mod key;
mod network;
mod photos_tried;
mod reason;
mod shard;
mod timings;
mod upcoming;

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use serde_json::Value;

use crate::explain::{ExplainError, Known, Unit};
use crate::fs::FileError;
use crate::plan::memory::Memory;
use crate::plan::{Plan, Task};
use crate::progress::{Finished, Progress};
use crate::results::{Kind, Results};
use crate::store::{Key, Store};
use crate::words::Message;
pub use agreement::agreement;
use build::Build;
pub use checks::Checked;
use execution::Execution;
pub use network::{Found, Network, NetworkError, Networks, find};
pub use photos_tried::tried_photos;
pub use reason::{Ran, Reason};
use shard::Turns;
pub use shard::{NoShard, Shard};
use timings::Timings;
pub use timings::{Basis, Timing};
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
    networks: &Networks,
    store: Option<&Store>,
    reuse: Reuse,
    progress: &dyn Progress,
) -> Result<Executed, ExecuteError> {
    part_of(plan, networks, store, (reuse, None), progress)
}

/// The units of a shard, which go into the store. What others run is not waited for: it is missing in the results.
pub fn execute_shard(
    plan: &Plan,
    networks: &Networks,
    store: &Store,
    (reuse, shard): (Reuse, Shard),
    progress: &dyn Progress,
) -> Result<Executed, ExecuteError> {
    part_of(plan, networks, Some(store), (reuse, Some(shard)), progress)
}

fn part_of(
    plan: &Plan,
    networks: &Networks,
    store: Option<&Store>,
    (reuse, shard): (Reuse, Option<Shard>),
    progress: &dyn Progress,
) -> Result<Executed, ExecuteError> {
    let mut turns = Turns::new(shard);
    let keys = key::Keys::new(plan, networks);
    let timings = networks.all().iter();
    let timings: Vec<Timings> = timings.map(|one| Timings::of(one, store)).collect();
    let before = store.map_or_else(BTreeMap::new, |store| store.last_build(&report_name(plan)));
    let mut executed = Executed::default();
    let needs_facts = |task: &Task| task.entry.kind == Kind::DataFaults;
    let keeps_facts = plan.tasks.iter().any(needs_facts);
    let known: Vec<Known> = plan
        .models
        .iter()
        .map(|_| Known::new(keeps_facts))
        .collect();
    let mut earlier = BTreeMap::new();
    let reason = |name: &str, key: &Key| match reuse {
        Reuse::Nothing => Reason::Fresh,
        Reuse::Stored => Reason::of(before.get(name), key.json()),
    };
    let at = Execution {
        plan,
        networks,
        store,
        reuse,
        keys: &keys,
        known: &known,
        progress,
        reason: &reason,
        timings: &timings,
    };
    for (index, task) in plan.tasks.iter().enumerate() {
        let title = title(plan, task);
        progress.started(index + 1, plan.tasks.len(), &title);
        let ran_before = executed.ran.len();
        let mut build = Build {
            at: &at,
            executed: &mut executed,
            earlier: &mut earlier,
        };
        let keys = at.keys_of(task, &task.units);
        let mut ours = turns.ours(&keys);
        let mut results = build.units((index, task), &task.units, &keys, &ours)?;
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
            let keys = at.keys_of(task, &further);
            results.extend(build.units((index, task), &further, &keys, &of_further)?);
            ours.extend(of_further);
            build.executed.further.insert(index, further);
        }
        let ran = executed.ran.len() - ran_before;
        let judged = at.judge(task, &results, &ours)?;
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

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text
        .or(panic.downcast_ref::<&str>().copied())
        .unwrap_or("unknown reason");
    format!("internal error: {}", text.lines().next().unwrap_or(text))
}

/// The task's heading in the report's language. Where the report has several networks it names the one that is
/// explained, but for the report's own under a heading of the author's.
pub fn title(plan: &Plan, task: &Task) -> String {
    let own = || {
        let title = Message::new(format!("{}.title", task.entry.name));
        plan.strings.text(&title)
    };
    let title = task.title.clone().unwrap_or_else(own);
    let is_told = task.model == 0 && (task.title.is_some() || plan.models.len() == 1);
    match is_told {
        true => title,
        false => format!("{title} · {}", plan.model_of(task).name),
    }
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
