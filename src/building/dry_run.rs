//! What a build would do, without doing it.

use super::faults::of_store;
use super::planning::{check, plan_report};
use super::{Place, Request};
use crate::Failure;
use crate::diagnostic::Diagnostic;
use crate::execute::{Upcoming, upcoming};
use crate::model::{ModelFacts, Parts};
use crate::plan::Overrides;
use crate::store::Store;

#[derive(Debug)]
pub struct DryRun {
    pub upcoming: Upcoming,
    pub memory: Memory,
    pub warnings: Vec<Diagnostic>,
}

/// What is known of the memory that a build takes, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Memory {
    /// The network's weights in float32.
    pub weights: u64,
    /// The outputs of all nodes for one picture, which a gradient back to the photo needs; `None` where the network
    /// shows no nodes.
    pub outputs_of_picture: Option<u64>,
}

/// Everything of a build up to its first unit of work. Nothing is written, neither a report nor into the store; a
/// network that was not seen before is loaded and tried, as by `check`.
pub fn dry_run(request: &Request) -> Result<DryRun, Failure> {
    let spec = &request.spec;
    let store = match request.store.of_report(spec) {
        None => None,
        Some(Place::Folder(folder)) => Store::open_read_only(&folder),
        Some(Place::Url(address)) => Store::connect_read_only(address)
            .map_err(|error| of_store(spec, Some(address), &error))?,
    };
    let overrides = Overrides {
        writes_nothing: true,
        ..request.overrides.clone()
    };
    let (plan, networks) = plan_report(&request.spec, &overrides, store.as_ref())?;
    let upcoming = upcoming(&plan, &networks, store.as_ref(), request.reuse);
    if let Some(store) = &store {
        check(spec, store)?;
    }
    Ok(DryRun {
        upcoming,
        memory: memory(plan.models.iter().map(|model| &model.facts)),
        warnings: plan.warnings,
    })
}

/// Networks stay open up to the end of a build; one runs at a time.
fn memory<'a>(models: impl Iterator<Item = &'a ModelFacts>) -> Memory {
    let each = models.map(memory_of);
    let together = each.reduce(|sum, one| Memory {
        weights: sum.weights + one.weights,
        outputs_of_picture: sum.outputs_of_picture.max(one.outputs_of_picture),
    });
    together.unwrap_or(Memory {
        weights: 0,
        outputs_of_picture: None,
    })
}

fn memory_of(facts: &ModelFacts) -> Memory {
    const BYTES_OF_FLOAT32: u64 = 4;
    let elements = |shape: &[i64]| -> u64 {
        let sizes = shape.iter().map(|size| u64::try_from(*size).unwrap_or(0));
        sizes.fold(1, u64::saturating_mul)
    };
    let nodes = facts.nodes().iter();
    let outputs = nodes.map(|node| elements(&node.output_shape)).sum::<u64>();
    Memory {
        weights: facts.provenance.parameters as u64 * BYTES_OF_FLOAT32,
        outputs_of_picture: (facts.parts == Parts::Nodes).then_some(outputs * BYTES_OF_FLOAT32),
    }
}
