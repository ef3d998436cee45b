//! Outcomes of labelled photos: counts and rates, and a table with one row a photo.

use std::path::Path;

use anyhow::Context as _;

use super::arrays::Beside;
use crate::explain::DataSet;
use crate::present::calibration;
use crate::report::machine::{self, Group, Interval, Outcomes, Table};
use crate::results::rates::{Average, ClassRates, Rates};
use crate::results::{Outcome, Results, named};

/// How the group of classes that are in none is called.
const OTHER: &str = "other";

/// The outcomes of all ranges; `None` where one is missing.
pub(super) fn outcomes(
    figure: &str,
    data: &dyn DataSet,
    results: &[Option<Results>],
    base: &Path,
    beside: &mut Beside,
) -> anyhow::Result<Option<Outcomes>> {
    let is_outcome = |found: &Option<Results>| matches!(found, Some(Results::Outcomes(_)) | None);
    if !results.iter().any(is_outcome) {
        return Ok(None); // something else was found of the photos
    }
    let mut rows: Vec<&Outcome> = Vec::new();
    for found in results {
        match found {
            Some(Results::Outcomes(outcomes)) => rows.extend(&outcomes.rows),
            Some(_) => {} // what was found of single photos
            None => return Ok(None),
        }
    }
    let names = data.groups().iter().map(String::as_str);
    let names: Vec<&str> = names.chain([OTHER]).collect();
    let mut counts = vec![vec![0; names.len()]; names.len()];
    let mut unreadable = data.unreadable();
    let truths = data.truths();
    let files = data.paths();
    for ((row, &truth), file) in rows.iter().zip(&truths).zip(&files) {
        match row {
            Outcome::Classified(tally) => counts[truth][tally.predicted] += 1,
            Outcome::Unreadable(reason) => {
                unreadable.push(named(reason, &file.display().to_string()));
            }
        }
    }
    let rates = Rates::new(&counts);
    let paths: Vec<String> = data.paths().iter().map(|path| below(base, path)).collect();
    let table = Rows {
        names: &names,
        truths: &truths,
        paths: &paths,
    };
    let table = table.kept(figure, &rows, beside);
    let groups = names.iter().zip(data.classes_in()).zip(&rates.classes);
    let groups = groups.map(|((name, classes), rates)| Group {
        name: (*name).to_owned(),
        classes,
        rates: rates_of(rates),
    });
    Ok(Some(Outcomes {
        groups: groups.collect(),
        total: rates.total,
        right: rates.right,
        accuracy: rates.accuracy,
        accuracy_interval: Interval {
            low: rates.interval.0,
            high: rates.interval.1,
        },
        macro_average: average(rates.macro_average),
        weighted_average: average(rates.weighted_average),
        rows: table.with_context(|| format!("the table of `{figure}` cannot be written"))?,
        unreadable,
        skipped: data.skipped(),
        counts,
    }))
}

/// How sure the network is against how often it is right; `None` where a range is missing.
pub(super) fn calibration(
    view: calibration::View,
    data: &dyn DataSet,
    results: &[Option<Results>],
) -> Option<machine::Calibration> {
    let mut photos = Vec::new();
    let mut truths = data.truths().into_iter();
    for found in results {
        let Some(Results::Outcomes(outcomes)) = found else {
            return None;
        };
        for (row, truth) in outcomes.rows.iter().zip(truths.by_ref()) {
            if let Outcome::Classified(tally) = row {
                photos.push((tally.probability, tally.predicted == truth));
            }
        }
    }
    let found = view.of(&photos);
    let bins = found.bins.iter().map(|bin| machine::ConfidenceBin {
        low: bin.low,
        high: bin.high,
        photos: bin.count,
        right: bin.right,
        confidence: (bin.count > 0).then_some(bin.confidence),
    });
    Some(machine::Calibration {
        bins: bins.collect(),
        confidence: found.confidence,
        expected_error: found.expected_error,
        expected_error_by_chance: found.expected_error_by_chance,
        maximum_error: found.maximum_error,
        brier: found.brier,
    })
}

/// A path as report.yaml would give it: relative to its folder where the file lies in it.
pub(super) fn below(base: &Path, path: &Path) -> String {
    let path = path.strip_prefix(base).unwrap_or(path);
    path.to_string_lossy().into_owned()
}

struct Rows<'a> {
    /// Of the groups.
    names: &'a [&'a str],
    truths: &'a [usize],
    paths: &'a [String],
}

impl Rows<'_> {
    fn kept(&self, figure: &str, rows: &[&Outcome], beside: &mut Beside) -> anyhow::Result<Table> {
        let leading = rows.iter().map(|row| match row {
            Outcome::Classified(tally) => tally.leading.len(),
            Outcome::Unreadable(_) => 0,
        });
        let leading = leading.max().unwrap_or(0);
        let first = ["path", "truth", "predicted", "probability", "unreadable"];
        let mut columns: Vec<String> = first.map(str::to_owned).to_vec();
        for rank in 1..=leading {
            columns.push(format!("class_{rank}"));
            columns.push(format!("probability_{rank}"));
        }
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(&columns)?;
        for ((row, path), &truth) in rows.iter().zip(self.paths).zip(self.truths) {
            let mut cells = vec![path.clone(), self.names[truth].to_owned()];
            match row {
                Outcome::Classified(tally) => {
                    cells.push(self.names[tally.predicted].to_owned());
                    cells.push(tally.probability.to_string());
                    cells.push(String::new());
                    for (class, probability) in &tally.leading {
                        cells.push(class.to_string());
                        cells.push(probability.to_string());
                    }
                }
                Outcome::Unreadable(reason) => {
                    cells.extend([String::new(), String::new(), named(reason, path)]);
                }
            }
            cells.resize(columns.len(), String::new());
            writer.write_record(&cells)?;
        }
        let content = writer
            .into_inner()
            .map_err(csv::IntoInnerError::into_error)?;
        Ok(Table {
            file: beside.file(&[figure, "photos"], "csv", content),
            rows: rows.len(),
            columns,
        })
    }
}

fn rates_of(rates: &ClassRates) -> machine::Rates {
    machine::Rates {
        support: rates.support,
        predicted: rates.predicted,
        right: rates.right,
        precision: rates.precision,
        recall: rates.recall,
        f1: rates.f1,
    }
}

fn average(average: Average) -> machine::Average {
    machine::Average {
        precision: average.precision,
        recall: average.recall,
        f1: average.f1,
    }
}
