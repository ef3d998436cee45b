//! Building our graph: every operator is run once on zeros as it is added, so that the shapes of all
//! values are known, constants fold and what does not fit is found at its node.

use std::collections::BTreeMap;

use tch::{Device, Kind, Tensor};

use super::traced::{ELEMENT_LIMIT, Number, Origin, Refusal, Result, unsupported};
use crate::model::graph::{Argument, ModuleCall, Node, Size, ValueId};
use crate::model::operators::{Arguments, OperatorError, Value, find};

/// A tensor that is the same for every picture.
pub struct Constant {
    pub tensor: Tensor,
    /// Whether it is a weight or was made of one, rather than a number in the code.
    pub is_weight: bool,
    /// As the file names it.
    pub name: Option<String>,
}

/// Shape and type of what is computed: zeros of them stand for it while tracing.
struct Form {
    sizes: Vec<i64>,
    kind: Kind,
}

/// The graph as far as it is built.
pub struct Trace {
    pub values: Vec<String>,
    pub nodes: Vec<Node>,
    pub input: ValueId,
    pub constants: BTreeMap<ValueId, Constant>,
    /// Of the tensors that are computed.
    forms: BTreeMap<ValueId, Form>,
    /// Types of constants as the file holds them, where whole numbers of several widths are read as one.
    types: BTreeMap<ValueId, i32>,
    /// Scales of values that the file rounds to whole numbers.
    scales: BTreeMap<ValueId, f64>,
    /// The same by the names that the file has for them; what it calls otherwise is no longer rounded.
    rounded: BTreeMap<String, f64>,
    /// Of the sizes that are computed.
    numbers: BTreeMap<ValueId, i64>,
    /// Nodes that ask for a size of a tensor.
    dimensions: BTreeMap<(ValueId, usize), ValueId>,
    /// The modules of the node that is translated.
    modules: Vec<ModuleCall>,
    batch: i64,
    /// Bytes that constants may still take which are made of others.
    room: u64,
    /// Whether the exporter put the number of pictures into the graph.
    pub batch_is_fixed: bool,
}

/// What constants may take beyond the weights that they are made of.
const ROOM_BYTES: u64 = 256 << 20;

impl Trace {
    /// A graph with an input of `sizes`.
    pub fn new(name: &str, sizes: &[i64; 4], batch_is_fixed: bool) -> Self {
        let input = ValueId(0);
        let form = Form {
            sizes: sizes.to_vec(),
            kind: Kind::Float,
        };
        Self {
            values: vec![name.to_owned()],
            nodes: Vec::new(),
            input,
            constants: BTreeMap::new(),
            forms: BTreeMap::from([(input, form)]),
            types: BTreeMap::new(),
            scales: BTreeMap::new(),
            rounded: BTreeMap::new(),
            numbers: BTreeMap::new(),
            dimensions: BTreeMap::new(),
            modules: Vec::new(),
            batch: sizes[0],
            room: ROOM_BYTES,
            batch_is_fixed,
        }
    }

    /// Begins the nodes of one ONNX node.
    pub fn enter(&mut self, modules: Vec<ModuleCall>) {
        self.modules = modules;
    }

    fn define(&mut self) -> ValueId {
        let id = ValueId(self.values.len());
        self.values.push(format!("value_{}", id.0));
        id
    }

    pub fn constant(&mut self, tensor: Tensor, is_weight: bool, name: Option<String>) -> ValueId {
        let id = self.define();
        let constant = Constant {
            tensor,
            is_weight,
            name,
        };
        self.constants.insert(id, constant);
        id
    }

    /// Notes the type in which the file holds a constant.
    pub fn note_type(&mut self, value: ValueId, code: i32) {
        self.types.insert(value, code);
    }

    pub fn stored_type(&self, value: ValueId) -> Option<i32> {
        self.types.get(&value).copied()
    }

    /// Notes that the file rounds a value to whole numbers of this scale.
    pub fn note_scale(&mut self, value: ValueId, scale: f64) {
        self.scales.insert(value, scale);
    }

    /// The same of a value under the file's name.
    pub fn note_rounded(&mut self, name: &str, value: ValueId, scale: f64) {
        self.note_scale(value, scale);
        self.rounded.insert(name.to_owned(), scale);
    }

    pub fn rounded(&self, name: &str) -> Option<f64> {
        self.rounded.get(name).copied()
    }

    pub fn scale(&self, value: ValueId) -> Option<f64> {
        self.scales.get(&value).copied()
    }

    pub fn shape(&self, value: ValueId) -> Vec<i64> {
        match (self.forms.get(&value), self.constants.get(&value)) {
            (Some(form), _) => form.sizes.clone(),
            (None, Some(constant)) => constant.tensor.size(),
            (None, None) => Vec::new(),
        }
    }

    pub fn rank(&self, value: ValueId) -> usize {
        self.shape(value).len()
    }

    pub fn kind(&self, value: ValueId) -> Kind {
        match (self.forms.get(&value), self.constants.get(&value)) {
            (Some(form), _) => form.kind,
            (None, Some(constant)) => constant.tensor.kind(),
            (None, None) => Kind::Float,
        }
    }

    /// A size of a tensor, to be asked for when the network runs unless the tensor is stored.
    pub fn dimension(&self, value: ValueId, dim: usize) -> Number {
        let now = self.shape(value).get(dim).copied().unwrap_or(0);
        let origin = match self.constants.contains_key(&value) {
            true => Origin::Known,
            false => Origin::Dimension(value, dim),
        };
        Number { origin, now }
    }

    /// The number as an argument of a node.
    pub fn size(&mut self, number: Number) -> Result<Size> {
        Ok(match number.origin {
            Origin::Known => Size::Known(number.now),
            Origin::Value(value) => Size::Value(value),
            Origin::Dimension(tensor, dim) => {
                if let Some(value) = self.dimensions.get(&(tensor, dim)) {
                    return Ok(Size::Value(*value));
                }
                let arguments = vec![
                    ("self", Argument::Tensor(tensor)),
                    ("dim", Argument::Size(Size::Known(dim as i64))),
                ];
                let number = self.number("aten.sym_size.int", arguments)?;
                match number.origin {
                    Origin::Value(value) => {
                        self.dimensions.insert((tensor, dim), value);
                        Size::Value(value)
                    }
                    _ => Size::Known(number.now),
                }
            }
        })
    }

    pub fn sizes(&mut self, numbers: &[Number]) -> Result<Argument> {
        let sizes = numbers.iter().map(|number| self.size(*number));
        Ok(Argument::Sizes(sizes.collect::<Result<_>>()?))
    }

    /// Adds a node of one tensor.
    pub fn emit(&mut self, operator: &str, arguments: Vec<(&str, Argument)>) -> Result<ValueId> {
        let mut outputs = self.emit_many(operator, arguments, 1)?;
        Ok(outputs.remove(0))
    }

    /// Adds a node of a number.
    pub fn number(&mut self, operator: &str, arguments: Vec<(&str, Argument)>) -> Result<Number> {
        let outputs = self.emit_many(operator, arguments, 1)?;
        let now = self.numbers.get(&outputs[0]).copied().unwrap_or(0);
        let origin = Origin::Value(outputs[0]);
        Ok(Number { origin, now })
    }

    /// Adds a node of `count` values, which must be more than none. What reads constants only is
    /// computed here and becomes constants.
    pub fn emit_many(
        &mut self,
        operator: &str,
        arguments: Vec<(&str, Argument)>,
        count: usize,
    ) -> Result<Vec<ValueId>> {
        let arguments = arguments
            .into_iter()
            .map(|(name, argument)| (name.to_owned(), argument));
        let mut node = Node {
            name: String::new(),
            operator: operator.to_owned(),
            arguments: arguments.collect(),
            outputs: (0..count)
                .map(|offset| ValueId(self.values.len() + offset))
                .collect(),
            modules: self.modules.clone(),
        };
        let results = self.run(&node).map_err(|source| Refusal::Fails {
            operator: operator.to_owned(),
            source,
        })?;
        let inputs = node.inputs();
        let folds = !inputs.is_empty()
            && inputs
                .iter()
                .all(|input| self.constants.contains_key(input));
        let is_weight = inputs.iter().any(|input| self.is_weight(*input));
        for value in results {
            let id = self.define();
            match value {
                Value::Tensor(tensor) if folds => {
                    self.take_room(&tensor)?;
                    let constant = Constant {
                        tensor: tensor.f_contiguous()?,
                        is_weight,
                        name: None,
                    };
                    self.constants.insert(id, constant);
                }
                Value::Tensor(tensor) => {
                    let (sizes, kind) = (tensor.size(), tensor.f_kind()?);
                    if sizes.iter().product::<i64>() > ELEMENT_LIMIT {
                        return unsupported(format!("a value of the shape {sizes:?}"));
                    }
                    self.forms.insert(id, Form { sizes, kind });
                }
                Value::Module(_) => return unsupported("a network within the network"),
                Value::Number(number) => {
                    self.numbers.insert(id, number);
                }
            }
        }
        let outputs = std::mem::take(&mut node.outputs);
        if !folds {
            node.outputs.clone_from(&outputs);
            self.nodes.push(node);
        }
        Ok(outputs)
    }

    /// A weight of the file may be turned, cast and scaled: three constants of its size.
    pub fn make_room(&mut self, weight: ValueId) {
        let bytes = self.constants.get(&weight).map(|constant| {
            let width = constant.tensor.kind().elt_size_in_bytes();
            constant.tensor.numel() as u64 * width as u64
        });
        self.room = self
            .room
            .saturating_add(bytes.unwrap_or(0).saturating_mul(3));
    }

    /// Counts a constant that is made while the file is read.
    pub fn take_room(&mut self, tensor: &Tensor) -> Result<()> {
        let bytes = tensor.numel() as u64 * tensor.f_kind()?.elt_size_in_bytes() as u64;
        match self.room.checked_sub(bytes) {
            Some(left) => {
                self.room = left;
                Ok(())
            }
            None => unsupported(format!(
                "constants that grow by more than {} MB while the file is read",
                ROOM_BYTES >> 20
            )),
        }
    }

    pub fn is_weight(&self, value: ValueId) -> bool {
        self.constants
            .get(&value)
            .is_some_and(|constant| constant.is_weight)
    }

    fn run(&self, node: &Node) -> std::result::Result<Vec<Value>, OperatorError> {
        let _no_grad = tch::no_grad_guard();
        let mut inputs = BTreeMap::new();
        for id in node.inputs() {
            let value = match (
                self.forms.get(&id),
                self.constants.get(&id),
                self.numbers.get(&id),
            ) {
                (Some(form), _, _) => {
                    Value::Tensor(Tensor::f_zeros(&form.sizes[..], (form.kind, Device::Cpu))?)
                }
                (_, Some(constant), _) => Value::Tensor(constant.tensor.shallow_clone()),
                (_, _, Some(number)) => Value::Number(*number),
                (None, None, None) => continue, // the operator says which it misses
            };
            inputs.insert(id, value);
        }
        let lookup = |id: ValueId| inputs.get(&id);
        let arguments = Arguments::new(node, &lookup, self.batch);
        let Some(operation) = find(&node.operator) else {
            return Err(OperatorError::NotUnderstood {
                arguments: "all".to_owned(),
            });
        };
        arguments.check_bound()?;
        let results = operation.run(&arguments, node.outputs.len())?;
        let unread = arguments.unread();
        if unread.is_empty() {
            return Ok(results);
        }
        Err(OperatorError::NotUnderstood {
            arguments: format!("`{}`", unread.join("`, `")),
        })
    }
}
