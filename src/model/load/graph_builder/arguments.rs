//! Arguments of a node, as the JSON of an exported program has them.

use serde_json::Value as Json;

use super::Builder;
use crate::model::graph::{Argument, Size};
use crate::model::load::fault::Fault;

impl Builder {
    pub(super) fn argument(&self, json: &Json) -> Result<Argument, Fault> {
        let only = json.as_object().filter(|object| object.len() == 1);
        let Some((tag, value)) = only.and_then(|object| object.iter().next()) else {
            return Err(Fault::damaged("an argument does not have exactly one kind"));
        };
        let wrong = || Fault::damaged(format!("an argument `{tag}` has a value of another kind"));
        let list = || value.as_array().ok_or_else(wrong);
        Ok(match tag.as_str() {
            "as_none" => Argument::None,
            "as_tensor" => Argument::Tensor(self.id(&value["name"])?),
            "as_optional_tensor" => match value.get("as_tensor") {
                Some(tensor) => Argument::Tensor(self.id(&tensor["name"])?),
                None => Argument::None,
            },
            "as_tensors" => {
                let ids = list()?
                    .iter()
                    .map(|tensor| self.id(&tensor["name"]).map(Some));
                Argument::Tensors(ids.collect::<Result<_, _>>()?)
            }
            "as_optional_tensors" => {
                let id = |tensor: &Json| {
                    tensor
                        .get("as_tensor")
                        .map(|t| self.id(&t["name"]))
                        .transpose()
                };
                Argument::Tensors(list()?.iter().map(id).collect::<Result<_, _>>()?)
            }
            "as_int" => Argument::Size(Size::Known(value.as_i64().ok_or_else(wrong)?)),
            "as_ints" => {
                let known = list()?.iter().map(|int| int.as_i64().map(Size::Known));
                Argument::Sizes(known.collect::<Option<_>>().ok_or_else(wrong)?)
            }
            "as_sym_int" | "as_sym_bool" => Argument::Size(self.size(value)?),
            "as_sym_ints" => {
                let sizes = list()?.iter().map(|size| self.size(size));
                Argument::Sizes(sizes.collect::<Result<_, _>>()?)
            }
            "as_float" => Argument::Float(float(value).ok_or_else(wrong)?),
            "as_floats" => {
                let numbers = list()?.iter().map(float);
                Argument::Floats(numbers.collect::<Option<_>>().ok_or_else(wrong)?)
            }
            "as_bool" => Argument::Bool(value.as_bool().ok_or_else(wrong)?),
            "as_string" => Argument::Text(value.as_str().ok_or_else(wrong)?.to_owned()),
            "as_scalar_type" => Argument::ScalarType(value.as_i64().ok_or_else(wrong)?),
            "as_memory_format" => Argument::MemoryFormat(value.as_i64().ok_or_else(wrong)?),
            "as_device" => Argument::Device,
            other => Argument::Other(other.to_owned()),
        })
    }

    pub(super) fn size(&self, json: &Json) -> Result<Size, Fault> {
        if let Some(name) = json.get("as_name") {
            return self.id(name).map(Size::Value);
        }
        let known = json.get("as_int").and_then(Json::as_i64);
        let known = known.or_else(|| json.get("as_bool").and_then(Json::as_bool).map(i64::from));
        known
            .map(Size::Known)
            .ok_or_else(|| Fault::damaged("a size is neither a number nor a name"))
    }
}

/// JSON has no infinities; PyTorch writes them as text.
fn float(json: &Json) -> Option<f64> {
    json.as_f64().or_else(|| json.as_str()?.parse().ok())
}
