//! The schema of an item of `model.layers`. Which keys go with which type is checked as the network is
//! built from them.

use serde_json::{Value, json};

/// One layer, with the keys of all types.
pub fn layer_schema() -> Value {
    let whole = |what: &str| json!({ "type": "integer", "description": what });
    let number = |what: &str| json!({ "type": "number", "description": what });
    let truth = |what: &str| json!({ "type": "boolean", "description": what });
    let text = |what: &str| json!({ "type": "string", "description": what });
    let pair = |what: &str| json!({ "type": ["integer", "array"], "description": what });
    json!({
        "type": "object",
        "description": "A layer. Keys and defaults are those of PyTorch's class. With weights: `Conv2d`, `ConvTranspose2d`, `Linear`, `BatchNorm2d`, `BatchNorm1d`, `PReLU`. Activations: `ReLU`, `ReLU6`, `LeakyReLU`, `ELU`, `SELU`, `SiLU`, `Mish`, `GELU`, `Hardswish`, `Hardsigmoid`, `Sigmoid`, `Tanh`, `Softplus`, `Softmax`, `LogSoftmax`. Pooling: `MaxPool2d`, `AvgPool2d`, `AdaptiveAvgPool2d`, `AdaptiveMaxPool2d`. Others: `Flatten`, `Dropout`, `Dropout2d`, `Identity`, and `Sequential`, which holds `layers`.",
        "required": ["type"],
        "properties": {
            "name": {
                "type": ["string", "integer"],
                "description": "Name of the layer: its weights are `name.weight` and so on. Default: its place in the list, from 0, as in `nn.Sequential`.",
            },
            "type": text("PyTorch's class, such as `Conv2d`; capitals do not matter."),
            "layers": { "type": "array", "items": { "type": "object" }, "description": "The layers of a `Sequential`: `features.0.weight` belongs to the first layer of one that is named `features`." },
            "in_channels": whole("Channels that come in. Default: what the layer above gives."),
            "out_channels": whole("Channels that go out."),
            "kernel_size": pair("Side of the window in px, or height and width."),
            "stride": pair("Step of the window in px. Default: 1; of pooling, `kernel_size`."),
            "padding": { "type": ["integer", "array", "string"], "description": "Margin in px; of `Conv2d` also `same` or `valid`. Default: 0." },
            "output_padding": pair("Of `ConvTranspose2d`. Default: 0."),
            "dilation": pair("Distance of the window's places in px. Default: 1."),
            "groups": whole("Groups of channels. Default: 1."),
            "bias": truth("Whether a bias is added. Default: true."),
            "padding_mode": text("`zeros`. Default: `zeros`."),
            "in_features": whole("Numbers that come in. Default: what the layer above gives."),
            "out_features": whole("Numbers that go out."),
            "num_features": whole("Channels of a batch norm. Default: what the layer above gives."),
            "eps": number("Of a batch norm. Default: 1e-5."),
            "momentum": number("Of a batch norm; does not matter here. Default: 0.1."),
            "affine": truth("Whether a batch norm has weights. Default: true."),
            "track_running_stats": truth("`true`. Default: true."),
            "ceil_mode": truth("Whether a window may reach beyond the edge. Default: false."),
            "count_include_pad": truth("Of `AvgPool2d`. Default: true."),
            "divisor_override": whole("Of `AvgPool2d`. Default: none."),
            "return_indices": truth("`false`. Default: false."),
            "output_size": pair("Of adaptive pooling: side in px, or height and width."),
            "start_dim": whole("1. Default: 1."),
            "end_dim": whole("-1. Default: -1."),
            "p": number("Share that dropout drops in training; does not matter here. Default: 0.5."),
            "inplace": truth("Does not matter here. Default: false."),
            "negative_slope": number("Of `LeakyReLU`. Default: 0.01."),
            "alpha": number("Of `ELU`. Default: 1."),
            "approximate": text("Of `GELU`: `none` or `tanh`. Default: `none`."),
            "num_parameters": whole("Of `PReLU`: 1 or the number of channels. Default: 1."),
            "init": number("Of `PReLU`; does not matter here. Default: 0.25."),
            "dim": whole("Of `Softmax` and `LogSoftmax`. Default: 1."),
        },
    })
}
