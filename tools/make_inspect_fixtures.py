"""Writes tests/data/inspect/logits.npy: scores of net1 as numpy.save writes them.

    python tools/make_inspect_fixtures.py

Needs numpy and safetensors; the scores are those of tests/data/model/net1_golden.safetensors.
"""

import numpy
from safetensors.numpy import load_file

golden = load_file("tests/data/model/net1_golden.safetensors")
numpy.save("tests/data/inspect/logits.npy", golden["logits"])
