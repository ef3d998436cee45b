//! `model: input:` resolved: presets filled in, every fault at its own key.

use super::keep;
use crate::diagnostic::Diagnostic;
use crate::picture::preset::shorter_for;
use crate::picture::{Channels, Filter, InputFault, PRESETS, Preprocessing, Preset, Resize};
use crate::spec::{
    ChannelsSpec, Document, InputSpec, Interpolation, MiddleSpec, PresetName, ResizeSpec,
    WholePhoto,
};

/// The input's size where nothing is said: that of most ImageNet networks.
const SIZE_PX: (usize, usize) = (224, 224);
/// The shorter side where neither `preset` nor `resize` is given, whatever the size.
const SHORTER_PX: usize = 256;

pub fn preprocessing(
    document: &Document,
    input: &InputSpec,
    faults: &mut Vec<Diagnostic>,
) -> Option<Preprocessing> {
    let before = faults.len();
    let channels = channels(input);
    let resize = resize(document, input, faults);
    let scale = scale(document, input, faults);
    let mean = keep(
        colours("mean", &input.mean, channels, input),
        faults,
        |fault| located(document, input, fault),
    );
    let std = keep(
        colours("std", &input.std, channels, input),
        faults,
        |fault| located(document, input, fault),
    );
    let preprocessing = Preprocessing {
        resize,
        filter: filter(input.interpolation),
        channels,
        // What is at fault above is replaced by what certainly is not, so that the rest is checked.
        scale: scale.unwrap_or(1.0),
        mean: mean.unwrap_or_else(|| vec![0.0; channels.count()]),
        std: std.unwrap_or_else(|| vec![1.0; channels.count()]),
    };
    let of_numbers = preprocessing.faults().into_iter();
    faults.extend(of_numbers.map(|fault| located(document, input, fault)));
    (faults.len() == before).then_some(preprocessing)
}

fn preset(input: &InputSpec) -> &'static Preset {
    let named = |name: PresetName| PRESETS.iter().find(|preset| preset.name == name.as_str());
    input.preset.and_then(named).unwrap_or(&PRESETS[0])
}

/// As asked for; else one number of `mean` or `std` means a grey network.
fn channels(input: &InputSpec) -> Channels {
    let is_one = |numbers: &Option<Vec<f32>>| numbers.as_ref().is_some_and(|n| n.len() == 1);
    match input.channels {
        Some(ChannelsSpec::Rgb) => Channels::Rgb,
        Some(ChannelsSpec::Bgr) => Channels::Bgr,
        Some(ChannelsSpec::Grey) => Channels::Grey,
        None if is_one(&input.mean) || is_one(&input.std) => Channels::Grey,
        None => preset(input).channels,
    }
}

fn filter(interpolation: Option<Interpolation>) -> Filter {
    match interpolation {
        None | Some(Interpolation::Bilinear) => Filter::Bilinear,
        Some(Interpolation::Bicubic) => Filter::Bicubic,
        Some(Interpolation::Lanczos) => Filter::Lanczos,
        Some(Interpolation::Nearest) => Filter::Nearest,
        Some(Interpolation::Box) => Filter::Box,
    }
}

fn scale(document: &Document, input: &InputSpec, faults: &mut Vec<Diagnostic>) -> Option<f64> {
    let Some(scale) = &input.scale else {
        return Some(preset(input).scale);
    };
    scale.value().or_else(|| {
        let message = "this is neither a number nor a fraction of two numbers";
        faults.push(document.error("/model/input/scale", message, "such as 1/255"));
        None
    })
}

/// The numbers of `mean` or `std`: those given, else the preset's.
fn colours(
    key: &'static str,
    given: &Option<Vec<f32>>,
    channels: Channels,
    input: &InputSpec,
) -> Result<Vec<f32>, InputFault> {
    let preset = preset(input);
    let default = || match key {
        "mean" => preset.mean(channels),
        _ => preset.std(channels),
    };
    given.clone().or_else(default).ok_or_else(|| InputFault {
        key,
        message: format!(
            "`{key}` is missing: the preset `{}` has none for a grey network",
            preset.name
        ),
        hint: format!("give one number, such as `{key}: [0.5]`, or `preset: unit`"),
    })
}

fn resize(document: &Document, input: &InputSpec, faults: &mut Vec<Diagnostic>) -> Resize {
    let mut fault = |key: &str, message: String, hint: &str| {
        let pointer = format!("/model/input/{key}");
        faults.push(document.key_error(&pointer, message, hint));
    };
    if let (Some(_), Some(_)) = (input.shorter, input.resize) {
        let message = "`shorter` and `resize` say the same thing".to_owned();
        fault(
            "shorter",
            message,
            "leave it out, or write it as `resize: {shorter: …}`",
        );
    }
    let middle = match input.resize {
        Some(ResizeSpec::Middle(middle)) => middle,
        Some(ResizeSpec::Whole(_)) | None => MiddleSpec::default(),
    };
    let crop = middle.crop.map(|crop| crop.height_and_width());
    let size = input.size.map(|size| size.height_and_width());
    if let (Some(crop), Some(size)) = (crop, size)
        && crop != size
    {
        let message = format!(
            "`crop` is {} × {} px and `size` {} × {}",
            crop.0, crop.1, size.0, size.1
        );
        fault(
            "resize/crop",
            message,
            "leave one of them out: they are the same thing",
        );
    }
    let (height, width) = size.or(crop).unwrap_or(SIZE_PX);
    let shorter = match (input.resize, input.shorter) {
        (Some(ResizeSpec::Whole(WholePhoto::Pad)), _) => return Resize::Pad { height, width },
        (Some(ResizeSpec::Whole(WholePhoto::Stretch)), _) | (None, Some(None)) => {
            return Resize::Stretch { height, width };
        }
        (Some(ResizeSpec::Middle(_)), _) => middle.shorter.map(|shorter| shorter.0),
        (None, Some(shorter)) => shorter,
        (None, None) => input.preset.is_none().then_some(SHORTER_PX),
    };
    Resize::ShorterThenCrop {
        shorter: shorter.unwrap_or_else(|| shorter_for((height, width))),
        height,
        width,
    }
}

/// A fault at the key where its number was written, or at the one that brought it in.
fn located(document: &Document, input: &InputSpec, fault: InputFault) -> Diagnostic {
    let in_resize = matches!(input.resize, Some(ResizeSpec::Middle(_)));
    let (given, key) = match fault.key {
        "shorter" if in_resize => (true, "resize/shorter"),
        "shorter" if input.shorter.is_none() => (input.size.is_some(), "size"),
        "shorter" => (true, "shorter"),
        "size" if input.size.is_none() => (true, "resize/crop"),
        "size" => (true, "size"),
        "scale" => (input.scale.is_some(), "scale"),
        "mean" => (input.mean.is_some(), "mean"),
        _ => (input.std.is_some(), "std"),
    };
    let pointer = |key: &str| format!("/model/input/{key}");
    if given {
        return document.error(&pointer(key), fault.message, fault.hint);
    }
    // The preset's own number does not go with another key: with that of the channels, most often.
    let brought_in = [
        ("channels", input.channels.is_some()),
        ("mean", input.mean.is_some()),
        ("std", input.std.is_some()),
        ("scale", input.scale.is_some()),
        ("preset", input.preset.is_some()),
    ];
    let key = brought_in.iter().find(|(_, is_given)| *is_given);
    let pointer = key.map_or("/model/input".to_owned(), |(key, _)| pointer(key));
    document.key_error(&pointer, fault.message, fault.hint)
}
