//! What a build would run, without running it.

use std::collections::BTreeSet;

use super::key::Keys;
use super::timings::{Basis, Sort, Timings};
use super::{Networks, Reuse, title};
use crate::explain::Unit;
use crate::plan::{Plan, Task};
use crate::results::{Fidelity, Results};
use crate::store::Store;

/// What a build would run.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Upcoming {
    /// In the order of the plan.
    pub tasks: Vec<UpcomingTask>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct UpcomingTask {
    pub title: String,
    /// The method's name in YAML.
    pub method: &'static str,
    pub units: Estimate,
    /// Checks of its maps, each by its name.
    pub checks: Vec<(&'static str, Estimate)>,
    /// Whether its first results name more units, which nobody knows before.
    pub more_may_follow: bool,
}

/// Some units, and what those take that are not stored.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Estimate {
    pub units: usize,
    /// That would be run.
    pub missing: usize,
    /// Seconds, pictures that passes are run for, and from what both were estimated; `None` where no unit of the
    /// sort ran before on this machine's kind of device.
    pub takes: Option<(f64, f64, Basis)>,
}

/// Looks every unit up in the store and runs none.
pub fn upcoming(plan: &Plan, networks: &Networks, store: Option<&Store>, reuse: Reuse) -> Upcoming {
    let look = Look {
        plan,
        keys: Keys::new(plan, networks),
        timings: networks
            .all()
            .iter()
            .map(|one| Timings::of(one, store))
            .collect(),
        store,
        reuse,
    };
    let mut shared = BTreeSet::new();
    let tasks = plan.tasks.iter().map(|task| look.task(task, &mut shared));
    Upcoming {
        tasks: tasks.collect(),
    }
}

struct Look<'a> {
    plan: &'a Plan,
    keys: Keys<'a>,
    /// By network.
    timings: Vec<Timings<'a>>,
    store: Option<&'a Store>,
    reuse: Reuse,
}

impl Look<'_> {
    /// `shared`: keys of results that an earlier task of the build gives, and that run once.
    fn task(&self, task: &Task, shared: &mut BTreeSet<String>) -> UpcomingTask {
        let inputs = self.plan.inputs(task);
        let mut units: Vec<Unit> = task.units.clone();
        let mut found = self.stored(task, &units);
        let mut more_may_follow = false;
        let all: Option<Vec<&Results>> = found.iter().map(Option::as_ref).collect();
        match all {
            Some(all) => {
                let further = task.method.further_units(&inputs, &units, &all);
                found.extend(self.stored(task, &further));
                units.extend(further);
            }
            None => more_may_follow = task.method.may_name_further_units(),
        }
        let mut missing = Vec::new();
        for (index, unit) in units.iter().enumerate() {
            if found[index].is_none() {
                let is_shared = task.method.shared(&inputs, unit).is_some();
                let key = self.keys.of(task, unit);
                if !is_shared || shared.insert(key.json().to_string()) {
                    missing.push(key);
                }
            }
        }
        let sort = missing.first().map(|key| Sort::of(key, None));
        let checks = task.checks.iter().map(|check| {
            let keys = task
                .units
                .iter()
                .map(|unit| self.keys.of_check(task, unit, *check));
            let keys: Vec<_> = keys.collect();
            let stored = |key: &&crate::store::Key| self.load::<Fidelity>(key).is_none();
            let missing: Vec<_> = keys.iter().filter(stored).collect();
            let sort = missing.first().map(|key| Sort::of(key, Some(check.name())));
            (
                check.name(),
                self.estimate(task, (keys.len(), missing.len()), sort),
            )
        });
        UpcomingTask {
            title: title(self.plan, task),
            method: task.entry.name,
            checks: checks.collect(),
            units: self.estimate(task, (units.len(), missing.len()), sort),
            more_may_follow,
        }
    }

    fn stored(&self, task: &Task, units: &[Unit]) -> Vec<Option<Results>> {
        let load = |unit| self.load(&self.keys.of(task, unit));
        units.iter().map(load).collect()
    }

    /// What a build would find.
    fn load<T: serde::de::DeserializeOwned>(&self, key: &crate::store::Key) -> Option<T> {
        match self.reuse {
            Reuse::Stored => self.store?.load(key),
            Reuse::Nothing => None,
        }
    }

    fn estimate(
        &self,
        task: &Task,
        (units, missing): (usize, usize),
        sort: Option<Sort>,
    ) -> Estimate {
        let timing = sort.and_then(|sort| self.timings[task.model].find(&sort));
        let takes = timing.map(|(timing, basis)| {
            let (seconds, pictures) = timing.of_units(missing);
            (seconds, pictures, basis)
        });
        Estimate {
            units,
            missing,
            takes,
        }
    }
}
