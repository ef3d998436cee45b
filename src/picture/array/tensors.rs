//! One tensor of a `.safetensors` file.

use safetensors::{Dtype, SafeTensors};

use super::element::{ByteOrder, Element, Width, bytes_of, read_all};
use super::{Stored, Unreadable};

/// Whether the file begins as the format does: the length of a header, and the header's `{`.
pub(super) fn is_safetensors(bytes: &[u8]) -> bool {
    let [a, b, c, d, e, f, g, h, b'{', ..] = bytes else {
        return false;
    };
    let header = u64::from_le_bytes([*a, *b, *c, *d, *e, *f, *g, *h]);
    header <= bytes.len() as u64 - 8
}

/// The tensor `name`, or the only one.
pub(super) fn read(bytes: &[u8], name: Option<&str>) -> Result<Stored, Unreadable> {
    let broken = |error: safetensors::SafeTensorError| Unreadable::Broken(error.to_string());
    let file = SafeTensors::deserialize(bytes).map_err(broken)?;
    let mut names = file.names();
    names.sort();
    let quoted = || {
        let names: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
        names.join(", ")
    };
    let name = match (name, names.as_slice()) {
        (Some(name), names) if names.contains(&name) => name,
        (Some(name), _) => {
            let reason = format!("it has no tensor `{name}`, but {}", quoted());
            return Err(Unreadable::Name(reason));
        }
        (None, [only]) => only,
        (None, []) => return Err(Unreadable::Broken("it has no tensor".to_owned())),
        (None, _) => {
            let reason = format!("it has the tensors {}: name one with `tensor`", quoted());
            return Err(Unreadable::Broken(reason));
        }
    };
    let tensor = file.tensor(name).map_err(broken)?;
    let dtype = tensor.dtype();
    let element = element(dtype).ok_or_else(|| {
        let kind = format!("`{name}` has numbers of the type {dtype:?}");
        Unreadable::Broken(format!("{kind}; floats and integers are read"))
    })?;
    if bytes_of(tensor.shape(), element) != Some(tensor.data().len()) {
        return Err(Unreadable::Broken(format!("`{name}` is cut off")));
    }
    Ok(Stored {
        shape: tensor.shape().to_vec(),
        values: read_all(tensor.data(), element, ByteOrder::Little),
    })
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
