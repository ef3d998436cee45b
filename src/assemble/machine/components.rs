//! Components of a photo and concepts of a class, as `report.json` has them.

use super::arrays::{Beside, Numbers};
use super::of::{Of, layer};
use crate::report::machine::{self, Found, finite};
use crate::results::{Component, Concept, Concepts, Factors};

impl Of<'_> {
    pub(super) fn factors(&self, found: &Factors, beside: &mut Beside) -> Found {
        let [figure, unit] = self.names;
        let first = found.components.first();
        let (height, width) = first.map_or((0, 0), |one| (one.map.height, one.map.width));
        let count = found.components.len();
        let all = |of: &dyn Fn(&Component) -> Vec<f32>| -> Vec<f32> {
            found.components.iter().flat_map(of).collect()
        };
        let maps = all(&|one| one.map.values.clone());
        let directions = all(&|one| one.direction.clone());
        let component = |one: &Component| machine::Component {
            share: finite(one.share),
            leading: one.leading.iter().map(|class| self.class(class)).collect(),
        };
        Found::Factors {
            layer: layer(&found.layer),
            shifted_channels: found.shifted_channels,
            at_zero: found
                .at_zero
                .iter()
                .map(|class| self.class(class))
                .collect(),
            maps: beside.array(
                &[figure, unit, "maps"],
                &[count, height, width],
                Numbers::Float32(&maps),
            ),
            directions: beside.array(
                &[figure, unit, "directions"],
                &[count, found.channels],
                Numbers::Float32(&directions),
            ),
            components: found.components.iter().map(component).collect(),
            explained: finite(found.explained),
            iterations: found.iterations,
            is_converged: found.is_converged,
        }
    }

    pub(super) fn concepts(&self, found: &Concepts, beside: &mut Beside) -> Found {
        let [figure, unit] = self.names;
        let first = found.concepts.first();
        let channels = first.map_or(0, |one| one.direction.len());
        let map = first.and_then(|one| one.maps.first());
        let (height, width) = map.map_or((0, 0), |map| (map.height, map.width));
        let (count, shown) = (found.concepts.len(), found.shown.len());
        let of_each = |of: &dyn Fn(&Concept) -> Vec<f32>| -> Vec<f32> {
            found.concepts.iter().flat_map(of).collect()
        };
        let directions = of_each(&|one| one.direction.clone());
        let maps = of_each(&|one| {
            let maps = one.maps.iter();
            maps.flat_map(|map| map.values.iter().copied()).collect()
        });
        let crop = |crop: &crate::results::Crop| machine::Crop {
            photo: crop.photo,
            top: crop.top,
            left: crop.left,
            value: finite(f64::from(crop.value)),
        };
        let concept = |one: &Concept| machine::Concept {
            importance: finite(one.importance),
            share: finite(one.share),
            crops: one.crops.iter().map(crop).collect(),
        };
        Found::Concepts {
            layer: layer(&found.layer),
            class: found.class,
            photos: found.photos,
            crops: found.crops,
            crop_px: found.crop_px,
            shifted_channels: found.shifted_channels,
            judged: found.judged,
            directions: beside.array(
                &[figure, unit, "directions"],
                &[count, channels],
                Numbers::Float32(&directions),
            ),
            maps: beside.array(
                &[figure, unit, "maps"],
                &[count, shown, height, width],
                Numbers::Float32(&maps),
            ),
            shown: found.shown.clone(),
            concepts: found.concepts.iter().map(concept).collect(),
            explained: finite(found.explained),
            iterations: found.iterations,
            is_converged: found.is_converged,
        }
    }
}
