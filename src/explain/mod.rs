//! The explanation methods: one file each, one row each in `METHODS`. What they find is plain data; how it is
//! shown is not their business.

pub mod ablation_cam;
pub mod activation_maps;
pub mod attention;
pub mod attention_maps;
pub mod attention_rollout;
pub mod attn_lrp;
pub mod baseline;
pub mod behind;
pub mod blur_ig;
pub mod cam;
pub mod checks;
pub mod chosen;
pub mod class_activation;
pub mod class_gradients;
pub mod class_maps;
pub mod compare;
pub mod cut;
pub mod deconvnet;
pub mod deep_dream;
pub mod deep_lift;
pub mod early;
pub mod eigen_cam;
mod error;
pub mod expected_gradients;
pub mod factorisation;
pub mod feature_ablation;
pub mod feature_inversion;
pub mod filters;
pub mod finer_cam;
pub mod generic_attention;
pub mod grad_cam;
pub mod grad_cam_plus_plus;
pub mod gradient_rollout;
pub mod guided_backprop;
pub mod guided_grad_cam;
mod hidden;
pub mod hires_cam;
pub mod input_x_gradient;
mod inputs;
pub mod integrated_gradients;
pub mod kernel_shap;
pub mod layer_cam;
pub mod legrad;
pub mod lime;
pub mod lrp;
pub mod moments;
pub mod names;
pub mod nmf;
pub mod noisy_gradients;
pub mod numbers;
pub mod occlusion;
pub mod of_class;
pub mod optimise;
pub mod output;
pub mod parameters;
mod passes;
pub mod per_photo;
mod photo;
pub mod photos;
pub mod predictions;
pub mod quadrature;
mod recordings;
pub mod relu_rule;
pub mod rise;
pub mod saliency;
pub mod sampled_mean;
pub mod score_cam;
pub mod seed;
pub mod segment_game;
pub mod shapley;
pub mod shapley_cam;
pub mod smooth_grad;
pub mod target;
pub mod target_name;
mod unit;
pub mod var_grad;
pub mod xgrad_cam;

use serde_json::{Map, Value};

use crate::results::{Kind, Results};
pub use error::ExplainError;
pub use inputs::Inputs;
pub use passes::{Known, Passes, Scores, Sink};
pub use photo::Photo;
pub use unit::{Part, Unit};

/// Every method, in the order in which documentation lists them.
pub const METHODS: &[Entry] = &[
    photos::ENTRY,
    predictions::ENTRY,
    saliency::ENTRY,
    input_x_gradient::ENTRY,
    smooth_grad::ENTRY,
    var_grad::ENTRY,
    integrated_gradients::ENTRY,
    expected_gradients::ENTRY,
    blur_ig::ENTRY,
    deep_lift::ENTRY,
    lrp::ENTRY,
    guided_backprop::ENTRY,
    deconvnet::ENTRY,
    cam::ENTRY,
    grad_cam::ENTRY,
    grad_cam_plus_plus::ENTRY,
    hires_cam::ENTRY,
    xgrad_cam::ENTRY,
    layer_cam::ENTRY,
    score_cam::ENTRY,
    ablation_cam::ENTRY,
    shapley_cam::ENTRY,
    finer_cam::ENTRY,
    eigen_cam::ENTRY,
    guided_grad_cam::ENTRY,
    attention_rollout::ENTRY,
    gradient_rollout::ENTRY,
    generic_attention::ENTRY,
    legrad::ENTRY,
    attn_lrp::ENTRY,
    occlusion::ENTRY,
    feature_ablation::ENTRY,
    rise::ENTRY,
    lime::ENTRY,
    kernel_shap::ENTRY,
    shapley::ENTRY,
    compare::ENTRY,
    activation_maps::ENTRY,
    attention_maps::ENTRY,
    factorisation::ENTRY,
    filters::ENTRY,
    feature_inversion::ENTRY,
    deep_dream::ENTRY,
];

/// A row of the table of methods. Everything else (spec keys, docs, section of the report) follows from it.
pub struct Entry {
    /// YAML key, also the name of `templates/methods/<name>.yaml`.
    pub name: &'static str,
    /// Raised when the numbers change that the method finds: stored results of an earlier version are not used.
    pub version: u32,
    /// What it gives, and so how it is shown.
    pub kind: Kind,
    pub view: Viewing,
    /// How many photos of the spec it takes.
    pub photos: Photos,
    /// JSON Schema of its parameters, from their serde struct.
    pub schema: fn() -> schemars::Schema,
    /// Its parameters from checked JSON.
    pub parse: fn(Value) -> Result<Box<dyn Method>, serde_json::Error>,
    /// What the method has no default for, for a network that is merely to be tried.
    pub smallest: fn(&crate::model::ModelFacts) -> Value,
    /// Author, title, venue and year of the papers it implements.
    pub citations: &'static [&'static str],
}

/// How a method's results are shown where the spec does not say it.
pub struct Viewing {
    /// Keys of the view whose defaults are not those of the kind of result.
    pub defaults: fn() -> Value,
    /// Keys of the view that mean nothing for this method.
    pub without: &'static [&'static str],
}

impl Viewing {
    /// As every result of the kind.
    pub const PLAIN: Self = Self {
        defaults: || Value::Null,
        without: &[],
    };
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Photos {
    /// Takes no `images:` key.
    None,
    /// All images of the spec, or those that `images:` lists.
    Any,
    /// Exactly one.
    One,
    /// As [`Photos::Any`], and none where the report has none: no result is of one of them.
    Optional,
}

/// What a method looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// Nothing of the network.
    Nothing,
    /// Scores without gradients, computed in the report's precision.
    Scores,
    /// Scores and their gradient with respect to the photo: any network has them.
    Gradients,
    /// Outputs of layers, which a network that runs as a whole does not show.
    Layers,
}

/// A method with its parameters: those that change numbers. How a result is shown is in its view.
pub trait Method {
    /// A figure whose method needs more than the network shows is left out, with a notice in its place.
    fn needs(&self) -> Needs;

    /// Whether it reads the photos of its figure: where it does not, [`Photos::Optional`] gives it none.
    fn reads_photos(&self) -> bool {
        true
    }

    /// Every fault that can be found without running the network.
    fn check(&self, inputs: &Inputs) -> Vec<Fault>;

    /// What is not wrong and still should be known, of a method that was checked.
    fn warnings(&self) -> Vec<Fault> {
        Vec::new()
    }

    /// Those of the faults that are the network's: a network that is merely tried has no user's files.
    fn network_faults(&self, inputs: &Inputs) -> Vec<Fault> {
        self.check(inputs)
    }

    /// Every parameter as it is used, defaults filled in, in the order of the documentation.
    fn parameters(&self, inputs: &Inputs) -> Map<String, Value>;

    /// What of the parameters decides the numbers of every unit: names resolved, the seed where it draws, and
    /// nothing that the units say themselves. Part of the key under which results are stored.
    fn computing(&self, inputs: &Inputs) -> Map<String, Value>;

    /// The units of work: the grain in which results are stored. Each gives the same numbers whichever others
    /// run beside it. Only asked where `check` found nothing.
    fn units(&self, inputs: &Inputs) -> Vec<Unit>;

    /// Under what the result of a unit is stored where other methods find the same: what one of them has run is not
    /// run again for the next one.
    fn shared(&self, _: &Inputs, _: &Unit) -> Option<Shared> {
        None
    }

    /// Units that only the results of `units` can name. They run when all of those are there.
    fn further_units(&self, _: &Inputs, _units: &[Unit], _found: &[&Results]) -> Vec<Unit> {
        Vec::new()
    }

    /// Whether `further_units` ever names one.
    fn may_name_further_units(&self) -> bool {
        false
    }

    /// Runs some of the units and hands each result to the sink when it is there.
    fn run(&self, passes: &Passes, units: &[Unit], sink: &mut Sink) -> Result<(), ExplainError>;

    /// What only the results of all units together can tell to be wrong, whether they were run or stored.
    fn accept(&self, _: &[&Results]) -> Result<(), ExplainError> {
        Ok(())
    }

    /// What a method of a labelled data set knows of it.
    fn data(&self) -> Option<&dyn DataSet> {
        None
    }
}

/// What takes the place of the method in the key of a result that several methods find.
pub struct Shared {
    pub name: &'static str,
    pub version: u32,
    pub needs: Needs,
    pub computing: Map<String, Value>,
}

/// A labelled data set, as far as a report shows it.
pub trait DataSet {
    /// Names of the groups, without `other`, which has the number behind the last.
    fn groups(&self) -> &[String];
    /// Number of the model's classes in each group, `other` last.
    fn classes_in(&self) -> Vec<usize>;
    /// Group of each photo.
    fn truths(&self) -> Vec<usize>;
    /// Path of each photo.
    fn paths(&self) -> Vec<&std::path::Path>;
    /// Groups of all labels of each photo, rising; one, where a photo has one label.
    fn labels(&self) -> Vec<Vec<usize>>;
    /// How many photos are arrays.
    fn arrays(&self) -> usize;
    /// Files that are neither photos nor arrays.
    fn skipped(&self) -> usize;
    /// Of these the pictures of formats that are not read: extension and how many.
    fn unread_formats(&self) -> Vec<(String, usize)>;
    /// Of each file that could not be read when the data set was looked through the reason, which names it.
    fn unreadable(&self) -> Vec<String>;
    /// The class of each sub-folder's number where names were sorted as text, if that differs; else empty.
    fn classes_in_text_order(&self) -> &[usize];
}

/// A wrong parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where below the method's mapping, as a JSON pointer: `/layer`, `/filters/2`.
    pub pointer: String,
    pub message: String,
    /// How to correct it.
    pub hint: String,
}
