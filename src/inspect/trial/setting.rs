//! The ways of preparing photos that are tried.

use crate::model::Model;
use crate::picture::{Channels, Filter, PRESETS, Preprocessing, Preset, Resize};

/// A way of preparing photos.
#[derive(Clone)]
pub struct Setting {
    /// Of the preset and of what differs from it, or of the report.
    pub name: String,
    /// Where `model: input:` begins; `None` for a report's own setting.
    pub preset: Option<&'static Preset>,
    pub preprocessing: Preprocessing,
}

/// Ways of resampling that are tried with the best numbers, the likelier ones first.
const FILTERS: [Filter; 4] = [
    Filter::Bilinear,
    Filter::Bicubic,
    Filter::BilinearAliased,
    Filter::Nearest,
];

/// Every preset that fits the network's channels, in both orders of colour and in grey, and levels as they are (0 to 255);
/// in the frame of `own` where there is one; and `own` itself, where it is none of them.
pub fn settings(model: &Model, own: Option<(&str, &Preprocessing)>) -> Vec<Setting> {
    let [channels, height, width] = model.input_shape().map(|size| size as usize);
    let mut settings = Vec::new();
    for preset in PRESETS {
        let orders: &[Channels] = match (channels, preset.channels) {
            (1, _) => &[Channels::Grey],
            (3, Channels::Bgr) => &[Channels::Bgr, Channels::Rgb, Channels::Grey3],
            (3, _) => &[Channels::Rgb, Channels::Bgr, Channels::Grey3],
            _ => &[],
        };
        for (index, channels) in orders.iter().enumerate() {
            let Some(mut preprocessing) = preset.preprocessing(*channels, (height, width)) else {
                continue;
            };
            if let Some((_, own)) = own {
                (preprocessing.resize, preprocessing.filter) = (own.resize, own.filter);
            }
            let name = match index {
                0 => preset.name.to_owned(),
                _ => format!("{}, {}", preset.name, channels.name()),
            };
            if preset.name == "unit" {
                settings.push(Setting {
                    name: format!("{name}, 0 to 255"),
                    preset: Some(preset),
                    preprocessing: Preprocessing {
                        scale: 1.0,
                        ..preprocessing.clone()
                    },
                });
            }
            settings.push(Setting {
                name,
                preset: Some(preset),
                preprocessing,
            });
        }
    }
    if let Some((name, own)) = own
        && settings.iter().all(|setting| setting.preprocessing != *own)
    {
        settings.push(Setting {
            name: name.to_owned(),
            preset: None,
            preprocessing: own.clone(),
        });
    }
    settings
}

impl Setting {
    /// The same numbers with every other way of resampling.
    pub fn resampled(&self) -> Vec<Self> {
        let others = FILTERS
            .iter()
            .filter(|filter| **filter != self.preprocessing.filter);
        let resampled = |filter: &Filter| Self {
            name: format!("{}, {}", self.name, name_of(*filter)),
            preset: self.preset,
            preprocessing: Preprocessing {
                filter: *filter,
                ..self.preprocessing.clone()
            },
        };
        others.map(resampled).collect()
    }

    /// Whether both cut the same pixels out of a photo; a margin has a colour of its own.
    pub fn has_frame_of(&self, other: &Self) -> bool {
        let (a, b) = (&self.preprocessing, &other.preprocessing);
        let pads = matches!(a.resize, Resize::Pad { .. });
        !pads && (a.resize, a.filter) == (b.resize, b.filter)
    }

    /// `model: input:` of a preset; empty for a setting that is none.
    pub fn input_lines(&self) -> String {
        let preprocessing = &self.preprocessing;
        let Some(preset) = self.preset else {
            return String::new();
        };
        let (height, width) = preprocessing.resize.output_px();
        let mut lines = vec![
            "  input:".to_owned(),
            format!("    preset: {}", preset.name),
            format!("    size: [{height}, {width}]"),
        ];
        if preprocessing.scale != preset.scale {
            lines.push(format!("    scale: {}", preprocessing.scale));
        }
        match preprocessing.resize {
            Resize::ShorterThenCrop { shorter, .. } => {
                lines.push(format!("    shorter: {shorter}"))
            }
            Resize::Stretch { .. } => lines.push("    resize: stretch".to_owned()),
            Resize::Pad { .. } => lines.push("    resize: pad".to_owned()),
        }
        if preprocessing.filter != Filter::Bilinear {
            let name = name_of(preprocessing.filter);
            lines.push(format!("    interpolation: {name}"));
        }
        if preprocessing.channels != preset.channels {
            lines.push(format!("    channels: {}", preprocessing.channels.name()));
        }
        lines.join("\n") + "\n"
    }
}

/// As report.yaml calls it.
fn name_of(filter: Filter) -> &'static str {
    match filter {
        Filter::Bilinear => "bilinear",
        Filter::BilinearAliased => "bilinear_aliased",
        Filter::Bicubic => "bicubic",
        Filter::Lanczos => "lanczos",
        Filter::Nearest => "nearest",
        Filter::Box => "box",
    }
}
