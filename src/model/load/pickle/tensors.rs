//! The tensors of a state dict, built from the storages that the file really has.

use std::borrow::Cow;
use std::collections::BTreeMap;

use tch::{Kind, Tensor};

use super::super::fault::Fault;
use super::super::state_dict::StateDict;
use super::super::tensor::Tensors;
use super::dtype::Dtype;
use super::error::{PickleError, shown};
use super::find;
use super::layout::Layout;
use super::machine::Unpickled;
use super::value::{StorageRef, TensorRef};

/// A storage and the tensors of the state dict that lie in it.
struct Used<'h> {
    storage: &'h StorageRef<'h>,
    tensors: Vec<(&'h str, &'h TensorRef)>,
}

/// The tensors of the state dict in `object` by name. `content` gives the bytes of a storage,
/// little-endian; it is asked only for those that are needed, once for each.
pub fn tensors<'b>(
    object: &Unpickled,
    wanted: Option<&str>,
    file_bytes: usize,
    maker: &Tensors,
    mut content: impl FnMut(&StorageRef) -> Result<Cow<'b, [u8]>, Fault>,
) -> Result<StateDict, Fault> {
    let found = find::state_dict(&object.heap, object.value, wanted)?;
    let used = used_storages(object, &found.tensors)?;
    let declared = used.iter().try_fold(0, |sum: u64, used| {
        sum.checked_add(length_bytes(used.storage)?)
    });
    if declared.is_none_or(|declared| declared > file_bytes as u64) {
        return Err(Fault::damaged(
            "its storages together are longer than the file",
        ));
    }
    let mut weights = BTreeMap::new();
    // Storage by storage, so that no more than one of them is in memory beside the tensors.
    for Used { storage, tensors } in used {
        let bytes = content(storage)?;
        if length_bytes(storage) != Some(bytes.len() as u64) {
            let (length, count) = (bytes.len(), storage.count);
            let fault = format!("is {length} bytes long instead of the declared {count} numbers");
            return Err(fault_of(storage, &fault));
        }
        // Tied weights are one tensor under several names.
        let mut built: BTreeMap<(Layout, &[i64]), Tensor> = BTreeMap::new();
        for (name, declared) in tensors {
            let own_view = &object.heap.storages[declared.storage];
            let layout =
                Layout::check(declared, own_view).map_err(|fault| PickleError::Tensor {
                    name: shown(name),
                    fault,
                })?;
            let place = (layout, declared.sizes.as_slice());
            let tensor = match built.get(&place) {
                Some(tensor) => tensor.shallow_clone(),
                None => {
                    let numbers = place.0.gather(&bytes, storage.dtype.width_bytes());
                    let tensor = maker.contiguous(&numbers, kind(storage.dtype), place.1);
                    let tensor = tensor.map_err(|fault| fault.of_tensor(&shown(name)))?;
                    built.insert(place, tensor.shallow_clone());
                    tensor
                }
            };
            weights.insert(name.to_owned(), tensor);
        }
    }
    Ok(StateDict {
        weights,
        key: found.key,
        others: found.others,
    })
}

/// The storages that the state dict lies in, each of one type and length, in the order of their keys.
fn used_storages<'h>(
    object: &'h Unpickled,
    names: &BTreeMap<&'h str, usize>,
) -> Result<Vec<Used<'h>>, Fault> {
    let heap = &object.heap;
    let mut by_key: BTreeMap<&str, Used> = BTreeMap::new();
    for (name, index) in names {
        let tensor = &heap.tensors[*index];
        let storage = &heap.storages[tensor.storage];
        let used = by_key.entry(storage.key).or_insert(Used {
            storage,
            tensors: Vec::new(),
        });
        if (used.storage.dtype, used.storage.count) != (storage.dtype, storage.count) {
            return Err(fault_of(storage, "is declared with two types or lengths"));
        }
        used.tensors.push((name, tensor));
    }
    Ok(by_key.into_values().collect())
}

/// Bytes that a storage says it has.
fn length_bytes(storage: &StorageRef) -> Option<u64> {
    storage
        .count
        .checked_mul(storage.dtype.width_bytes() as u64)
}

pub fn fault_of(storage: &StorageRef, fault: &str) -> Fault {
    let (key, fault) = (shown(storage.key), fault.to_owned());
    PickleError::Storage { key, fault }.into()
}

fn kind(dtype: Dtype) -> Kind {
    match dtype {
        Dtype::Float16 => Kind::Half,
        Dtype::BFloat16 => Kind::BFloat16,
        Dtype::Float32 => Kind::Float,
        Dtype::Float64 => Kind::Double,
        Dtype::Int8 => Kind::Int8,
        Dtype::UInt8 | Dtype::Bool => Kind::Uint8,
        Dtype::Int16 => Kind::Int16,
        Dtype::Int32 => Kind::Int,
        Dtype::Int64 => Kind::Int64,
    }
}
