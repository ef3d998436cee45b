//! What a pickle of a state dict is made of.
//!
//! Values that hold others lie in one flat [`Heap`] and are known by their number there: values that
//! are shared, nested a million deep or part of themselves cost what they take in the file, and nothing
//! here ever recurses.

use super::dtype::Dtype;
use super::globals::Global;

/// A value; what is larger than a number is in the heap or in the file.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value<'a> {
    None,
    Bool(bool),
    Int(i64),
    /// An integer of more than eight bytes, little-endian.
    Long(&'a [u8]),
    Text(&'a str),
    Bytes(&'a [u8]),
    Global(Global),
    /// Index in [`Heap::sequences`].
    Tuple(usize),
    /// Index in [`Heap::sequences`].
    List(usize),
    /// Index in [`Heap::dicts`].
    Dict(usize),
    /// Index in [`Heap::storages`].
    Storage(usize),
    /// Index in [`Heap::tensors`].
    Tensor(usize),
    /// What no state dict needs: floats, devices, types, scalars of NumPy, objects of other programs.
    Opaque,
}

impl Value<'_> {
    /// What it is, for an error text.
    pub fn kind(&self) -> &'static str {
        match self {
            Value::None => "None",
            Value::Bool(_) => "a boolean",
            Value::Int(_) | Value::Long(_) => "an integer",
            Value::Text(_) => "a string",
            Value::Bytes(_) => "bytes",
            Value::Global(_) => "a function",
            Value::Tuple(_) => "a tuple",
            Value::List(_) => "a list",
            Value::Dict(_) => "a dict",
            Value::Storage(_) => "a storage",
            Value::Tensor(_) => "a tensor",
            Value::Opaque => "a value",
        }
    }
}

/// The numbers that tensors are views of, as the pickle declares them: nothing is checked yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StorageRef<'a> {
    pub key: &'a str,
    pub dtype: Dtype,
    /// Numbers in the storage.
    pub count: u64,
    /// The part of the storage that the tensor's own offset counts from: first number and count.
    pub view: Option<(u64, u64)>,
}

/// A tensor as the pickle declares it; sizes, strides and offset count numbers, and none is checked yet.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct TensorRef {
    /// Index in [`Heap::storages`].
    pub storage: usize,
    pub offset: i64,
    pub sizes: Vec<i64>,
    pub strides: Vec<i64>,
}

#[derive(Debug, Default)]
pub struct Heap<'a> {
    /// The content of tuples and lists.
    pub sequences: Vec<Vec<Value<'a>>>,
    /// Keys and values in the order they were set; of equal keys the last one counts.
    pub dicts: Vec<Vec<(Value<'a>, Value<'a>)>>,
    pub storages: Vec<StorageRef<'a>>,
    pub tensors: Vec<TensorRef>,
    /// Classes of other programs that the pickle names, the first few. Their objects are left out.
    pub objects: Vec<String>,
}

impl<'a> Heap<'a> {
    pub fn add_tuple(&mut self, content: Vec<Value<'a>>) -> Value<'a> {
        self.sequences.push(content);
        Value::Tuple(self.sequences.len() - 1)
    }

    pub fn add_list(&mut self, content: Vec<Value<'a>>) -> Value<'a> {
        self.sequences.push(content);
        Value::List(self.sequences.len() - 1)
    }

    pub fn add_dict(&mut self, content: Vec<(Value<'a>, Value<'a>)>) -> Value<'a> {
        self.dicts.push(content);
        Value::Dict(self.dicts.len() - 1)
    }

    /// The content of a tuple or list.
    pub fn sequence(&self, value: Value<'a>) -> Option<&[Value<'a>]> {
        match value {
            Value::Tuple(index) | Value::List(index) => Some(&self.sequences[index]),
            _ => None,
        }
    }
}
