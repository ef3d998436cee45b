//! Maps and other arrays of two reports.

use std::collections::BTreeMap;

use serde_json::Value;

use super::settings::{list, text};
use super::{ArrayChange, ArrayDifference, Report};
use crate::picture::numbers_of_npy;

/// Arrays whose content differs by more than `tolerance` of the largest number of the old one.
pub fn changed(old: &Report, new: &Report, tolerance: f64) -> Vec<ArrayChange> {
    let (before, after) = (arrays(&old.value), arrays(&new.value));
    let only_old = before
        .iter()
        .filter(|(name, _)| after.iter().all(|(other, _)| other != name));
    let by_name: BTreeMap<&String, &String> =
        before.iter().map(|(name, file)| (name, file)).collect();
    let mut changes = Vec::new();
    for (name, file) in &after {
        let found = match by_name.get(name) {
            None => Some(ArrayDifference::OnlyNew),
            // The name of a file ends with a digest of its content, where it is whole.
            Some(known) if digest(known).is_some() && digest(known) == digest(file) => {
                unreadable(old, known).or_else(|| unreadable(new, file))
            }
            Some(known) => between((old, known), (new, file), tolerance),
        };
        let name = name.clone();
        changes.extend(found.map(|found| ArrayChange { name, found }));
    }
    changes.extend(only_old.map(|(name, _)| ArrayChange {
        name: name.clone(),
        found: ArrayDifference::OnlyOld,
    }));
    changes
}

/// Name and file of every array of every unit.
fn arrays(report: &Value) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for figure in list(&report["figures"]) {
        for unit in list(&figure["units"]) {
            let name = format!("{}/{}", text(&figure["name"]), text(&unit["name"]));
            below(&unit["found"], &name, " ", &mut found);
        }
    }
    found
}

fn below(value: &Value, name: &str, joint: &str, found: &mut Vec<(String, String)>) {
    match value {
        Value::Object(entries) => match (value["file"].as_str(), value["shape"].as_array()) {
            (Some(file), Some(_)) => found.push((name.to_owned(), file.to_owned())),
            _ => {
                for (key, value) in entries {
                    below(value, &format!("{name}{joint}{key}"), ".", found);
                }
            }
        },
        Value::Array(items) => {
            for (at, value) in items.iter().enumerate() {
                below(value, &format!("{name}{joint}{}", at + 1), ".", found);
            }
        }
        _ => {}
    }
}

/// `53967650` of `report_data/places-coffee.53967650.npy`.
fn digest(file: &str) -> Option<&str> {
    let stem = file.strip_suffix(".npy")?;
    stem.rsplit_once('.').map(|(_, digest)| digest)
}

type Numbers = (Vec<usize>, Vec<f32>);

fn read(report: &Report, file: &str) -> Result<Numbers, String> {
    let path = report.folder.join(file);
    let bytes = crate::fs::read(&path).map_err(|error| error.to_string())?;
    numbers_of_npy(&bytes).map_err(|reason| format!("`{}`: {reason}", path.display()))
}

fn unreadable(report: &Report, file: &str) -> Option<ArrayDifference> {
    let reason = read(report, file).err()?;
    Some(ArrayDifference::Unreadable { reason })
}

fn between(
    (old, before): (&Report, &str),
    (new, after): (&Report, &str),
    tolerance: f64,
) -> Option<ArrayDifference> {
    let ((old_shape, old), (new_shape, new)) = match (read(old, before), read(new, after)) {
        (Ok(old), Ok(new)) => (old, new),
        (Err(reason), _) | (_, Err(reason)) => return Some(ArrayDifference::Unreadable { reason }),
    };
    if old_shape != new_shape {
        return Some(ArrayDifference::Shape {
            old: old_shape,
            new: new_shape,
        });
    }
    let largest_size = old
        .iter()
        .fold(0.0_f64, |most, x| most.max(f64::from(x.abs())));
    let differences = old
        .iter()
        .zip(&new)
        .map(|(a, b)| f64::from(*a) - f64::from(*b));
    let largest_difference = differences.fold(0.0_f64, |most, x| most.max(x.abs()));
    let largest = match largest_size > 0.0 {
        true => largest_difference / largest_size,
        false if largest_difference == 0.0 => 0.0,
        false => f64::INFINITY,
    };
    // NaN is never near.
    let is_near =
        largest <= tolerance && old.iter().zip(&new).all(|(a, b)| a.is_nan() == b.is_nan());
    (!is_near).then(|| ArrayDifference::Numbers {
        largest,
        correlation: correlation(&old, &new),
    })
}

/// Pearson's; `None` where one of the two does not vary.
fn correlation(a: &[f32], b: &[f32]) -> Option<f64> {
    let count = a.len().max(1) as f64;
    let mean = |values: &[f32]| values.iter().map(|x| f64::from(*x)).sum::<f64>() / count;
    let (mean_a, mean_b) = (mean(a), mean(b));
    let (mut product, mut square_a, mut square_b) = (0.0, 0.0, 0.0);
    for (x, y) in a.iter().zip(b) {
        let (x, y) = (f64::from(*x) - mean_a, f64::from(*y) - mean_b);
        product += x * y;
        square_a += x * x;
        square_b += y * y;
    }
    let found = product / (square_a * square_b).sqrt();
    found.is_finite().then_some(found)
}
