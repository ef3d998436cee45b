//! The files of architectures: two lines of JSON, packed with gzip. The first says which weights fit, the
//! second is the graph.

use std::collections::BTreeMap;
use std::io::{BufRead, Read};

use serde::Deserialize;
use tch::Tensor;

use super::fault::Fault;

/// How photos became the input on which the published weights were trained.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct TrainedInput {
    /// Height and width, in px.
    pub size: [usize; 2],
    /// What the shorter side of the photo is brought to before its middle is cut out, in px.
    pub shorter: usize,
    /// Of each channel, of pixels in 0..1.
    pub mean: Vec<f64>,
    pub std: Vec<f64>,
    /// `bilinear` or `bicubic`.
    pub interpolation: String,
}

/// The first line of an architecture's file.
#[derive(Deserialize)]
pub struct Index {
    pub torch_version: Option<String>,
    pub input: Option<TrainedInput>,
    /// Shapes by state-dict name.
    pub weights: BTreeMap<String, Vec<i64>>,
    /// The weights whose first size is the number of classes.
    #[serde(default)]
    pub head: Vec<String>,
    #[serde(default)]
    pub unused: Vec<String>,
    #[serde(default)]
    pub renamed: Vec<(String, String)>,
    #[serde(default)]
    pub constants: BTreeMap<String, Constant>,
}

#[derive(Deserialize)]
pub struct Constant {
    sizes: Vec<i64>,
    floats: Option<Vec<f32>>,
    ints: Option<Vec<i64>>,
}

impl Constant {
    pub fn tensor(&self) -> Result<Tensor, Fault> {
        let tensor = match (&self.floats, &self.ints) {
            (Some(floats), None) => Tensor::f_from_slice(floats),
            (None, Some(ints)) => Tensor::f_from_slice(ints),
            _ => return Err(Fault::damaged("it holds no numbers of one kind")),
        };
        let shaped = tensor.and_then(|tensor| tensor.f_reshape(&self.sizes));
        shaped.map_err(|error| Fault::damaged(crate::model::libtorch::first_line(&error)))
    }
}

/// What weights fit, and the reader of what follows.
pub fn first_line(bytes: &[u8]) -> Result<(Index, impl Read + use<'_>), Fault> {
    const LIMIT_BYTES: u64 = 64 << 20; // a graph of ours is below 2 MB
    let unpacking = flate2::read::GzDecoder::new(bytes).take(LIMIT_BYTES);
    let mut lines = std::io::BufReader::new(unpacking);
    let mut line = Vec::new();
    lines.read_until(b'\n', &mut line).map_err(unpacked)?;
    let index = serde_json::from_slice(&line)
        .map_err(|error| Fault::damaged(format!("its first line is not valid ({error})")))?;
    Ok((index, lines))
}

pub fn unpacked(error: std::io::Error) -> Fault {
    Fault::damaged(format!("it cannot be unpacked ({error})"))
}
