//! Photo by method: the class, its probability, and how well the explanation fits.

use super::with_task;
use crate::execute::Executed;
use crate::plan::Plan;
use crate::present;
use crate::report::{Explanation, Summary, SummaryCell, SummaryMethod, SummaryPhoto};
use crate::results::{Fidelity, Results, ScalarTarget};
use crate::words::{Argument, Message, Strings};

/// What one figure says of one photo.
struct Said {
    /// The photo's id, and the name that is shown.
    photo: (String, String),
    class: Option<usize>,
    probability: f64,
    /// What is explained, where it is no class by itself, and what the network says of it.
    made: Option<String>,
    /// Whether this is the network's first class for the photo, for certain.
    is_first: bool,
    fit: String,
}

/// A class this probable is the first: all others together have less.
const MORE_THAN_ALL_OTHERS: f64 = 0.5;

/// `explanations` are in the order of the tasks.
pub(super) fn of(
    plan: &Plan,
    executed: &Executed,
    explanations: &[Option<Explanation>],
) -> anyhow::Result<Summary> {
    let mut summary = Summary::default();
    let mut columns: Vec<Vec<Said>> = Vec::new();
    let tasks = plan.tasks.iter().zip(&executed.results).zip(explanations);
    for (index, ((task, results), explanation)) in tasks.enumerate() {
        let Some(explanation) = explanation else {
            continue;
        };
        let Some(figure) = explanation.figures.first() else {
            continue; // it failed, or was left out
        };
        if executed.failures.contains_key(&index) {
            continue;
        }
        let checked = executed.checks.get(index).map_or(&[][..], Vec::as_slice);
        let asked = task.method.parameters(&plan.inputs(task));
        let is_predicted = asked.get("class").and_then(|class| class.as_str()) == Some("predicted");
        let said = with_task(plan, task, (results, checked), |task| {
            said(plan, task, is_predicted)
        })?;
        if said.is_empty() {
            continue; // filters and labelled photos have no class to explain
        }
        summary.methods.push(SummaryMethod {
            title: explanation.title.clone(),
            figure: (figure.id.clone(), figure.name.clone()),
        });
        columns.push(said);
    }
    for (id, name) in in_order(plan, &columns) {
        let of_photo = |said: &&Said| said.photo.0 == id;
        let all = columns.iter().flatten().filter(of_photo);
        let first = first_class(all.collect());
        let class = |class: usize| plan.model().labels.name(class);
        let percent = |share| plan.strings.argument(&Argument::Percent(share, 1));
        let (first_name, first_probability) = match first {
            Some((of_photo, probability)) => (class(of_photo), percent(probability)),
            None => ("–".to_owned(), String::new()), // no figure says what the network predicts
        };
        let cells = columns.iter().map(|said| {
            let said: Vec<&Said> = said.iter().filter(of_photo).collect();
            (!said.is_empty()).then(|| {
                let others = said.iter().filter_map(|one| match one.class {
                    Some(of_photo) if first.is_none_or(|(first, _)| first != of_photo) => {
                        let probability = percent(one.probability);
                        Some(format!("{} {probability}", class(of_photo)))
                    }
                    Some(_) => None,
                    None => one.made.clone(),
                });
                let fits = said.iter().map(|one| one.fit.clone());
                SummaryCell {
                    class: joined(&plan.strings, others),
                    fit: joined(&plan.strings, fits),
                }
            })
        });
        summary.photos.push(SummaryPhoto {
            name,
            class: first_name,
            probability: first_probability,
            cells: cells.collect(),
        });
    }
    Ok(summary)
}

/// Each once, those that say nothing left out.
fn joined(strings: &Strings, texts: impl Iterator<Item = String>) -> String {
    let mut known: Vec<String> = Vec::new();
    for text in texts.filter(|text| !text.is_empty()) {
        if !known.contains(&text) {
            known.push(text);
        }
    }
    known.join(strings.get("clause_separator"))
}

/// What the network predicts for a photo, as far as a figure shows it.
fn first_class(said: Vec<&Said>) -> Option<(usize, f64)> {
    let certain = said.iter().find(|one| one.is_first && one.class.is_some());
    let probable = || {
        let probable = said.iter().filter(|one| one.class.is_some());
        let probable = probable.filter(|one| one.probability > MORE_THAN_ALL_OTHERS);
        probable.max_by(|a, b| a.probability.total_cmp(&b.probability))
    };
    let first = certain.or_else(probable)?;
    Some((first.class?, first.probability))
}

/// The photos that a column has, id and name, in the order of the report: a figure without `images` has all of them.
fn in_order(plan: &Plan, columns: &[Vec<Said>]) -> Vec<(String, String)> {
    let longest = plan.tasks.iter().max_by_key(|task| task.photos.len());
    let of_report = longest.into_iter().flat_map(|task| &task.photos);
    let ids: Vec<&str> = of_report.map(|photo| photo.id.as_str()).collect();
    let mut photos: Vec<(String, String)> = Vec::new();
    for said in columns.iter().flatten() {
        if !photos.iter().any(|(id, _)| *id == said.photo.0) {
            photos.push(said.photo.clone());
        }
    }
    let place = |id: &str| {
        ids.iter()
            .position(|known| *known == id)
            .unwrap_or(ids.len())
    };
    photos.sort_by_key(|(id, _)| place(id));
    photos
}

fn said(plan: &Plan, task: &present::Task, is_predicted: bool) -> Vec<Said> {
    let strings = &plan.strings;
    let said = task.found.iter().filter_map(|found| {
        let photo = task.photos.get(found.photo?)?;
        let mut fit = String::new();
        // Of several methods in one figure nobody could tell whose it is.
        let is_of_one = !matches!(task.view, present::View::Comparison(_));
        let (class, probability, made) = match found.results {
            Results::Predictions(predictions) => {
                let class = *predictions.most_probable(1).first()?;
                (Some(class), predictions.probabilities[class], None)
            }
            Results::Superpixels(result) => {
                let measured = result.fit.r_squared_held_out.or(result.fit.r_squared);
                if let Some(measured) = measured.filter(|_| is_of_one) {
                    let message = Message::new("summary_fit");
                    fit = strings.text(&message.with("fit", Argument::Number(measured, 2)));
                }
                of_target(task, &result.target)
            }
            Results::Attributions(attributions) => {
                of_target(task, attributions.target.of_classes()?)
            }
            _ => return None,
        };
        // That of several classes may be in the unit of scores.
        let gain = gain(task, found.photo?).filter(|_| class.is_some());
        if let Some(gain) = gain {
            let message = Message::new("summary_gain").with("gain", Argument::Number(gain, 2));
            let said = strings.text(&message);
            fit = match fit.is_empty() {
                true => said,
                false => format!("{fit}{}{said}", strings.get("clause_separator")),
            };
        }
        let is_first = is_predicted || matches!(found.results, Results::Predictions(_));
        Some(Said {
            photo: (photo.id.to_owned(), photo.name.to_owned()),
            class,
            probability,
            made,
            is_first,
            fit,
        })
    });
    said.collect()
}

/// Insertion less deletion of a photo's map, where that was judged.
fn gain(task: &present::Task, photo: usize) -> Option<f64> {
    let mut of_photo = task.checked.iter().filter(|one| one.photo == Some(photo));
    of_photo.find_map(|one| match one.found {
        Ok(Fidelity::InsertionDeletion {
            insertion,
            deletion,
        }) => Some(insertion.map.area() - deletion.map.area()),
        _ => None,
    })
}

/// The class and its probability; or what is made of several, as text.
fn of_target(task: &present::Task, target: &ScalarTarget) -> (Option<usize>, f64, Option<String>) {
    let class = target.scalar.class();
    let made = class
        .is_none()
        .then(|| task.strings.text(&task.explained_and_said(target)));
    (class, target.probability, made)
}
