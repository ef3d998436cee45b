//! The most probable classes of each photo as bars.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::exhibit::{Bar, BarGroup, BarUnit, Bars, Body, Exhibit};
use super::{Presented, Task};
use crate::results::{Predictions, Results};
use crate::words::{Argument, Message};

/// How predictions are shown.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct View {
    /// How many classes are shown of each photo. Default 5, or all where the network has fewer.
    #[schemars(range(min = 1, max = 100))]
    pub top: Option<usize>,
}

/// Classes shown where the spec does not say how many.
const TOP: usize = 5;

impl View {
    pub(super) fn resolved(self, classes: usize) -> Self {
        Self {
            top: Some(self.top.unwrap_or(TOP.min(classes))),
        }
    }

    pub(super) fn faults(&self, classes: usize) -> Vec<(String, String, String)> {
        let too_many = self.top.filter(|top| *top > classes);
        let fault = |top: usize| {
            let message = format!("the network has {classes} classes, `top` asks for {top}");
            ("/top".to_owned(), message, format!("1 to {classes}"))
        };
        too_many.map(fault).into_iter().collect()
    }
}

pub fn present(task: &Task, view: &View) -> Presented {
    let top = view.top.unwrap_or(TOP);
    let group = |found: &super::Found| {
        let (photo, Results::Predictions(predictions)) = (task.photo(found)?, found.results) else {
            return None;
        };
        Some(BarGroup {
            segments: Vec::new(),
            label: Message::literal(photo.name),
            bars: bars(task, predictions, top),
        })
    };
    let groups: Vec<BarGroup> = task.found.iter().filter_map(group).collect();
    let exhibit = Exhibit {
        caption: task
            .own_text("caption", &[task.activation])
            .saying("top", top)
            .saying("classes", task.classes.len()),
        alt: Message::new("class_predictions.alt")
            .with("photos", groups.iter().map(text).collect::<Vec<_>>()),
        body: Body::Bars(Bars {
            columns: groups.len().clamp(1, 2),
            groups,
            quantity: Message::new("class_predictions.quantity"),
            unit: BarUnit::Probability,
        }),
    };
    Presented {
        exhibits: vec![exhibit],
        notices: Vec::new(),
    }
}

fn bars(task: &Task, predictions: &Predictions, top: usize) -> Vec<Bar> {
    let classes = predictions.most_probable(top).into_iter();
    let bar = |class: usize| Bar {
        label: Message::literal(task.class(class)),
        value: predictions.probabilities[class],
        uncertainty: None,
    };
    classes.map(bar).collect()
}

/// `coffee: espresso 96 %, cup 3 %`.
fn text(group: &BarGroup) -> Message {
    let bar = |bar: &Bar| {
        Message::new("class_predictions.bar")
            .with("class", bar.label.clone())
            .with("probability", Argument::Percent(bar.value, 1))
    };
    Message::new("class_predictions.photo")
        .with("photo", group.label.clone())
        .with("bars", group.bars.iter().map(bar).collect::<Vec<_>>())
}
