//! From findings to pages: the one place where explanations, figures, document and formats meet.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use anyhow::Context as _;

use crate::diagnostic::Diagnostic;
use crate::explain::finding::{Argument, Finding, Message};
use crate::figure::{self, Words};
use crate::model::error::EXPORT;
use crate::model::{Precision, ScoresAre, device_name};
use crate::plan::{Item, Output, Plan, Section, Step};
use crate::progress::Progress;
use crate::render;
use crate::report::{self, Block, Explanation, Numbering, Report};
use crate::spec::Format;
use crate::write::Files;

/// What each step found, or why it failed, in the order of the plan.
pub type Results = Vec<Result<Finding, String>>;

/// Runs every step; a step that fails does not keep the others from running.
pub fn explain(plan: &Plan, progress: &dyn Progress) -> Results {
    let total = plan.steps().count();
    let run = |(index, step): (usize, &Step)| {
        let title = title(plan, step);
        if plan.leaves_out(step) {
            return Ok(left_out(&title));
        }
        progress.started(index + 1, total, &title);
        let context = plan.context(&step.photos);
        let advanced = |done, total| progress.advanced(done, total);
        // Inside a method plain tensor operations panic where a fallible one would return an error.
        let result = catch_unwind(AssertUnwindSafe(|| step.method.run(&context, &advanced)));
        progress.finished(&title);
        match result {
            Ok(finding) => finding.map_err(|error| error.to_string()),
            Err(panic) => Err(panic_text(panic.as_ref())),
        }
    };
    plan.steps().enumerate().map(run).collect()
}

/// What stands in the place of a figure that needs the layers of a network that shows none.
fn left_out(title: &str) -> Finding {
    let notice = Message::new("needs_layers")
        .with("method", title)
        .with("export", EXPORT);
    Finding {
        notices: vec![notice],
        ..Finding::default()
    }
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text
        .or(panic.downcast_ref::<&str>().copied())
        .unwrap_or("unknown reason");
    format!("internal error: {}", text.lines().next().unwrap_or(text))
}

/// The steps that failed, each with its place in the spec.
pub fn failures(spec: &Path, plan: &Plan, results: &Results) -> Vec<Diagnostic> {
    let file = spec.display().to_string();
    let failed = plan.steps().zip(results).filter_map(|(step, result)| {
        let error = result.as_ref().err()?;
        let message = format!("`{}` failed: {error}", step.entry.name);
        Some(Diagnostic::error(
            &file,
            step.position,
            message,
            String::new(),
        ))
    });
    failed.collect()
}

/// The step's heading in the report's language.
fn title(plan: &Plan, step: &Step) -> String {
    step.title
        .clone()
        .unwrap_or_else(|| method_text(plan, step.entry.name, "title"))
}

/// A text of `templates/methods/<method>.yaml`.
fn method_text(plan: &Plan, method: &str, key: &str) -> String {
    plan.strings.get(&format!("{method}.{key}")).to_owned()
}

/// The document: sections, numbered figures, references resolved.
pub fn report(plan: &Plan, results: Results) -> anyhow::Result<Report> {
    let ids = plan.steps().filter_map(|step| step.id.as_deref());
    let mut numbering = Numbering::new(&plan.strings, ids);
    let mut results = results.into_iter();
    let mut sections = Vec::new();
    for (index, section) in plan.sections.iter().enumerate() {
        sections.push(compose_section(
            plan,
            section,
            index + 1,
            &mut results,
            &mut numbering,
        )?);
    }
    let mut report = Report {
        language: plan.strings.language().to_owned(),
        title: plan.title.clone(),
        byline: plan.byline.clone(),
        introduction: plan.introduction.clone(),
        sections,
        provenance: provenance(plan),
        notices: Vec::new(),
    };
    numbering.resolve(&mut report);
    Ok(report)
}

fn compose_section(
    plan: &Plan,
    section: &Section,
    number: usize,
    results: &mut impl Iterator<Item = Result<Finding, String>>,
    numbering: &mut Numbering,
) -> anyhow::Result<report::Section> {
    let mut blocks = Vec::new();
    for item in &section.items {
        match item {
            Item::Text(text) => blocks.push(Block::Text(text.clone())),
            Item::Step(step) => {
                let result = results.next().context("a step has no result")?;
                blocks.push(Block::Explanation(explanation(
                    plan, step, result, numbering,
                )?));
            }
        }
    }
    Ok(report::Section {
        id: format!("question-{number}"),
        number,
        title: section.title.clone(),
        points: section.points.map(|points| points.to_string()),
        prompt: section.prompt.clone(),
        blocks,
        answer: section.answer.clone(),
    })
}

fn explanation(
    plan: &Plan,
    step: &Step,
    result: Result<Finding, String>,
    numbering: &mut Numbering,
) -> anyhow::Result<Explanation> {
    let method = step.entry.name;
    let title = title(plan, step);
    let finding = result.unwrap_or_else(|reason| Finding {
        notices: vec![
            Message::new("method_failed")
                .with("method", title.as_str())
                .with("reason", reason),
        ],
        ..Finding::default()
    });
    let message = |message: &Message| plan.strings.text(message);
    let argument = |argument: &Argument| plan.strings.argument(argument);
    let words = Words {
        message: &message,
        argument: &argument,
    };
    let mut figures = Vec::new();
    for exhibit in &finding.exhibits {
        let drawing = figure::draw(&exhibit.body, &words)
            .with_context(|| format!("the figures of `{method}` cannot be drawn"))?;
        let id = step.id.as_deref().unwrap_or(method);
        figures.push(numbering.figure(id, &exhibit.caption, &exhibit.alt, drawing));
    }
    // A figure that is not there needs no guide: its notice says why.
    let guide = |key| match figures.is_empty() {
        true => String::new(),
        false => method_text(plan, method, key),
    };
    let citations = match figures.is_empty() {
        true => &[],
        false => step.entry.citations,
    };
    Ok(Explanation {
        method,
        title,
        notices: finding.notices.iter().map(message).collect(),
        parameters: finding.parameters,
        reading: guide("reading"),
        misleading: guide("misleading"),
        citations: citations.iter().map(|text| (*text).to_owned()).collect(),
        figures,
    })
}

/// What somebody needs who builds the report again. No clock: same input, same bytes.
fn provenance(plan: &Plan) -> Vec<(String, String)> {
    let origin = plan.model.provenance();
    let mut network = match &origin.architecture {
        Some(architecture) => format!("{} ({}, {architecture})", plan.model_file, origin.format),
        None => format!("{} ({})", plan.model_file, origin.format),
    };
    let label = |key: &'static str| plan.strings.text(&Message::new(key));
    if plan.model.scores_are() == ScoresAre::Probabilities {
        network = format!("{network}; {}", label("scores_are_probabilities"));
    }
    let [channels, height, width] = plan.preprocessing.input_shape();
    vec![
        (
            label("provenance_version"),
            format!("cnn-report {}", env!("CARGO_PKG_VERSION")),
        ),
        (label("provenance_model"), network),
        (label("provenance_sha256"), origin.sha256.clone()),
        (
            label("provenance_input"),
            format!("{channels} × {height} × {width}"),
        ),
        (label("provenance_device"), device_name(plan.model.device())),
        (
            label("provenance_precision"),
            label(match plan.model.precision() {
                Precision::Fp32 => "precision_fp32",
                Precision::Bf16 => "precision_bf16",
            }),
        ),
        (
            label("provenance_libtorch"),
            env!("LIBTORCH_VERSION").to_owned(),
        ),
        (label("provenance_seed"), plan.seed.to_string()),
    ]
}

/// The report in the formats that were asked for.
pub fn pages(report: &Report, output: &Output) -> anyhow::Result<Files> {
    let mut files = Files::default();
    for format in &output.formats {
        match format {
            Format::Html => {
                let page = render::html(report).context("the HTML page cannot be written")?;
                files
                    .pages
                    .push((format!("{}.html", output.name), page.into_bytes()));
            }
            Format::Markdown => {
                let folder = format!("{}_files", output.name);
                let page =
                    render::markdown(report, &folder).context("the Markdown cannot be written")?;
                files
                    .pages
                    .push((format!("{}.md", output.name), page.text.into_bytes()));
                files.pictures = Some((folder, page.files));
            }
        }
    }
    Ok(files)
}
