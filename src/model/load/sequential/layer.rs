//! One layer of the list: its arguments by PyTorch's names and defaults, and what it adds to the graph.

use serde_json::{Map, Value};

use super::builder::Builder;
use crate::model::graph::{Argument, Size, Stored, StoredKind, ValueId};

/// A kind of layer.
pub struct Type {
    /// PyTorch's name of the class.
    pub name: &'static str,
    /// Its place below `torch.nn.modules`.
    pub module: &'static str,
    /// The keywords it takes besides `name` and `type`.
    pub arguments: &'static [&'static str],
    /// Adds the layer to the graph, or leaves faults.
    pub add: fn(&mut Layer) -> Option<()>,
}

/// A layer as it is added.
pub struct Layer<'a> {
    builder: &'a mut Builder,
    keys: &'a Map<String, Value>,
    pointer: &'a str,
    kind: &'static str,
}

impl<'a> Layer<'a> {
    pub fn new(
        builder: &'a mut Builder,
        keys: &'a Map<String, Value>,
        pointer: &'a str,
        kind: &'static str,
    ) -> Self {
        Self {
            builder,
            keys,
            pointer,
            kind,
        }
    }

    /// Leaves a fault at an argument, or at the layer where it is not written.
    pub fn fault<T>(&mut self, key: &str, message: String, hint: impl Into<String>) -> Option<T> {
        let pointer = match self.keys.contains_key(key) {
            true => format!("{}/{key}", self.pointer),
            false => self.pointer.to_owned(),
        };
        self.builder.fault(pointer, message, hint);
        None
    }

    fn wrong<T>(&mut self, key: &str, wanted: &str) -> Option<T> {
        let found = self.keys.get(key).map(Value::to_string);
        let found = found.unwrap_or_else(|| "no value".to_owned());
        let pause = if wanted.contains(", ") { ';' } else { ',' };
        self.fault(key, format!("expected {wanted}{pause} found `{found}`"), "")
    }

    fn value(&self, key: &str) -> Option<&'a Value> {
        self.keys.get(key).filter(|value| !value.is_null())
    }

    /// A whole number of at least `least`, or nothing where it is not written.
    pub fn int_or_none(&mut self, key: &str, least: i64) -> Option<Option<i64>> {
        match self.value(key) {
            None => Some(None),
            Some(value) => match value.as_i64().filter(|number| in_range(*number, least)) {
                Some(number) => Some(Some(number)),
                None => self.wrong(key, &format!("a whole number from {least}")),
            },
        }
    }

    pub fn int(&mut self, key: &str, least: i64) -> Option<i64> {
        match self.int_or_none(key, least)? {
            Some(number) => Some(number),
            None => self.missing(key),
        }
    }

    pub fn int_or(&mut self, key: &str, least: i64, default: i64) -> Option<i64> {
        Some(self.int_or_none(key, least)?.unwrap_or(default))
    }

    pub fn missing<T>(&mut self, key: &str) -> Option<T> {
        let message = format!("`{key}` is missing");
        self.fault(key, message, format!("a `{}` has one", self.kind))
    }

    /// One number for height and width, or one of each; nothing where it is not written.
    pub fn pair_or_none(&mut self, key: &str, least: i64) -> Option<Option<[i64; 2]>> {
        let number = |value: &Value| {
            let number = value.as_i64()?;
            (least..=LARGEST_PX).contains(&number).then_some(number)
        };
        let pair = match self.value(key) {
            None => return Some(None),
            Some(Value::Array(values)) => match values.as_slice() {
                [height, width] => number(height).zip(number(width)),
                _ => None,
            },
            Some(value) => number(value).map(|side| (side, side)),
        };
        match pair {
            Some((height, width)) => Some(Some([height, width])),
            None => self.wrong(
                key,
                &format!("a whole number from {least} to {LARGEST_PX}, or two"),
            ),
        }
    }

    pub fn pair(&mut self, key: &str, least: i64) -> Option<[i64; 2]> {
        match self.pair_or_none(key, least)? {
            Some(pair) => Some(pair),
            None => self.missing(key),
        }
    }

    pub fn pair_or(&mut self, key: &str, least: i64, default: i64) -> Option<[i64; 2]> {
        Some(self.pair_or_none(key, least)?.unwrap_or([default; 2]))
    }

    pub fn float_or(&mut self, key: &str, default: f64) -> Option<f64> {
        match self.value(key) {
            None => Some(default),
            Some(value) => match value.as_f64() {
                Some(number) => Some(number),
                None => self.wrong(key, "a number"),
            },
        }
    }

    pub fn bool_or(&mut self, key: &str, default: bool) -> Option<bool> {
        match self.value(key) {
            None => Some(default),
            Some(Value::Bool(truth)) => Some(*truth),
            Some(_) => self.wrong(key, "`true` or `false`"),
        }
    }

    /// A text out of `options`, the first where it is not written.
    pub fn option(&mut self, key: &str, options: &[&'static str]) -> Option<&'static str> {
        let Some(value) = self.value(key) else {
            return options.first().copied();
        };
        let found = options.iter().find(|option| value.as_str() == Some(option));
        match found {
            Some(option) => Some(option),
            None => self.wrong(key, &format!("`{}`", options.join("` or `"))),
        }
    }

    /// Whether an argument is written as this text.
    pub fn is_text(&self, key: &str, text: &str) -> bool {
        self.value(key).and_then(Value::as_str) == Some(text)
    }

    /// Shape of what comes to the layer, for one picture; nothing behind a fault.
    pub fn shape(&self) -> Option<Vec<i64>> {
        self.builder.shape.clone()
    }

    /// The same as channels, height and width.
    pub fn image(&mut self) -> Option<[i64; 3]> {
        let shape = self.shape()?;
        match shape.as_slice() {
            [channels, height, width] => Some([*channels, *height, *width]),
            _ => {
                let message = format!("its input is {shape:?} for each picture");
                let hint = format!("a `{}` takes channels, height and width", self.kind);
                self.fault("type", message, hint)
            }
        }
    }

    /// A number that the layers above decide; where it is written, it must be that.
    pub fn follows(&mut self, key: &str, actual: i64) -> Option<()> {
        match self.int_or_none(key, 1)? {
            Some(written) if written != actual => {
                let message = format!("`{key}` is {written}, its input has {actual}");
                self.fault(key, message, format!("write {actual}, or leave it out"))
            }
            _ => Some(()),
        }
    }

    /// A weight of the layer: its value in the graph.
    pub fn stored(&mut self, name: &str, sizes: &[i64], kind: StoredKind) -> Argument {
        let path = self
            .builder
            .modules
            .last()
            .map_or("", |module| &module.path);
        let name = format!("{path}.{name}");
        let sizes = Some(sizes.iter().copied().map(Some).collect());
        Argument::Tensor(self.builder.store(|value| Stored {
            value,
            name,
            kind,
            sizes,
        }))
    }

    pub fn parameter(&mut self, name: &str, sizes: &[i64]) -> Argument {
        self.stored(name, sizes, StoredKind::Parameter)
    }

    /// Calls an operator on what comes to the layer, under the name `input` in the operator's schema;
    /// `shape` is that of what it gives.
    pub fn call(
        &mut self,
        operator: &str,
        input: &'static str,
        arguments: impl IntoIterator<Item = (&'static str, Argument)>,
        shape: Vec<i64>,
    ) -> Option<()> {
        if let Some(empty) = shape.iter().find(|size| **size < 1) {
            let message = format!("its input is too small: {empty} px would be left");
            let hint = "a smaller kernel, or less pooling above";
            return self.fault("kernel_size", message, hint);
        }
        if let Some(size) = shape.iter().find(|size| **size > LARGEST) {
            let message = format!("its output is too large: {size} along one axis");
            return self.fault("type", message, format!("at most {LARGEST}"));
        }
        let value: ValueId = self.builder.graph.output;
        let arguments = [(input, Argument::Tensor(value))]
            .into_iter()
            .chain(arguments)
            .map(|(name, argument)| (name.to_owned(), argument));
        let arguments = arguments.collect();
        self.builder.call(operator, arguments);
        self.builder.shape = Some(shape);
        Some(())
    }
}

/// No size of a network is larger; products of two such numbers do not overflow.
const LARGEST: i64 = 1 << 24;

/// Largest kernel, stride, padding and so on, as for ONNX.
const LARGEST_PX: i64 = 1024;

fn in_range(number: i64, least: i64) -> bool {
    (least..=LARGEST).contains(&number)
}

pub fn ints(numbers: &[i64]) -> Argument {
    Argument::Sizes(numbers.iter().map(|number| Size::Known(*number)).collect())
}

pub fn int(number: i64) -> Argument {
    Argument::Size(Size::Known(number))
}
