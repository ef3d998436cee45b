//! A network spelled out layer by layer, as `torch.nn.Sequential` runs it, turned into a graph. Shapes are
//! followed from the input on, so that a layer that does not fit the one before is found without weights.

mod activations;
mod builder;
mod layer;
mod learned;
mod pooling;

use serde_json::{Map, Value};

use crate::diagnostic::nearest;
use builder::{Builder, CONTAINER, module};
pub use builder::{LayerFault, Sequential};
use layer::{Layer, Type};

const FAMILIES: &[&[Type]] = &[learned::TYPES, activations::TYPES, pooling::TYPES];
fn types() -> impl Iterator<Item = &'static Type> {
    FAMILIES.iter().flat_map(|family| family.iter())
}

/// Names of all kinds of layers.
pub fn type_names() -> impl Iterator<Item = &'static str> {
    types().map(|known| known.name).chain([CONTAINER])
}

/// The network of layers as `report.yaml` has them, for an input of `input_shape` (channels, height and
/// width), or every fault.
pub fn read(
    layers: &[Map<String, Value>],
    input_shape: [i64; 3],
) -> Result<Sequential, Vec<LayerFault>> {
    let mut builder = Builder::new(input_shape);
    builder.walk(layers.iter().map(Some), "");
    if let Some(shape) = &builder.shape
        && shape.len() != 1
    {
        let last = format!("/{}", layers.len().saturating_sub(1));
        let message = format!("the network gives {shape:?} for each picture");
        builder.fault(
            last,
            message,
            "a classifier ends in one score for each class: `Flatten`, then `Linear`",
        );
    }
    builder.finish(input_shape)
}

impl Builder {
    /// Adds layers; `None` stands for an item that is no mapping.
    fn walk<'a>(
        &mut self,
        layers: impl Iterator<Item = Option<&'a Map<String, Value>>>,
        pointer: &str,
    ) {
        for (index, keys) in layers.enumerate() {
            let pointer = format!("{pointer}/{index}");
            let Some(keys) = keys else {
                self.fault(
                    pointer,
                    "a layer is a mapping".to_owned(),
                    "such as `{type: ReLU}`",
                );
                continue;
            };
            let name = self.name(keys, index, &pointer);
            let inside = self.modules.last().map_or("", |module| &module.path);
            let path = match inside {
                "" => name,
                inside => format!("{inside}.{name}"),
            };
            if self.places.iter().any(|(known, _)| *known == path) {
                let message = format!("the name `{path}` is taken by a layer above");
                self.fault(
                    format!("{pointer}/name"),
                    message,
                    "give each layer a name of its own",
                );
            }
            self.places.push((path.clone(), pointer.clone()));
            self.add(keys, path, pointer);
        }
    }

    /// The layer's name among its neighbours; without one its number, as in PyTorch.
    fn name(&mut self, keys: &Map<String, Value>, index: usize, pointer: &str) -> String {
        let name = match keys.get("name") {
            None | Some(Value::Null) => return index.to_string(),
            Some(Value::String(name)) => name.clone(),
            Some(other) => other.to_string(),
        };
        if name.is_empty() || name.contains(['.', ';', ',']) {
            let message = format!("`{name}` is not a valid layer name");
            let hint = "letters, digits and `_`; for `features.0` a layer `0` inside a `Sequential` named `features`";
            self.fault(format!("{pointer}/name"), message, hint);
        }
        name
    }

    fn add(&mut self, keys: &Map<String, Value>, path: String, pointer: String) {
        let Some(kind) = keys.get("type").and_then(Value::as_str) else {
            return self.fault(
                pointer,
                "`type` is missing".to_owned(),
                "such as `Conv2d` or `ReLU`",
            );
        };
        if kind.eq_ignore_ascii_case(CONTAINER) {
            self.unknown_keys(keys, CONTAINER, &["layers"], &pointer);
            let Some(Value::Array(layers)) = keys.get("layers") else {
                let message = "`layers` is missing".to_owned();
                return self.fault(
                    pointer,
                    message,
                    "the layers of this `Sequential`, as a list",
                );
            };
            self.modules.push(module(path, "container", CONTAINER));
            self.walk(
                layers.iter().map(Value::as_object),
                &format!("{pointer}/layers"),
            );
            self.modules.pop();
            return;
        }
        let Some(known) = types().find(|known| known.name.eq_ignore_ascii_case(kind)) else {
            let all: Vec<_> = type_names().map(|name| format!("`{name}`")).collect();
            let hint = match nearest(kind, type_names()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("there are {}", all.join(", ")),
            };
            let message = format!("unknown layer type `{kind}`");
            return self.fault(format!("{pointer}/type"), message, hint);
        };
        self.unknown_keys(keys, known.name, known.arguments, &pointer);
        self.modules.push(module(path, known.module, known.name));
        let done = (known.add)(&mut Layer::new(self, keys, &pointer, known.name));
        self.modules.pop();
        if done.is_none() {
            self.shape = None;
        }
    }

    fn unknown_keys(
        &mut self,
        keys: &Map<String, Value>,
        kind: &str,
        arguments: &[&'static str],
        pointer: &str,
    ) {
        let known = || arguments.iter().copied().chain(["name", "type"]);
        for key in keys.keys().filter(|key| known().all(|known| known != *key)) {
            let hint = match nearest(key, known()) {
                Some(near) => format!("did you mean `{near}`?"),
                None if arguments.is_empty() => "it takes none".to_owned(),
                None => format!("it takes `{}`", arguments.join("`, `")),
            };
            let key_pointer = format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"));
            self.fault(
                key_pointer,
                format!("`{kind}` has no argument `{key}`"),
                hint,
            );
        }
    }
}
