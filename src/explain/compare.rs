//! Do several methods agree on a photo, and on several classes of it?
//!
//! The maps of other methods, each as that method finds it by itself and stored under its own key, so that a map that stands
//! elsewhere in the report is not computed again.
//!
//! **Output** for each photo and class the maps of the methods, in their order. **Errors** those of the methods.

use std::ops::ControlFlow;

use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::class_maps::predicted;
use super::target_name::{self, Takes, TargetName};
use super::{
    Entry, ExplainError, Fault, Inputs, Method, Needs, Part, Passes, Photos, Shared, Sink, Unit,
    Viewing, checks, chosen, parameters,
};
use crate::results::{Kind, Results};

pub const ENTRY: Entry = Entry {
    name: "compare",
    version: 1,
    kind: Kind::Comparison,
    view: Viewing::PLAIN,
    photos: Photos::Any,
    schema,
    parse,
    smallest: |_| json!({ "methods": ["saliency"] }),
    citations: &[],
};

/// Maps of several methods side by side, and of several classes of a photo below each other.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["methods"]))]
pub struct Parameters {
    /// The methods, by name or with their parameters: `[saliency, {rise: {samples: 300}}]`; maps of a class only, at most 12. No default.
    pub methods: Vec<Chosen>,
    /// The classes, at most 6: `predicted` (each photo's own), names, numbers, or what is made of several as `class` of a method has it. Methods that know no class show the same map for each. Default `[predicted]`.
    #[schemars(length(min = 1, max = 6))]
    pub classes: Vec<TargetName>,
}

/// A method with its defaults, or with parameters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Chosen {
    Name(String),
    With(Map<String, Value>),
}

impl Default for Parameters {
    fn default() -> Self {
        Self {
            methods: Vec::new(),
            classes: vec![predicted()],
        }
    }
}

/// Where to say what a method by itself has as `class`.
const CLASS_HINT: &str =
    "the classes are those of all methods: `classes: [predicted, …]` beside `methods`";

/// Methods whose maps are of a class.
fn comparable() -> impl Iterator<Item = &'static Entry> {
    let all = super::METHODS.iter();
    all.filter(|entry| entry.name != ENTRY.name && checks::apply_to(entry))
}

/// The keys of a method, but for the class, which is that of the figure.
fn keys_of(entry: &Entry) -> Value {
    let mut schema = (entry.schema)().to_value();
    if let Some(properties) = schema["properties"].as_object_mut() {
        properties.shift_remove("class");
    }
    schema
}

fn schema() -> Schema {
    const MOST: usize = 12;
    let mut schema = parameters::schema::<Parameters>();
    let names: Vec<&str> = comparable().map(|entry| entry.name).collect();
    let with: Map<String, Value> = comparable()
        .map(|entry| {
            let keys = keys_of(entry);
            let properties = keys.get("properties").cloned().unwrap_or_else(|| json!({}));
            let schema = json!({
                "type": ["object", "null"], "properties": properties, "additionalProperties": false,
                "unknownKeyHints": { "class": CLASS_HINT },
            });
            (entry.name.to_owned(), schema)
        })
        .collect();
    if let Some(methods) = schema
        .get_mut("properties")
        .and_then(|properties| properties.get_mut("methods"))
    {
        methods["minItems"] = json!(1);
        methods["maxItems"] = json!(MOST);
        methods["items"] = json!({ "anyOf": [
            { "type": "string", "enum": names },
            {
                "type": "object", "properties": with,
                "additionalProperties": false, "minProperties": 1, "maxProperties": 1,
            },
        ]});
    }
    schema
}

fn parse(value: Value) -> Result<Box<dyn Method>, serde_json::Error> {
    use serde::de::Error as _;
    let own: Parameters = serde_json::from_value(value)?;
    let mut maps = Vec::new();
    for (at, chosen) in own.methods.iter().enumerate() {
        let (name, given) = match chosen {
            Chosen::Name(name) => (name.as_str(), Map::new()),
            Chosen::With(with) => match with.iter().next() {
                Some((name, keys)) => {
                    (name.as_str(), keys.as_object().cloned().unwrap_or_default())
                }
                None => ("", Map::new()),
            },
        };
        let entry = comparable().find(|entry| entry.name == name);
        let entry = entry.ok_or_else(|| {
            serde_json::Error::custom(format!("`{name}` makes no map of a class"))
        })?;
        let has_class = (entry.schema)().to_value()["properties"]["class"].is_object();
        for class in 0..own.classes.len() {
            let mut keys = given.clone();
            if has_class {
                keys.insert("class".to_owned(), json!(own.classes[class]));
            }
            maps.push(OneMap {
                entry,
                method: (entry.parse)(Value::Object(keys))?,
                place: (class, at),
                pointer: match chosen {
                    Chosen::Name(_) => format!("/methods/{at}"),
                    Chosen::With(_) => format!("/methods/{at}/{name}"),
                },
                is_named: matches!(chosen, Chosen::Name(_)),
            });
        }
    }
    maps.sort_by_key(|one| one.place);
    Ok(Box::new(Compare { own, maps }))
}

/// A method for a class.
struct OneMap {
    entry: &'static Entry,
    method: Box<dyn Method>,
    /// Place of the class and of the method.
    place: (usize, usize),
    pointer: String,
    /// Given by its name only, so that no key of it stands in the file.
    is_named: bool,
}

struct Compare {
    own: Parameters,
    /// Class after class, in each the methods in their order.
    maps: Vec<OneMap>,
}

impl OneMap {
    /// Where a fault of the method stands in the figure.
    fn placed(&self, fault: Fault) -> Fault {
        let pointer = match fault.pointer.as_str() {
            pointer if pointer == "/class" || pointer.starts_with("/class/") => {
                let below = pointer.trim_start_matches("/class");
                format!("/classes/{}{below}", self.place.0)
            }
            _ if self.is_named => self.pointer.clone(),
            pointer => format!("{}{pointer}", self.pointer),
        };
        Fault { pointer, ..fault }
    }
}

impl Compare {
    /// Methods with the same parameters, and classes, that are listed before.
    fn twice(&self, inputs: &Inputs) -> Vec<Fault> {
        let mut faults = Vec::new();
        let methods = self.maps.iter().filter(|one| one.place.0 == 0);
        let mut seen = Vec::new();
        for one in methods {
            let method = (one.entry.name, one.method.parameters(inputs));
            if seen.contains(&method) {
                faults.push(Fault {
                    pointer: format!("/methods/{}", one.place.1),
                    message: format!("`{}` is listed twice", one.entry.name),
                    hint: "list it once, or with other parameters".to_owned(),
                });
            }
            seen.push(method);
        }
        let mut seen = Vec::new();
        for (at, name) in self.own.classes.iter().enumerate() {
            let Ok(class) = target_name::wanted(inputs.labels, name, Takes::Any) else {
                continue; // the methods say why
            };
            if seen.contains(&class) {
                faults.push(Fault {
                    pointer: format!("/classes/{at}"),
                    message: "the class is listed twice".to_owned(),
                    hint: "list it once".to_owned(),
                });
            }
            seen.push(class);
        }
        faults
    }
}

impl Method for Compare {
    /// That of the method that needs most.
    fn needs(&self) -> Needs {
        let needs = self.maps.iter().map(|one| one.method.needs());
        let rank = |needs: &Needs| match needs {
            Needs::Nothing => 0,
            Needs::Scores => 1,
            Needs::Gradients => 2,
            Needs::Layers => 3,
        };
        needs.max_by_key(rank).unwrap_or(Needs::Nothing)
    }

    fn check(&self, inputs: &Inputs) -> Vec<Fault> {
        let mut faults: Vec<Fault> = chosen::photo_faults(inputs);
        if !faults.is_empty() {
            return faults;
        }
        faults.extend(self.twice(inputs));
        for one in &self.maps {
            let cut_off = match one.method.needs() {
                Needs::Gradients => chosen::gradient_fault(inputs.facts),
                Needs::Nothing | Needs::Scores | Needs::Layers => None,
            };
            let found = one.method.check(inputs).into_iter().chain(cut_off);
            faults.extend(found.map(|fault| one.placed(fault)));
        }
        let mut unique: Vec<Fault> = Vec::with_capacity(faults.len());
        for fault in faults {
            if !unique.contains(&fault) {
                unique.push(fault); // one of a method is that of each of its classes
            }
        }
        unique
    }

    fn warnings(&self) -> Vec<Fault> {
        let of_each = self.maps.iter().filter(|one| one.place.0 == 0);
        let of_each = of_each.flat_map(|one| {
            let warnings = one.method.warnings().into_iter();
            warnings.map(|warning| one.placed(warning))
        });
        of_each.collect()
    }

    fn parameters(&self, _: &Inputs) -> Map<String, Value> {
        parameters::object(&self.own)
    }

    /// Of a map the method's own, see [`Method::shared`].
    fn computing(&self, inputs: &Inputs) -> Map<String, Value> {
        let of_each = self.maps.iter().map(|one| {
            let computing = Value::Object(one.method.computing(inputs));
            json!([one.entry.name, one.entry.version, computing])
        });
        Map::from_iter([("maps".to_owned(), of_each.collect())])
    }

    fn units(&self, inputs: &Inputs) -> Vec<Unit> {
        let photos = inputs.photos.iter().enumerate();
        let of_photo = |(photo, of): (usize, &std::sync::Arc<super::Photo>)| {
            let unit = |(index, one): (usize, &OneMap)| {
                let (class, method) = one.place;
                Unit {
                    name: format!(
                        "{}, class {}, method {} ({})",
                        of.id,
                        class + 1,
                        method + 1,
                        one.entry.name
                    ),
                    photo: Some(photo),
                    part: Part::Map(index),
                }
            };
            self.maps.iter().enumerate().map(unit).collect::<Vec<_>>()
        };
        photos.flat_map(of_photo).collect()
    }

    /// As if the method stood by itself.
    fn shared(&self, inputs: &Inputs, unit: &Unit) -> Option<Shared> {
        let Part::Map(index) = unit.part else {
            return None;
        };
        let one = self.maps.get(index)?;
        Some(Shared {
            name: one.entry.name,
            version: one.entry.version,
            needs: one.method.needs(),
            computing: one.method.computing(inputs),
        })
    }

    fn run(&self, passes: &Passes, units: &[Unit], sink: &mut Sink) -> Result<(), ExplainError> {
        /// How finely the progress of a map is told.
        const PARTS: usize = 1000;
        let total = units.len() * PARTS;
        for (index, unit) in units.iter().enumerate() {
            let one = match unit.part {
                Part::Map(map) => self.maps.get(map),
                _ => None,
            };
            let one =
                one.ok_or_else(|| ExplainError::Failed("the unit names no map".to_owned()))?;
            let alone = Unit {
                name: unit.name.clone(),
                photo: unit.photo,
                part: Part::Whole,
            };
            let mut found = None;
            {
                let mut keep = |_: usize, results: Results| {
                    found = Some(results);
                    Ok(())
                };
                let advanced = |done: usize, of: usize| {
                    let part = done * PARTS / of.max(1);
                    match sink.advanced(index * PARTS + part.min(PARTS), total) {
                        Ok(()) => ControlFlow::Continue(()),
                        Err(_) => ControlFlow::Break(()),
                    }
                };
                let mut inner = Sink::new(&mut keep, &advanced);
                one.method.run(passes, &[alone], &mut inner)?;
            }
            let found =
                found.ok_or_else(|| ExplainError::Failed("the map was not found".to_owned()))?;
            sink.found(index, found)?;
            sink.advanced((index + 1) * PARTS, total)?;
        }
        Ok(())
    }
}
