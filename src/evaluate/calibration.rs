//! Is the network right as often as it says?
//!
//! The confidence of a photo is the probability p of the group that it was predicted as, see [`outcomes`]. Photos are
//! put into M bins by it; of a bin b with n_b of N photos, conf(b) is the mean confidence and acc(b) the share that is
//! right. The expected calibration error is
//!
//!   ECE = Σ_b n_b / N · |acc(b) − conf(b)|   (Guo et al. 2017, equation 3),
//!
//! the maximum calibration error the largest |acc(b) − conf(b)|, and the Brier score here that of the event "the
//! prediction is right": the mean of (p − 1\[right\])². Bins as scikit-learn's `calibration_curve`: equally wide on
//! 0..1 or equally full, each with its upper end and without its lower one.
//!
//! **Output** the outcomes of [`confusion_matrix`](super::confusion_matrix), which cost no further pass; bins are made
//! where they are shown. **Errors** as there.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{labelled, outcomes};
use crate::explain::{Entry, Method, Photos, Viewing};
use crate::results::Kind;

pub const ENTRY: Entry = Entry {
    name: "calibration",
    version: 1,
    kind: Kind::Calibration,
    view: Viewing::PLAIN,
    photos: Photos::None,
    schema: labelled::schema::<Calibration>,
    parse,
    smallest: |_| Value::Object(Map::new()),
    citations: &[
        "Guo, C., Pleiss, G., Sun, Y., Weinberger, K. Q.: On Calibration of Modern Neural Networks. ICML 2017",
        "Niculescu-Mizil, A., Caruana, R.: Predicting Good Probabilities with Supervised Learning. ICML 2005",
    ],
};

/// How often the network is right against how sure it says it is, on labelled photos.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Calibration {}

fn parse(keys: Value) -> Result<Box<dyn Method>, serde_json::Error> {
    let (labelled, Calibration {}) = labelled::split(keys)?;
    Ok(Box::new(outcomes::OfOutcomes {
        labelled,
        because: "a calibration curve takes one prediction for each photo",
    }))
}
