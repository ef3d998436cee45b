//! An ONNX model, unpacked.

use std::collections::BTreeMap;

use prost::bytes::Bytes;

use super::proto::TensorProto;

/// A model file, unpacked.
pub struct OnnxModel {
    /// `pytorch 2.13.0`; empty where the file does not say.
    pub producer: String,
    pub opset: i64,
    /// Only those that the output depends on, in their order.
    pub nodes: Vec<OnnxNode>,
    /// By name; unpacked when they are read.
    pub initialisers: BTreeMap<String, Bytes>,
    pub input: OnnxValue,
    /// Name of the value that holds the scores.
    pub output: String,
}

pub struct OnnxNode {
    /// Unique; made of the operator where the file names none.
    pub name: String,
    pub operator: String,
    /// Empty for one that is left out.
    pub inputs: Vec<String>,
    /// Empty for one that is left out or that nothing reads.
    pub outputs: Vec<String>,
    pub attributes: Vec<Attribute>,
    /// By key.
    pub metadata: BTreeMap<String, String>,
}

pub struct Attribute {
    pub name: String,
    pub value: AttributeValue,
}

pub enum AttributeValue {
    Float(f32),
    Int(i64),
    Text(String),
    Tensor(Box<TensorProto>),
    Floats(Vec<f32>),
    Ints(Vec<i64>),
    /// Of a kind that no operator of ours reads.
    Other,
}

pub struct OnnxValue {
    pub name: String,
    /// `None` where the file does not say; entries that may vary are `None`.
    pub sizes: Option<Vec<Option<i64>>>,
}
