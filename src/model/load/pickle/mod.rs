//! State dicts out of files of `torch.save` (`.pth`, `.pt`, `.bin`), without Python.
//!
//! A pickle is a program for a stack machine that may call any function of Python. The machine here
//! calls none: it knows a fixed list of names (`globals.rs`), has a rule for each of them
//! (`rebuild.rs`) and refuses every other by name.
//!
//! ```text
//! bytes ─zipped│legacy→ pickle ─machine→ values ─find→ names and tensors ─layout→ numbers ─→ Tensor
//! ```

mod dtype;
mod error;
mod find;
mod globals;
mod input;
mod layout;
mod legacy;
mod machine;
mod rebuild;
mod scalar;
mod stack;
mod tensors;
mod value;
mod zipped;

use std::borrow::Cow;
use std::collections::BTreeMap;

use tch::Tensor;

use super::fault::Fault;
use super::state_dict::StateDict;
use super::tensor::Tensors;
use crate::fs::Mapped;
use crate::model::export::EXPORT;
use error::{PickleError, shown};
use globals::Names;
use tensors::{fault_of, tensors};

/// The tensors of the state dict in a file of `torch.save` by name, every type of floating point as
/// float32. The state dict is the object itself or lies under a key such as `state_dict`; what else a
/// checkpoint has in it is left out. `key` says under which it lies, where there are several.
pub fn read(file: &Mapped, key: Option<&str>) -> Result<StateDict, Fault> {
    let found = of(file, &Tensors::of(file), Expected::Checkpoint, key)?;
    Ok(found.unwrapped())
}

/// The same of bytes in memory, of which every tensor is copied.
pub fn read_bytes(bytes: &[u8]) -> Result<BTreeMap<String, Tensor>, Fault> {
    let maker = Tensors::of_memory(bytes.len());
    let found = of(bytes, &maker, Expected::Checkpoint, None)?;
    Ok(found.unwrapped().weights)
}

/// The tensors that PyTorch put beside a graph as a file of `torch.save` within its own; their names are
/// the graph's, and there may be none.
pub fn beside_graph(bytes: &[u8], maker: &Tensors) -> Result<BTreeMap<String, Tensor>, Fault> {
    Ok(of(bytes, maker, Expected::Dict, None)?.weights)
}

/// How long a storage is, by its key; `None` where there is none.
type LengthBytes<'a> = dyn FnMut(&str) -> Option<u64> + 'a;

/// Checks a pickle of a TorchScript archive: nothing in it has to be executed, and its tensors lie
/// within their storages, of which `length_bytes` knows how long they are. Without it tensors are
/// not checked.
pub fn check_script(bytes: &[u8], length_bytes: Option<&mut LengthBytes>) -> Result<(), Fault> {
    let object = machine::unpickle(bytes, Names::TorchScript)?;
    let Some(length_bytes) = length_bytes else {
        return Ok(());
    };
    for storage in &object.heap.storages {
        let declared = storage
            .count
            .checked_mul(storage.dtype.width_bytes() as u64);
        if declared.is_none() || length_bytes(storage.key) != declared {
            return Err(fault_of(storage, "is not as long as it says"));
        }
    }
    for tensor in &object.heap.tensors {
        let storage = &object.heap.storages[tensor.storage];
        layout::Layout::check(tensor, storage).map_err(|fault| PickleError::Tensor {
            name: format!("of the storage {}", shown(storage.key)),
            fault,
        })?;
    }
    Ok(())
}

/// What the pickle should hold.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Expected {
    /// A state dict with at least one tensor, somewhere in it.
    Checkpoint,
    /// A dict of tensors, empty or not.
    Dict,
}

fn of(
    bytes: &[u8],
    maker: &Tensors,
    expected: Expected,
    key: Option<&str>,
) -> Result<StateDict, Fault> {
    if bytes.starts_with(b"PK") {
        let mut zipped = zipped::Zipped::open(bytes)?;
        let pickle = zipped.pickle()?;
        let object = machine::unpickle(pickle, Names::StateDict)?;
        if expected == Expected::Dict && object.is_empty_dict() {
            return Ok(StateDict::of(BTreeMap::new()));
        }
        tensors(&object, key, bytes.len(), maker, |storage| {
            zipped.storage(storage)
        })
    } else {
        let file = legacy::read(bytes)?;
        tensors(&file.object, key, bytes.len(), maker, |storage| {
            let content = file.storages.get(storage.key);
            let content = content.ok_or_else(|| fault_of(storage, "is missing"))?;
            Ok(Cow::Borrowed(*content))
        })
    }
}

/// How the weights alone are saved.
const SAVE: &str = "torch.save(model.state_dict(), \"model.pth\")";

impl From<PickleError> for Fault {
    fn from(error: PickleError) -> Self {
        let hint = match &error {
            PickleError::Object { .. } => format!(
                "where its classes are known, save the weights alone with `{SAVE}`, or export the model with `{EXPORT}`"
            ),
            PickleError::Code { .. } => format!(
                "do not open it with PyTorch either unless you trust who made it; a file of `{SAVE}` runs no code"
            ),
            PickleError::TensorKind { .. } => {
                format!("save plain tensors of float32 or float16 with `{SAVE}`")
            }
            PickleError::SeveralStateDicts { .. } | PickleError::NoSuchKey { .. } => {
                "choose one with `model: weights: KEY`, or with `--weights KEY`".to_owned()
            }
            PickleError::NotTorch => format!("save the weights with `{SAVE}`"),
            PickleError::NoStateDict { .. } => format!(
                "save the weights with `{SAVE}`; arrays of NumPy are not read, `torch.from_numpy(array)` makes tensors of them"
            ),
            PickleError::Cut { .. }
            | PickleError::Unexpected { .. }
            | PickleError::Malformed { .. }
            | PickleError::Opcode { .. }
            | PickleError::TooManyValues { .. }
            | PickleError::Storage { .. }
            | PickleError::Tensor { .. } => return Fault::damaged(error.to_string()),
        };
        Fault::not_supported(error.to_string(), hint)
    }
}
