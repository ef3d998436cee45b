//! ONNX: a protocol buffer that holds a graph of operators of its own set, translated into ours.
//!
//! `unpack` makes sound structures of the bytes, `translate` adds nodes of ours for each of theirs, `trace`
//! runs each once on zeros to know all shapes, `scopes` finds the module each came from.

mod assemble;
mod call;
mod external;
mod list;
mod model;
mod names;
mod proto;
mod scopes;
mod tensor;
mod trace;
mod traced;
mod translate;
mod unpack;

use std::collections::{BTreeMap, BTreeSet};

use tch::Tensor;

use super::fault::Fault;
use crate::fs::Mapped;
use crate::model::error::ModelError;
use crate::model::export::EXPORT;
use crate::model::graph::{Argument, Graph};
use crate::model::source::Source;
use call::{Call, ints};
use external::External;
use list::list;
use model::{OnnxModel, OnnxNode};
use scopes::Scopes;
use trace::Trace;
use traced::{Refusal, Traced};

pub struct Onnx {
    pub graph: Graph,
    /// By the names the graph gives them.
    pub weights: BTreeMap<String, Tensor>,
    /// Who wrote the file and in which version of the operators: `pytorch 2.13.0, opset 18`.
    pub producer: String,
    /// Height and width that the file fixes.
    pub exported_size: Option<[i64; 2]>,
    /// The data files by the paths that the model gives them, in the order of these.
    pub files: Vec<(String, Mapped)>,
}

/// Reads an ONNX file for pictures of the shape of `source`.
pub fn read(source: &Source, file: &Mapped) -> Result<Onnx, Fault> {
    let model = unpack::unpack(file.bytes(), source.output.as_deref())?;
    let exported_size = exported_size(model.input.sizes.as_deref());
    let source = &Source {
        input_shape: input_shape(source, model.input.sizes.as_deref()),
        ..source.clone()
    };
    let external = External::new(&source.file, file);
    let scopes = Scopes::new(&model);
    check_operators(&model)?;
    let (trace, output, origins) = translate_all(source, &model, &external, &scopes)?;
    let (graph, weights) = assemble::assemble(&model, trace, output, &origins, &scopes, source)?;
    let quantised = model
        .nodes
        .iter()
        .any(|node| translate::quantised::is_quantised(&node.operator));
    let computed = match quantised {
        true => ", quantised, computed in float32",
        false => "",
    };
    let producer = match model.producer.as_str() {
        "" => format!("opset {}{computed}", model.opset),
        producer => format!("{producer}, opset {}{computed}", model.opset),
    };
    Ok(Onnx {
        graph,
        weights,
        exported_size,
        producer,
        files: external.files(),
    })
}

/// All operators that we do not know are named together.
fn check_operators(model: &OnnxModel) -> Result<(), Fault> {
    let unknown = model
        .nodes
        .iter()
        .filter(|node| translate::find(&node.operator).is_none());
    let mut seen = BTreeSet::new();
    let mut named = Vec::new();
    let mut reason = None;
    for node in unknown {
        reason = reason.or(translate::reason(&node.operator));
        if seen.insert(&node.operator) {
            named.push(format!("`{}` (node `{}`)", node.operator, node.name));
        }
    }
    if named.is_empty() {
        return Ok(());
    }
    let hint = reason.map_or(hint(), str::to_owned);
    Err(Fault::not_supported(
        format!(
            "it uses operators of opset {} that are not supported: {}",
            model.opset,
            list(&named)
        ),
        hint,
    ))
}

fn hint() -> String {
    format!("export the network without them, or from PyTorch with `{EXPORT}`")
}

/// How the picture comes in and which size the exporter left open.
struct Layout {
    /// Pictures, channels, height and width of the pass of zeros.
    sizes: [i64; 4],
    batch_is_fixed: bool,
    /// As TensorFlow has it: channels last.
    channels_last: bool,
}

/// Channels, height and width that the network is run with.
fn input_shape(source: &Source, declared: Option<&[Option<i64>]>) -> [i64; 3] {
    let named = named_shape(declared);
    [0, 1, 2].map(|axis| {
        let of_file = named[axis].filter(|_| source.takes_from_file(axis));
        of_file.unwrap_or(source.input_shape[axis])
    })
}

/// Height and width, where the file names both.
fn exported_size(declared: Option<&[Option<i64>]>) -> Option<[i64; 2]> {
    let [_, height, width] = named_shape(declared);
    Some([height?, width?])
}

/// Channels, height and width that the file names, whichever comes first.
fn named_shape(declared: Option<&[Option<i64>]>) -> [Option<i64>; 3] {
    let Some([_, second, third, last]) = declared else {
        return [None; 3];
    };
    let of_channels = |size: &Option<i64>| matches!(size, Some(1 | 3));
    let named = match !of_channels(second) && of_channels(last) {
        true => [last, second, third],
        false => [second, third, last],
    };
    named.map(|size| size.filter(|size| (1..=LARGEST_SIDE_PX).contains(size)))
}

/// As in a spec; a size beyond is not taken from a file.
const LARGEST_SIDE_PX: i64 = 8192;

fn layout(source: &Source, declared: Option<&[Option<i64>]>) -> Result<Layout, Fault> {
    let [channels, height, width] = source.input_shape;
    let sizes = declared.unwrap_or(&[None; 4]);
    let [batch, second, _, last] = sizes[..] else {
        return Err(Fault::not_supported(
            format!("the network takes a tensor of {} axes", sizes.len()),
            "a classifier takes [N, C, H, W] or [N, H, W, C]",
        ));
    };
    let of_channels = |size: Option<i64>| size == Some(channels);
    Ok(Layout {
        sizes: [batch.unwrap_or(1), channels, height, width],
        batch_is_fixed: batch.is_some(),
        channels_last: !of_channels(second) && of_channels(last),
    })
}

/// For every node of ours the place of the ONNX node it came from.
type Origins = Vec<Option<usize>>;

fn translate_all(
    source: &Source,
    model: &OnnxModel,
    external: &External,
    scopes: &Scopes,
) -> Result<(Trace, Traced, Origins), Fault> {
    let layout = layout(source, model.input.sizes.as_deref())?;
    let mut trace = Trace::new(&model.input.name, &layout.sizes, layout.batch_is_fixed);
    let mut input = trace.input;
    let mut origins = Vec::new();
    if layout.channels_last {
        let arguments = vec![
            ("self", Argument::Tensor(input)),
            ("dims", ints(&[0, 2, 3, 1])),
        ];
        let to_channels_last = trace.emit("aten.permute.default", arguments);
        input = to_channels_last.map_err(|refusal| fault(refusal, None, model, source, &layout))?;
        origins.push(None);
    }
    let mut known = BTreeMap::from([(model.input.name.clone(), Traced::Tensor(input))]);
    for (index, node) in model.nodes.iter().enumerate() {
        let of_node = |refusal| fault(refusal, Some(node), model, source, &layout);
        for name in &node.inputs {
            if !known.contains_key(name)
                && let Some(bytes) = model.initialisers.get(name)
            {
                let of_tensor = |fault: Fault| fault.of_tensor(name);
                let proto = unpack::tensor(bytes).map_err(of_tensor)?;
                let tensor = tensor::read(&proto, external).map_err(of_tensor)?;
                let value = trace.constant(tensor, true, Some(name.clone()));
                trace.note_type(value, proto.data_type);
                trace.make_room(value);
                known.insert(name.clone(), Traced::Tensor(value));
            }
        }
        trace.enter(scopes.modules(node));
        let inputs = node
            .inputs
            .iter()
            .map(|name| known.get(name).cloned())
            .collect();
        let outputs =
            translated(node, inputs, model.opset, &mut trace, external).map_err(of_node)?;
        origins.resize(trace.nodes.len(), Some(index));
        for (name, output) in node.outputs.iter().zip(outputs) {
            known.insert(name.clone(), output);
        }
    }
    match known.remove(&model.output) {
        Some(output) => Ok((trace, output, origins)),
        None => Err(Fault::damaged("its scores do not depend on the picture")),
    }
}

fn translated(
    node: &OnnxNode,
    inputs: Vec<Option<Traced>>,
    opset: i64,
    trace: &mut Trace,
    external: &External,
) -> traced::Result<Vec<Traced>> {
    let Some(translate) = translate::find(&node.operator) else {
        return traced::unsupported("the operator itself");
    };
    let mut call = Call::new(node, inputs, opset, trace, external);
    let outputs = translate(&mut call)?;
    translate::quantised::follow(&mut call, &outputs)?;
    let unread = call.unread();
    if !unread.is_empty() {
        return traced::unsupported(format!("the attribute `{}`", unread.join("`, `")));
    }
    let wanted = node.outputs.iter().rposition(|name| !name.is_empty());
    match wanted {
        Some(last) if last >= outputs.len() => {
            traced::unsupported(format!("the output `{}`", node.outputs[last]))
        }
        _ => Ok(outputs),
    }
}

/// The refusal with the name of its node.
fn fault(
    refusal: Refusal,
    node: Option<&OnnxNode>,
    model: &OnnxModel,
    source: &Source,
    layout: &Layout,
) -> Fault {
    let place = match node {
        Some(node) => format!(
            "`{}` (node `{}`, opset {})",
            node.operator, node.name, model.opset
        ),
        None => "the input".to_owned(),
    };
    match refusal {
        Refusal::Unsupported(what) => Fault::not_supported(
            format!("{place} uses what is not supported: {what}"),
            hint(),
        ),
        Refusal::Training => Fault::not_supported(
            format!("the network was exported as in training: {place}"),
            "call `model.eval()` and export it again",
        ),
        Refusal::Damaged(what) => Fault::damaged(format!("{place}: {what}")),
        Refusal::Fault(fault) => fault,
        Refusal::Fails {
            operator,
            source: error,
        } => {
            let declared = model.input.sizes.as_ref().map(|sizes| {
                let text =
                    |size: &Option<i64>| size.map_or("N".to_owned(), |size| size.to_string());
                let sizes: Vec<_> = sizes.iter().map(text).collect();
                format!("; it was exported for [{}]", sizes.join(", "))
            });
            let [channels, height, width] = source.input_shape;
            Fault::Other(Box::new(ModelError::DoesNotRun {
                shape: vec![layout.sizes[0], channels, height, width],
                source: Box::new(ModelError::Operator {
                    operator,
                    node: node.map_or_else(String::new, |node| node.name.clone()),
                    module: format!("`{}` of opset {}", place_of(node), model.opset),
                    source: Box::new(error),
                }),
                exported: declared.unwrap_or_default(),
            }))
        }
    }
}

fn place_of(node: Option<&OnnxNode>) -> &str {
    node.map_or("input", |node| &node.operator)
}
