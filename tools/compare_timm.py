"""Compares cnn-report with PyTorch on networks of timm, random but seeded, exported as .pt2 and that decomposed: docs/models-timm.md.

    python tools/compare_timm.py [--binary target/release/cnn-report] [name ...]     # torch 2.13, timm 1.0.31, numpy

Batch norms have statistics of noise. Rows are kept in fixtures/timm.txt, so that a run that was cut short goes on; 25 minutes of one core.
"""

import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
KEPT = REPOSITORY / "fixtures/timm.txt"
NAMES = (
    # Those that version 0.1.0 began by refusing.
    "resnetv2_50x1_bit nfnet_l0 vit_tiny_r_s16_p8_224 levit_128s edgenext_xx_small xcit_nano_12_p16_224 eva02_tiny_patch14_224 "
    "ecaresnet26t halonet26t lambda_resnet26t crossvit_tiny_240 tnt_s_patch16_224 volo_d1_224 convit_tiny gcvit_xxtiny efficientvit_b0 "
    # One of each family.
    "resnet18 resnet50d seresnet18 resnext26ts gcresnet50t skresnet18 resnest14d res2net50_26w_4s dla34 dpn48b "
    "hrnet_w18_small densenet121 vgg11_bn inception_v4 xception41 mobilenetv2_100 mobilenetv3_small_100 "
    "mobilenetv4_conv_small efficientnet_b0 tf_efficientnetv2_b0 efficientnet_lite0 mnasnet_small fbnetc_100 tinynet_e "
    "lcnet_050 ghostnet_100 ghostnetv2_100 rexnet_100 regnetx_002 regnety_002 repvgg_a0 mobileone_s0 fastvit_t8 convnext_atto "
    "convnextv2_atto inception_next_atto poolformer_s12 poolformerv2_s12 caformer_s18 focalnet_tiny_srf mixer_s32_224 "
    "resmlp_12_224 gmixer_12_224 gmlp_ti16_224 vit_tiny_patch16_224 deit_tiny_distilled_patch16_224 beit_base_patch16_224 "
    "cait_xxs24_224 coat_lite_tiny pit_ti_224 swin_tiny_patch4_window7_224 swinv2_cr_tiny_224 maxvit_nano_rw_256 "
    "coatnet_nano_rw_224 mvitv2_tiny mobilevit_xxs mobilevitv2_050 efficientformer_l1 efficientformerv2_s0 repvit_m0_9 "
    "tiny_vit_5m_224 davit_tiny twins_svt_small pvt_v2_b0 nest_tiny"
).split()
TEXT = """# timm

{count} networks of timm {timm}, random but seeded and made for 10 classes, exported by PyTorch {torch} with `torch.export` and run by cnn-report on two pictures of
noise: as exported, and after `run_decompositions()`. The numbers are the largest difference from PyTorch's own scores over the largest score: 0 is equal to the
last bit. Written by `tools/compare_timm.py`. All run; {small} of {count} stay within {bound:.1e}.

| network | exported | decomposed |
|---|---:|---:|
"""


def row(name, binary):
    """Name and the two differences, or why there is none."""
    import numpy
    import timm
    import torch

    torch.set_num_threads(1)
    torch.manual_seed(0)
    model = timm.create_model(name, pretrained=False, num_classes=10).eval()
    for buffer_name, buffer in model.named_buffers():
        if buffer_name.endswith("running_mean"):
            buffer.normal_(0, 0.1)
        if buffer_name.endswith("running_var"):
            buffer.uniform_(0.5, 1.5)
    channels, height, width = model.default_cfg["input_size"]
    height, width = (min(side, 256) for side in (height, width))
    pictures = torch.randn(2, channels, height, width)
    with torch.no_grad(), tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        try:
            free = ({0: torch.export.Dim("N", min=1, max=64)},)
            program = torch.export.export(model, (pictures,), dynamic_shapes=free)
        except Exception:  # a network that names its number of pictures
            pictures = pictures[:1]
            program = torch.export.export(model, (pictures,))
        numpy.save(folder / "x.npy", pictures.numpy())
        numpy.save(folder / "y.npy", model(pictures).numpy())
        found = []
        for one in (program, program.run_decompositions()):
            torch.export.save(one, folder / "m.pt2")
            files = ["--verify", folder / "x.npy", "--expect", folder / "y.npy"]
            done = subprocess.run([binary, "inspect", folder / "m.pt2", *files], capture_output=True, text=True)
            said = re.search(r"difference\s+\S+ at most, (\S+) of", done.stdout)
            found.append(said[1] if said else "refused: " + done.stderr.strip().splitlines()[0])
    return [name, *found]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", default=REPOSITORY / "target/release/cnn-report")
    parser.add_argument("names", nargs="*")
    arguments = parser.parse_args()
    if arguments.names:
        for name in arguments.names:
            print(" | ".join(row(name, arguments.binary)), flush=True)
        return
    import timm
    import torch

    KEPT.parent.mkdir(exist_ok=True)
    kept = {line.split(" | ")[0]: line.strip() for line in KEPT.read_text().splitlines()} if KEPT.exists() else {}
    with KEPT.open("a") as file:
        for name in NAMES:
            if name not in kept:
                kept[name] = " | ".join(row(name, arguments.binary))
                file.write(kept[name] + "\n")
                file.flush()
                print(kept[name], file=sys.stderr, flush=True)
    rows = [kept[name] for name in NAMES]
    numbers = sorted(max(float(part) for part in line.split(" | ")[1:]) for line in rows if "refused" not in line)
    bound = numbers[-2]
    version = torch.__version__.split("+")[0]
    text = TEXT.format(count=len(rows), timm=timm.__version__, torch=version, small=sum(it <= bound for it in numbers), bound=bound)
    lines = "".join(f"| {line} |\n" for line in rows)
    (REPOSITORY / "docs/models-timm.md").write_text(text + lines, encoding="utf-8")


if __name__ == "__main__":
    main()
