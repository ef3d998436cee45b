//! The one operator of a network of TorchScript: the network.

use tch::{IValue, Tensor as T};

use super::Operation::Tensor;
use super::{Arguments, Result, Row};
use crate::model::one_output::{self, Found};

pub const TABLE: &[Row] = &[("torchscript.forward", Tensor(forward))];

/// The pictures are given as `torch.jit.load` would be: a `view` of the program fails on channels last.
fn forward(a: &Arguments) -> Result<T> {
    // libtorch would rewrite the code after its first runs, fusing operators: other last digits and
    // a slow second run. The setting is the calling thread's own.
    tch::jit::f_set_graph_executor_optimize(false)?;
    let pictures = a.tensor("self")?.f_contiguous()?;
    let wanted = a.text_or("output", "")?;
    let returned = a
        .module("module")?
        .forward_is(&[IValue::Tensor(pictures)])?;
    let mut outputs = Vec::new();
    collect(returned, String::new(), &mut outputs);
    Ok(one_output::choose(
        outputs,
        Some(wanted).filter(|wanted| !wanted.is_empty()),
    )?)
}

/// The tensors of what a network returns by their places: keys of a dict, numbers from 0 in a tuple or list.
fn collect(returned: IValue, place: String, outputs: &mut Vec<(Found, T)>) {
    let below = |name: &str| match place.is_empty() {
        true => name.to_owned(),
        false => format!("{place}.{name}"),
    };
    match returned {
        IValue::Tensor(tensor) => {
            let sizes = tensor.size().into_iter().enumerate();
            // The first axis is the pictures', whose number varies.
            let sizes = sizes.map(|(axis, size)| (axis > 0).then_some(size));
            let found = Found {
                name: if place.is_empty() {
                    "0".to_owned()
                } else {
                    place
                },
                sizes: Some(sizes.collect()),
            };
            outputs.push((found, tensor));
        }
        IValue::TensorList(tensors) => {
            for (index, tensor) in tensors.into_iter().enumerate() {
                collect(IValue::Tensor(tensor), below(&index.to_string()), outputs);
            }
        }
        IValue::Tuple(values) | IValue::GenericList(values) => {
            for (index, value) in values.into_iter().enumerate() {
                collect(value, below(&index.to_string()), outputs);
            }
        }
        IValue::GenericDict(entries) => {
            for (key, value) in entries {
                if let IValue::String(key) = key {
                    collect(value, below(&key), outputs);
                }
            }
        }
        _ => {} // what is no tensor holds no scores
    }
}
