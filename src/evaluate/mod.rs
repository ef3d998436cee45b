//! How good is the classifier? Labelled photos in, counts and rates out.

pub mod activation_histogram;
pub mod calibration;
pub mod concepts;
pub mod confusion_matrix;
pub mod data_faults;
pub mod data_set;
pub mod groups;
pub mod label_rates;
pub mod labelled;
pub mod lists;
pub mod mistakes;
mod outcomes;
mod photo_facts;
mod responses;
pub mod robustness;
mod sobol;
pub mod top_patches;

use crate::explain::Entry;

/// Every evaluation, in the order in which documentation lists them.
pub const METHODS: &[Entry] = &[
    confusion_matrix::ENTRY,
    calibration::ENTRY,
    label_rates::ENTRY,
    mistakes::ENTRY,
    top_patches::ENTRY,
    activation_histogram::ENTRY,
    concepts::ENTRY,
    data_faults::ENTRY,
    robustness::ENTRY,
];
