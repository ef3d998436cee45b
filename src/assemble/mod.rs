//! From results to the document: presented, drawn, numbered, the author's values and references filled in.

pub mod budget;
pub mod machine;
mod pages;
mod presented;
mod provenance;
mod summary;
pub mod values;

use std::collections::BTreeMap;

use anyhow::Context as _;
use rayon::prelude::*;

use crate::execute::{Executed, title};
use crate::explain::parameters;
use crate::figure::{self, Drawing, Words};
use crate::model::export::EXPORT;
use crate::plan::{Item, Plan, Section, Task};
use crate::present::Presented;
use crate::report::{self, Block, Explanation, Numbering, Report, place};
use crate::words::{Argument, Message};
pub use pages::{pages, pictures_folder};
pub use presented::with_task;
use values::Values;

/// The document, with references and values resolved.
pub fn report(plan: &Plan, executed: &Executed) -> anyhow::Result<Report> {
    let presented = plan.tasks.iter().enumerate().map(|(index, task)| {
        let results = executed.results.get(index).map_or(&[][..], Vec::as_slice);
        match executed.failures.get(&index) {
            Some(error) => Ok(failed(&title(plan, task), &error.to_string())),
            None if plan.leaves_out(task) => Ok(left_out(&title(plan, task))),
            None => presented::present(plan, task, (results, executed.checks_of(index))),
        }
    });
    let presented: Vec<Presented> = presented.collect::<anyhow::Result<_>>()?;
    let values = values::all(plan, executed)?;
    let drawn = drawn(plan, &presented)?;
    let ids = plan.tasks.iter().filter_map(|task| task.id.as_deref());
    let mut numbering = Numbering::new(&plan.strings, ids);
    let mut exhibits: Vec<_> = presented.iter().zip(drawn).map(Some).collect();
    let mut explanations: Vec<Option<Explanation>> = plan.tasks.iter().map(|_| None).collect();
    // Figures and the author's own tables get their numbers in the order in which the spec has them.
    let introduction = numbering.captioned(&values.resolved(plan, &plan.introduction)?);
    let mut texts = Vec::new();
    for section in &plan.sections {
        let prompt = numbering.captioned(&values.resolved(plan, &section.prompt)?);
        let mut items = Vec::new();
        for item in &section.items {
            match item {
                Item::Text(text) => {
                    items.push(numbering.captioned(&values.resolved(plan, text)?));
                }
                Item::Task(index) => {
                    if let Some(of_task) = exhibits.get_mut(*index).and_then(Option::take) {
                        let task = &plan.tasks[*index];
                        let made = explanation(plan, task, of_task, &values, &mut numbering)?;
                        explanations[*index] = Some(made);
                    }
                    items.push(String::new());
                }
            }
        }
        let answer = numbering.captioned(&values.resolved(plan, &section.answer)?);
        texts.push(Texts {
            prompt,
            items,
            answer,
        });
    }
    let summary = summary::of(plan, executed, &explanations)?;
    let sections = plan.sections.iter().zip(texts).enumerate();
    let sections = sections.map(|(index, (section, texts))| {
        section_of(
            plan,
            (section, texts),
            index + 1,
            &values,
            &mut explanations,
        )
    });
    let mut report = Report {
        strings: plan.strings.clone(),
        look: plan.look.clone(),
        title: values.resolved(plan, &plan.title)?,
        byline: plan.byline.clone(),
        introduction,
        sections: sections.collect::<anyhow::Result<_>>()?,
        summary,
        provenance: provenance::of(plan),
        notices: Vec::new(),
    };
    numbering.resolve(&mut report);
    Ok(report)
}

/// What stands in the place of a figure that needs the layers of a network that shows none.
fn left_out(title: &str) -> Presented {
    let notice = Message::new("needs_layers")
        .with("method", title)
        .with("export", EXPORT);
    Presented {
        notices: vec![notice],
        ..Presented::default()
    }
}

fn failed(title: &str, reason: &str) -> Presented {
    let notice = Message::new("method_failed")
        .with("method", title)
        .with("reason", reason);
    Presented {
        notices: vec![notice],
        ..Presented::default()
    }
}

/// The drawings of each task, made on all cores.
fn drawn(plan: &Plan, presented: &[Presented]) -> anyhow::Result<Vec<Vec<Drawing>>> {
    let strings = &plan.strings;
    let message = |message: &Message| strings.text(message);
    let argument = |argument: &Argument| strings.argument(argument);
    let words = Words {
        message: &message,
        argument: &argument,
    };
    let methods: Vec<&str> = plan.tasks.iter().map(|task| task.entry.name).collect();
    let all: Vec<_> = presented
        .iter()
        .enumerate()
        .flat_map(|(task, presented)| presented.exhibits.iter().map(move |one| (task, one)))
        .collect();
    let drawings: Vec<_> = all
        .par_iter()
        .map(|(task, exhibit)| {
            let drawing = figure::draw(&exhibit.body, &words)
                .with_context(|| format!("the figures of `{}` cannot be drawn", methods[*task]))?;
            Ok((*task, drawing))
        })
        .collect::<anyhow::Result<_>>()?;
    let mut by_task: Vec<Vec<Drawing>> = presented.iter().map(|_| Vec::new()).collect();
    for (task, drawing) in drawings {
        by_task[task].push(drawing);
    }
    Ok(by_task)
}

/// The author's texts of a section, with values and numbers of tables filled in.
struct Texts {
    prompt: String,
    /// Of each item; empty for figures.
    items: Vec<String>,
    answer: String,
}

fn section_of(
    plan: &Plan,
    (section, texts): (&Section, Texts),
    number: usize,
    values: &Values,
    explanations: &mut [Option<Explanation>],
) -> anyhow::Result<report::Section> {
    let mut blocks = Vec::new();
    let kind = match section.is_question {
        true => "question",
        false => "section",
    };
    // Of figures with an id: where their explanation stands.
    let mut anchors: BTreeMap<&str, String> = BTreeMap::new();
    for (item, text) in section.items.iter().zip(texts.items) {
        match item {
            Item::Text(_) => blocks.push(Block::Text(text)),
            Item::Task(index) => {
                let explanation = explanations.get_mut(*index).and_then(Option::take);
                let id = format!("{kind}-{number}-part-{}", blocks.len() + 1);
                if let Some(of_spec) = &plan.tasks[*index].id {
                    anchors.entry(of_spec).or_insert_with(|| id.clone());
                }
                let explanation = explanation.map(|each| Explanation { id, ..each });
                blocks.extend(explanation.map(Block::Explanation));
            }
        }
    }
    let placed = |text: &str| place(text, |id| anchors.get(id).cloned());
    for block in &mut blocks {
        if let Block::Text(text) = block {
            *text = placed(text);
        }
    }
    Ok(report::Section {
        is_question: section.is_question,
        id: format!("{kind}-{number}"),
        number,
        title: values.resolved(plan, &section.title)?,
        points: section.points.map(|points| points.to_string()),
        prompt: texts.prompt,
        blocks,
        answer: placed(&texts.answer),
    })
}

fn explanation(
    plan: &Plan,
    task: &Task,
    (presented, drawings): (&Presented, Vec<Drawing>),
    values: &Values,
    numbering: &mut Numbering,
) -> anyhow::Result<Explanation> {
    let method = task.entry.name;
    let mut figures = Vec::new();
    for (index, (exhibit, drawing)) in presented.exhibits.iter().zip(drawings).enumerate() {
        let id = task.id.as_deref().unwrap_or(method);
        // The author's words stand before those of the first figure.
        let own = task.caption.as_deref().filter(|_| index == 0);
        let caption = match own {
            Some(own) => Message::new("own_caption")
                .with("own", values.resolved(plan, own)?)
                .with("caption", exhibit.caption.clone()),
            None => exhibit.caption.clone(),
        };
        figures.push(numbering.figure(id, &caption, &exhibit.alt, drawing));
    }
    let activation = plan.model_of(task).facts.scores.activation.name();
    let text = |key: &str| {
        let of_network = format!("{method}.{key}_{activation}");
        let key = match plan.strings.has(&of_network) {
            true => of_network,
            false => format!("{method}.{key}"),
        };
        plan.strings.text(&Message::new(key))
    };
    // A figure that is not there needs no guide: its notice says why.
    let guide = |key| match figures.is_empty() {
        true => String::new(),
        false => text(key),
    };
    let citations = match figures.is_empty() {
        true => &[],
        false => task.entry.citations,
    };
    let used = task.parameters(&plan.inputs(task));
    let notices = presented.notices.iter();
    Ok(Explanation {
        id: String::new(), // its section knows
        method,
        title: values.resolved(plan, &title(plan, task))?,
        is_placed: task.is_placed,
        notices: notices.map(|notice| plan.strings.text(notice)).collect(),
        parameters: match presented.exhibits.is_empty() {
            true => Vec::new(),
            false => parameters::in_yaml(&used),
        },
        reading: guide("reading"),
        misleading: guide("misleading"),
        citations: citations.iter().map(|text| (*text).to_owned()).collect(),
        figures,
    })
}
