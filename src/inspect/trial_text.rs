//! A trial of preprocessings as lines to read.

use super::trial::{Row, Trial};
use crate::evaluate::data_set::count_by_kind;

/// Said where the network seems to have learned its classes from folders sorted as text.
const IN_TEXT_ORDER: &str = " The network's classes are the sub-folders in the order of text (0, 1, 10, …), \
     not of numbers: list their names in that order, one a line, in a file for `classes:`.";

/// Unreadable photos that are named.
const MOST_NAMED: usize = 5;

pub fn trial_text(trial: &Trial) -> String {
    let width = trial.rows.iter().map(|row| name(row).chars().count());
    let width = width.max().unwrap_or(0).max("setting".len());
    let mut text = format!(
        "{:<width$}  right       accuracy  95 % interval     of the right class  of the top class\n",
        "setting"
    );
    for row in &trial.rows {
        let right = format!("{} of {}", row.right, trial.photos);
        let interval = format!(
            "{:.1} to {:.1} %",
            100.0 * row.interval.0,
            100.0 * row.interval.1
        );
        text.push_str(&format!(
            "{:<width$}  {right:<10}  {:>6.1} %  {interval:<16}  {:>18.3}  {:>16.3}\n",
            name(row),
            100.0 * row.accuracy,
            row.mean_right_probability,
            row.mean_top_probability,
        ));
    }
    format!("{text}\n{}\n{}", sentence(trial), left_out(trial))
}

/// The setting, and how it reads labels where there are two ways.
fn name(row: &Row) -> String {
    match row.labels_in_text_order {
        true => format!("{}, labels in text order", row.setting),
        false => row.setting.clone(),
    }
}

/// Photos that count for nothing, and files that are no photos.
fn left_out(trial: &Trial) -> String {
    let mut text = String::new();
    if !trial.unreadable.is_empty() {
        let count = trial.unreadable.len();
        let photos = if count == 1 { "photo" } else { "photos" };
        text.push_str(&format!("\nLeft out, as unreadable: {count} {photos}\n"));
        for photo in trial.unreadable.iter().take(MOST_NAMED) {
            text.push_str(&format!("  {}\n", photo.reason));
        }
        if count > MOST_NAMED {
            text.push_str(&format!("  and {} more\n", count - MOST_NAMED));
        }
    }
    if !trial.skipped.is_empty() {
        let kinds = count_by_kind(&trial.skipped).into_iter();
        let kinds: Vec<_> = kinds
            .map(|(kind, count)| format!("{count} × {kind}"))
            .collect();
        text.push_str(&format!("\nNot used: {}\n", kinds.join(", ")));
    }
    text
}

/// Which to take, or that the photos do not tell.
fn sentence(trial: &Trial) -> String {
    let Some(best) = trial.rows.first() else {
        return "No preset fits a network of so many channels.".to_owned();
    };
    if let Some(found) = &trial.relabelled {
        let pairs = found.classes.iter().take(MOST_NAMED);
        let pairs: Vec<_> = pairs
            .map(|(label, class)| format!("`{label}` as `{class}`"))
            .collect();
        let more = if found.classes.len() > MOST_NAMED {
            ", …"
        } else {
            ""
        };
        return format!(
            "The labels are the likely cause, not the pixels: under `{}` {} of {} photos are predicted as one class a label, \
             though another than the label ({}{more}). Are the names of the classes in the order of the network's scores?",
            found.setting,
            found.photos,
            trial.photos,
            pairs.join(", ")
        );
    }
    if trial.is_near_chance() {
        return format!(
            "No setting is better than guessing among {} groups. Are the labels those of the network's classes?",
            trial.groups
        );
    }
    let equals: Vec<&Row> = trial.indistinguishable_from_best().collect();
    let mut lines = match best.input_lines.is_empty() {
        true => String::new(),
        false => format!("\n\n{}", best.input_lines.trim_end()),
    };
    if best.labels_in_text_order {
        lines.insert_str(0, IN_TEXT_ORDER);
    }
    if let [_] = equals.as_slice() {
        return format!(
            "Take `{}`: on these {} photos it is better than every other one beyond chance (exact McNemar test, p < 0.05).{lines}",
            name(best),
            trial.photos
        );
    }
    let names: Vec<_> = equals
        .iter()
        .map(|row| format!("`{}`", name(row)))
        .collect();
    format!(
        "These {} photos do not tell {} apart (exact McNemar test, p ≥ 0.05); more of them would. The best here is `{}`.{lines}",
        trial.photos,
        names.join(", "),
        name(best)
    )
}
