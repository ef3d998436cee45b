//! `cnn-report build --dry-run`: what a build would run, and what that would take.

use std::process::ExitCode;

use bytesize::ByteSize;
use cnn_report::execute::{Basis, Estimate, UpcomingTask};
use cnn_report::{DryRun, Request, dry_run};

use super::messages::MessageFormat;

pub fn run(request: &Request, format: MessageFormat) -> ExitCode {
    match dry_run(request) {
        Ok(dry_run) => {
            format.print_diagnostics(&dry_run.warnings);
            format.print_text(&text(&dry_run))
        }
        Err(failure) => format.fail(&failure),
    }
}

/// A line a task, then the sums.
fn text(dry_run: &DryRun) -> String {
    let tasks = &dry_run.upcoming.tasks;
    let mut text = String::new();
    for (index, task) in tasks.iter().enumerate() {
        text += &format!("[{}/{}] {}\n", index + 1, tasks.len(), line(task));
    }
    let estimates = || {
        let of_task = |task: &UpcomingTask| {
            let checks = task.checks.clone().into_iter();
            let units = (task.method, task.units);
            std::iter::once(units).chain(checks)
        };
        tasks.iter().flat_map(of_task).collect::<Vec<_>>()
    };
    let all = estimates();
    let units: usize = all.iter().map(|(_, each)| each.units).sum();
    let missing: usize = all.iter().map(|(_, each)| each.missing).sum();
    text += &match missing {
        0 => format!("nothing to run: all {units} units are in the store\n"),
        _ => format!(
            "{missing} of {units} units to run; {} are in the store\n",
            units - missing
        ),
    };
    let known = all.iter().filter(|(_, each)| each.missing > 0);
    let (known, unknown): (Vec<_>, Vec<_>) = known.partition(|(_, each)| each.takes.is_some());
    let takes = known.iter().filter_map(|(_, each)| each.takes);
    let (seconds, pictures) = takes.fold((0.0, 0.0), |(seconds, pictures), (s, p, _)| {
        (seconds + s, pictures + p)
    });
    if missing > 0 {
        if !known.is_empty() {
            text += &format!(
                "time: about {}, from earlier units; passes: about {pictures:.0} pictures through the network or a part of it\n",
                time(seconds)
            );
        }
        if !unknown.is_empty() {
            let units: usize = unknown.iter().map(|(_, each)| each.missing).sum();
            let mut names: Vec<&str> = Vec::new();
            for (name, _) in &unknown {
                if !names.contains(name) {
                    names.push(name);
                }
            }
            text += &format!(
                "time of {units} units is not known, for none of their sort ran here before: {}\n",
                names.join(", ")
            );
        }
    }
    if tasks.iter().any(|task| task.more_may_follow) {
        text += "more units follow from the first results of some figures; how many is not known\n";
    }
    let weights = size(dry_run.memory.weights);
    text += &match dry_run.memory.outputs_of_picture {
        Some(bytes) => format!(
            "memory: {weights} of weights; up to {} a picture where a gradient goes back to the photo; batches fit into what is free\n",
            size(bytes)
        ),
        None => format!(
            "memory: {weights} of weights; that of a pass is not known, for the network shows no layers\n"
        ),
    };
    text + "nothing was written\n"
}

/// `LIME (lime): 2 of 2 units to run, about 12 s`
fn line(task: &UpcomingTask) -> String {
    let mut parts = vec![estimated("units", &task.units)];
    parts.extend(task.checks.iter().map(|(name, each)| estimated(name, each)));
    format!("{} ({}): {}", task.title, task.method, parts.join("; "))
}

fn estimated(what: &str, each: &Estimate) -> String {
    let what = match what {
        "units" => String::new(),
        check => format!("{check}: "),
    };
    let units = match each.units {
        1 => "1 unit".to_owned(),
        units => format!("{units} units"),
    };
    let takes = match each.takes {
        Some((seconds, _, Basis::SameParameters)) => format!("about {}", time(seconds)),
        Some((seconds, _, Basis::OtherParameters)) => {
            format!("about {}, measured with other parameters", time(seconds))
        }
        None => "time not known".to_owned(),
    };
    match each.missing {
        0 if each.units == 0 => format!("{what}no units"),
        0 => format!("{what}{units}, in the store"),
        missing if missing == each.units => format!("{what}{units} to run, {takes}"),
        missing => format!("{what}{missing} of {units} to run, {takes}"),
    }
}

/// Estimates are not worth more digits.
fn time(seconds: f64) -> String {
    match seconds {
        s if s < 1.0 => "1 s or less".to_owned(),
        s if s < 100.0 => format!("{s:.0} s"),
        s if s < 6000.0 => format!("{:.0} min", s / 60.0),
        s => format!("{:.1} h", s / 3600.0),
    }
}

fn size(bytes: u64) -> String {
    ByteSize(bytes).display().si().to_string()
}
