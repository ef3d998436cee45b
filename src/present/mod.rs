//! From what was found to what is shown: one presenter for each kind of result. A method adds its captions
//! and its two paragraphs in `templates/methods/<method>.yaml`, nothing else. Knows no tensor.

mod attributions;
pub mod calibration;
mod captions;
mod cascade;
pub mod comparison;
mod concepts;
pub mod data_faults;
mod evidence;
pub mod exhibit;
pub mod factors;
mod fidelity;
pub mod labels;
mod mistakes;
mod optimised;
mod outcomes;
mod patches;
mod photos;
mod places;
mod predictions;
pub mod robustness;
mod spread;
pub mod statistics;
mod superpixels;
mod targets;
pub mod values;
pub mod view;

use serde_json::{Map, Value};

use crate::results::{Changes, Check, Fidelity, Kind, Picture, Results};
use crate::words::{Message, Strings};
use exhibit::Exhibit;
pub use view::View;

/// A figure of the spec with what was found for it.
#[derive(Clone, Copy)]
pub struct Task<'a> {
    /// YAML name of the method.
    pub method: &'a str,
    pub view: &'a View,
    /// Every parameter as used, defaults filled in, those of the view behind the method's own.
    pub parameters: &'a Map<String, Value>,
    pub strings: &'a Strings,
    /// How probabilities are made of scores: `softmax`, `sigmoid` or `sigmoid_of_one`; texts have variants of it.
    pub activation: &'a str,
    /// Name of each class.
    pub classes: &'a [String],
    /// The photos of the figure, in its order.
    pub photos: &'a [Photo<'a>],
    /// The labelled photos of a method that has some.
    pub data: Option<&'a Data<'a>>,
    /// In the order of the units.
    pub found: &'a [Found<'a>],
    /// What judges them.
    pub checked: &'a [Checked<'a>],
}

/// A photo as the network sees it.
#[derive(Clone, Copy)]
pub struct Photo<'a> {
    /// `id` of the spec.
    pub id: &'a str,
    /// As figures show it.
    pub name: &'a str,
    pub picture: &'a Picture,
    /// Whether an array was given in the photo's place.
    pub is_array: bool,
    /// What decoding changed.
    pub changes: Changes,
}

/// What one unit of work found.
#[derive(Clone, Copy)]
pub struct Found<'a> {
    /// Index in the photos of the figure.
    pub photo: Option<usize>,
    pub results: &'a Results,
}

/// What a check found of a map.
#[derive(Clone, Copy)]
pub struct Checked<'a> {
    /// Index in the photos of the figure.
    pub photo: Option<usize>,
    pub check: Check,
    /// Or why it could not be computed.
    pub found: Result<&'a Fidelity, &'a str>,
}

/// A labelled data set, as far as figures show it.
pub struct Data<'a> {
    /// Names of the groups, without `other`, which has the number behind the last.
    pub groups: &'a [String],
    /// Number of the model's classes in each group, `other` last.
    pub classes_in: Vec<usize>,
    /// Group of each photo.
    pub truths: Vec<usize>,
    /// Groups of all labels of each photo, rising; one, where a photo has one label.
    pub labels: Vec<Vec<usize>>,
    /// Path of each photo, as messages name it.
    pub paths: Vec<String>,
    /// How many photos are arrays.
    pub arrays: usize,
    /// Files that are neither photos nor arrays.
    pub skipped: usize,
    /// Of these the pictures of formats that are not read: extension and how many.
    pub unread_formats: Vec<(String, usize)>,
    /// Of each photo that could not be read when the data set was looked through the reason, which names it.
    pub unreadable: Vec<String>,
    /// The class of each sub-folder's number where names were sorted as text, if that differs; else empty.
    pub classes_in_text_order: &'a [usize],
    /// A photo as the network sees it; `None` where it cannot be read any more.
    pub open: &'a (dyn Fn(usize) -> Option<Picture> + Sync),
}

/// A figure of the spec, ready to be drawn.
#[derive(Debug, Clone, Default)]
pub struct Presented {
    /// Each becomes one numbered figure or table, in this order.
    pub exhibits: Vec<Exhibit>,
    /// What the reader must know: a dead filter, a clipped range, a class left out.
    pub notices: Vec<Message>,
}

/// Exhibits and notices of a figure whose units have all been run.
pub fn present(task: &Task) -> Presented {
    let mut presented = of_kind(task);
    presented.exhibits.extend(fidelity::table(task));
    presented.exhibits.extend(cascade::table(task));
    presented.notices.extend(fidelity::notices(task));
    presented
}

fn of_kind(task: &Task) -> Presented {
    match task.view {
        View::Photos => photos::present(task),
        View::Attributions(view) => attributions::present(task, view),
        View::Superpixels(view) => superpixels::present(task, view),
        View::Predictions(view) => predictions::present(task, view),
        View::Optimised => optimised::present(task),
        View::Outcomes(view) => outcomes::present(task, view),
        View::Calibration(view) => calibration::present(task, view),
        View::Mistakes => mistakes::present(task),
        View::Patches => patches::present(task),
        View::Spread => spread::present(task),
        View::DataFaults(view) => data_faults::present(task, view),
        View::Robustness => robustness::present(task),
        View::Labels(view) => labels::present(task, view),
        View::Factors(view) => factors::present(task, view),
        View::Concepts => concepts::present(task),
        View::Comparison(view) => comparison::present(task, view),
    }
}

impl<'a> Task<'a> {
    /// The name of a class; its number where it has none.
    pub fn class(&self, class: usize) -> String {
        let name = self.classes.get(class).cloned();
        name.unwrap_or_else(|| class.to_string())
    }

    /// The photo of a unit; every kind of result that asks has one.
    fn photo(&self, found: &Found) -> Option<&'a Photo<'a>> {
        self.photos.get(found.photo?)
    }
}

impl View {
    pub fn kind(&self) -> Kind {
        match self {
            Self::Photos => Kind::Photos,
            Self::Attributions(_) => Kind::Attributions,
            Self::Superpixels(_) => Kind::Superpixels,
            Self::Predictions(_) => Kind::Predictions,
            Self::Optimised => Kind::Optimised,
            Self::Outcomes(_) => Kind::Outcomes,
            Self::Calibration(_) => Kind::Calibration,
            Self::Mistakes => Kind::Mistakes,
            Self::Patches => Kind::Patches,
            Self::Spread => Kind::Spread,
            Self::DataFaults(_) => Kind::DataFaults,
            Self::Robustness => Kind::Robustness,
            Self::Labels(_) => Kind::Labels,
            Self::Factors(_) => Kind::Factors,
            Self::Concepts => Kind::Concepts,
            Self::Comparison(_) => Kind::Comparison,
        }
    }
}
