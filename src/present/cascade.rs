//! What becomes of a map while the weights of ever more layers are random: a row a step, a column a photo.

use super::Task;
use super::exhibit::{Body, Exhibit, Table};
use crate::results::{CascadeStep, Fidelity};
use crate::words::{Argument, Message};

/// A table of rank correlations; none where they were not asked for.
pub(super) fn table(task: &Task) -> Option<Exhibit> {
    let cascades = task.checked.iter().filter_map(|one| {
        let photo = task.photos.get(one.photo?)?;
        match one.found {
            Ok(Fidelity::RandomisationCascade { steps }) => Some((photo.name, steps)),
            _ => None,
        }
    });
    let cascades: Vec<(&str, &Vec<CascadeStep>)> = cascades.collect();
    let (_, first) = cascades.first()?;
    let number = |number: Option<f64>| match number {
        Some(number) => Argument::Number(number, 2),
        None => Argument::Text("–".to_owned()),
    };
    let names = ["fidelity.layers", "fidelity.foremost"].map(Message::new);
    let photos = cascades.iter().map(|(photo, _)| Message::literal(*photo));
    let row = |(at, step): (usize, &CascadeStep)| {
        let of_photos = cascades
            .iter()
            .map(|(_, steps)| number(steps.get(at).and_then(|step| step.correlation)));
        let layer = [
            Argument::Count(step.layers),
            Argument::from(step.weights.as_str()),
        ];
        layer.into_iter().chain(of_photos).collect()
    };
    let said = cascades.iter().map(|(photo, steps)| {
        let all = steps.iter().map(|step| {
            Message::new("fidelity.alt_step")
                .with("layers", step.layers)
                .with("number", number(step.correlation))
        });
        Message::new("fidelity.alt_photo")
            .with("photo", *photo)
            .with("checks", all.collect::<Vec<_>>())
    });
    Some(Exhibit {
        caption: Message::new("fidelity.caption_cascade"),
        alt: Message::new("fidelity.alt_cascade").with("photos", said.collect::<Vec<_>>()),
        body: Body::Table(Table {
            header: names.into_iter().chain(photos).collect(),
            rows: first.iter().enumerate().map(row).collect(),
        }),
    })
}
