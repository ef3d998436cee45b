//! What is asked for: the class, the layer, the photos; and why it cannot be had.

use super::OfClass;
use super::crops::Crops;
use crate::explain::class_activation::layer::{self, Rule};
use crate::explain::{Fault, Inputs, chosen};
use crate::labels::Class;
use crate::model::Layer;

impl OfClass {
    pub(super) fn layer<'a>(&self, inputs: &Inputs<'a>) -> Result<&'a Layer, Fault> {
        layer::find(inputs, self.own.layer.as_ref(), Rule::Any)
    }

    pub(super) fn class(&self, inputs: &Inputs) -> Result<usize, Fault> {
        let fault = |message: &str| Fault {
            pointer: "/class".to_owned(),
            message: message.to_owned(),
            hint: "name a class of the network, whose photos are in the data set".to_owned(),
        };
        let name = self.own.class.as_ref();
        match chosen::class(inputs, name.ok_or_else(|| fault("`class` is missing"))?)? {
            Class::Index(class) => Ok(class),
            Class::Predicted => Err(fault("concepts are those of one class")),
        }
    }

    pub(super) fn too_many(&self, inputs: &Inputs, layer: &Layer) -> Option<Fault> {
        let channels = chosen::filter_count(inputs.facts, layer);
        let cells = inputs.facts.maps(layer);
        if cells.is_some_and(|maps| maps.height * maps.width <= 1) {
            return Some(Fault {
                pointer: "/layer".to_owned(),
                message: format!(
                    "layer `{}` gives maps of 1 × 1 cells, in which nothing has a place",
                    layer.path
                ),
                hint: "name an earlier layer, whose maps have more cells".to_owned(),
            });
        }
        (self.own.concepts > channels).then(|| Fault {
            pointer: "/concepts".to_owned(),
            message: format!(
                "layer `{}` gives {channels} channels, of which no {} concepts can be made",
                layer.path, self.own.concepts
            ),
            hint: format!("1 to {channels}, or another layer"),
        })
    }

    /// The photos of the class, by their place in the data set.
    pub(super) fn photos(&self, inputs: &Inputs) -> Vec<usize> {
        let (Ok(class), Ok(prepared)) = (self.class(inputs), self.labelled.opened(inputs)) else {
            return Vec::new(); // `check` said why
        };
        let group = prepared.groups.of_class[class];
        let photos = prepared.labelled.photos.iter().enumerate();
        let of_class = photos.filter(|(_, photo)| photo.truth == group);
        let places = of_class.map(|(place, _)| place);
        places.take(self.own.most_photos).collect()
    }

    pub(super) fn photos_fault(&self, inputs: &Inputs) -> Option<Fault> {
        let photos = self.photos(inputs).len();
        let crops = Crops::of(inputs.preprocessing.resize.output_px());
        let crops = photos * crops.corners.len();
        let (pointer, message) = match photos {
            0 => (
                "/class",
                "the data set has no photo of the class".to_owned(),
            ),
            _ if crops < self.own.concepts => (
                "/concepts",
                format!(
                    "{photos} photos give {crops} crops, of which no {} concepts can be made",
                    self.own.concepts
                ),
            ),
            _ => return None,
        };
        Some(Fault {
            pointer: pointer.to_owned(),
            message,
            hint: "name a class whose photos are in the data set, more photos or fewer concepts"
                .to_owned(),
        })
    }

    /// Photos, iterations and judged photos, each with the runs that it takes: how far it is.
    pub(super) fn steps(&self, inputs: &Inputs) -> usize {
        let photos = self.photos(inputs).len();
        photos + photos.min(self.own.judged_photos)
    }
}
