"""Makes the references of tests/it/lime.rs with the Python package lime itself. Run from the repository:

    python tests/data/lime/regenerate.py        # lime 0.2.0.1, scikit-image 0.26, scikit-learn, Pillow, torch 2.13

<case>.safetensors holds of one explanation of net1 with five labels and seed 0:
masks uint8 [1000, K]        segments that are on; row 0 is the photo
probabilities float32 [1000, C]  of the five labels (coffee_64: of all ten classes)
kernel, distance float64 [1000]  (coffee_64 alone)
labels int64 [5]             the most probable first
weights float64 [5, K]       local_exp, by label and segment
intercept, score, local_prediction float64 [5]   score is the R^2 of the fit
<case>_hidden.png            every segment in its mean colour
"""
from pathlib import Path

import numpy as np
import sklearn.metrics
import torch
from lime import lime_image
from PIL import Image
from safetensors.numpy import save_file
from safetensors.torch import load_file
from torch.nn import functional as F

HERE = Path(__file__).parent
WEIGHTS = load_file(HERE / "../model/net1.safetensors")
MEAN = np.array([0.485, 0.456, 0.406], np.float32)
STD = np.array([0.229, 0.224, 0.225], np.float32)


def net1(x):
    def convolution(x, name, stride=1):
        return F.conv2d(x, WEIGHTS[f"{name}.weight"], WEIGHTS[f"{name}.bias"], stride, 1).relu()

    x = F.max_pool2d(convolution(x, "conv1"), 2)
    x = F.max_pool2d(convolution(x, "conv2"), 2)
    x = convolution(convolution(x, "conv3"), "conv4", 2)
    return F.linear(x.mean((2, 3)), WEIGHTS["fc.weight"], WEIGHTS["fc.bias"])


def probabilities(pictures):
    x = (pictures.astype(np.float32) / 255 - MEAN) / STD
    with torch.no_grad():
        return net1(torch.from_numpy(x.transpose(0, 3, 1, 2))).softmax(1).numpy()


class Recording(lime_image.LimeImageExplainer):
    """Keeps what explain_instance passes on."""

    def data_labels(self, image, fudged_image, *arguments, **keywords):
        self.hidden = fudged_image
        self.data, self.labels = super().data_labels(image, fudged_image, *arguments, **keywords)
        return self.data, self.labels


def make(name, side):
    photo = Image.open(HERE / f"../picture/{name}.webp").convert("RGB")
    photo = np.asarray(photo.resize((side, side), Image.BICUBIC))
    explainer = Recording(verbose=False, random_state=np.random.RandomState(0))
    found = explainer.explain_instance(photo, probabilities, top_labels=5, num_samples=1000)
    top = np.array(found.top_labels)
    scores, predictions, intercepts, weights = [], [], [], []
    for label in top:
        distance = sklearn.metrics.pairwise_distances(explainer.data, explainer.data[:1], metric="cosine").ravel()
        intercept, pairs, score, prediction = explainer.base.explain_instance_with_data(
            explainer.data, explainer.labels, distance, label, num_features=100000)
        assert pairs == found.local_exp[label]
        intercepts.append(intercept)
        weights.append([weight for _, weight in sorted(pairs)])
        scores.append(score)
        predictions.append(prediction[0])
    whole = (name, side) == ("coffee", 64)
    numbers = {
        "masks": explainer.data.astype(np.uint8),
        "probabilities": explainer.labels if whole else np.ascontiguousarray(explainer.labels[:, top]),
        "labels": top.astype(np.int64),
        "weights": np.array(weights),
        "intercept": np.array(intercepts),
        "score": np.array(scores),
        "local_prediction": np.array(predictions),
    }
    if whole:
        numbers["distance"] = distance
        numbers["kernel"] = explainer.base.kernel_fn(distance)
    save_file(numbers, HERE / f"{name}_{side}.safetensors")
    Image.fromarray(explainer.hidden).save(HERE / f"{name}_{side}_hidden.png", optimize=True)


for case in [("coffee", 64), ("chelsea", 64), ("coffee", 224)]:
    make(*case)
