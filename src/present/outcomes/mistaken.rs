//! The most frequent kinds of mistake, with photos of each.

use super::rows::Example;
use super::{Evaluated, View};
use crate::present::exhibit::{Body, Exhibit, PictureTile, Pictures, Table};
use crate::results::rates::{Confusion, confusions};
use crate::words::{Argument, Message};

impl Evaluated<'_> {
    pub(super) fn pairs(&self, examples: &[Example]) -> Option<Exhibit> {
        if examples.is_empty() {
            return None;
        }
        let row = |example: &Example| {
            let Confusion {
                truth,
                predicted,
                count,
            } = example.confusion;
            let support = self.rates.classes[truth].support.max(1);
            vec![
                Argument::Message(self.name(truth)),
                Argument::Message(self.name(predicted)),
                Argument::Count(count),
                Argument::Percent(count as f64 / support as f64, 1),
            ]
        };
        let said = examples
            .iter()
            .map(|example| self.mistake(&example.confusion));
        let kinds = confusions(self.counts).len();
        let keys = [
            "outcomes.truth",
            "outcomes.prediction",
            "outcomes.photos",
            "outcomes.share",
        ];
        Some(Exhibit {
            caption: self
                .task
                .own_text("caption_pairs", &[])
                .with("count", examples.len())
                .with("kinds", kinds)
                .with("mistakes", self.rates.total - self.rates.right),
            alt: Message::new("outcomes.alt_pairs").with("mistakes", said.collect::<Vec<_>>()),
            body: Body::Table(Table {
                header: keys.map(Message::new).to_vec(),
                rows: examples.iter().map(row).collect(),
            }),
        })
    }

    pub(super) fn pictures(&self, view: &View, examples: &[Example]) -> Option<Exhibit> {
        let photos = || examples.iter().flat_map(|example| &example.photos);
        let labels = || {
            photos().map(|(outcome, _)| {
                Message::new("outcomes.label_example")
                    .with("truth", self.name(outcome.truth))
                    .with("predicted", self.name(outcome.predicted))
                    .with("probability", Argument::Percent(outcome.probability, 0))
            })
        };
        let tiles = photos().zip(labels());
        let tiles: Vec<_> = tiles
            .map(|((_, picture), label)| PictureTile {
                label,
                picture: picture.clone(),
            })
            .collect();
        (!tiles.is_empty()).then(|| Exhibit {
            caption: self
                .task
                .own_text("caption_examples", &[])
                .saying("examples", view.examples),
            alt: Message::new("outcomes.alt_examples")
                .with("examples", labels().collect::<Vec<_>>()),
            body: Body::Pictures(Pictures {
                is_sequence: false,
                columns: view.examples.clamp(1, 4),
                tiles,
            }),
        })
    }
}
