//! Of which patterns are a layer's outputs for the photos of a class made, and which of them matter for the class?
//!
//! CRAFT (Fel et al. 2023). Each photo of the class is cut into overlapping crops, each enlarged to the network's input; their
//! mean activations A [crops, channels] ≈ U W by non-negative factorisation, the rows of W are the concepts
//! ([`nmf`]). Importance: with U_p [cells, concepts] of a photo for the same W, the concepts of all cells are
//! scaled by m in 0..1, the network is run on from U_p diag(m) W, and the total Sobol index of each concept's m for the score of the
//! class is taken by Jansen's estimator over a design of Halton's sequence ([`sobol`]); the mean over photos.
//!
//! **Input** labelled photos. **Reads** the layer's maps, and runs the part behind it. **Output** concepts, the most
//! important first: importance, crops with most of it, maps on the first photos.
//! **Differs from the paper** the concepts of one layer, without going back to earlier ones. Crops have the shape of the input, so
//! that none is distorted. Where a channel goes below zero its lowest number is subtracted and added again behind, where
//! the peers refuse the layer. One crop a photo is shown. Other branches, as the sum beside an attention, keep the
//! photo's numbers.
//! **Errors** fewer crops or channels than concepts; numbers that are not finite.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use tch::{Device, Kind as Precision, Tensor};

use super::labelled::{self, Labelled, Prepared};
use super::sobol;
use crate::explain::class_activation::layer::{self, Rule};
use crate::explain::factorisation::{Behind, lowest, shifted};
use crate::explain::{
    DataSet as Shown, Entry, ExplainError, Fault, Inputs, Method, Needs, Part, Passes, Photos,
    Sink, Unit, Viewing, chosen, nmf, numbers, optimise,
};
use crate::labels::{Class, ClassName};
use crate::model::{Layer, LayerName};
use crate::picture::Input;
use crate::results::{Concept, Concepts, Crop, FILE, Kind, Results};

pub const ENTRY: Entry = Entry {
    name: "concepts",
    version: 2,
    kind: Kind::Concepts,
    view: Viewing::PLAIN,
    photos: Photos::None,
    schema: labelled::schema::<Parameters>,
    parse,
    smallest: |_| json!({ "class": 0 }),
    citations: &[
        "Fel, T., Picard, A., Bethune, L., Boissin, T., Vigouroux, D., Colin, J., Cadène, R., Serre, T.: CRAFT: Concept Recursive Activation FacTorization for Explainability. CVPR 2023",
        "Jansen, M. J. W.: Analysis of Variance Designs for Model Output. Computer Physics Communications, 1999",
    ],
};

/// A crop's side as a share of the photo's: 64 of 224 px.
const CROP: f64 = 2.0 / 7.0;
/// Between crops, as a share of their side.
const STRIDE: f64 = 0.8;
/// Crops kept of each concept.
const CROPS_KEPT: usize = 8;
/// Photos with maps.
const PHOTOS_SHOWN: usize = 4;
/// Of the concepts of a photo, which are found for concepts that are given.
const MOST_ITERATIONS_OF_PHOTO: usize = 200;

/// Patterns of which a layer's outputs for the photos of a class are made, by how much they matter for its score (CRAFT).
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["class"]))]
pub struct Parameters {
    /// The class, by name or number; photos of its label are taken. No default.
    #[schemars(required)]
    pub class: Option<ClassName>,
    /// The layer, by number or module path. Default: the last one that gives maps larger than 1 × 1 before pooling and classifier, of a transformer the layer norm before its last attention; the caption names it.
    pub layer: Option<LayerName>,
    /// Number of concepts, 1 to 50, at most channels of the layer. Default 10.
    #[schemars(range(min = 1, max = 50))]
    pub concepts: usize,
    /// Photos of the class, at most: the first ones of the data set. Default 500.
    #[schemars(range(min = 1, max = 100_000))]
    pub most_photos: usize,
    /// Photos over which importance is the mean, the first ones, at most. Default 20.
    #[schemars(range(min = 1, max = 100_000))]
    pub judged_photos: usize,
    /// n of the design: (concepts + 2) · n runs behind the layer for each judged photo. Default 32.
    #[schemars(range(min = 2, max = 4096))]
    pub designs: usize,
    /// Iterations of the factorisation, at most; it ends before where nothing changes any more. Default 2000.
    #[schemars(range(min = 1, max = 100_000))]
    pub most_iterations: usize,
}

impl Default for Parameters {
    fn default() -> Self {
        Self {
            class: None,
            layer: None,
            concepts: 10,
            most_photos: 500,
            judged_photos: 20,
            designs: 32,
            most_iterations: 2000,
        }
    }
}

struct OfClass {
    labelled: Labelled,
    own: Parameters,
}

fn parse(keys: Value) -> Result<Box<dyn Method>, serde_json::Error> {
    let (labelled, own) = labelled::split(keys)?;
    Ok(Box::new(OfClass { labelled, own }))
}

impl Method for OfClass {
    fn needs(&self) -> Needs {
        Needs::Layers
    }

    fn check(&self, inputs: &Inputs) -> Vec<Fault> {
        let mut faults = self.network_faults(inputs);
        let of_files = self.labelled.faults(inputs);
        if faults.is_empty() && of_files.is_empty() {
            faults.extend(self.photos_fault(inputs));
        }
        faults.extend(of_files);
        faults
    }

    fn network_faults(&self, inputs: &Inputs) -> Vec<Fault> {
        let mut faults: Vec<Fault> = self.class(inputs).err().into_iter().collect();
        match self.layer(inputs) {
            Ok(layer) => faults.extend(self.too_many(inputs, layer)),
            Err(fault) => faults.push(fault),
        }
        faults
    }

    /// The layer resolved.
    fn parameters(&self, inputs: &Inputs) -> Map<String, Value> {
        let mut used = labelled::object(&self.labelled, &self.own);
        if let Ok(layer) = self.layer(inputs) {
            let at = used.keys().position(|key| key == "class");
            let at = at.map_or(0, |at| at + 1); // where the schema has it
            used.shift_insert(at, "layer".to_owned(), json!(layer.path));
        }
        used
    }

    /// Class by number, layer by path, and which photos of the unit's range are of the class, by their place in the data set.
    fn computing(&self, inputs: &Inputs) -> Map<String, Value> {
        let own = crate::explain::parameters::object(&self.own);
        let mut computing = own;
        computing.insert("class".to_owned(), json!(self.class(inputs).ok()));
        let layer = self.layer(inputs).ok().map(|layer| layer.path.clone());
        computing.insert("layer".to_owned(), json!(layer));
        computing.insert("of_class".to_owned(), json!(self.photos(inputs)));
        computing
    }

    /// One: what is found of a photo depends on the others.
    fn units(&self, inputs: &Inputs) -> Vec<Unit> {
        let photos = self.photos(inputs);
        let (Some(first), Some(last)) = (photos.first(), photos.last()) else {
            return Vec::new(); // `check` said why
        };
        vec![Unit {
            name: format!("photos {first}-{last}"),
            photo: None,
            part: Part::Range {
                from: *first,
                to: last + 1,
                digests: Vec::new(),
            },
        }]
    }

    fn run(&self, passes: &Passes, units: &[Unit], sink: &mut Sink) -> Result<(), ExplainError> {
        for index in 0..units.len() {
            let total = self.steps(&passes.inputs);
            let step =
                |done: usize| sink.advanced(index * total + done.min(total), units.len() * total);
            let found = self.concepts(passes, &step)?;
            sink.found(index, Results::Concepts(found))?;
            sink.advanced((index + 1) * total, units.len() * total)?;
        }
        Ok(())
    }

    fn accept(&self, results: &[&Results]) -> Result<(), ExplainError> {
        let unreadable = results.iter().map(|results| match results {
            Results::Concepts(concepts) => concepts.unreadable.len(),
            _ => 0,
        });
        self.labelled.accept(unreadable.sum())
    }

    fn warnings(&self) -> Vec<Fault> {
        self.labelled.warnings()
    }

    fn data(&self) -> Option<&dyn Shown> {
        self.labelled.data()
    }
}

/// Crops of a photo: their corners, and their size.
struct Crops {
    size: [usize; 2],
    corners: Vec<(usize, usize)>,
}

impl Crops {
    /// Of a photo of height and width.
    fn of(size: (usize, usize)) -> Self {
        let side = |length: usize| ((length as f64 * CROP).round() as usize).clamp(1, length);
        let starts = |length: usize| {
            let stride = ((side(length) as f64 * STRIDE) as usize).max(1);
            (0..=length - side(length)).step_by(stride)
        };
        let corners = starts(size.0).flat_map(|top| starts(size.1).map(move |left| (top, left)));
        Self {
            size: [side(size.0), side(size.1)],
            corners: corners.collect(),
        }
    }

    /// Each enlarged to the photo's size, [crops, C, H, W].
    fn tensors(&self, photo: &Tensor) -> Result<Tensor, ExplainError> {
        let (_, _, height, width) = photo.size4()?;
        let [rows, columns] = self.size.map(|size| size as i64);
        let crop = |(top, left): &(usize, usize)| {
            let rows = photo.f_narrow(2, *top as i64, rows)?;
            rows.f_narrow(3, *left as i64, columns)
        };
        let crops = self
            .corners
            .iter()
            .map(crop)
            .collect::<Result<Vec<_>, _>>()?;
        let crops = Tensor::f_cat(&crops, 0)?;
        Ok(crops.f_upsample_bilinear2d([height, width].as_slice(), false, None, None)?)
    }
}

/// A photo as the network sees it.
struct Read {
    /// Place in the data set.
    place: usize,
    /// [1, C, H, W].
    input: Tensor,
}

impl OfClass {
    fn layer<'a>(&self, inputs: &Inputs<'a>) -> Result<&'a Layer, Fault> {
        layer::find(inputs, self.own.layer.as_ref(), Rule::Any)
    }

    fn class(&self, inputs: &Inputs) -> Result<usize, Fault> {
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

    fn too_many(&self, inputs: &Inputs, layer: &Layer) -> Option<Fault> {
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
    fn photos(&self, inputs: &Inputs) -> Vec<usize> {
        let (Ok(class), Ok(prepared)) = (self.class(inputs), self.labelled.opened(inputs)) else {
            return Vec::new(); // `check` said why
        };
        let group = prepared.groups.of_class[class];
        let photos = prepared.labelled.photos.iter().enumerate();
        let of_class = photos.filter(|(_, photo)| photo.truth == group);
        let places = of_class.map(|(place, _)| place);
        places.take(self.own.most_photos).collect()
    }

    fn photos_fault(&self, inputs: &Inputs) -> Option<Fault> {
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
    fn steps(&self, inputs: &Inputs) -> usize {
        let photos = self.photos(inputs).len();
        photos + photos.min(self.own.judged_photos)
    }

    fn concepts(
        &self,
        passes: &Passes,
        step: &dyn Fn(usize) -> Result<(), ExplainError>,
    ) -> Result<Concepts, ExplainError> {
        let _no_gradient = tch::no_grad_guard();
        let inputs = &passes.inputs;
        let layer = self.layer(inputs).map_err(chosen::refused)?;
        let class = self.class(inputs).map_err(chosen::refused)?;
        let prepared = self.labelled.opened(inputs)?;
        let crops = Crops::of(inputs.preprocessing.resize.output_px());
        let photos = self.photos(inputs);
        let (mut of_crops, mut corners, mut judged) = (Vec::new(), Vec::new(), Vec::new());
        let mut unreadable = Vec::new();
        for (done, place) in photos.iter().enumerate() {
            step(done)?;
            let input = match opened(&prepared, *place, passes) {
                Ok(input) => input,
                Err(reason) => {
                    unreadable.push((*place, reason));
                    continue;
                }
            };
            let found = activations(passes, layer, &crops.tensors(&input)?)?;
            of_crops.push(found.f_mean_dim([2_i64, 3].as_slice(), false, Precision::Double)?);
            corners.extend(crops.corners.iter().map(|corner| (*place, *corner)));
            if judged.len() < self.own.judged_photos {
                judged.push(Read {
                    place: *place,
                    input,
                });
            }
        }
        if judged.is_empty() {
            return Err(ExplainError::Failed(format!(
                "no photo of class {class} can be read"
            )));
        }
        let a = Tensor::f_cat(&of_crops, 0)?;
        if !optimise::is_finite(&a)? {
            return Err(ExplainError::Failed(format!(
                "layer `{}` gives numbers that are not finite",
                layer.path
            )));
        }
        let mut of_photos = Vec::with_capacity(judged.len());
        for photo in &judged {
            let found = activations(passes, layer, &photo.input)?.f_get(0)?;
            of_photos.push(found.f_flatten(1, 2)?.f_transpose(0, 1)?);
        }
        let everything: Vec<&Tensor> = std::iter::once(&a).chain(&of_photos).collect();
        let floor = lowest(&Tensor::f_cat(&everything, 0)?)?;
        let a = a.f_sub(&floor)?;
        let so_far = photos.len();
        let components = self.own.concepts.min(a.size2()?.0 as usize);
        let found = nmf::factorise(&a, components, self.own.most_iterations, &|_| step(so_far))?;
        let (shares, explained) = found.shares(&a)?;
        let lengths = found
            .right
            .f_norm_scalaropt_dim(2.0, [1_i64].as_slice(), true)?;
        let divisors = lengths.f_where_self(&lengths.f_gt(0.0)?, &lengths.f_ones_like()?)?;
        let directions = found.right.f_div(&divisors)?;
        let amounts = found.left.f_mul(&lengths.f_view([1, -1])?)?;
        let mut importance = vec![0.0; components];
        let mut maps: Vec<Vec<crate::results::Map>> = vec![Vec::new(); components];
        for (index, (photo, x)) in judged.iter().zip(&of_photos).enumerate() {
            step(so_far + index)?;
            let behind = Behind::new(passes, layer, &photo.input)?;
            let size = [behind.maps.height, behind.maps.width];
            let x = x.f_sub(&floor)?;
            let u = nmf::transform(&x, &directions, MOST_ITERATIONS_OF_PHOTO)?;
            let indices = self.indices(&behind, class, (&u, &directions, &floor))?;
            for (sum, index) in importance.iter_mut().zip(indices) {
                *sum += index / judged.len() as f64;
            }
            if index < PHOTOS_SHOWN {
                for (component, maps) in maps.iter_mut().enumerate() {
                    let map = u.f_select(1, component as i64)?.f_view(size)?;
                    maps.push(numbers::map(&map)?);
                }
            }
        }
        let mut concepts = Vec::with_capacity(components);
        for (component, maps) in maps.into_iter().enumerate() {
            let amounts = numbers::values(&amounts.f_select(1, component as i64)?)?;
            concepts.push(Concept {
                importance: importance[component],
                share: shares[component],
                direction: numbers::values(&directions.f_get(component as i64)?)?,
                crops: most(&amounts, &corners),
                maps,
            });
        }
        concepts.sort_by(|a, b| b.importance.total_cmp(&a.importance)); // stable
        let shown = judged.iter().take(PHOTOS_SHOWN).map(|photo| photo.place);
        Ok(Concepts {
            layer: chosen::layer_ref(layer),
            class,
            photos: of_crops.len(),
            crops: corners.len(),
            crop_px: crops.size,
            shifted_channels: shifted(&floor)?,
            judged: judged.len(),
            concepts,
            explained,
            iterations: found.iterations,
            is_converged: found.is_converged,
            shown: shown.collect(),
            unreadable,
        })
    }

    /// The total Sobol index of each concept for the class's score, of one photo with the concepts U [cells, concepts].
    fn indices(
        &self,
        behind: &Behind,
        class: usize,
        (u, directions, floor): (&Tensor, &Tensor, &Tensor),
    ) -> Result<Vec<f64>, ExplainError> {
        let (rows, concepts) = (self.own.designs, directions.size2()?.0 as usize);
        let (height, width) = (behind.maps.height, behind.maps.width);
        let mut values = Vec::with_capacity(rows * (concepts + 2));
        // A batch at once: as many as the photo has crops, and no more than the design has rows.
        for masks in sobol::design(rows, concepts).chunks(rows.min(BATCH)) {
            let maps = masks.iter().map(|mask| {
                let scaled = u.f_mul(&Tensor::f_from_slice(mask)?.f_view([1, -1])?)?;
                let x = scaled.f_matmul(directions)?.f_add(floor)?;
                Ok(x.f_transpose(0, 1)?.f_reshape([-1, height, width])?)
            });
            let maps = maps.collect::<Result<Vec<_>, ExplainError>>()?;
            let scores = behind.scores(&maps)?;
            let of_class = scores.f_select(1, class as i64)?;
            values.extend(numbers::precise_values(&of_class)?);
        }
        Ok(sobol::total_indices(&values, rows, concepts))
    }
}

/// Runs behind the layer at once.
const BATCH: usize = 16;

/// The network's input of a photo, or why it cannot be read.
fn opened(prepared: &Arc<Prepared>, place: usize, passes: &Passes) -> Result<Tensor, String> {
    let path = &prepared.labelled.photos[place].path;
    let without_name = |error: crate::picture::InputError| {
        let reason = error.to_string();
        reason.replace(&path.display().to_string(), FILE)
    };
    let preprocessing = passes.inputs.preprocessing;
    let input = Input::open(path, None).map_err(without_name)?;
    let ready = input.prepared(path, preprocessing).map_err(without_name)?;
    Ok(ready.tensor(preprocessing, passes.model.device()))
}

/// The layer's maps [N, K, h, w] of inputs, float64 on the CPU.
fn activations(passes: &Passes, layer: &Layer, input: &Tensor) -> Result<Tensor, ExplainError> {
    let output = passes.model.record(input, &[layer.node], &[])?.remove(0);
    let maps = passes.model.maps_of(layer.node, &output)?;
    Ok(maps.f_to(Device::Cpu)?.f_to_kind(Precision::Double)?)
}

/// The crops with most of a concept, one a photo, of equals in their order.
fn most(amounts: &[f32], corners: &[(usize, (usize, usize))]) -> Vec<Crop> {
    let all: Vec<f64> = amounts.iter().copied().map(f64::from).collect();
    let mut found: Vec<Crop> = Vec::with_capacity(CROPS_KEPT);
    for at in numbers::largest(&all, all.len()) {
        let (photo, (top, left)) = corners[at];
        if found.len() == CROPS_KEPT {
            break;
        }
        if found.iter().all(|crop| crop.photo != photo) && amounts[at] > 0.0 {
            found.push(Crop {
                photo,
                top,
                left,
                value: amounts[at],
            });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crops_overlap_and_stay_inside() {
        let crops = Crops::of((224, 448));
        assert_eq!(crops.size, [64, 128]);
        assert_eq!(crops.corners.len(), 16);
        assert_eq!(crops.corners[5], (51, 102));
        assert_eq!(crops.corners[15], (153, 306));
        assert_eq!(Crops::of((1, 1)).corners, [(0, 0)]);
    }

    #[test]
    fn the_crops_with_most_are_of_different_photos() {
        let corners = [(4, (0, 0)), (4, (0, 9)), (7, (0, 0)), (8, (3, 3))];
        let found = most(&[2.0, 5.0, 3.0, 0.0], &corners);
        let found: Vec<_> = found.iter().map(|one| (one.photo, one.left)).collect();
        assert_eq!(found, [(4, 9), (7, 0)]);
    }
}
