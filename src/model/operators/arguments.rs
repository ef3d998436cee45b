//! What a node hands to its operator.

use std::cell::Cell;

use tch::{Device, Kind, Scalar, Tensor};

use super::error::OperatorError;
use super::value::{Module, Operand, Value};
use crate::model::graph::{Argument, Node, Size, ValueId};
use crate::model::winograd::Fast;

/// The arguments of one node as it runs. It keeps account of what was read, so that an argument
/// which an operator does not know is noticed rather than passed over.
pub struct Arguments<'a> {
    node: &'a Node,
    lookup: &'a dyn Fn(ValueId) -> Option<&'a Value>,
    /// Pictures in the batch that is run.
    batch: i64,
    /// Type of the pass's weights and activations.
    floating: Kind,
    /// Where tensors are made that are not made of others.
    device: Device,
    /// Whether the node depends on weights only.
    of_weights: bool,
    /// What the pass lets convolutions make use of.
    fast: Option<Fast<'a>>,
    read: Cell<u64>,
}

type Result<T> = std::result::Result<T, OperatorError>;

impl<'a> Arguments<'a> {
    pub fn new(
        node: &'a Node,
        lookup: &'a dyn Fn(ValueId) -> Option<&'a Value>,
        batch: i64,
    ) -> Self {
        Self {
            node,
            lookup,
            batch,
            floating: Kind::Float,
            device: Device::Cpu,
            of_weights: false,
            fast: None,
            read: Cell::new(0),
        }
    }

    /// For a pass in another type of number than float32.
    pub fn in_type(self, floating: Kind) -> Self {
        Self { floating, ..self }
    }

    /// For a pass on another device than the CPU.
    pub fn on(self, device: Device) -> Self {
        Self { device, ..self }
    }

    /// For a node that depends on weights only: statistics over its input do not depend on the pictures.
    pub fn of_weights(self) -> Self {
        Self {
            of_weights: true,
            ..self
        }
    }

    /// For a pass that lets convolutions make use of something.
    pub fn with_fast(self, fast: Option<Fast<'a>>) -> Self {
        Self { fast, ..self }
    }

    pub fn fast(&self) -> Option<Fast<'a>> {
        self.fast
    }

    pub fn is_of_weights(&self) -> bool {
        self.of_weights
    }

    /// Type and device of a tensor that is made of no other; a type that is not said is the pass's own.
    pub fn options(&self) -> Result<(Kind, Device)> {
        for name in ["layout", "device", "pin_memory", "memory_format"] {
            self.no_matter(name);
        }
        let kind = self.kind_or_none("dtype")?.unwrap_or(self.floating);
        Ok((kind, self.device))
    }

    /// Sizes of all tensors that the node reads.
    pub fn shapes(&self) -> Vec<Vec<i64>> {
        let values = self.node.inputs().into_iter();
        let tensors = values.filter_map(|id| match (self.lookup)(id)? {
            Value::Tensor(tensor) => Some(tensor.size()),
            Value::Number(_) | Value::Module(_) => None,
        });
        tensors.collect()
    }

    /// Whole numbers of an argument without reading it; `None` where there are none.
    pub fn peek(&self, name: &str) -> Option<Vec<i64>> {
        let one = |size: &Size| self.size(name, *size).ok();
        match self.node.argument(name)? {
            Argument::Size(size) => Some(vec![one(size)?]),
            Argument::Sizes(sizes) => sizes.iter().map(one).collect(),
            Argument::Float(number) => Some(vec![*number as i64]),
            _ => None,
        }
    }

    /// As [`Self::peek`], of a list of numbers.
    pub fn peek_floats(&self, name: &str) -> Option<Vec<f64>> {
        match self.node.argument(name)? {
            Argument::Floats(numbers) => Some(numbers.clone()),
            _ => None,
        }
    }

    /// As [`Self::peek`], of a truth.
    pub fn peek_bool(&self, name: &str) -> Option<bool> {
        match self.node.argument(name)? {
            Argument::Bool(truth) => Some(*truth),
            _ => None,
        }
    }

    /// Schema name of the operator.
    pub fn operator(&self) -> &str {
        &self.node.operator
    }

    /// The arguments that no one has read and that say something, by name.
    pub fn unread(&self) -> Vec<String> {
        let read = self.read.get();
        let says_something = |(index, (_, argument)): &(usize, &(String, Argument))| {
            (*index >= u64::BITS as usize || read & (1 << index) == 0)
                && *argument != Argument::None
        };
        let arguments = self.node.arguments.iter().enumerate();
        arguments
            .filter(says_something)
            .map(|(_, (name, _))| name.clone())
            .collect()
    }

    fn get(&self, name: &str) -> Option<&'a Argument> {
        let index = self.node.arguments.iter().position(|(n, _)| n == name)?;
        self.read
            .set(self.read.get() | 1u64.checked_shl(index as u32).unwrap_or(0));
        match &self.node.arguments[index].1 {
            Argument::None => None,
            argument => Some(argument),
        }
    }

    fn required(&self, name: &'static str) -> Result<&'a Argument> {
        self.get(name)
            .ok_or(OperatorError::Missing { argument: name })
    }

    fn wrong<T>(name: &str, expected: &'static str) -> Result<T> {
        Err(OperatorError::Kind {
            argument: name.to_owned(),
            expected,
        })
    }

    fn value(&self, name: &str, id: ValueId) -> Result<&'a Value> {
        let Some(value) = (self.lookup)(id) else {
            return Self::wrong(name, "a value that has been computed");
        };
        Ok(value)
    }

    fn tensor_of(&self, name: &str, id: ValueId) -> Result<&'a Tensor> {
        match self.value(name, id)? {
            Value::Tensor(tensor) => Ok(tensor),
            Value::Number(_) | Value::Module(_) => Self::wrong(name, "a tensor"),
        }
    }

    fn size(&self, name: &str, size: Size) -> Result<i64> {
        match size {
            Size::Known(number) => Ok(number),
            Size::Batch => Ok(self.batch),
            Size::Value(id) => match self.value(name, id)? {
                Value::Number(number) => Ok(*number),
                Value::Tensor(_) | Value::Module(_) => Self::wrong(name, "a size"),
            },
        }
    }

    pub fn tensor(&self, name: &'static str) -> Result<&'a Tensor> {
        match self.required(name)? {
            Argument::Tensor(id) => self.tensor_of(name, *id),
            _ => Self::wrong(name, "a tensor"),
        }
    }

    pub fn module(&self, name: &'static str) -> Result<&'a tch::CModule> {
        let id = match self.required(name)? {
            Argument::Tensor(id) => *id,
            _ => return Self::wrong(name, "a module"),
        };
        match self.value(name, id)? {
            Value::Module(Module(module)) => Ok(module),
            Value::Tensor(_) | Value::Number(_) => Self::wrong(name, "a module"),
        }
    }

    pub fn tensor_or_none(&self, name: &'static str) -> Result<Option<&'a Tensor>> {
        match self.get(name) {
            None => Ok(None),
            Some(Argument::Tensor(id)) => self.tensor_of(name, *id).map(Some),
            Some(_) => Self::wrong(name, "a tensor"),
        }
    }

    pub fn tensors(&self, name: &'static str) -> Result<Vec<&'a Tensor>> {
        let Argument::Tensors(ids) = self.required(name)? else {
            return Self::wrong(name, "a list of tensors");
        };
        let tensor = |id: &Option<ValueId>| match id {
            Some(id) => self.tensor_of(name, *id),
            None => Self::wrong(name, "a list of tensors"),
        };
        ids.iter().map(tensor).collect()
    }

    /// A list in which a tensor may be missing.
    pub fn tensors_or_none(&self, name: &'static str) -> Result<Vec<Option<&'a Tensor>>> {
        let Argument::Tensors(ids) = self.required(name)? else {
            return Self::wrong(name, "a list of tensors");
        };
        let tensor = |id: &Option<ValueId>| id.map(|id| self.tensor_of(name, id)).transpose();
        ids.iter().map(tensor).collect()
    }

    pub fn operand(&self, name: &'static str) -> Result<Operand<'a>> {
        match self.required(name)? {
            Argument::Tensor(id) => self.tensor_of(name, *id).map(Operand::Tensor),
            Argument::Size(size) => self.size(name, *size).map(Operand::Int),
            Argument::Float(number) => Ok(Operand::Float(*number)),
            _ => Self::wrong(name, "a tensor or a number"),
        }
    }

    /// A number of either kind, which decides the type of the result as it does in PyTorch.
    pub fn scalar(&self, name: &'static str) -> Result<Scalar> {
        match self.required(name)? {
            Argument::Size(size) => Ok(self.size(name, *size)?.into()),
            Argument::Float(number) => Ok((*number).into()),
            Argument::Bool(truth) => Ok(i64::from(*truth).into()),
            _ => Self::wrong(name, "a number"),
        }
    }

    /// A tensor, or a number as a tensor of no axes: decomposed programs subtract from a number.
    pub fn tensor_of_number(&self, name: &'static str) -> Result<Tensor> {
        let kind = match self.operand(name)? {
            Operand::Tensor(tensor) => return Ok(tensor.shallow_clone()),
            Operand::Int(_) => Kind::Int64,
            Operand::Float(_) => self.floating,
        };
        let options = (kind, self.device);
        Ok(Tensor::f_scalar_tensor(self.scalar(name)?, options)?)
    }

    pub fn int(&self, name: &'static str) -> Result<i64> {
        match self.required(name)? {
            Argument::Size(size) => self.size(name, *size),
            _ => Self::wrong(name, "a whole number"),
        }
    }

    pub fn int_or(&self, name: &'static str, default: i64) -> Result<i64> {
        Ok(self.int_or_none(name)?.unwrap_or(default))
    }

    pub fn int_or_none(&self, name: &'static str) -> Result<Option<i64>> {
        self.get(name).map(|_| self.int(name)).transpose()
    }

    /// The argument at a place, for Python's own operators, whose arguments have no fixed names.
    pub fn int_at(&self, index: usize) -> Result<i64> {
        let Some((name, argument)) = self.node.arguments.get(index) else {
            return Err(OperatorError::Missing {
                argument: "operand",
            });
        };
        self.get(name);
        match argument {
            Argument::Size(size) => self.size(name, *size),
            _ => Self::wrong(name, "a whole number"),
        }
    }

    pub fn ints(&self, name: &'static str) -> Result<Vec<i64>> {
        match self.required(name)? {
            Argument::Size(size) => Ok(vec![self.size(name, *size)?]),
            Argument::Sizes(sizes) => sizes.iter().map(|size| self.size(name, *size)).collect(),
            // An empty list carries no hint of what it is a list of.
            Argument::Tensors(tensors) if tensors.is_empty() => Ok(Vec::new()),
            _ => Self::wrong(name, "a list of whole numbers"),
        }
    }

    pub fn ints_or(&self, name: &'static str, default: &[i64]) -> Result<Vec<i64>> {
        Ok(self.ints_or_none(name)?.unwrap_or_else(|| default.to_vec()))
    }

    pub fn ints_or_none(&self, name: &'static str) -> Result<Option<Vec<i64>>> {
        self.get(name).map(|_| self.ints(name)).transpose()
    }

    pub fn float(&self, name: &'static str) -> Result<f64> {
        match self.required(name)? {
            Argument::Float(number) => Ok(*number),
            Argument::Size(size) => Ok(self.size(name, *size)? as f64),
            _ => Self::wrong(name, "a number"),
        }
    }

    pub fn float_or(&self, name: &'static str, default: f64) -> Result<f64> {
        Ok(self.float_or_none(name)?.unwrap_or(default))
    }

    pub fn float_or_none(&self, name: &'static str) -> Result<Option<f64>> {
        self.get(name).map(|_| self.float(name)).transpose()
    }

    pub fn floats(&self, name: &'static str) -> Result<Vec<f64>> {
        match self.get(name) {
            None => Ok(Vec::new()),
            Some(Argument::Floats(numbers)) => Ok(numbers.clone()),
            Some(Argument::Tensors(tensors)) if tensors.is_empty() => Ok(Vec::new()),
            Some(_) => Self::wrong(name, "a list of numbers"),
        }
    }

    pub fn bool_or(&self, name: &'static str, default: bool) -> Result<bool> {
        match self.get(name) {
            None => Ok(default),
            Some(Argument::Bool(truth)) => Ok(*truth),
            Some(_) => Self::wrong(name, "true or false"),
        }
    }

    pub fn text_or(&self, name: &'static str, default: &'a str) -> Result<&'a str> {
        match self.get(name) {
            None => Ok(default),
            Some(Argument::Text(text)) => Ok(text),
            Some(_) => Self::wrong(name, "a text"),
        }
    }

    /// A type of number that is asked for. Weights are of the pass's own type whatever the file held, so
    /// every type of floating point is read as that one.
    pub fn kind_or_none(&self, name: &'static str) -> Result<Option<Kind>> {
        match self.get(name) {
            None => Ok(None),
            Some(Argument::ScalarType(6 | 7 | 8 | 13)) => Ok(Some(self.floating)),
            Some(Argument::ScalarType(1)) => Ok(Some(Kind::Uint8)),
            Some(Argument::ScalarType(2)) => Ok(Some(Kind::Int8)),
            Some(Argument::ScalarType(3)) => Ok(Some(Kind::Int16)),
            Some(Argument::ScalarType(4)) => Ok(Some(Kind::Int)),
            Some(Argument::ScalarType(5)) => Ok(Some(Kind::Int64)),
            Some(Argument::ScalarType(12)) => Ok(Some(Kind::Bool)),
            Some(_) => Self::wrong(name, "a type of real numbers"),
        }
    }

    /// For an argument that changes nothing in the numbers that come out.
    pub fn no_matter(&self, name: &'static str) {
        self.get(name);
    }

    /// For an argument of which only one value is supported.
    pub fn only_bool(&self, name: &'static str, supported: bool) -> Result<()> {
        if self.bool_or(name, supported)? == supported {
            return Ok(());
        }
        if matches!(name, "train" | "training") {
            return Err(OperatorError::InTraining);
        }
        let expected = if supported { "true" } else { "false" };
        Err(OperatorError::Value {
            argument: name,
            expected: expected.to_owned(),
        })
    }

    /// For a number of which only one value is supported.
    pub fn only_float(&self, name: &'static str, supported: f64) -> Result<()> {
        if self.float_or(name, supported)? == supported {
            return Ok(());
        }
        Err(OperatorError::Value {
            argument: name,
            expected: supported.to_string(),
        })
    }
}
