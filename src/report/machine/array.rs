//! Arrays in files beside `report.json`.

use schemars::JsonSchema;
use serde::Serialize;

/// An array in a file beside `report.json`: numpy's `.npy`, row-major, little-endian.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Array {
    /// Path relative to the folder of `report.json`.
    pub file: String,
    pub shape: Vec<usize>,
    pub dtype: Dtype,
    /// The smallest finite number.
    pub smallest: Option<f64>,
    /// The largest finite number.
    pub largest: Option<f64>,
}

/// numpy's name of the kind of number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Dtype {
    Float32,
    Float64,
    Uint32,
}
