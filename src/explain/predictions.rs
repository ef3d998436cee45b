//! Which classes does the network find in each photo?
//!
//! pᵢ = exp(sᵢ) / Σⱼ exp(sⱼ) over the scores s of all classes.
//!
//! **Input** photos as the network sees them, normalised. **Output** the `top` largest pᵢ of each photo, 0 to 1.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::finding::{Argument, Bar, BarGroup, BarUnit, Bars, Body, Exhibit, Finding, Message};
use super::{
    Context, Entry, ExplainError, Fault, Method, Photo, Photos, chosen, numbers, parameters,
};
use crate::model::{BatchSize, in_batches};

pub const ENTRY: Entry = Entry {
    name: "predictions",
    photos: Photos::Any,
    schema: parameters::schema::<Predictions>,
    parse: parameters::parse::<Predictions>,
    citations: &[],
};

/// The most probable classes of each photo.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Predictions {
    /// How many classes are shown of each photo. Default 5, or all where the network has fewer.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 100))]
    pub top: Option<usize>,
}

impl Method for Predictions {
    fn check(&self, context: &Context) -> Vec<Fault> {
        let classes = context.model.classes();
        let mut faults = chosen::photo_faults(context);
        let top = self.top(classes);
        if top == 0 || top > classes {
            let message = format!("the network has {classes} classes, `top` asks for {top}");
            faults.push(Fault {
                pointer: "/top".to_owned(),
                message,
                hint: format!("1 to {classes}"),
            });
        }
        faults
    }

    fn run(
        &self,
        context: &Context,
        progress: &dyn Fn(usize, usize),
    ) -> Result<Finding, ExplainError> {
        let probabilities = probabilities(context, progress)?;
        let groups: Vec<BarGroup> = context
            .photos
            .iter()
            .zip(&probabilities)
            .map(|(photo, row)| self.group(context, photo, row))
            .collect();
        let exhibit = Exhibit {
            caption: Message::new("predictions.caption")
                .with("top", self.top(context.model.classes()))
                .with("classes", context.model.classes()),
            alt: Message::new("predictions.alt")
                .with("photos", groups.iter().map(group_text).collect::<Vec<_>>()),
            body: Body::Bars(Bars {
                columns: groups.len().clamp(1, 2),
                groups,
                quantity: Message::new("predictions.quantity"),
                unit: BarUnit::Probability,
            }),
        };
        Ok(Finding {
            exhibits: vec![exhibit],
            parameters: parameters::used(&Self {
                top: Some(self.top(context.model.classes())),
            }),
            notices: Vec::new(),
        })
    }
}

impl Predictions {
    fn top(&self, classes: usize) -> usize {
        self.top.unwrap_or(5.min(classes))
    }

    fn group(&self, context: &Context, photo: &Photo, row: &[f64]) -> BarGroup {
        let bar = |class: usize| Bar {
            label: Message::literal(context.labels.name(class)),
            value: row[class],
            uncertainty: None,
        };
        BarGroup {
            label: Message::literal(&photo.id),
            bars: numbers::largest(row, self.top(row.len()))
                .into_iter()
                .map(bar)
                .collect(),
        }
    }
}

/// Of every photo, of every class.
fn probabilities(
    context: &Context,
    progress: &dyn Fn(usize, usize),
) -> Result<Vec<Vec<f64>>, ExplainError> {
    let _no_gradient = tch::no_grad_guard();
    let mut rows = Vec::with_capacity(context.photos.len());
    let batch = context.model.batch_size(BatchSize::AUTO, chosen::BATCH)?;
    in_batches(context.photos.len(), batch, |range| {
        let input = context.input(&context.photos[range])?;
        rows.extend(numbers::probabilities(&context.model.scores(&input)?)?);
        progress(rows.len(), context.photos.len());
        Ok::<(), ExplainError>(())
    })?;
    Ok(rows)
}

/// `coffee: espresso 96 %, …`
fn group_text(group: &BarGroup) -> Message {
    let bar = |bar: &Bar| {
        Message::new("predictions.bar")
            .with("class", bar.label.clone())
            .with("probability", Argument::Percent(bar.value, 1))
    };
    Message::new("predictions.photo")
        .with("photo", group.label.clone())
        .with("bars", group.bars.iter().map(bar).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_nobody_says_how_many_there_are_never_more_than_classes() {
        let left_out = Predictions::default();
        assert_eq!([3, 5, 1000].map(|classes| left_out.top(classes)), [3, 5, 5]);
        assert_eq!(Predictions { top: Some(7) }.top(3), 7); // a fault, which `check` tells
    }
}
