//! One tensor of a `.safetensors` file.

use safetensors::tensor::{Metadata, TensorInfo};
use safetensors::{Dtype, SafeTensorError, SafeTensors};

use super::element::{ByteOrder, Element, Width, bytes_of, read_all};
use super::{Stored, Unreadable};

/// Bytes of the header's length before it.
const LENGTH_BYTES: usize = 8;
/// An array's header has about a hundred bytes, that of a large network a few hundred thousand.
const LONGEST_HEADER_BYTES: u64 = 16 << 20;

/// Whether a file of `file_bytes` begins as the format does: the length of a header, and the header's `{`.
pub(super) fn is_safetensors(start: &[u8], file_bytes: u64) -> bool {
    let [_, _, _, _, _, _, _, _, b'{', ..] = start else {
        return false;
    };
    header_length(start) <= file_bytes.saturating_sub(LENGTH_BYTES as u64)
}

fn header_length(start: &[u8]) -> u64 {
    match start {
        [a, b, c, d, e, f, g, h, ..] => u64::from_le_bytes([*a, *b, *c, *d, *e, *f, *g, *h]),
        _ => 0,
    }
}

/// How many bytes of the file the header and its length take; of a longer one only the most that is read.
pub(super) fn header_bytes(start: &[u8]) -> usize {
    LENGTH_BYTES + header_length(start).min(LONGEST_HEADER_BYTES) as usize
}

/// The shape of the only tensor of a file of `file_bytes`, from its header.
pub(super) fn shape(header: &[u8], file_bytes: u64) -> Result<Vec<usize>, Unreadable> {
    if header_length(header) > LONGEST_HEADER_BYTES {
        let reason = format!("its header is longer than {LONGEST_HEADER_BYTES} bytes");
        return Err(Unreadable::Broken(reason));
    }
    let text = header.get(LENGTH_BYTES..).unwrap_or_default();
    let metadata: Metadata = serde_json::from_slice(text)
        .map_err(|error| broken(SafeTensorError::InvalidHeaderDeserialization(error)))?;
    let data_bytes = metadata.data_len() as u64;
    if (header.len() as u64).checked_add(data_bytes) != Some(file_bytes) {
        return Err(broken(SafeTensorError::MetadataIncompleteBuffer));
    }
    let tensors = metadata.tensors();
    let mut names: Vec<&str> = tensors.keys().map(String::as_str).collect();
    names.sort_unstable();
    let name = chosen(None, &names)?;
    let tensor: &TensorInfo = tensors[name];
    let data_bytes = tensor.data_offsets.1.saturating_sub(tensor.data_offsets.0);
    element_of(name, tensor.dtype, &tensor.shape, data_bytes)?;
    Ok(tensor.shape.clone())
}

/// The tensor `name`, or the only one.
pub(super) fn read(bytes: &[u8], name: Option<&str>) -> Result<Stored, Unreadable> {
    let file = SafeTensors::deserialize(bytes).map_err(broken)?;
    let mut names = file.names();
    names.sort();
    let name = chosen(name, &names)?;
    let tensor = file.tensor(name).map_err(broken)?;
    let element = element_of(name, tensor.dtype(), tensor.shape(), tensor.data().len())?;
    Ok(Stored {
        shape: tensor.shape().to_vec(),
        values: read_all(tensor.data(), element, ByteOrder::Little),
    })
}

fn broken(error: SafeTensorError) -> Unreadable {
    Unreadable::Broken(error.to_string())
}

/// The tensor `name` of `names`, or the only one.
fn chosen<'a>(name: Option<&str>, names: &[&'a str]) -> Result<&'a str, Unreadable> {
    let quoted = || {
        let names: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
        names.join(", ")
    };
    match (name, names) {
        (Some(name), names) => names.iter().find(|n| **n == name).copied().ok_or_else(|| {
            Unreadable::Name(format!("it has no tensor `{name}`, but {}", quoted()))
        }),
        (None, [only]) => Ok(only),
        (None, []) => Err(Unreadable::Broken("it has no tensor".to_owned())),
        (None, _) => {
            let reason = format!("it has the tensors {}: name one with `tensor`", quoted());
            Err(Unreadable::Broken(reason))
        }
    }
}

/// The kind of number of a tensor whose data has `data_bytes`.
fn element_of(
    name: &str,
    dtype: Dtype,
    shape: &[usize],
    data_bytes: usize,
) -> Result<Element, Unreadable> {
    let element = element(dtype).ok_or_else(|| {
        let kind = format!("`{name}` has numbers of the type {dtype:?}");
        Unreadable::Broken(format!("{kind}; floats and integers are read"))
    })?;
    if bytes_of(shape, element) != Some(data_bytes) {
        return Err(Unreadable::Broken(format!("`{name}` is cut off")));
    }
    Ok(element)
}

fn element(dtype: Dtype) -> Option<Element> {
    Some(match dtype {
        Dtype::BOOL => Element::Bool,
        Dtype::U8 => Element::Unsigned(Width::One),
        Dtype::U16 => Element::Unsigned(Width::Two),
        Dtype::U32 => Element::Unsigned(Width::Four),
        Dtype::U64 => Element::Unsigned(Width::Eight),
        Dtype::I8 => Element::Signed(Width::One),
        Dtype::I16 => Element::Signed(Width::Two),
        Dtype::I32 => Element::Signed(Width::Four),
        Dtype::I64 => Element::Signed(Width::Eight),
        Dtype::F16 => Element::Float16,
        Dtype::BF16 => Element::BFloat16,
        Dtype::F32 => Element::Float32,
        Dtype::F64 => Element::Float64,
        _ => return None, // 8-bit floats and complex numbers
    })
}
