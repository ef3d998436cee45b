//! `docs/methods.md`: made from the table of methods, from what was measured, and compared with the file.
//! `ACCEPT=1 cargo test --release methods_page` writes it anew.

use std::fmt::Write;
use std::path::Path;

use cnn_report::explain::Entry;

const HEAD: &str = "<!-- Written by `ACCEPT=1 cargo test --release methods_page`; a test keeps it true. -->
# The methods, one by one

What each method asks of a network, what it costs, and how near its numbers are to those of others. Keys of how a result is shown
are in [report-yaml.md](report-yaml.md). *Passes* are for one photo: forward, or forward and backward (⇄). A number behind a
program is the largest difference to its map over the largest number in it, on a small network of four convolutions and one photo;
`cargo test --release attributions -- --nocapture` prints it. `examples/all-methods` shows the maps of all of them on one photo.

";

/// Method, passes, reference and deviation from it.
const MEASURED: &[(&str, &str, &str)] = &[
    ("photos", "none", "–"),
    (
        "predictions",
        "1",
        "PyTorch's softmax; within 1e-4 is tested",
    ),
    ("saliency", "1 ⇄", "captum 0.9.0; within 1e-4 is tested"),
    (
        "input_x_gradient",
        "1 ⇄",
        "captum 0.9.0: 2.8e-7. Linear network: weight × pixel; without biases the sum is the score",
    ),
    (
        "smooth_grad",
        "`samples` + 1 ⇄",
        "numpy, over the same noise: 1.6e-7 (`mean`, `absolute`), 1.7e-7 (`squared`). Linear network: the weights exactly",
    ),
    (
        "var_grad",
        "`samples` + 1 ⇄",
        "numpy, over the same noise: 3.1e-7. Linear network: zero exactly",
    ),
    (
        "integrated_gradients",
        "`steps` + 2 ⇄, then twice as many up to `most_steps`",
        "captum 0.9.0, trapezoid (ours × 49/50): 2.0e-7, Gauss–Legendre: 1.5e-7 (its float64 run is 3.6e-3 from both: a ReLU or a pool decides otherwise at one of 50 points)",
    ),
    (
        "expected_gradients",
        "1 + baselines + `samples` ⇄",
        "autograd, at given points: 2.2e-7. Linear network: weight × difference",
    ),
    (
        "blur_ig",
        "`steps` + 2 ⇄, then twice as many up to `most_steps`",
        "scipy's Gaussian and autograd, the same 7 steps: 1.0e-7. Linear network: weight × difference",
    ),
    (
        "deep_lift",
        "2 + 1 ⇄",
        "captum 0.9.0, with an identity before each max pooling, whose rule it loses behind a ReLU: 1.6e-6 (zero baseline), 6.4e-7 (another photo). One ReLU by hand; sums of networks with batch norms, branches and gates",
    ),
    (
        "lrp",
        "1 + 1 ⇄, and up to 4 for each layer of weights",
        "zennit 0.5.1: 2.2e-7 (`epsilon_plus`), 3.0e-7 (`epsilon_plus_flat`), 5.4e-7 (`epsilon_gamma_box`), 4.1e-7 (`epsilon_alpha_beta`); with batch norms and a residual sum 5.5e-5; captum 0.9.0: 2.9e-5 (`epsilon`). Each rule by hand; without biases the sum is the score within 4e-4",
    ),
    ("guided_backprop", "1 + 1 ⇄", "captum 0.9.0: 1.5e-7"),
    ("deconvnet", "1 + 1 ⇄", "captum 0.9.0: 2.5e-7"),
    (
        "cam",
        "1 + 1 ⇄",
        "64 × Grad-CAM on 8 × 8 cells; its mean is the score without the bias, within 1e-5",
    ),
    (
        "grad_cam",
        "1 + 1 ⇄",
        "captum 0.9.0: 2.6e-7; pytorch-grad-cam 1.5.7: 5.4e-7. Transformer, tokens before the last attention: 7.5e-7",
    ),
    (
        "grad_cam_plus_plus",
        "1 + 1 ⇄",
        "pytorch-grad-cam 1.5.7, with its 1e-6 below the fraction: 3.4e-7",
    ),
    ("hires_cam", "1 + 1 ⇄", "pytorch-grad-cam 1.5.7: 4.0e-7"),
    ("xgrad_cam", "1 + 1 ⇄", "pytorch-grad-cam 1.5.7: 4.1e-6"),
    ("layer_cam", "1 + 1 ⇄", "pytorch-grad-cam 1.5.7: 3.8e-7"),
    (
        "score_cam",
        "1 + maps of the layer",
        "pytorch-grad-cam 1.5.7, with masks enlarged as there: 4.7e-7",
    ),
    (
        "ablation_cam",
        "1 + maps of the layer, from the layer on",
        "network with a global average: w_ck · mean(A_k), within 1e-4",
    ),
    (
        "shapley_cam",
        "1 + 1 ⇄, differentiated twice",
        "pytorch-grad-cam 1.5.7: 4.5e-7 (`score`), 4.5e-7 (`residual_softmax`). One map before a softmax by hand",
    ),
    ("finer_cam", "1 + 1 ⇄", "pytorch-grad-cam 1.5.7: 2.2e-6"),
    (
        "guided_grad_cam",
        "1 + 2 ⇄",
        "captum 0.9.0, `nearest`: 4.4e-7",
    ),
    (
        "eigen_cam",
        "1",
        "pytorch-grad-cam 1.5.7, `centred`, but for the sign: 4.7e-7",
    ),
    (
        "attention_rollout",
        "1 + 1",
        "numpy and PyTorch in float64, a transformer of 3 blocks and a class token as `.pt2`, as core ATen and as ONNX, one of 2 blocks with registers and a mean: 1.0e-6. Two layers by hand",
    ),
    ("gradient_rollout", "1 + 1 ⇄", "the same: 5.4e-7"),
    (
        "generic_attention",
        "1 + 1 ⇄",
        "the same: 6.0e-7. Two layers by hand",
    ),
    (
        "legrad",
        "1 + 1 ⇄, and the part behind the blocks for each block",
        "PyTorch in float64, the same networks: 3.2e-7",
    ),
    (
        "attn_lrp",
        "1 + 1 ⇄",
        "numpy in float64, a transformer of 3 blocks as `.pt2`, as core ATen and as ONNX: 7.5e-7 (`attn_lrp`), 7.4e-7 (`cp_lrp`). Without biases the sum of `cp_lrp` is the score within 1e-4. `gamma`: the γ rule of `lrp` on a network of convolutions, within 1e-4",
    ),
    (
        "occlusion",
        "1 + windows",
        "captum 0.9.0, 8 px every 4: 7.1e-6. Linear network: weight × pixel",
    ),
    (
        "feature_ablation",
        "1 + segments",
        "captum 0.9.0, 4 × 4 blocks: 1.8e-6. Linear network: the sum of weight × pixel",
    ),
    (
        "rise",
        "1 + `samples`",
        "numpy, over the same 64 masks: 3.2e-8 (tried once; 1 MB of masks is not kept). Two masks by hand",
    ),
    (
        "lime",
        "1 + `samples`",
        "lime 0.2.0.1; within 1e-6 is tested",
    ),
    (
        "kernel_shap",
        "1 + `samples`",
        "exact Shapley values of 8 blocks, within 1e-5 from all masks; AND, OR and additive games by hand",
    ),
    (
        "shapley",
        "1 + 2^segments",
        "exact Shapley values of 8 blocks (numpy, float64); AND, OR, glove and additive games by hand",
    ),
    (
        "compare",
        "those of its methods, none for maps that stand elsewhere in the report",
        "the maps of its methods, bit for bit",
    ),
    (
        "activation_maps",
        "1, up to the layer",
        "captum 0.9.0; within 1e-4 is tested",
    ),
    (
        "attention_maps",
        "1",
        "PyTorch, the same transformers: 9.1e-7",
    ),
    (
        "factorisation",
        "1, and from the layer on 1 for each component",
        "scikit-learn 1.9.1's `NMF` of the same layer: 1.7e-7 from the same start, 3.4e-6 from its own",
    ),
    (
        "filters",
        "`steps` ⇄ for each filter and objective, times `variants`; of `maco` times `crops`",
        "torch.optim.Adam, 30 steps; within 1e-4 is tested. Every objective by hand on a convolution of 1 × 1; a photo's own phases give the photo back within 1e-12",
    ),
    (
        "feature_inversion",
        "1 + `steps` ⇄, and as many forward, up to the layer",
        "network whose layer keeps everything: distance 2.0e-3 after 400 steps, 0.4 of 255 levels from the photo",
    ),
    (
        "deep_dream",
        "`steps` ⇄, times `octaves`, times the frames of `zoom`",
        "torch.optim.SGD, 100 steps; within 1e-4 is tested",
    ),
    (
        "confusion_matrix",
        "1 for each labelled photo",
        "scikit-learn's metrics",
    ),
    (
        "calibration",
        "1 for each labelled photo, none beside `confusion_matrix`",
        "scikit-learn's `calibration_curve`; within 1e-12 is tested",
    ),
    (
        "label_rates",
        "1 for each labelled photo",
        "scikit-learn's metrics; within 1e-12 is tested",
    ),
    (
        "mistakes",
        "as `calibration`, and 2 maps for each photo shown",
        "the maps of `grad_cam` and `saliency`, bit for bit",
    ),
    (
        "top_patches",
        "1 for each labelled photo, up to the layer",
        "the layer's output of each photo; within 1e-5 is tested",
    ),
    (
        "concepts",
        "crops of each photo, up to the layer; (`concepts` + 2) × `designs` from the layer on for each judged photo",
        "scikit-learn 1.9.1 and scipy 1.17.1 in float64: importance 6.4e-8, directions 1.1e-7, maps 3.4e-7",
    ),
    (
        "data_faults",
        "none",
        "Pillow, numpy and imagehash 4.3.2; hash and size equal, the others within 1e-9",
    ),
    (
        "robustness",
        "1 and as many as changes for each labelled photo",
        "each photo changed and run alone; within 1e-5 is tested",
    ),
    (
        "activation_histogram",
        "as `top_patches`, none beside it for the same layer",
        "the layer's output of each photo; within 1e-6 is tested",
    ),
];

/// Methods that no example of ours shows in a figure worth a picture: the photos themselves, and rates of independent labels.
const WITHOUT_PICTURE: [&str; 2] = ["photos", "label_rates"];

fn measured(method: &str) -> Option<(&'static str, &'static str)> {
    let row = MEASURED.iter().find(|(name, ..)| *name == method)?;
    Some((row.1, row.2))
}

fn page() -> String {
    let mut page = HEAD.to_owned();
    page += "| method | shows | passes | compared with |\n|---|---|---|---|\n";
    let methods = cnn_report::methods();
    for entry in &methods {
        let (passes, compared) =
            measured(entry.name).unwrap_or_else(|| panic!("`{}` is not in MEASURED", entry.name));
        let anchor = entry.name;
        let shows = description(entry);
        let _ = writeln!(
            page,
            "| [`{anchor}`](#{anchor}) | {shows} | {passes} | {compared} |"
        );
    }
    for entry in &methods {
        section(&mut page, entry);
    }
    page
}

fn description(entry: &Entry) -> String {
    let schema = (entry.schema)().to_value();
    schema["description"]
        .as_str()
        .unwrap_or_default()
        .replace('\n', " ")
}

/// Parameters that change numbers, with their defaults, and papers.
fn section(page: &mut String, entry: &Entry) {
    let name = entry.name;
    let _ = write!(page, "\n## {name}\n\n{}\n", description(entry));
    if !WITHOUT_PICTURE.contains(&name) {
        let _ = write!(page, "\n![A figure of {name}](methods/{name}.jpg)\n");
    }
    let schema = (entry.schema)().to_value();
    let parameters = schema["properties"].as_object().into_iter().flatten();
    let mut lines = parameters.map(|(name, property)| {
        let text = property["description"].as_str().unwrap_or_default();
        format!("- `{name}`: {}\n", text.replace('\n', " "))
    });
    if let Some(first) = lines.next() {
        page.push('\n');
        page.push_str(&first);
        page.extend(lines);
    }
    if !entry.citations.is_empty() {
        page.push('\n');
        for citation in entry.citations {
            let _ = writeln!(page, "> {citation}  ");
        }
    }
}

#[test]
fn methods_page_is_that_of_the_table() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/methods.md");
    let page = page();
    if std::env::var_os("ACCEPT").is_some() {
        std::fs::write(&file, &page).unwrap();
    }
    let written = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        written == page,
        "docs/methods.md differs: run `ACCEPT=1 cargo test --release methods_page`"
    );
}

#[test]
fn every_method_has_a_picture_and_every_picture_a_method() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/methods");
    let files = std::fs::read_dir(folder).unwrap();
    let mut pictures: Vec<String> = files
        .map(|file| {
            file.unwrap()
                .path()
                .file_stem()
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned()
        })
        .collect();
    let methods = cnn_report::methods().into_iter().map(|entry| entry.name);
    let mut shown: Vec<&str> = methods
        .filter(|name| !WITHOUT_PICTURE.contains(name))
        .collect();
    pictures.sort();
    shown.sort_unstable();
    assert_eq!(pictures, shown, "tools/make_method_pictures.py makes them");
}

#[test]
fn methods_page_measures_no_method_that_is_gone() {
    for (name, ..) in MEASURED {
        assert!(
            cnn_report::methods()
                .iter()
                .any(|entry| entry.name == *name),
            "{name}"
        );
    }
}
