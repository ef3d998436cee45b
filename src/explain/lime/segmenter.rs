//! Which superpixels a photo is cut into.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::explain::{Fault, Inputs};
use crate::picture::Picture;
use crate::picture::segment::{self, Segmentation};

/// From this shorter side on, in px, LIME's own quickshift makes enough segments (about 20 at 160 px,
/// 4 at 64 px); below, SLIC, whose number of segments does not depend on the size.
const QUICKSHIFT_FROM_PX: usize = 160;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Segmenter {
    /// Quickshift for photos of 160 px or more on the shorter side, SLIC for smaller ones.
    Auto,
    /// Quickshift: segments follow the colours; small pictures get few.
    Quickshift,
    /// SLIC: compact segments, about as many as asked for at every size.
    Slic,
}

impl Segmenter {
    /// `Auto` decided for this photo.
    pub fn resolved(self, photo: &Picture) -> Self {
        self.resolved_for((photo.height, photo.width))
    }

    /// `Auto` decided for photos of this height and width, in px.
    pub fn resolved_for(self, (height, width): (usize, usize)) -> Self {
        match self {
            Self::Auto if width.min(height) >= QUICKSHIFT_FROM_PX => Self::Quickshift,
            Self::Auto | Self::Slic => Self::Slic,
            Self::Quickshift => Self::Quickshift,
        }
    }
}

/// Settings of quickshift.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Quickshift {
    /// Standard deviation of the density's kernel; larger means fewer segments. px, default 4.
    #[schemars(range(min = 1.0, max = 100.0))]
    pub kernel_size: f64,
    /// Longest link between pixels of a segment; larger means fewer segments. px and colour alike, default 200.
    #[schemars(range(min = 0.0))]
    pub max_dist: f64,
    /// Weight of colour against place. 0 to 1, default 0.2.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub ratio: f64,
}

impl Default for Quickshift {
    fn default() -> Self {
        let segment::Quickshift {
            kernel_size,
            max_dist,
            ratio,
            ..
        } = segment::Quickshift::LIME;
        Self {
            kernel_size,
            max_dist,
            ratio,
        }
    }
}

/// Settings of SLIC.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Slic {
    /// About how many segments to make; 25 to 50 come of 50. Default 50.
    #[schemars(range(min = 2, max = 1000))]
    pub n_segments: usize,
    /// Weight of place against colour; larger means squarer segments. Above 0, default 10.
    #[schemars(range(min = 0.001, max = 1000.0))]
    pub compactness: f64,
    /// Standard deviation of the smoothing before. px, 0 for none, default 0.
    #[schemars(range(min = 0.0, max = 100.0))]
    pub sigma: f64,
}

impl Default for Slic {
    fn default() -> Self {
        Self {
            n_segments: 50,
            compactness: 10.0,
            sigma: 0.0,
        }
    }
}

/// The segmenter with its settings.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Segmenting {
    pub segmenter: Segmenter,
    pub quickshift: Quickshift,
    pub slic: Slic,
}

impl Segmenting {
    /// A method's parameters with the segmenter resolved for the photos' size, without the settings of the other one.
    pub fn used(&self, mut parameters: Map<String, Value>, inputs: &Inputs) -> Map<String, Value> {
        let size = inputs.preprocessing.resize.output_px();
        let segmenter = self.segmenter.resolved_for(size);
        parameters.shift_remove(match segmenter {
            Segmenter::Quickshift => "slic",
            Segmenter::Slic | Segmenter::Auto => "quickshift",
        });
        parameters.insert("segmenter".to_owned(), json!(segmenter));
        parameters
    }

    /// Settings that cannot be used, of either segmenter.
    pub fn faults(&self) -> Vec<Fault> {
        let fault = |key: &str, message: String| Fault {
            pointer: format!("/{key}"),
            message,
            hint: String::new(),
        };
        let quickshift = self
            .quickshift()
            .fault()
            .map(|message| fault("quickshift", message));
        let slic = self.slic().fault().map(|message| fault("slic", message));
        quickshift.into_iter().chain(slic).collect()
    }

    /// Segments 0..count without gaps.
    pub fn segment(&self, photo: &Picture) -> Segmentation {
        match self.segmenter.resolved(photo) {
            Segmenter::Quickshift => self.quickshift().segment(photo),
            Segmenter::Auto | Segmenter::Slic => self.slic().segment(photo),
        }
    }

    fn quickshift(&self) -> segment::Quickshift {
        let Quickshift {
            kernel_size,
            max_dist,
            ratio,
        } = self.quickshift;
        segment::Quickshift {
            kernel_size,
            max_dist,
            ratio,
            ..segment::Quickshift::LIME
        }
    }

    fn slic(&self) -> segment::Slic {
        let Slic {
            n_segments,
            compactness,
            sigma,
        } = self.slic;
        segment::Slic {
            n_segments,
            compactness,
            sigma,
            ..segment::Slic::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn auto_goes_by_the_shorter_side() {
        let resolved =
            |width, height| Segmenter::Auto.resolved(&Picture::filled(width, height, [0, 0, 0]));
        assert_eq!(resolved(160, 300), Segmenter::Quickshift);
        assert_eq!(resolved(300, 159), Segmenter::Slic);
        let small = Picture::filled(8, 8, [0, 0, 0]);
        assert_eq!(
            Segmenter::Quickshift.resolved(&small),
            Segmenter::Quickshift
        );
    }

    #[test]
    fn defaults_of_auto_are_the_packages_own() {
        let Quickshift {
            kernel_size,
            max_dist,
            ratio,
        } = Quickshift::default();
        assert_eq!((kernel_size, max_dist, ratio), (4.0, 200.0, 0.2));
    }
}
