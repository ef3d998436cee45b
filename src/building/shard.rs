//! `build --shard`: a part of the work of a report, into the store.

use super::Request;
use super::faults::{failures, not_executed, not_up_to_date, run_fault};
use super::planning::{open_store, plan_report};
use crate::Failure;
use crate::diagnostic::Diagnostic;
use crate::execute::{self, Ran, Shard};
use crate::plan::{self, Overrides};
use crate::progress::Progress;

/// What a shard has run.
#[derive(Debug)]
pub struct BuiltShard {
    /// What failed of this shard's units. What is stored stays.
    pub failures: Vec<Diagnostic>,
    pub warnings: Vec<Diagnostic>,
    pub ran: Vec<Ran>,
    /// Units of the whole report, those that only results name left out.
    pub units: usize,
}

/// Runs the units whose turn it is, into the store. Nothing else is written; a build behind all shards draws the report,
/// and runs what one of them left.
pub fn build_shard(
    request: &Request,
    shard: Shard,
    progress: &dyn Progress,
) -> Result<BuiltShard, Failure> {
    let (store, mut warnings) = open_store(&request.spec, &request.store)?;
    let Some(store) = store else {
        let message =
            "the shards of a report share a store, and this one cannot be written".to_owned();
        let hint = warnings
            .pop()
            .map_or(String::new(), |warning| warning.message);
        return Err(Failure::Run(vec![Diagnostic {
            hint,
            ..run_fault(&request.spec, message)
        }]));
    };
    let overrides = Overrides {
        writes_nothing: true,
        ..request.overrides.clone()
    };
    let (plan, networks) = plan_report(&request.spec, &overrides, Some(&store))?;
    let reuse = (request.reuse, shard);
    let executed = execute::execute_shard(&plan, &networks, &store, reuse, progress);
    let executed = executed.map_err(|error| not_executed(&request.spec, Some(&store), error))?;
    warnings.extend(not_up_to_date(&request.spec, &store, store.flush())?);
    let failures = failures(&plan, &executed);
    warnings.extend(plan.warnings);
    Ok(BuiltShard {
        failures,
        warnings,
        ran: executed.ran,
        units: plan.tasks.iter().map(units_of).sum(),
    })
}

/// Units of a task with what judges them.
fn units_of(task: &plan::Task) -> usize {
    task.units.len() * (1 + task.checks.len())
}
