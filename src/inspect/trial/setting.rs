//! The ways of preparing photos that are tried.

use crate::model::Model;
use crate::picture::{Channels, Filter, PRESETS, Preprocessing, Resize};

/// A way of preparing photos.
pub struct Setting {
    /// Of the preset, or of the report.
    pub name: String,
    pub preprocessing: Preprocessing,
}

/// Every preset that fits the network's channels, in the frame of `own` where there is one, and `own`
/// itself, where it is none of them.
pub fn settings(model: &Model, own: Option<(&str, &Preprocessing)>) -> Vec<Setting> {
    let [channels, height, width] = model.input_shape().map(|size| size as usize);
    let mut settings: Vec<Setting> = PRESETS
        .iter()
        .filter_map(|preset| {
            let channels = match channels {
                1 => Channels::Grey,
                3 => preset.channels,
                _ => return None,
            };
            let mut preprocessing = preset.preprocessing(channels, (height, width))?;
            if let Some((_, own)) = own {
                (preprocessing.resize, preprocessing.filter) = (own.resize, own.filter);
            }
            Some(Setting {
                name: preset.name.to_owned(),
                preprocessing,
            })
        })
        .collect();
    if let Some((name, own)) = own
        && settings.iter().all(|setting| setting.preprocessing != *own)
    {
        settings.push(Setting {
            name: name.to_owned(),
            preprocessing: own.clone(),
        });
    }
    settings
}

impl Setting {
    /// Whether both cut the same pixels out of a photo; a margin has a colour of its own.
    pub fn has_frame_of(&self, other: &Self) -> bool {
        let (a, b) = (&self.preprocessing, &other.preprocessing);
        let pads = matches!(a.resize, Resize::Pad { .. });
        !pads && (a.resize, a.filter) == (b.resize, b.filter)
    }

    /// `model: input:` of a preset; empty for a setting that is none.
    pub fn input_lines(&self) -> String {
        let preprocessing = &self.preprocessing;
        let Some(preset) = PRESETS.iter().find(|preset| preset.name == self.name) else {
            return String::new();
        };
        let (height, width) = preprocessing.resize.output_px();
        let mut lines = vec![
            "  input:".to_owned(),
            format!("    preset: {}", preset.name),
            format!("    size: [{height}, {width}]"),
        ];
        match preprocessing.resize {
            Resize::ShorterThenCrop { shorter, .. } => {
                lines.push(format!("    shorter: {shorter}"))
            }
            Resize::Stretch { .. } => lines.push("    resize: stretch".to_owned()),
            Resize::Pad { .. } => lines.push("    resize: pad".to_owned()),
        }
        let interpolation = match preprocessing.filter {
            Filter::Bilinear => None,
            Filter::Bicubic => Some("bicubic"),
            Filter::Lanczos => Some("lanczos"),
            Filter::Nearest => Some("nearest"),
            Filter::Box => Some("box"),
        };
        lines.extend(interpolation.map(|name| format!("    interpolation: {name}")));
        if preprocessing.channels != preset.channels {
            lines.push(format!("    channels: {}", preprocessing.channels.name()));
        }
        lines.join("\n") + "\n"
    }
}
