//! What does a filter look for? Pictures that make it respond, grown from noise; or a neuron, a layer, a class, a direction
//! among channels, a sum of these (Olah et al. 2017).
//!
//! x* ≈ argmax_x f(x) − ½ λ‖x‖², by gradient ascent (Erhan et al. 2009, section 3). With the layer's output A [K, h, w], f is
//! of a filter mean_ij A_kij, of a neuron A_kij at one place, of a layer ½ mean A², of a direction v mean_ij Σ_k v_k A_kij, of
//! a class its score or probability, of a sum Σ w f.
//! `variants`: N pictures grown together, of f_n − w s_n |f_n| where s_n is the mean cosine between the Gram matrix A Aᵀ of
//! picture n and those of the others, and |f_n| is not differentiated.
//!
//! **Input** noise [1, C, H, W], one picture an objective, each by itself. **Reads** the layers' outputs
//! [1, K, h, w]; the network runs no further than it must. **Output** a picture an objective, and the objective after every
//! step.
//! `pixels` moves normalised pixels by Adam and never clips them; only the picture shown is clipped.
//! `fourier` moves the spectrum of a picture that is a sigmoid, and moves the picture a little before each step.
//! `maco` moves the phases φ of a spectrum whose magnitudes r are the photos' mean, x = σ(C F⁻¹(r e^{iφ}) + mean), by NAdam, on
//! random parts of the picture; Σ over steps of |∂f/∂x| says which pixels mattered (Fel et al. 2023).
//! **Differs from the peers** a filter whose ReLU gives zero everywhere, so that no gradient reaches the picture, is
//! raised before its ReLU, and the label says so; peers leave such a picture grey. Rotation repeats
//! the edge where Lucid fills with black. A direction is the plain product with v, Lucid's `cossim_pow = 0`. What Lucid takes
//! off for being alike is not weighed with the size of the objective, so that its weight is another one in each layer.
//! `maco` takes r from the figure's photos, in colours that are nearly independent and before the sigmoid, where the authors'
//! code takes it of ImageNet's pixels; φ is an angle that starts anywhere, and neither it nor the picture is standardised, as in the
//! paper and unlike the code; noise is one draw, shifted at random.
//! **Errors** the network cannot run on pictures of `size`.

mod ascent;
mod direction;
mod faults;
mod grown;
mod measure;
mod mode;
mod objective;
mod parts;
mod raised;
mod resolve;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use mode::{Parameterisation, Start};
use objective::NamedObjective;
use raised::{Number, Raised};

use super::optimise::crops::Crops;
use super::optimise::transforms::Transforms;
use super::{
    Entry, ExplainError, Fault, Inputs, Method, Needs, Part, Passes, Photos, Sink, Unit, Viewing,
    chosen, parameters,
};
use crate::model::LayerName;
use crate::results::{Kind, Results};

pub const ENTRY: Entry = Entry {
    name: "filters",
    version: 1,
    kind: Kind::Optimised,
    view: Viewing::PLAIN,
    photos: Photos::Optional,
    schema: parameters::schema::<Filters>,
    parse: parameters::parse::<Filters>,
    smallest: |facts| chosen::smallest(facts, &["filters"]),
    citations: &[
        "Erhan, D., Bengio, Y., Courville, A., Vincent, P.: Visualizing Higher-Layer Features of a Deep Network. Technical Report 1341, Université de Montréal 2009",
        "Olah, C., Mordvintsev, A., Schubert, L.: Feature Visualization. Distill 2017",
        "Fel, T., Boissin, T., Boutin, V., Picard, A., Novello, P., Colin, J., Linsley, D., Rousseau, T., Cadène, R., Goetschalckx, L., Gardes, L., Serre, T.: Unlocking Feature Visualization for Deeper Networks with MAgnitude Constrained Optimization. NeurIPS 2023",
    ],
};

/// What pictures of one objective lose that are wholly alike, as a share of the objective.
const DIVERSITY: f64 = 1.0;

/// Pictures grown from noise that make a filter respond, or a neuron, a layer, a class, a direction or a sum of these.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Filters {
    /// The layer, by number or module path; its output must be maps. No default; only classes do without.
    pub layer: Option<LayerName>,
    /// The filters (channels of the layer's output), each from 0. Default: none, where there are `objectives`.
    #[schemars(length(min = 1))]
    pub filters: Vec<usize>,
    /// What else a picture is grown for: `{filter: 7, layer: features.9}`, `{neuron: 7, at: [0.5, 0.5]}` (a filter at one place, shares of height and width), `{layer: features.9}` (all of it), `{class: tabby}`, `{direction: {7: 1, 16: -0.5}}` (weighted channels, or a `.npy` file), `{sum: [{class: tabby}, {filter: 7, weight: 0.1}]}`. Default: none.
    #[schemars(length(min = 1))]
    pub objectives: Vec<NamedObjective>,
    /// Pictures of each, grown together so that they differ. Default 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 16))]
    pub variants: Option<usize>,
    /// How much `variants` must differ: what pictures lose that are wholly alike, as a share of the objective. Default 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.0, max = 1e6))]
    pub diversity: Option<f64>,
    /// Side of the square pictures, in pixels. Default the height and width of the network's input, for `maco` twice these.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 8, max = 2048))]
    pub size: Option<usize>,
    /// What is moved: the pixels, the spectrum, or the spectrum's phases with the magnitudes of photos. Default `pixels` where there are `filters`, else `fourier`: without a spectrum most objectives end in coloured noise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameterisation: Option<Parameterisation>,
    /// Steps of Adam, for `maco` of NAdam. Default 30 for `pixels`, 512 for `fourier` (slow without a GPU: 128 show the pattern), 128 for `maco`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 100_000))]
    pub steps: Option<usize>,
    /// Learning rate of Adam. Default 0.1 for `pixels` and `maco`, 0.05 for `fourier`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1e-9, max = 1000.0))]
    pub learning_rate: Option<f64>,
    /// Weight decay of Adam, added to the gradient. Default 0.000001 for `pixels`, else 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub weight_decay: Option<f64>,
    /// Noise to start from, for `pixels`. Default `{low: 150, high: 180}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<Start>,
    /// Random moves before every step, for `fourier` and `maco`. Default Lucid's for `fourier`, none for `maco`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transforms: Option<Transforms>,
    /// What the network sees of the picture before every step, enlarged to its input: random parts of it, for `maco`. Default `{count: 4, smallest: 0.2, largest: 0.5, noise: 0.02}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crops: Option<Crops>,
}

impl Method for Filters {
    fn needs(&self) -> Needs {
        Needs::Layers
    }

    fn reads_photos(&self) -> bool {
        self.parameterisation() == Parameterisation::Maco
    }

    fn check(&self, inputs: &Inputs) -> Vec<Fault> {
        self.faults(inputs)
    }

    fn parameters(&self, _: &Inputs) -> Map<String, Value> {
        parameters::object(&self.pictures())
    }

    fn computing(&self, inputs: &Inputs) -> Map<String, Value> {
        let mut computing = self.parameters(inputs);
        computing.shift_remove("filters");
        computing.shift_remove("objectives");
        let layer = chosen::layer_key(inputs, self.layer.as_ref());
        computing.insert("layer".to_owned(), layer);
        computing.insert("size".to_owned(), json!(self.picture_size(inputs)));
        computing.insert("seed".to_owned(), json!(inputs.seed));
        if self.parameterisation() == Parameterisation::Maco {
            let photos = parts::in_order(inputs).into_iter();
            let photos = photos.map(|photo| json!([photo.digest, photo.tensor_name]));
            computing.insert("photos".to_owned(), photos.collect());
        }
        computing
    }

    fn units(&self, inputs: &Inputs) -> Vec<Unit> {
        let filters = self.filters.iter().map(|filter| Unit {
            name: format!("filter {filter}"),
            photo: None,
            part: Part::Filter(*filter),
        });
        let objectives = self.objectives.iter().enumerate();
        let objectives = objectives.map(|(place, named)| Unit {
            name: format!("objective {}", named.in_yaml()),
            photo: None,
            part: Part::Objective {
                place,
                key: match self.raised(inputs, place) {
                    Ok(raised) => raised.key(),
                    Err(_) => Value::Null, // `check` said why
                },
            },
        });
        filters.chain(objectives).collect()
    }

    /// Objectives run one by one: the picture of one never depends on which others run beside it.
    fn run(&self, passes: &Passes, units: &[Unit], sink: &mut Sink) -> Result<(), ExplainError> {
        let mode = self.pictures().mode;
        let steps = mode.adam().steps;
        for (index, unit) in units.iter().enumerate() {
            let (raised, stream) = self.of_unit(passes, unit)?;
            let step = |step: usize| sink.advanced(index * steps + step, units.len() * steps);
            let found = self.optimise(passes, (&raised, &stream), (&mode, &step))?;
            sink.found(index, Results::Optimised(found))?;
        }
        Ok(())
    }
}

impl Filters {
    /// The objective in this place of the list.
    fn raised<'a>(&self, inputs: &Inputs<'a>, place: usize) -> Result<Raised<'a>, Vec<Fault>> {
        let pointer = format!("/objectives/{place}");
        let layer = self.layer.as_ref();
        resolve::resolve(&self.objectives[place], inputs, layer, &pointer)
    }

    /// What a unit raises, and the name of its stream of random numbers, which does not depend on how the spec names it.
    fn of_unit<'a>(
        &self,
        passes: &Passes<'a>,
        unit: &Unit,
    ) -> Result<(Raised<'a>, String), ExplainError> {
        match &unit.part {
            Part::Filter(filter) => {
                let layer = chosen::map_layer(&passes.inputs, self.layer.as_ref());
                let layer = layer.map_err(chosen::refused)?;
                let filter = *filter;
                let raised = Raised::one(Number::Filter { layer, filter });
                Ok((raised, format!("filter {filter}")))
            }
            Part::Objective { place, key } => {
                let raised = self.raised(&passes.inputs, *place);
                let first = |faults: Vec<Fault>| faults.into_iter().next().map(chosen::refused);
                let raised = raised.map_err(|faults| {
                    let said = first(faults);
                    said.unwrap_or_else(|| ExplainError::Failed("it cannot be raised".to_owned()))
                })?;
                Ok((raised, format!("objective {key}")))
            }
            _ => {
                let message = "the unit names no objective".to_owned();
                Err(ExplainError::Failed(message))
            }
        }
    }

    fn variants(&self) -> usize {
        self.variants.unwrap_or(1)
    }

    fn picture_size(&self, inputs: &Inputs) -> (usize, usize) {
        let (height, width) = inputs.preprocessing.resize.output_px();
        match (self.size, self.parameterisation()) {
            (Some(side), _) => (side, side),
            // The network sees parts of it.
            (None, Parameterisation::Maco) => (2 * height, 2 * width),
            (None, Parameterisation::Pixels | Parameterisation::Fourier) => (height, width),
        }
    }
}
