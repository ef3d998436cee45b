//! Which number a map explains, as report.yaml says it: a class, the difference of two, the sum of a group; its score
//! or its probability.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Value, json};

use super::Fault;
use super::output::Output;
use crate::labels::{Class, ClassName, Labels, LabelsError, PREDICTED};
use crate::results::{Explained, Scalar};

/// `cat`, or `{difference: [cat, dog]}`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum TargetName {
    Class(ClassName),
    Made(Made),
}

/// A number that is made of classes: exactly one of `class`, `difference` and `sum` is there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Made {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<ClassName>,
    /// Of the first class to the second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub difference: Option<Vec<ClassName>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sum: Option<Vec<ClassName>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of: Option<Output>,
}

/// Which numbers a method can explain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// Scores and probabilities, of one class or made of several; scores where nothing is said.
    Any,
    /// The same of scores only, and why.
    Scores { why: &'static str },
    /// The same of probabilities only, and why.
    Probabilities { why: &'static str },
    /// What the method's own key `output` says.
    AsOutput(Explained),
    /// The score of one class only, and why.
    OneClass { why: &'static str },
}

/// The same with classes found, and with what of them is taken. Which one is predicted is known of a photo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    plus: Vec<Class>,
    minus: Vec<Class>,
    of: Explained,
}

impl Takes {
    fn of_itself(self) -> Explained {
        match self {
            Self::Any | Self::Scores { .. } | Self::OneClass { .. } => Explained::Score,
            Self::Probabilities { .. } => Explained::Probability,
            Self::AsOutput(output) => output,
        }
    }

    /// Why the method does not explain such a number.
    fn fault(self, made: &Made) -> Option<Fault> {
        let fault = |pointer: &str, message: String, hint: &str| {
            Some(Fault {
                pointer: pointer.to_owned(),
                message,
                hint: hint.to_owned(),
            })
        };
        match (self, made.of) {
            (Self::OneClass { why }, _) if made.class.is_none() => fault(
                "/class",
                format!("this method explains one class: {why}"),
                "name one class, or take `grad_cam`",
            ),
            (Self::Scores { why } | Self::OneClass { why }, Some(Output::Probability)) => fault(
                "/class/of",
                format!("this method explains scores only: {why}"),
                "`score`, or take `integrated_gradients`",
            ),
            (Self::Probabilities { why }, Some(Output::Score)) => fault(
                "/class/of",
                format!("this method explains probabilities only: {why}"),
                "`probability`, or take `kernel_shap` with `output: score`",
            ),
            (Self::AsOutput(_), Some(of)) => fault(
                "/class/of",
                "the key `output` of this method says what of the classes is taken".to_owned(),
                match of {
                    Output::Score => "leave `of` out and write `output: score` beside `class`",
                    Output::Probability => {
                        "leave `of` out and write `output: probability` beside `class`"
                    }
                },
            ),
            _ => None,
        }
    }
}

impl Wanted {
    /// The score of the class that the network predicts.
    pub fn predicted() -> Self {
        Self::one(Class::Predicted, Explained::Score)
    }

    /// Of one class.
    pub fn one(class: Class, of: Explained) -> Self {
        Self {
            plus: vec![class],
            minus: Vec::new(),
            of,
        }
    }

    /// The classes of a photo, `predicted` its most probable one.
    pub fn scalar(&self, predicted: impl Fn() -> usize) -> Scalar {
        let found = |classes: &[Class]| {
            let each = classes.iter().map(|class| match class {
                Class::Index(class) => *class,
                Class::Predicted => predicted(),
            });
            each.collect()
        };
        Scalar {
            plus: found(&self.plus),
            minus: found(&self.minus),
            of: self.of,
        }
    }

    /// Whether it is the same number for every photo.
    pub fn is_fixed(&self) -> bool {
        let mut all = self.plus.iter().chain(&self.minus);
        all.all(|class| *class != Class::Predicted)
    }

    /// How the key of a result names it: one class of which the method takes what it takes anyway by its number or
    /// `predicted`.
    fn key(&self, takes: Takes) -> Value {
        let class = |class: &Class| match class {
            Class::Index(class) => json!(class),
            Class::Predicted => json!(PREDICTED),
        };
        match (self.plus.as_slice(), self.minus.as_slice()) {
            ([one], []) if self.of == takes.of_itself() => class(one),
            (plus, minus) => json!({
                "plus": plus.iter().map(class).collect::<Vec<_>>(),
                "minus": minus.iter().map(class).collect::<Vec<_>>(),
                "of": self.of.name(),
            }),
        }
    }
}

impl From<&Scalar> for Wanted {
    fn from(scalar: &Scalar) -> Self {
        let all = |classes: &[usize]| classes.iter().copied().map(Class::Index).collect();
        Self {
            plus: all(&scalar.plus),
            minus: all(&scalar.minus),
            of: scalar.of,
        }
    }
}

/// The number that `name` means, or faults at `/class`.
pub fn wanted(labels: &Labels, name: &TargetName, takes: Takes) -> Result<Wanted, Vec<Fault>> {
    let found = |name: &ClassName, pointer: &str| {
        let class = labels.class(name);
        class.map_err(|error: LabelsError| Fault {
            pointer: pointer.to_owned(),
            message: error.to_string(),
            hint: String::new(),
        })
    };
    let made = match name {
        TargetName::Class(name) => {
            let class = found(name, "/class").map_err(|fault| vec![fault])?;
            return Ok(Wanted::one(class, takes.of_itself()));
        }
        TargetName::Made(made) => made,
    };
    let mut faults: Vec<Fault> = takes.fault(made).into_iter().collect();
    let mut all = |names: &[ClassName], key: &str| -> Vec<Class> {
        let mut known = Vec::new();
        for (at, name) in names.iter().enumerate() {
            let pointer = format!("/class/{key}/{at}");
            match found(name, &pointer) {
                Ok(class) if known.contains(&class) => faults.push(Fault {
                    pointer,
                    message: "the class is listed twice".to_owned(),
                    hint: "list it once".to_owned(),
                }),
                Ok(Class::Predicted) if key == "sum" => faults.push(Fault {
                    pointer,
                    message: "`predicted` may be another class of the sum already".to_owned(),
                    hint: "name the classes of the group".to_owned(),
                }),
                Ok(class) => known.push(class),
                Err(fault) => faults.push(fault),
            }
        }
        known
    };
    let (plus, minus) = match (&made.class, &made.difference, &made.sum) {
        (Some(class), None, None) => match found(class, "/class/class") {
            Ok(class) => (vec![class], Vec::new()),
            Err(fault) => {
                faults.push(fault);
                (Vec::new(), Vec::new())
            }
        },
        (None, Some(two), None) => {
            let mut plus = all(two, "difference");
            let minus = plus.split_off(plus.len().min(1));
            (plus, minus)
        }
        (None, None, Some(group)) => (all(group, "sum"), Vec::new()),
        _ => {
            faults.push(Fault {
                pointer: "/class".to_owned(),
                message: "exactly one of `class`, `difference` and `sum` says what is explained"
                    .to_owned(),
                hint: "as in `{difference: [cat, dog]}`".to_owned(),
            });
            (Vec::new(), Vec::new())
        }
    };
    let of = made.of.map_or(takes.of_itself(), Output::explained);
    match faults.is_empty() {
        true => Ok(Wanted { plus, minus, of }),
        false => Err(faults),
    }
}

/// How the key of a result names the number.
pub fn key(labels: &Labels, name: &TargetName, takes: Takes) -> Value {
    match wanted(labels, name, takes) {
        Ok(wanted) => wanted.key(takes),
        Err(_) => json!(PREDICTED),
    }
}

/// `class` as it stands among the parameters, with the classes of a photo in the place of `predicted`.
pub fn without_predicted(written: &mut Value, scalar: &Scalar) {
    let first = json!(scalar.plus.first());
    let fill = |value: &mut Value, class: Value| {
        if value.as_str() == Some(PREDICTED) {
            *value = class;
        }
    };
    match written {
        Value::Object(made) => {
            if let Some(class) = made.get_mut("class") {
                fill(class, first.clone());
            }
            let two = made.get_mut("difference").and_then(Value::as_array_mut);
            for (at, class) in two.into_iter().flatten().enumerate() {
                let of_photo = if at == 0 {
                    scalar.plus.first()
                } else {
                    scalar.minus.first()
                };
                fill(class, json!(of_photo));
            }
        }
        plain => *plain = first,
    }
}

impl Explained {
    /// As report.yaml says it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Score => "score",
            Self::Probability => "probability",
        }
    }
}

impl Serialize for TargetName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Class(name) => name.serialize(serializer),
            Self::Made(made) => made.serialize(serializer),
        }
    }
}

impl JsonSchema for TargetName {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "TargetName".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let class = json!({ "type": ["integer", "string"], "minimum": 0 });
        let described = |schema: &Value, what: &str| {
            let mut schema = schema.clone();
            schema["description"] = json!(what);
            schema
        };
        let two = json!({ "type": "array", "items": class, "minItems": 2, "maxItems": 2 });
        let group = json!({ "type": "array", "items": class, "minItems": 2 });
        let of = json!({ "type": "string", "enum": ["score", "probability"] });
        json_schema!({
            "type": ["integer", "string", "object"], "minimum": 0,
            "additionalProperties": false,
            "properties": {
                "class": described(&class, "One class, where `of` is said of it: `predicted`, a class name or its number. Default: none."),
                "difference": described(&two, "Two classes: the number of the first less that of the second. `predicted` is each photo's own. Default: none."),
                "sum": described(&group, "Two classes or more whose numbers are added. Default: none."),
                "of": described(&of, "What of each class is taken: its `score` (before softmax or sigmoid) or its `probability`. Default: what the method takes of one class."),
            },
        })
    }
}

#[cfg(test)]
#[path = "target_name_tests.rs"]
mod tests;
