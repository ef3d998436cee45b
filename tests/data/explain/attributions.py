"""Collects the reference numbers of tests/it/attributions.rs: python tests/data/explain/attributions.py GOLDEN

GOLDEN/net1 holds .npy arrays that captum 0.9.0 and pytorch-grad-cam 1.5.7 made on torch 2.13 with net1 and four photos; the
first photo's are kept, as float32, class: the predicted one. Needs nothing but Python.

captum            input_x_gradient, ig50 (Gauss-Legendre, 50 points), ig50_trapezoid, guided_backprop,
                  deconvnet, grad_cam (conv4, no ReLU), occlusion (8 px every 4), feature_ablation (4 x 4 blocks of 16 px)
pytorch-grad-cam  its maps of conv4: ReLU, scaled to 0..1, enlarged by OpenCV
own numpy         smooth_grad_* and var_grad with smooth_grad_noise
"""

import ast
import json
import struct
import sys
from array import array
from pathlib import Path

ARRAYS = {
    "input_x_gradient": "inputxgradient_top1",
    "ig50": "ig50_top1",
    "ig50_trapezoid": "ig50_trapezoid_top1",
    "guided_backprop": "guidedbackprop_top1",
    "deconvnet": "deconvolution_top1",
    "grad_cam": "layergradcam_conv4_top1",
    "package_grad_cam": "gradcampkg_GradCAM_top1",
    "package_grad_cam_plus_plus": "gradcampkg_GradCAMPlusPlus_top1",
    "package_hires_cam": "gradcampkg_HiResCAM_top1",
    "package_xgrad_cam": "gradcampkg_XGradCAM_top1",
    "package_layer_cam": "gradcampkg_LayerCAM_top1",
    "package_eigen_cam": "gradcampkg_EigenCAM_top1",
    "package_score_cam": "gradcampkg_ScoreCAM_top1",
    "occlusion": "occlusion_w8_s4_top1",
    "feature_ablation": "featureablation_grid4_top1",
    "smooth_grad_noise": "smoothgrad_noise",
    "smooth_grad_mean": "smoothgrad_mean_top1",
    "smooth_grad_absolute": "smoothgrad_meanabs_top1",
    "smooth_grad_squared": "smoothgrad_sq_top1",
    "var_grad": "vargrad_top1",
}
ONE_CHANNEL = {"occlusion", "feature_ablation"}  # the same in all three


def numpy(file):
    data = file.read_bytes()
    length = struct.unpack("<H", data[8:10])[0]
    header = ast.literal_eval(data[10 : 10 + length].decode())
    assert not header["fortran_order"] and header["descr"] in ("<f4", "<f8"), header
    values = array("f" if header["descr"] == "<f4" else "d")
    values.frombytes(data[10 + length :])
    return list(header["shape"]), values


def first_photo(name, shape, values):
    if name == "smooth_grad_noise":
        return shape, values
    shape = shape[1:]
    if name in ONE_CHANNEL:
        shape = [1, *shape[1:]]
    length = 1
    for size in shape:
        length *= size
    return shape, values[:length]


def main(folder):
    header, content = {}, b""
    for name, file in ARRAYS.items():
        shape, values = first_photo(name, *numpy(folder / "net1" / f"{file}.npy"))
        data = array("f", values).tobytes()
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [len(content), len(content) + len(data)]}
        content += data
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    target = Path(__file__).with_name("attributions.safetensors")
    target.write_bytes(struct.pack("<Q", len(text)) + text + content)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
