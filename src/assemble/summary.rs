//! Photo by method: the class, its probability, and how well the explanation fits.

use super::with_task;
use crate::execute::Executed;
use crate::plan::Plan;
use crate::present;
use crate::report::{Explanation, Summary, SummaryMethod, SummaryPhoto};
use crate::results::{ClassTarget, Fidelity, Results, Target};
use crate::words::{Argument, Message};

/// What one figure says of one photo.
struct Said {
    photo: String,
    class: String,
    probability: String,
    fit: String,
}

/// `explanations` are in the order of the tasks.
pub(super) fn of(
    plan: &Plan,
    executed: &Executed,
    explanations: &[Option<Explanation>],
) -> anyhow::Result<Summary> {
    let mut summary = Summary::default();
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
        let said = with_task(plan, task, (results, checked), |task| said(plan, task))?;
        if said.is_empty() {
            continue; // filters and labelled photos have no class to explain
        }
        summary.methods.push(SummaryMethod {
            title: explanation.title.clone(),
            figure: (figure.id.clone(), figure.name.clone()),
        });
        let column = summary.methods.len() - 1;
        for one in said {
            add(&mut summary, column, one);
        }
    }
    let columns = summary.methods.len();
    for photo in &mut summary.photos {
        photo.cells.resize(columns, None);
    }
    Ok(summary)
}

fn said(plan: &Plan, task: &present::Task) -> Vec<Said> {
    let strings = &plan.strings;
    let said = task.found.iter().filter_map(|found| {
        let photo = task.photos.get(found.photo?)?;
        let mut fit = String::new();
        let (class, probability) = match found.results {
            Results::Predictions(predictions) => {
                let class = *predictions.most_probable(1).first()?;
                (class, predictions.probabilities[class])
            }
            Results::Superpixels(result) => {
                let measured = result.fit.r_squared_held_out.or(result.fit.r_squared);
                if let Some(measured) = measured {
                    let message = Message::new("summary_fit");
                    fit = strings.text(&message.with("fit", Argument::Number(measured, 2)));
                }
                of_target(&result.target)
            }
            Results::Attributions(attributions) => match &attributions.target {
                Target::Class(target) => of_target(target),
                Target::Filter { .. } | Target::Head { .. } | Target::Layer { .. } => return None,
            },
            _ => return None,
        };
        if let Some(gain) = gain(task, found.photo?) {
            let message = Message::new("summary_gain").with("gain", Argument::Number(gain, 2));
            let said = strings.text(&message);
            fit = match fit.is_empty() {
                true => said,
                false => format!("{fit}; {said}"),
            };
        }
        Some(Said {
            photo: photo.name.to_owned(),
            class: task.class(class),
            probability: strings.argument(&Argument::Percent(probability, 1)),
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

fn of_target(target: &ClassTarget) -> (usize, f64) {
    (target.class, target.probability)
}

/// A photo that a method has twice, with two classes, shows both.
fn add(summary: &mut Summary, column: usize, said: Said) {
    let known = summary.photos.iter().position(|one| one.name == said.photo);
    let row = known.unwrap_or_else(|| {
        summary.photos.push(SummaryPhoto {
            name: said.photo.clone(),
            class: said.class.clone(),
            probability: said.probability.clone(),
            cells: Vec::new(),
        });
        summary.photos.len() - 1
    });
    let photo = &mut summary.photos[row];
    photo.cells.resize(column + 1, None);
    let own = match said.class == photo.class {
        true => String::new(),
        false => format!("{} {}", said.class, said.probability),
    };
    let cell = photo.cells[column].get_or_insert_default();
    for (text, new) in [(&mut cell.class, own), (&mut cell.fit, said.fit)] {
        if !text.is_empty() && !new.is_empty() {
            text.push_str("; ");
        }
        text.push_str(&new);
    }
}
