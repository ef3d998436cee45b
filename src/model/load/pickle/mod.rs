//! State dicts out of files of `torch.save` (`.pth`, `.pt`, `.bin`), without Python.
//!
//! A pickle is a program for a stack machine that may call any function of Python. The machine here
//! calls none: it knows a fixed list of names (`globals.rs`), has a rule for each of them
//! (`rebuild.rs`) and refuses every other by name.
//!
//! ```text
//! bytes ─zipped│legacy→ pickle ─machine→ values ─find→ names and tensors ─layout→ numbers ─→ Tensor
//! ```

mod error;
mod find;
mod globals;
mod input;
mod layout;
mod legacy;
mod machine;
mod rebuild;
mod scalar;
mod tensors;
mod value;
mod zipped;

use std::borrow::Cow;
use std::collections::BTreeMap;

use tch::Tensor;

use super::{Fault, state_dict};
use crate::model::error::EXPORT;
use error::PickleError;
use tensors::{fault_of, tensors};

/// The tensors of the state dict in a file of `torch.save` by name, every type of floating point as
/// float32. The state dict is the object itself or lies under a key such as `state_dict`; what else a
/// checkpoint has in it is left out.
pub fn read(bytes: &[u8]) -> Result<BTreeMap<String, Tensor>, Fault> {
    let weights = if bytes.starts_with(b"PK") {
        let mut zipped = zipped::Zipped::open(bytes)?;
        let pickle = zipped.pickle()?;
        let object = machine::unpickle(&pickle)?;
        tensors(&object, bytes.len(), |storage| {
            zipped.storage(storage).map(Cow::Owned)
        })?
    } else {
        let file = legacy::read(bytes)?;
        tensors(&file.object, bytes.len(), |storage| {
            let content = file.storages.get(storage.key);
            let content = content.ok_or_else(|| fault_of(storage, "is missing"))?;
            Ok(Cow::Borrowed(*content))
        })?
    };
    Ok(state_dict::unwrapped(weights))
}

/// How the weights alone are saved.
const SAVE: &str = "torch.save(model.state_dict(), \"model.pth\")";

impl From<PickleError> for Fault {
    fn from(error: PickleError) -> Self {
        let remedy = match &error {
            PickleError::Object { .. } => format!(
                "where its classes are known, save the weights alone with `{SAVE}`, or export the model with `{EXPORT}`"
            ),
            PickleError::Code { .. } => format!(
                "do not open it with PyTorch either unless you trust who made it; a file of `{SAVE}` asks for nothing of the kind"
            ),
            PickleError::TensorKind { .. } => {
                format!("save plain tensors of float32 or float16 with `{SAVE}`")
            }
            PickleError::NotTorch | PickleError::NoStateDict { .. } => {
                format!("save the weights with `{SAVE}`")
            }
            PickleError::Cut { .. }
            | PickleError::Unexpected { .. }
            | PickleError::Malformed { .. }
            | PickleError::Opcode { .. }
            | PickleError::TooManyValues { .. }
            | PickleError::Storage { .. }
            | PickleError::Tensor { .. } => return Fault::damaged(error.to_string()),
        };
        Fault::not_supported(error.to_string(), remedy)
    }
}
