//! An inspection as lines to read.

use super::classifier::{Classifier, Output};
use super::inspection::Inspection;
use super::methods::MethodRow;
use super::network::{Input, Network};
use super::verify::Verification;
use super::weights::{TensorRow, Weights};
use crate::model::export::EXPORT;
use crate::model::{OutputActivation, ScoresTaken};

/// Operators shown; the JSON has all.
const SHOWN: usize = 12;

pub fn as_text(inspection: &Inspection) -> String {
    let mut lines = vec![
        ("file", inspection.file.clone()),
        ("format", inspection.format.to_owned()),
        ("size", bytes(inspection.size_bytes)),
        ("sha256", inspection.sha256.clone()),
    ];
    let mut known = |name, value: &Option<String>| {
        if let Some(value) = value {
            lines.push((name, value.clone()));
        }
    };
    known("written by", &inspection.written_by);
    known("architecture", &inspection.architecture);
    if let Some(network) = &inspection.network {
        lines.extend(network_lines(network));
    }
    if let Some(classifier) = &inspection.classifier {
        lines.extend(classifier_lines(classifier));
    }
    let width = lines.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let mut text: String = lines
        .iter()
        .map(|(name, value)| format!("{name:<width$}  {value}\n"))
        .collect();
    if let Some(classifier) = &inspection.classifier {
        text.push_str(&method_lines(classifier));
    }
    if let Some(weights) = &inspection.weights {
        text.push_str(&weight_lines(weights, &inspection.file));
    }
    text
}

/// Tensors shown of a file of weights; the JSON has all.
const TENSORS_SHOWN: usize = 20;

/// The tensors, the networks that they may be of, and the ways to name one.
fn weight_lines(weights: &Weights, file: &str) -> String {
    let place = match weights.key.as_str() {
        "" => String::new(),
        key => format!(" under `{key}`"),
    };
    let tensors = counted(weights.tensors.len(), "tensor");
    let mut text = format!("\n{tensors}{place}:\n");
    let shown = &weights.tensors[..weights.tensors.len().min(TENSORS_SHOWN)];
    let width = shown
        .iter()
        .map(|row| row.name.chars().count())
        .max()
        .unwrap_or(0);
    for row in shown {
        text.push_str(&format!("  {:<width$}  {:?}\n", row.name, row.shape));
    }
    if weights.tensors.len() > TENSORS_SHOWN {
        let more = weights.tensors.len() - TENSORS_SHOWN;
        text.push_str(&format!("  and {more} more (--json has all)\n"));
    }
    let is_of_a_layer = |row: &TensorRow| {
        let last = row.name.rsplit('.').next().unwrap_or_default();
        ["weight", "bias"].iter().any(|name| last.contains(name))
    };
    if !weights.tensors.iter().any(is_of_a_layer) {
        text.push_str(
            "\nNone of them is called as a layer's weight is (`conv1.weight`): the file seems to hold data, not a network.\n",
        );
    }
    if !weights.others.is_empty() {
        let others: Vec<_> = weights
            .others
            .iter()
            .map(|key| format!("`{key}`"))
            .collect();
        text.push_str(&format!(
            "\nThe file also holds weights of the same shapes under {}: `model: weights: KEY`, or `--weights KEY`, chooses.\n",
            others.join(", ")
        ));
    }
    for near in &weights.near {
        let percent = 100.0 * near.share;
        text.push_str(&match near.other {
            0 => format!("\nThey fit `{}`.\n", near.architecture),
            other => format!(
                "\nThey come near `{}`: {percent:.0} % of names and shapes are the same, {other} differ.\n",
                near.architecture
            ),
        });
    }
    let architecture = weights
        .near
        .first()
        .map_or("resnet18", |near| near.architecture);
    text.push_str(&format!(
        "\nThree ways to name their network (docs/weights.md has more):\n  \
         a built-in one    model: {{file: {file}, architecture: {architecture}}}\n  \
         layer by layer    model: {{file: {file}, layers: [{{type: Conv2d, out_channels: 16, kernel_size: 3}}, …]}}\n  \
         its exported file model: {{file: {file}, graph: model.pt2}}, where model.pt2 is any export of it\n\
         or export network and weights together: python tools/export.py my_module.py:make_model --weights {file}\n"
    ));
    text
}

/// `1 tensor`, `2 tensors`.
fn counted(count: usize, noun: &str) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{ending}")
}

fn network_lines(network: &Network) -> Vec<(&'static str, String)> {
    let mut lines = vec![("input", input(&network.input))];
    let weights = network.weights.iter().map(|kind| {
        format!(
            "{} in {} of {}",
            counted(kind.numbers, "number"),
            counted(kind.tensors, "tensor"),
            kind.dtype
        )
    });
    lines.push(("parameters", network.parameters.to_string()));
    lines.push(("weights", weights.collect::<Vec<_>>().join(", ")));
    // TorchScript keeps them to itself.
    lines.retain(|(_, text)| !text.is_empty());
    let shown = network.operators.iter().take(SHOWN);
    let mut operators: Vec<_> = shown
        .map(|operator| format!("{} × {}", operator.count, operator.operator))
        .collect();
    match network.operators.len().saturating_sub(SHOWN) {
        0 => {}
        more => operators.push(format!("{more} more kinds (--json has all)")),
    }
    let nodes = counted(network.nodes, "node");
    let text = format!("{nodes}: {}", operators.join(", "));
    lines.push(("operators", text));
    lines.extend(network.unsupported.iter().map(|node| {
        let module = match node.module.as_str() {
            "" => "the network itself".to_owned(),
            path => format!("`{path}`"),
        };
        let text = format!("{} (node `{}` in {module})", node.operator, node.node);
        ("cannot run", text)
    }));
    lines
}

fn input(input: &Input) -> String {
    if input.shape.is_empty() {
        return format!("`{}`, of a shape that the file does not say", input.name);
    }
    let size = |(axis, size): (usize, &Option<i64>)| match size {
        Some(size) => size.to_string(),
        None => ["N", "C", "H", "W"]
            .get(axis)
            .copied()
            .unwrap_or("?")
            .to_owned(),
    };
    let sizes: Vec<_> = input.shape.iter().enumerate().map(size).collect();
    let batch = match input.free_batch {
        true => "any number of pictures at once",
        false => "exported for this number of pictures",
    };
    format!("`{}` [{}], {batch}", input.name, sizes.join(", "))
}

fn classifier_lines(classifier: &Classifier) -> Vec<(&'static str, String)> {
    let output = &classifier.output;
    let [channels, height, width] = classifier.input_shape;
    let mut lines = vec![
        (
            "runs on",
            match classifier.several_at_once {
                true => format!("{channels} × {height} × {width}"),
                false => format!(
                    "{channels} × {height} × {width}, pictures one by one: it was exported for one; faster with `{EXPORT}`"
                ),
            },
        ),
        (
            "output",
            format!(
                "`{}` [N, {}], {} classes",
                output.name, output.numbers, output.classes
            ),
        ),
        ("gives", output.gives.text().to_owned()),
        ("scores", scores(output)),
    ];
    lines.extend(
        output
            .doubt
            .iter()
            .map(|doubt| ("not certain", doubt.clone())),
    );
    let said = [
        ("normalises", &classifier.normalises),
        ("trained on", &classifier.trained_on),
        ("attention", &classifier.attention),
    ];
    lines.extend(
        said.into_iter()
            .filter_map(|(label, text)| Some((label, text.clone()?))),
    );
    let layers = format!(
        "{}, and {} modules and nodes that can be named besides",
        classifier.layers, classifier.other_names
    );
    lines.push(("layers", layers));
    lines
}

/// Where the scores are taken, and how probabilities are made of them.
fn scores(output: &Output) -> String {
    let taken = match output.scores_taken {
        ScoresTaken::AsGiven => "the numbers themselves".to_owned(),
        ScoresTaken::BeforeClosing => format!(
            "taken from `{}`, before the closing {}",
            output.scores,
            output.left_out.join(", ")
        ),
        ScoresTaken::Logarithms => "the logarithms of the probabilities".to_owned(),
        ScoresTaken::Logits | ScoresTaken::LogitsOfLogarithms => {
            "the logits of the probabilities".to_owned()
        }
    };
    let activation = match output.activation {
        OutputActivation::Softmax => "softmax makes the probabilities",
        OutputActivation::Sigmoid => {
            "a sigmoid of each makes the probabilities, labels are independent"
        }
        OutputActivation::SigmoidOfOne => {
            "−s and s for two classes, a sigmoid makes the probabilities"
        }
    };
    format!("{taken}; {activation}")
}

fn method_lines(classifier: &Classifier) -> String {
    let rows = &classifier.methods;
    let width = rows.iter().map(|row| row.method.len()).max().unwrap_or(0);
    let line = |row: &MethodRow| {
        let answer = match row.runs {
            true => "yes".to_owned(),
            false => format!("no: {}", row.why_not),
        };
        format!("{:<width$}  {answer}\n", row.method)
    };
    format!(
        "\n{:<width$}  can run\n{}",
        "method",
        rows.iter().map(line).collect::<String>()
    )
}

pub fn verification_text(found: &Verification) -> String {
    let Verification {
        rows,
        classes,
        absolute,
        relative,
        largest_expected,
        ..
    } = found;
    let compared = found.compared.text();
    let mut text = format!(
        "compared      {rows} × {classes} {compared}\n\
         difference    {absolute:.3e} at most, {relative:.3e} of the largest expected number ({largest_expected:.4})\n\
         same class    {} of {rows}\n",
        found.top1_agree
    );
    for row in &found.beyond {
        text.push_str(&format!(
            "row {:<8}  class {}: {:.6} instead of {:.6}\n",
            row.row, row.class, row.got, row.expected
        ));
    }
    let (holds, count) = (found.holds, found.rows_beyond);
    let verdict = match holds {
        true => "holds".to_owned(),
        false => format!("does not hold for {count} of {rows} rows"),
    };
    text.push_str(&format!("tolerance     {:e}: {verdict}\n", found.tolerance));
    text
}

/// In the largest unit of which there is at least one; exact in parentheses.
fn bytes(count: usize) -> String {
    const UNITS: [(&str, f64); 3] = [("GB", 1e9), ("MB", 1e6), ("kB", 1e3)];
    let exact = count as f64;
    match UNITS.iter().find(|(_, unit)| exact >= *unit) {
        Some((name, unit)) => format!("{:.1} {name} ({count} bytes)", exact / unit),
        None => format!("{count} bytes"),
    }
}
