//! One ONNX node as its translation sees it: inputs, attributes and the graph that is built.

use std::cell::RefCell;
use std::collections::BTreeSet;

use tch::{Kind, Tensor};

use super::external::External;
use super::model::{AttributeValue, OnnxNode};
use super::tensor;
use super::trace::Trace;
use super::traced::{Number, Result, Sizes, Traced, damaged, unsupported};
use crate::model::graph::{Argument, Size, ValueId};

/// No list of sizes is longer; a longer constant is a table.
pub const SIZES_LIMIT: usize = 64;
/// Largest kernel, stride, padding and so on.
const GEOMETRY_LIMIT: i64 = 1024;

pub struct Call<'a> {
    pub node: &'a OnnxNode,
    pub inputs: Vec<Option<Traced>>,
    pub opset: i64,
    pub trace: &'a mut Trace,
    pub external: &'a External,
    /// Attributes that the translation has asked for: another one must not be passed over.
    asked: RefCell<BTreeSet<String>>,
}

impl<'a> Call<'a> {
    pub fn new(
        node: &'a OnnxNode,
        inputs: Vec<Option<Traced>>,
        opset: i64,
        trace: &'a mut Trace,
        external: &'a External,
    ) -> Self {
        Self {
            node,
            inputs,
            opset,
            trace,
            external,
            asked: RefCell::default(),
        }
    }

    /// Attributes that the translation knows nothing of.
    pub fn unread(&self) -> Vec<&str> {
        let asked = self.asked.borrow();
        let names = self
            .node
            .attributes
            .iter()
            .map(|attribute| attribute.name.as_str());
        names.filter(|name| !asked.contains(*name)).collect()
    }

    pub fn attribute(&self, name: &str) -> Option<&'a AttributeValue> {
        self.asked.borrow_mut().insert(name.to_owned());
        let attributes = &self.node.attributes;
        let found = attributes.iter().find(|attribute| attribute.name == name);
        found.map(|attribute| &attribute.value)
    }

    /// For an attribute that changes nothing in the numbers that come out.
    pub fn no_matter(&self, name: &str) {
        self.attribute(name);
    }

    fn wrong<T>(name: &str, expected: &str) -> Result<T> {
        damaged(format!("its attribute `{name}` is not {expected}"))
    }

    pub fn int_or_none(&self, name: &str) -> Result<Option<i64>> {
        match self.attribute(name) {
            None => Ok(None),
            Some(AttributeValue::Int(number)) => Ok(Some(*number)),
            Some(_) => Self::wrong(name, "a whole number"),
        }
    }

    pub fn int(&self, name: &str, default: i64) -> Result<i64> {
        Ok(self.int_or_none(name)?.unwrap_or(default))
    }

    pub fn bool(&self, name: &str, default: bool) -> Result<bool> {
        Ok(self.int(name, i64::from(default))? != 0)
    }

    pub fn float_or_none(&self, name: &str) -> Result<Option<f64>> {
        match self.attribute(name) {
            None => Ok(None),
            Some(AttributeValue::Float(number)) => Ok(Some(f64::from(*number))),
            Some(_) => Self::wrong(name, "a number"),
        }
    }

    pub fn float(&self, name: &str, default: f64) -> Result<f64> {
        Ok(self.float_or_none(name)?.unwrap_or(default))
    }

    pub fn ints_or_none(&self, name: &str) -> Result<Option<Vec<i64>>> {
        match self.attribute(name) {
            None => Ok(None),
            Some(AttributeValue::Ints(numbers)) => Ok(Some(numbers.clone())),
            Some(_) => Self::wrong(name, "a list of whole numbers"),
        }
    }

    pub fn floats_or_none(&self, name: &str) -> Result<Option<Vec<f64>>> {
        match self.attribute(name) {
            None => Ok(None),
            Some(AttributeValue::Floats(numbers)) => Ok(Some(
                numbers.iter().map(|number| f64::from(*number)).collect(),
            )),
            Some(_) => Self::wrong(name, "a list of numbers"),
        }
    }

    pub fn text(&self, name: &str, default: &'a str) -> Result<&'a str> {
        match self.attribute(name) {
            None => Ok(default),
            Some(AttributeValue::Text(text)) => Ok(text),
            Some(_) => Self::wrong(name, "a text"),
        }
    }

    /// For a number of which only one value is supported.
    pub fn only_int(&self, name: &str, supported: i64) -> Result<()> {
        match self.int(name, supported)? {
            number if number == supported => Ok(()),
            number => unsupported(format!("the attribute `{name}` as {number}")),
        }
    }

    /// For a text of which only one value is supported.
    pub fn only_text(&self, name: &str, supported: &'a str) -> Result<()> {
        match self.text(name, supported)? {
            text if text == supported => Ok(()),
            text => unsupported(format!("the attribute `{name}` as `{text}`")),
        }
    }

    /// Two numbers for height and width, within what a picture can have.
    pub fn pair(&self, name: &str, default: i64, least: i64) -> Result<[i64; 2]> {
        let numbers = self.for_axes(name, 2, default, least)?;
        Ok([numbers[0], numbers[1]])
    }

    /// A number for each of `count` axes.
    pub fn for_axes(&self, name: &str, count: usize, default: i64, least: i64) -> Result<Vec<i64>> {
        let numbers = self.ints_or_none(name)?;
        let numbers = numbers.unwrap_or_else(|| vec![default; count]);
        if numbers.len() != count {
            return unsupported(format!(
                "{} numbers in `{name}` for {count} axes",
                numbers.len()
            ));
        }
        match numbers
            .iter()
            .all(|number| (least..=GEOMETRY_LIMIT).contains(number))
        {
            true => Ok(numbers),
            false => unsupported(format!("the attribute `{name}` as {numbers:?}")),
        }
    }

    /// Padding at the top, left, bottom and right.
    pub fn pads(&self) -> Result<[i64; 4]> {
        let pads = self.for_axes("pads", 4, 0, 0)?;
        Ok([pads[0], pads[1], pads[2], pads[3]])
    }

    pub fn tensor_attribute(&self, name: &str) -> Result<Option<Tensor>> {
        match self.attribute(name) {
            None => Ok(None),
            Some(AttributeValue::Tensor(proto)) => Ok(Some(tensor::read(proto, self.external)?)),
            Some(_) => Self::wrong(name, "a tensor"),
        }
    }

    pub fn has(&self, index: usize) -> bool {
        matches!(self.inputs.get(index), Some(Some(_)))
    }

    pub fn input(&self, index: usize) -> Result<&Traced> {
        match self.inputs.get(index) {
            Some(Some(traced)) => Ok(traced),
            _ => damaged(format!("its input {index} is missing")),
        }
    }

    /// An input as a tensor; sizes are written into one.
    pub fn tensor(&mut self, index: usize) -> Result<ValueId> {
        match self.input(index)?.clone() {
            Traced::Tensor(value) => Ok(value),
            Traced::Sizes(sizes) => self.sizes_as_tensor(&sizes, Kind::Int64),
        }
    }

    pub fn tensor_or_none(&mut self, index: usize) -> Result<Option<ValueId>> {
        match self.has(index) {
            true => self.tensor(index).map(Some),
            false => Ok(None),
        }
    }

    pub fn sizes_as_tensor(&mut self, sizes: &Sizes, kind: Kind) -> Result<ValueId> {
        if let Some(known) = sizes.known() {
            let tensor = Tensor::f_from_slice(&known)?.f_to_kind(kind)?;
            let tensor = match sizes.scalar {
                true => tensor.f_reshape([] as [i64; 0])?,
                false => tensor,
            };
            return Ok(self.trace.constant(tensor, false, None));
        }
        let numbers = self.trace.sizes(&sizes.numbers)?;
        let code = if kind == Kind::Float { 7 } else { 5 };
        let input = self.trace.input;
        let arguments = vec![
            ("self", Argument::Tensor(input)),
            ("sizes", numbers),
            ("scalar", Argument::Bool(sizes.scalar)),
            ("dtype", Argument::ScalarType(code)),
        ];
        self.trace.emit("onnx.sizes.default", arguments)
    }

    /// An input as sizes, if it is a short list of whole numbers.
    pub fn as_sizes(&self, index: usize) -> Option<Sizes> {
        match self.inputs.get(index)?.as_ref()? {
            Traced::Sizes(sizes) => Some(sizes.clone()),
            Traced::Tensor(value) => {
                let tensor = &self.trace.constants.get(value)?.tensor;
                let fits = tensor.dim() <= 1 && tensor.numel() <= SIZES_LIMIT;
                if !fits || !matches!(tensor.kind(), Kind::Int64 | Kind::Bool) {
                    return None;
                }
                let scalar = tensor.dim() == 0;
                let flat = tensor.f_reshape([-1]).ok()?.f_to_kind(Kind::Int64).ok()?;
                let numbers = Vec::<i64>::try_from(&flat).ok()?;
                Some(Sizes {
                    numbers: numbers.into_iter().map(Number::known).collect(),
                    scalar,
                })
            }
        }
    }

    pub fn sizes(&self, index: usize) -> Result<Sizes> {
        self.input(index)?;
        match self.as_sizes(index) {
            Some(sizes) => Ok(sizes),
            None => unsupported(format!(
                "an input {index} that is computed from the picture"
            )),
        }
    }

    /// A list of numbers that are known now, from an input.
    pub fn known_sizes(&self, index: usize) -> Result<Vec<i64>> {
        match self.sizes(index)?.known() {
            Some(known) => Ok(known),
            None => unsupported(format!(
                "an input {index} that depends on the size of the picture"
            )),
        }
    }

    /// Axes from an attribute, or from an input since `since`; `None` where neither is there.
    pub fn axes(&self, input: usize, since: i64) -> Result<Option<Vec<i64>>> {
        if self.opset < since {
            return self.ints_or_none("axes");
        }
        match self.has(input) {
            true => self.known_sizes(input).map(Some),
            false => Ok(None),
        }
    }

    /// The one number of a constant input.
    pub fn scalar(&self, index: usize) -> Option<f64> {
        match self.inputs.get(index)?.as_ref()? {
            Traced::Sizes(sizes) => match sizes.known()?.as_slice() {
                [number] => Some(*number as f64),
                _ => None,
            },
            Traced::Tensor(value) => {
                let tensor = &self.trace.constants.get(value)?.tensor;
                (tensor.numel() == 1)
                    .then(|| tensor.f_reshape([-1]).ok()?.f_double_value(&[0]).ok())?
            }
        }
    }

    /// The constant number of an optional input.
    pub fn scalar_or_none(&self, index: usize) -> Result<Option<f64>> {
        match (self.has(index), self.scalar(index)) {
            (false, _) => Ok(None),
            (true, Some(number)) => Ok(Some(number)),
            (true, None) => unsupported(format!("an input {index} that is not a constant number")),
        }
    }

    /// An axis counted from the front.
    pub fn axis(&self, axis: i64, rank: usize) -> Result<usize> {
        let rank = rank as i64;
        let front = if axis < 0 { axis + rank } else { axis };
        match (0..rank).contains(&front) {
            true => Ok(front as usize),
            false => damaged(format!("an axis {axis} of a tensor of {rank} axes")),
        }
    }

    pub fn emit(&mut self, operator: &str, arguments: Vec<(&str, Argument)>) -> Result<ValueId> {
        self.trace.emit(operator, arguments)
    }

    /// Adds a node that reads one tensor and nothing else.
    pub fn emit_unary(&mut self, operator: &str, input: ValueId) -> Result<ValueId> {
        self.trace
            .emit(operator, vec![("self", Argument::Tensor(input))])
    }
}

pub fn int(number: i64) -> Argument {
    Argument::Size(Size::Known(number))
}

pub fn ints(numbers: &[i64]) -> Argument {
    Argument::Sizes(numbers.iter().map(|number| Size::Known(*number)).collect())
}

pub fn tensor_or_none(value: Option<ValueId>) -> Argument {
    value.map_or(Argument::None, Argument::Tensor)
}
