//! What the few calls in a state dict stand for. Nothing is called: arguments are read off.

use super::error::PickleError;
use super::globals::Global;
use super::stack::Machine;
use super::value::{StorageRef, TensorRef, Value};

/// What libtorch's operators take at most.
const DIMENSIONS_LIMIT: usize = 64;

/// The value that calling `callee` with the tuple `arguments` stands for.
pub(super) fn call<'a>(
    machine: &mut Machine<'a>,
    callee: Value<'a>,
    arguments: Value<'a>,
) -> Result<Value<'a>, PickleError> {
    let Value::Global(global) = callee else {
        return Err(machine.unexpected(callee, "a function"));
    };
    let Value::Tuple(index) = arguments else {
        return Err(machine.unexpected(arguments, "the arguments of a function"));
    };
    // The first four are all that is read of any of them.
    let mut first = [Value::None; 4];
    let given = &machine.heap.sequences[index];
    let count = given.len();
    for (slot, value) in first.iter_mut().zip(given) {
        *slot = *value;
    }
    match (global, count) {
        (Global::OrderedDict, 0) => Ok(machine.heap.add_dict(Vec::new())),
        (Global::OrderedDict, 1) => ordered_dict(machine, first[0]),
        (Global::RebuildTensor, 4..=7) => tensor(machine, first),
        (Global::RebuildParameter, 3) => match first[0] {
            Value::Tensor(_) => Ok(first[0]),
            other => Err(machine.unexpected(other, "a tensor")),
        },
        (Global::Size, 1) => match first[0] {
            Value::Tuple(_) => Ok(first[0]),
            other => Err(machine.unexpected(other, "a tuple")),
        },
        (Global::Opaque | Global::Class, _) => Ok(Value::Opaque),
        _ => Err(machine.malformed("a call with the wrong number of arguments")),
    }
}

/// From a list of pairs, as Python 2 wrote it.
fn ordered_dict<'a>(machine: &mut Machine<'a>, pairs: Value<'a>) -> Result<Value<'a>, PickleError> {
    let Value::List(index) = pairs else {
        return Err(machine.unexpected(pairs, "a list of pairs"));
    };
    machine.spend(machine.heap.sequences[index].len())?;
    let pair = |value: &Value<'a>| match machine.heap.sequence(*value) {
        Some([key, value]) => Ok((*key, *value)),
        _ => Err(machine.unexpected(*value, "a pair")),
    };
    let content = machine.heap.sequences[index]
        .iter()
        .map(pair)
        .collect::<Result<_, _>>()?;
    Ok(machine.heap.add_dict(content))
}

fn tensor<'a>(
    machine: &mut Machine<'a>,
    [storage, offset, sizes, strides]: [Value<'a>; 4],
) -> Result<Value<'a>, PickleError> {
    let Value::Storage(storage) = storage else {
        return Err(machine.unexpected(storage, "a storage"));
    };
    let Value::Int(offset) = offset else {
        return Err(machine.unexpected(offset, "an offset"));
    };
    let sizes = numbers(machine, sizes)?;
    let strides = numbers(machine, strides)?;
    if sizes.len() != strides.len() {
        return Err(machine.malformed("a tensor whose numbers of sizes and strides differ"));
    }
    machine.heap.tensors.push(TensorRef {
        storage,
        offset,
        sizes,
        strides,
    });
    Ok(Value::Tensor(machine.heap.tensors.len() - 1))
}

fn numbers<'a>(machine: &mut Machine<'a>, value: Value<'a>) -> Result<Vec<i64>, PickleError> {
    let Some(values) = machine.heap.sequence(value) else {
        return Err(machine.unexpected(value, "a tuple of sizes or strides"));
    };
    let length = values.len();
    if length > DIMENSIONS_LIMIT {
        return Err(machine.malformed("a tensor of more than 64 dimensions"));
    }
    let number = |value: &Value<'a>| match value {
        Value::Int(number) => Ok(*number),
        other => Err(machine.unexpected(*other, "a size or stride")),
    };
    let numbers = values.iter().map(number).collect::<Result<_, _>>()?;
    machine.spend(length)?;
    Ok(numbers)
}

/// The storage of a persistent identity: `("storage", class, key, device, count)`, and in files of
/// before PyTorch 1.6 a view `(key, first, count)` or None behind.
pub(super) fn storage<'a>(
    machine: &mut Machine<'a>,
    identity: Value<'a>,
) -> Result<Value<'a>, PickleError> {
    const EXPECTED: &str = "the description of a storage";
    let (class, key, count, view) = match machine.heap.sequence(identity) {
        Some([Value::Text("storage"), class, key, _, count]) => (*class, *key, *count, Value::None),
        Some([Value::Text("storage"), class, key, _, count, view]) => (*class, *key, *count, *view),
        // Legacy files keep the source code of a class before each of its objects.
        Some([Value::Text("module"), ..]) => {
            let name = "torch.nn.Module".to_owned();
            return Err(PickleError::Object { name });
        }
        _ => return Err(machine.unexpected(identity, EXPECTED)),
    };
    let Value::Global(Global::Storage(dtype)) = class else {
        return Err(machine.unexpected(class, "the class of a storage"));
    };
    let Value::Text(key) = key else {
        return Err(machine.unexpected(key, "the key of a storage"));
    };
    let natural = |value: Value<'a>| match value {
        Value::Int(number) => u64::try_from(number).ok(),
        _ => None,
    };
    let count = natural(count).ok_or_else(|| machine.unexpected(count, "a count of numbers"))?;
    let view = match (view, machine.heap.sequence(view)) {
        (Value::None, _) => None,
        (_, Some([_, first, count])) => match (natural(*first), natural(*count)) {
            (Some(first), Some(count)) => Some((first, count)),
            _ => return Err(machine.unexpected(view, EXPECTED)),
        },
        _ => return Err(machine.unexpected(view, EXPECTED)),
    };
    machine.heap.storages.push(StorageRef {
        key,
        dtype,
        count,
        view,
    });
    Ok(Value::Storage(machine.heap.storages.len() - 1))
}
