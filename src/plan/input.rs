//! `model: input:` resolved: presets filled in, and what the network says itself; every fault at its own key.

use super::keep;
use crate::diagnostic::Diagnostic;
use crate::model::export::EXPORT;
use crate::model::{AtOnce, ModelFacts, TrainedInput, trained_input};
use crate::picture::preset::shorter_for;
use crate::picture::{Channels, Filter, InputFault, PRESETS, Preprocessing, Preset, Resize};
use crate::spec::{
    ChannelsSpec, Document, InputSpec, Interpolation, MiddleSpec, ModelSpec, PresetName,
    ResizeSpec, WholePhoto,
};

/// The input's size where nothing is said: that of most ImageNet networks.
const SIZE_PX: (usize, usize) = (224, 224);
/// Networks of smaller photos (CIFAR, MNIST, Tiny ImageNet) are trained on whole ones, not on middles.
const SMALL_PX: usize = 128;
/// The shorter side where neither `preset` nor `resize` is given, whatever the size.
const SHORTER_PX: usize = 256;

/// What stands for keys that are not given, before the defaults of all networks.
#[derive(Debug, Clone, Default)]
pub struct Defaults {
    /// How the weights of the named architecture were trained.
    trained: Option<TrainedInput>,
    /// Height and width that the network's file fixes, in px.
    size_of_file: Option<(usize, usize)>,
}

impl Defaults {
    /// Before the network is looked at.
    pub fn of(spec: &ModelSpec) -> Self {
        Self {
            trained: spec.architecture.as_deref().and_then(trained_input),
            size_of_file: None,
        }
    }

    /// With what its file says.
    pub fn with_file(self, facts: Option<&ModelFacts>) -> Self {
        let size = facts.and_then(|facts| facts.own_input.size);
        let side = |side: i64| usize::try_from(side).ok().filter(|side| *side > 0);
        Self {
            size_of_file: size.and_then(|[height, width]| Some((side(height)?, side(width)?))),
            ..self
        }
    }

    /// Whether the file decides the size.
    pub fn size_is_open(&self, input: &InputSpec) -> bool {
        self.trained.is_none() && said_size(input).is_none()
    }

    /// The numbers of the training, where the spec chooses no others.
    fn trained_numbers(&self, channels: Channels, input: &InputSpec) -> Option<&TrainedInput> {
        let trained = self.trained.as_ref()?;
        let order = matches!(channels, Channels::Rgb | Channels::Grey3);
        (input.preset.is_none() && order).then_some(trained)
    }
}

/// Where the defaults of the input come from, for the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InputFrom {
    /// The spec, and defaults of all networks.
    Spec,
    /// Height and width come from the network's file.
    File,
    /// What is not given comes from the training of the named architecture.
    Architecture,
}

pub fn input_from(input: &InputSpec, defaults: &Defaults) -> InputFrom {
    match (&defaults.trained, defaults.size_of_file) {
        (Some(_), _) => InputFrom::Architecture,
        (None, Some(_)) if said_size(input).is_none() => InputFrom::File,
        (None, _) => InputFrom::Spec,
    }
}

/// As far as it can be told before the network is looked at; what hangs on the size is left open.
pub fn before_file(
    document: &Document,
    input: &InputSpec,
    defaults: &Defaults,
    faults: &mut Vec<Diagnostic>,
) -> Option<Preprocessing> {
    if !defaults.size_is_open(input) {
        return preprocessing(document, input, defaults, faults);
    }
    let input = InputSpec {
        shorter: None,
        resize: None,
        ..input.clone()
    };
    preprocessing(document, &input, defaults, faults)
}

/// What is not wrong and still should be known: a size that is not the file's, and a network that normalises by
/// itself what the spec normalises too.
pub fn warnings(
    document: &Document,
    spec: &ModelSpec,
    facts: &ModelFacts,
    preprocessing: &Preprocessing,
) -> Vec<Diagnostic> {
    if spec.architecture.is_some() {
        return Vec::new();
    }
    let mut warnings = Vec::new();
    if facts.at_once == AtOnce::One {
        let message = "the network was exported for one picture, so that several run one by one";
        let hint = format!("`{EXPORT}` makes one that is faster");
        warnings.push(document.error("/model/file", message, hint));
    }
    let size = preprocessing.resize.output_px();
    if let Some([height, width]) = facts.own_input.size
        && (height as usize, width as usize) != size
    {
        let key = match spec.input.size {
            Some(_) => "/model/input/size",
            None => "/model/input/resize/crop",
        };
        let message = format!(
            "the network was exported for {height} × {width} px and runs on {} × {} px here",
            size.0, size.1
        );
        let hint = "leave the size out to take the file's, unless the network is meant for others";
        warnings.push(document.error(key, message, hint));
    }
    warnings.extend(twice(document, facts, preprocessing));
    warnings
}

/// A network that normalises by itself, where the input is normalised before.
fn twice(
    document: &Document,
    facts: &ModelFacts,
    preprocessing: &Preprocessing,
) -> Option<Diagnostic> {
    let own = &facts.own_input;
    let is_one = |number: f64| (number - 1.0).abs() < 1e-6;
    let is_plain = preprocessing.mean.iter().all(|mean| *mean == 0.0)
        && preprocessing.std.iter().all(|std| is_one(f64::from(*std)));
    let scales = !is_one(preprocessing.scale);
    let is_twice = (own.subtracts() && !is_plain) || (own.takes_levels() && (scales || !is_plain));
    if !is_twice {
        return None;
    }
    let message = format!(
        "the network itself {} before its first layer, and `input` normalises the photo before that",
        own.text()
    );
    let hint = match own.takes_levels() {
        true => {
            "`input: {scale: 1, mean: [0, 0, 0], std: [1, 1, 1]}` gives it levels from 0 to 255"
        }
        false => "`input: {preset: unit}` gives it pixels from 0 to 1, if it was trained on these",
    };
    let key = ["/model/input", "/model/file"]
        .into_iter()
        .find(|key| document.has(key));
    Some(document.key_error(key.unwrap_or("/model"), message, hint))
}

/// Height and width that the spec names.
fn said_size(input: &InputSpec) -> Option<(usize, usize)> {
    let crop = match input.resize {
        Some(ResizeSpec::Middle(middle)) => middle.crop,
        Some(ResizeSpec::Whole(_)) | None => None,
    };
    let said = input.size.or(crop);
    said.map(|size| size.height_and_width())
}

pub fn preprocessing(
    document: &Document,
    input: &InputSpec,
    defaults: &Defaults,
    faults: &mut Vec<Diagnostic>,
) -> Option<Preprocessing> {
    let before = faults.len();
    let channels = channels(input);
    let resize = resize(document, input, defaults, faults);
    let scale = scale(document, input, faults);
    let mean = keep(
        colours("mean", &input.mean, channels, (input, defaults)),
        faults,
        |fault| located(document, input, fault),
    );
    let std = keep(
        colours("std", &input.std, channels, (input, defaults)),
        faults,
        |fault| located(document, input, fault),
    );
    let preprocessing = Preprocessing {
        resize,
        filter: filter(input.interpolation, defaults),
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
        Some(ChannelsSpec::Grey3) => Channels::Grey3,
        None if is_one(&input.mean) || is_one(&input.std) => Channels::Grey,
        None => preset(input).channels,
    }
}

fn filter(interpolation: Option<Interpolation>, defaults: &Defaults) -> Filter {
    let trained = defaults.trained.as_ref();
    match interpolation {
        None if trained.is_some_and(|trained| trained.interpolation == "bicubic") => {
            Filter::Bicubic
        }
        None | Some(Interpolation::Bilinear) => Filter::Bilinear,
        Some(Interpolation::BilinearAliased) => Filter::BilinearAliased,
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
    (input, defaults): (&InputSpec, &Defaults),
) -> Result<Vec<f32>, InputFault> {
    let preset = preset(input);
    let trained = defaults.trained_numbers(channels, input);
    let single = |numbers: &Vec<f64>| numbers.iter().map(|number| *number as f32).collect();
    let default = || match (key, trained) {
        ("mean", Some(trained)) => Some(single(&trained.mean)),
        (_, Some(trained)) => Some(single(&trained.std)),
        ("mean", None) => preset.mean(channels),
        (_, None) => preset.std(channels),
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

fn resize(
    document: &Document,
    input: &InputSpec,
    defaults: &Defaults,
    faults: &mut Vec<Diagnostic>,
) -> Resize {
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
    let said = size.or(crop);
    let trained = defaults.trained.as_ref();
    let of_network = trained
        .map(|trained| (trained.size[0], trained.size[1]))
        .or(defaults.size_of_file);
    let (height, width) = said.or(of_network).unwrap_or(SIZE_PX);
    // Of a size that the file or the training decides, not all photos are brought to 256 px.
    let is_common = said.is_some() || of_network.is_none();
    let shorter_of_training = trained
        .filter(|trained| (trained.size[0], trained.size[1]) == (height, width))
        .map(|trained| trained.shorter);
    let shorter = match (input.resize, input.shorter) {
        (Some(ResizeSpec::Whole(WholePhoto::Pad)), _) => return Resize::Pad { height, width },
        (Some(ResizeSpec::Whole(WholePhoto::Stretch)), _) | (None, Some(None)) => {
            return Resize::Stretch { height, width };
        }
        (Some(ResizeSpec::Middle(_)), _) => middle.shorter.map(|shorter| shorter.0),
        (None, Some(shorter)) => shorter,
        (None, None) => shorter_of_training
            .or_else(|| (input.preset.is_none() && is_common).then_some(SHORTER_PX)),
    };
    let is_small = !is_common && trained.is_none() && height.max(width) < SMALL_PX;
    let by_default = match is_small {
        true => height.max(width),
        false => shorter_for((height, width)),
    };
    Resize::ShorterThenCrop {
        shorter: shorter.unwrap_or(by_default),
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
