//! A trial of preprocessings as lines to read, and the lines to paste into report.yaml.

use super::trial::{Row, Setting, Trial};
use crate::picture::{Filter, PRESETS, Resize};

pub fn trial_text(trial: &Trial) -> String {
    let width = trial.rows.iter().map(|row| row.setting.chars().count());
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
            row.setting,
            100.0 * row.accuracy,
            row.mean_right_probability,
            row.mean_top_probability,
        ));
    }
    format!("{text}\n{}\n", sentence(trial))
}

/// Which to take, or that the photos do not tell.
fn sentence(trial: &Trial) -> String {
    let Some(best) = trial.rows.first() else {
        return "No preset fits a network of so many channels.".to_owned();
    };
    if trial.may_be_guessing() {
        return format!(
            "No setting is better than guessing among {} groups. Are the labels those of the network's classes?",
            trial.groups
        );
    }
    let equals: Vec<&Row> = trial.not_told_apart().collect();
    let lines = match best.input_lines.is_empty() {
        true => String::new(),
        false => format!("\n\n{}", best.input_lines.trim_end()),
    };
    if let [_] = equals.as_slice() {
        return format!(
            "Take `{}`: on these {} photos it is better than every other one beyond chance (exact McNemar test, p < 0.05).{lines}",
            best.setting, trial.photos
        );
    }
    let names: Vec<_> = equals
        .iter()
        .map(|row| format!("`{}`", row.setting))
        .collect();
    format!(
        "These {} photos do not tell {} apart (exact McNemar test, p ≥ 0.05); more of them would. The best here is `{}`.{lines}",
        trial.photos,
        names.join(", "),
        best.setting
    )
}

/// `model: input:` of a preset; empty for a setting that is none.
pub fn input_lines(setting: &Setting) -> String {
    let preprocessing = &setting.preprocessing;
    let Some(preset) = PRESETS.iter().find(|preset| preset.name == setting.name) else {
        return String::new();
    };
    let (height, width) = preprocessing.resize.output_px();
    let mut lines = vec![
        "  input:".to_owned(),
        format!("    preset: {}", preset.name),
        format!("    size: [{height}, {width}]"),
    ];
    match preprocessing.resize {
        Resize::ShorterThenCrop { shorter, .. } => lines.push(format!("    shorter: {shorter}")),
        Resize::Stretch { .. } => lines.push("    resize: stretch".to_owned()),
        Resize::Pad { .. } => lines.push("    resize: pad".to_owned()),
    }
    let interpolation = match preprocessing.filter {
        Filter::Bilinear => None,
        Filter::Bicubic => Some("bicubic"),
        Filter::Lanczos => Some("lanczos"),
        Filter::Nearest => Some("nearest"),
        Filter::Box => Some("box"),
    };
    lines.extend(interpolation.map(|name| format!("    interpolation: {name}")));
    if preprocessing.channels != preset.channels {
        lines.push(format!("    channels: {}", preprocessing.channels.name()));
    }
    lines.join("\n") + "\n"
}
