//! `cnn-report build --shard K/N`: a part of the work of a report, into the store.

use std::process::ExitCode;

use cnn_report::execute::Shard;
use cnn_report::{Request, build_shard};

use super::interrupt;
use super::messages::{FAILED_RUN, MessageFormat};
use super::stoppable::{Told, progress};

pub fn run(
    request: &Request,
    (shard, why): (Shard, bool),
    told: Told,
    format: MessageFormat,
) -> ExitCode {
    let progress = progress(told, format);
    let built = build_shard(request, shard, progress.as_ref());
    drop(progress); // a bar that is still drawn would overwrite the diagnostics
    let built = match built {
        Ok(built) => built,
        Err(_) if interrupt::requested() => return ExitCode::from(interrupt::EXIT_CODE),
        Err(failure) => return format.fail(&failure),
    };
    format.print_diagnostics(&built.warnings);
    format.print_diagnostics(&built.failures);
    if !built.failures.is_empty() {
        return ExitCode::from(FAILED_RUN);
    }
    let mut text = String::new();
    if why {
        for ran in &built.ran {
            text += &format!("ran {}: {}\n", ran.unit, ran.reason);
        }
    }
    if !told.quiet {
        let (ran, units) = (built.ran.len(), built.units);
        text += &format!("shard {shard}: ran {ran} of the report's {units} units\n");
    }
    format.print_text(&text)
}
