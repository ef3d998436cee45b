//! `report.json` from plan, results and document, with its arrays beside it.

mod arrays;
mod checks;
mod components;
mod data_sets;
mod found;
mod of;
mod outcomes;

use crate::execute::Executed;
use crate::explain::checks::apply_to;
use crate::model::{self, OutputActivation, ScoresAre, device_name};
use crate::plan::{Item, Plan, PlannedModel, Section, Task};
use crate::present::View;
use crate::present::values::{Quantity, Share};
use crate::report::machine;
use crate::report::machine::{
    Block, Exhibit, FORMAT_VERSION, Figure, Line, Model, OtherModel, Parameters, Photo, Precision,
    PrecisionAgreement, Provenance, Report, Unit, Value, finite,
};
use crate::report::{self, Explanation, place};
use crate::write::File;
use arrays::Beside;
use of::Of;
use outcomes::below;

/// The report, and its arrays, which it looks for in a folder beside it.
pub fn report(
    plan: &Plan,
    executed: &Executed,
    document: &report::Report,
    folder: &str,
) -> anyhow::Result<(Report, Vec<File>)> {
    let mut beside = Beside::new(folder);
    let (mut sections, mut figures) = (Vec::new(), Vec::new());
    for (section, shown) in plan.sections.iter().zip(&document.sections) {
        let mut blocks = Vec::new();
        let items = || section.items.iter().zip(&shown.blocks);
        // A text places a figure by the name that it has here, not by its place in a page.
        let name = |part: &str| {
            items().find_map(|(item, block)| match (item, block) {
                (Item::Task(index), report::Block::Explanation(each)) if each.id == part => {
                    Some(plan.tasks[*index].name.clone())
                }
                _ => None,
            })
        };
        for (item, block) in items() {
            match (item, block) {
                (Item::Task(index), report::Block::Explanation(explanation)) => {
                    blocks.push(Block::Figure(plan.tasks[*index].name.clone()));
                    figures.push(figure(plan, executed, *index, explanation, &mut beside)?);
                }
                (_, report::Block::Text(text)) => blocks.push(Block::Text(place(text, name))),
                (Item::Text(_), report::Block::Explanation(_)) => {} // one block an item, in order
            }
        }
        sections.push(section_of(
            section,
            shown,
            blocks,
            place(&shown.answer, name),
        ));
    }
    let values = super::values::all(plan, executed)?.0.into_iter();
    let byline = document.byline.iter().map(|(label, value)| Line {
        label: label.clone(),
        value: value.clone(),
    });
    let report = Report {
        format_version: FORMAT_VERSION,
        title: document.title.clone(),
        language: document.strings.language().to_owned(),
        byline: byline.collect(),
        introduction: document.introduction.clone(),
        provenance: provenance(plan),
        classes: plan.model().labels.0.clone(),
        photos: photos(plan),
        sections,
        figures,
        values: values
            .map(|(name, value)| (name, quantity(value)))
            .collect(),
        notices: document.notices.clone(),
    };
    Ok((report, beside.into_files()))
}

fn section_of(
    section: &Section,
    shown: &report::Section,
    blocks: Vec<Block>,
    answer: String,
) -> machine::Section {
    machine::Section {
        id: shown.id.clone(),
        number: shown.number,
        title: shown.title.clone(),
        points: section.points,
        prompt: shown.prompt.clone(),
        blocks,
        answer,
    }
}

fn figure(
    plan: &Plan,
    executed: &Executed,
    index: usize,
    shown: &Explanation,
    beside: &mut Beside,
) -> anyhow::Result<Figure> {
    let task = &plan.tasks[index];
    let results = executed.results.get(index).map_or(&[][..], Vec::as_slice);
    let outcomes = match task.method.data() {
        Some(data) => outcomes::outcomes(&task.name, data, results, &plan.base, beside)?,
        None => None,
    };
    let calibration = match (&task.view, task.method.data()) {
        (View::Calibration(view), Some(data)) => outcomes::calibration(*view, data, results),
        _ => None,
    };
    let label_curves = match (&task.view, task.method.data()) {
        (View::Labels(_), Some(data)) => Some(data_sets::label_curves(data, results)),
        _ => None,
    };
    let further = executed.further.get(&index);
    let units = task
        .units
        .iter()
        .chain(further.into_iter().flatten())
        .zip(results)
        .enumerate()
        .filter_map(|(at, (unit, results))| {
            let of = Of {
                names: [&task.name, &unit.name],
                view: &task.view,
                classes: &plan.model_of(task).labels.0,
            };
            let photo = unit.photo.and_then(|photo| task.photos.get(photo));
            Some(Unit {
                name: unit.name.clone(),
                photo: photo.map(|photo| photo.id.clone()),
                found: of.found(results.as_ref()?, beside)?,
                checks: checks::of_unit(executed.checks_of(index), at),
            })
        });
    let units = units.collect();
    let exhibits = shown.figures.iter().map(|figure| Exhibit {
        number: figure.name.clone(),
        anchor: figure.id.clone(),
        caption: figure.caption.clone(),
        alt: figure.alt.clone(),
    });
    let failure = executed.failures.get(&index);
    Ok(Figure {
        name: task.name.clone(),
        id: task.id.clone(),
        method: task.entry.name.to_owned(),
        method_version: task.entry.version,
        model: plan.model_of(task).key.clone(),
        title: shown.title.clone(),
        citations: shown.citations.clone(),
        parameters: parameters(plan, task),
        photos: task.photos.iter().map(|photo| photo.id.clone()).collect(),
        exhibits: exhibits.collect(),
        units,
        outcomes,
        calibration,
        label_curves,
        notices: shown.notices.clone(),
        failure: failure.map(ToString::to_string),
    })
}

fn parameters(plan: &Plan, task: &Task) -> Parameters {
    Parameters {
        method: task.method.parameters(&plan.inputs(task)),
        view: task.view.parameters(task.entry.view.without),
        checks: apply_to(task.entry).then(|| {
            let names = task.checks.iter().map(|check| check.name().to_owned());
            names.collect()
        }),
    }
}

/// The photos of all figures, each once.
fn photos(plan: &Plan) -> Vec<Photo> {
    let mut photos: Vec<Photo> = Vec::new();
    for photo in plan.tasks.iter().flat_map(|task| &task.photos) {
        if photos.iter().all(|known| known.id != photo.id) {
            photos.push(Photo {
                id: photo.id.clone(),
                name: photo.name.clone(),
                file: below(&plan.base, photo.file()),
                tensor: photo.tensor_name.clone(),
                blake3: photo.digest.clone(),
            });
        }
    }
    photos
}

fn provenance(plan: &Plan) -> Provenance {
    let (main, others) = (plan.model(), plan.models.iter().skip(1));
    let others = others.map(|other| OtherModel {
        key: other.key.clone(),
        name: other.name.clone(),
        model: model_of(other),
        input_shape: other.preprocessing.input_shape(),
        preprocessing: serde_json::json!(other.preprocessing.as_ref()),
        classes: other.labels.0.clone(),
    });
    Provenance {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        model: model_of(main),
        other_models: others.collect(),
        input_shape: main.preprocessing.input_shape(),
        preprocessing: serde_json::json!(main.preprocessing.as_ref()),
        device: device_name(plan.device),
        precision: match plan.precision {
            model::Precision::Fp32 => Precision::Fp32,
            model::Precision::Bf16 => Precision::Bf16,
        },
        precision_agreement: plan.agreement.as_ref().map(|found| PrecisionAgreement {
            photos: found.photos,
            other_class: found.other_class.clone(),
            largest_difference: found.largest_difference,
        }),
        libtorch: env!("LIBTORCH_VERSION").to_owned(),
        seed: plan.seed,
    }
}

fn model_of(planned: &PlannedModel) -> Model {
    let (origin, scores) = (&planned.facts.provenance, &planned.facts.scores);
    Model {
        file: planned.file.clone(),
        output: planned.output.clone(),
        format: origin.format.clone(),
        sha256: origin.sha256.clone(),
        architecture: origin.architecture.clone(),
        parameters: origin.parameters,
        scores_are: match scores.given {
            ScoresAre::Scores => machine::ScoresAre::Scores,
            ScoresAre::Probabilities => machine::ScoresAre::Probabilities,
            ScoresAre::IndependentProbabilities => machine::ScoresAre::IndependentProbabilities,
            ScoresAre::OneProbability => machine::ScoresAre::OneProbability,
            ScoresAre::LogProbabilities => machine::ScoresAre::LogProbabilities,
            ScoresAre::IndependentLogProbabilities => {
                machine::ScoresAre::IndependentLogProbabilities
            }
        },
        activation: match scores.activation {
            OutputActivation::Softmax => machine::Activation::Softmax,
            OutputActivation::Sigmoid => machine::Activation::Sigmoid,
            OutputActivation::SigmoidOfOne => machine::Activation::SigmoidOfOne,
        },
    }
}

fn quantity(value: Quantity) -> Value {
    match value {
        Quantity::Text(text) => Value::Text(text),
        Quantity::Count(count) => Value::Count(count),
        Quantity::Share(Share(number)) | Quantity::Number(number) => Value::Number(finite(number)),
    }
}
