//! Tensors of an ONNX file: raw bytes, typed fields, or another file. Every type of floating point
//! becomes float32, every whole number int64.

use prost::bytes::Bytes;
use tch::{Kind, Tensor};

use super::super::fault::Fault;
use super::super::tensor::Tensors;
use super::external::External;
use super::proto::{TensorProto, data_type as t};

/// Sizes beyond this are refused before anything is multiplied; no axis of a picture or weight is longer.
const SIZE_LIMIT: i64 = 1 << 40;

/// The numbers of a tensor.
pub fn read(proto: &TensorProto, external: &External) -> Result<Tensor, Fault> {
    let wrong_size = |size: &&i64| !(0..=SIZE_LIMIT).contains(*size);
    if let Some(size) = proto.dims.iter().find(wrong_size) {
        return Err(Fault::damaged(format!(
            "{size} is not a valid size of a tensor"
        )));
    }
    if proto.segment.is_some() {
        return Err(Fault::not_supported(
            "a tensor in segments",
            "write each tensor whole",
        ));
    }
    let kind = raw_kind(proto.data_type)?;
    let tensor = if proto.data_location == 1 {
        let count = count(proto)?;
        let length = count
            .checked_mul(width(proto.data_type) as u64)
            .ok_or_else(|| Fault::damaged(format!("the shape {:?} is too large", proto.dims)))?;
        let (file, place) = external.find(&proto.external_data, length)?;
        from_bytes(&file.content[place], proto, kind, &file.tensors)?
    } else if let Some(raw) = &proto.raw_data {
        from_bytes(raw, proto, kind, &external.model)?
    } else {
        // Written as a list, a number may take one byte where it has four.
        let numbers = typed(proto)?;
        from_bytes(&numbers, proto, kind, &Tensors::of_memory(numbers.len()))?
    };
    widened(&tensor, proto.data_type).map_err(torch)
}

fn torch(error: tch::TchError) -> Fault {
    Fault::damaged(crate::model::libtorch::first_line(&error))
}

/// How the bytes of a type are read; unsigned ones as signed of the same width.
fn raw_kind(code: i32) -> Result<Kind, Fault> {
    Ok(match code {
        t::FLOAT => Kind::Float,
        t::FLOAT16 => Kind::Half,
        t::BFLOAT16 => Kind::BFloat16,
        t::DOUBLE => Kind::Double,
        t::BOOL | t::UINT8 => Kind::Uint8,
        t::INT8 => Kind::Int8,
        t::INT16 | t::UINT16 => Kind::Int16,
        t::INT32 | t::UINT32 => Kind::Int,
        t::INT64 | t::UINT64 => Kind::Int64,
        code => {
            return Err(Fault::not_supported(
                format!("elements of the type {}", t::name(code)),
                "export the network in float32",
            ));
        }
    })
}

fn width(code: i32) -> usize {
    match code {
        t::BOOL | t::UINT8 | t::INT8 => 1,
        t::FLOAT16 | t::BFLOAT16 | t::INT16 | t::UINT16 => 2,
        t::DOUBLE | t::INT64 | t::UINT64 => 8,
        _ => 4,
    }
}

fn count(proto: &TensorProto) -> Result<u64, Fault> {
    let product = |count: u64, size: &i64| count.checked_mul(*size as u64);
    let count = proto.dims.iter().try_fold(1u64, product);
    count.ok_or_else(|| Fault::damaged(format!("the shape {:?} is too large", proto.dims)))
}

fn from_bytes(
    bytes: &[u8],
    proto: &TensorProto,
    kind: Kind,
    tensors: &Tensors,
) -> Result<Tensor, Fault> {
    let needed = count(proto)?.checked_mul(width(proto.data_type) as u64);
    if needed != Some(bytes.len() as u64) {
        return Err(Fault::damaged(format!(
            "the shape {:?} does not fit the {} bytes there are",
            proto.dims,
            bytes.len()
        )));
    }
    tensors.contiguous(bytes, kind, &proto.dims)
}

/// The bytes of a tensor whose numbers are written as a list.
fn typed(proto: &TensorProto) -> Result<Bytes, Fault> {
    fn bytes<T: Copy, const N: usize>(numbers: &[T], to: impl Fn(T) -> [u8; N]) -> Bytes {
        numbers.iter().flat_map(|number| to(*number)).collect()
    }
    let narrow = &proto.int32_data;
    Ok(match proto.data_type {
        t::FLOAT => bytes(&proto.float_data, f32::to_le_bytes),
        t::DOUBLE => bytes(&proto.double_data, f64::to_le_bytes),
        t::INT64 => bytes(&proto.int64_data, i64::to_le_bytes),
        t::UINT64 => bytes(&proto.uint64_data, u64::to_le_bytes),
        t::UINT32 => bytes(&proto.uint64_data, |n| (n as u32).to_le_bytes()),
        t::INT32 => bytes(narrow, i32::to_le_bytes),
        // The lower bytes hold the number, of half precision its bits.
        t::FLOAT16 | t::BFLOAT16 | t::INT16 | t::UINT16 => {
            bytes(narrow, |n| (n as u16).to_le_bytes())
        }
        t::INT8 | t::UINT8 | t::BOOL => bytes(narrow, |n| [n as u8]),
        code => {
            return Err(Fault::not_supported(
                format!("elements of the type {}", t::name(code)),
                "export the network in float32",
            ));
        }
    })
}

fn widened(tensor: &Tensor, code: i32) -> Result<Tensor, tch::TchError> {
    let signed = |mask: i64| tensor.f_to_kind(Kind::Int64)?.f_bitwise_and(mask);
    match code {
        t::BOOL => tensor.f_to_kind(Kind::Bool),
        t::UINT16 => signed(0xffff),
        t::UINT32 => signed(0xffff_ffff),
        code if t::is_float(code) => tensor.f_to_kind(Kind::Float),
        _ => tensor.f_to_kind(Kind::Int64),
    }
}
