"""What tools/export.py promises, where PyTorch is at hand:

    python tools/test_export.py
"""

import contextlib
import io
import os
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import torch
from torch import nn

sys.path.insert(0, str(Path(__file__).parent))
import export as tool  # noqa: E402


class Net(nn.Module):
    """8 maps, averaged, 4 classes; `end` is what happens to the scores."""

    def __init__(self, num_classes=4, end=lambda scores: scores):
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, padding=1)
        self.bn = nn.BatchNorm2d(8)
        self.drop = nn.Dropout(0.5)
        self.fc = nn.Linear(8, num_classes)
        self.end = end

    def forward(self, x):
        return self.end(self.fc(self.drop(self.bn(self.conv(x)).relu()).mean((2, 3))))


def softmax():
    return Net(end=lambda scores: scores.softmax(1))


def one_batch():
    return Net(end=lambda scores: scores + torch.zeros(int(scores.shape[0]), 4))


def batch_statistics():
    net = Net()
    net.bn = nn.BatchNorm2d(8, track_running_stats=False)
    return net


class OfTheCommand(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        before = os.getcwd()
        os.chdir(self.folder.name)
        self.addCleanup(os.chdir, before)

    def run_tool(self, *arguments):
        """Exit code, standard output and error."""
        out, err = io.StringIO(), io.StringIO()
        argv = ["export.py", *arguments]
        with mock.patch.object(sys, "argv", argv), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = tool.main()
        return code, out.getvalue(), err.getvalue()

    def export(self, name, *arguments):
        return self.run_tool(f"{__name__}:{name}", "--input", "3x32x32", *arguments)

    def refused(self, result, *said):
        code, out, err = result
        self.assertEqual((code, out), (1, ""))
        self.assertEqual(err.count("\n"), 1, err)
        for words in said:
            self.assertIn(words, err)
        self.assertFalse(Path("model.pt2").exists())
        self.assertFalse(list(Path().glob(".export-*")))

    def test_weights_come_out_of_whatever_they_are_wrapped_in(self):
        net = Net().eval()
        pictures = torch.rand(5, 3, 32, 32)
        weights = net.state_dict()
        wrapped = {
            "plain": weights,
            "parallel": {"epoch": 3, "state_dict": {f"module.{key}": value for key, value in weights.items()}},
            "lightning": {"state_dict": {f"model.{key}": value for key, value in weights.items()} | {"loss.w": torch.ones(2)}},
            "compiled": {"model": {f"module._orig_mod.{key}": value for key, value in weights.items()}, "optimizer": {}},
        }
        for name, checkpoint in wrapped.items():
            torch.save(checkpoint, f"{name}.pth")
            code, out, err = self.export("Net", "--weights", f"{name}.pth", "--output", f"{name}.pt2")
            self.assertEqual(code, 0, err)
            self.assertEqual("loss.w" in err, name == "lightning", err)
            self.assertIn(f'file: "{name}.pt2"', out)
            loaded = torch.export.load(f"{name}.pt2").module()
            torch.testing.assert_close(loaded(pictures), net(pictures))

    def test_what_is_missing_or_of_another_network_is_refused(self):
        weights = Net().state_dict()
        torch.save({key: value for key, value in weights.items() if not key.startswith("fc")}, "part.pth")
        torch.save(Net(7).state_dict(), "seven.pth")
        Path("text.pth").write_text("hello")
        self.refused(self.export("Net", "--weights", "part.pth"), "lacks 2 of 9", "fc.weight", "--allow-missing")
        self.refused(self.export("Net", "--weights", "seven.pth"), "fc.bias is [7], not [4]", "--arguments")
        self.refused(self.export("Net", "--weights", "text.pth"), "cannot read `text.pth`")
        self.refused(self.export("Net", "--weights", "none.pth"), "there is no file `none.pth`")
        self.refused(self.run_tool("seven.pth"), "holds weights only")
        self.refused(self.export("Nett"), "did you mean `Net`?")
        self.refused(self.run_tool("torchvision:resnet81"), "did you mean `resnet18`?")
        self.refused(self.export("Net", "--output", "no/model.pt2"), "there is no folder `no`")
        code, _, err = self.export("Net", "--weights", "part.pth", "--allow-missing")
        self.assertEqual(code, 0)
        self.assertIn("2 weights are missing and stay random: fc.weight, fc.bias", err)
        self.assertEqual(self.export("Net", "--weights", "seven.pth", "--arguments", '{"num_classes": 7}')[0], 0)

    def test_a_pickled_module_runs_only_on_trust(self):
        torch.save(Net2(), "whole.pth")
        self.refused(self.run_tool("whole.pth", "--input", "3x32x32"), "--trust")
        self.assertEqual(self.run_tool("whole.pth", "--input", "3x32x32", "--trust")[0], 0)

    def test_signs_of_training_are_told(self):
        _, _, err = self.export("batch_statistics")
        self.assertIn("batch norms without running statistics", err)
        self.assertIn("depend on the other pictures", err)
        self.assertIn("`batch_norm` (node `batch_norm`) runs as in training", err)

    def test_a_closing_softmax_and_a_fixed_batch_are_told(self):
        self.assertIn("ends in a softmax", self.export("softmax")[2])
        code, out, err = self.export("one_batch")
        self.assertEqual(code, 0, err)
        self.assertIn("batches of 1", out)
        self.assertIn("a batch of 1 only", err)

    def test_torchvision_knows_its_preprocessing(self):
        code, out, err = self.run_tool("torchvision:squeezenet1_1")
        self.assertEqual(code, 0, err)
        self.assertIn("the network is random", err)
        self.assertIn("shorter: 256", out)
        self.assertIn("size: [224, 224]", out)
        self.assertIn("interpolation: bilinear", out)
        self.assertNotIn("guess", out)


class Net2(Net):
    """Without a lambda, which cannot be pickled."""

    def __init__(self):
        super().__init__(end=nn.Identity())


class OfTheFunction(unittest.TestCase):
    def export(self, model, **options):
        with tempfile.TemporaryDirectory() as folder:
            found = tool.export(model, Path(folder, "net.pt2"), input_shape=(3, 32, 32), **options)
            program = torch.export.load(found.file)
        return found, program

    def test_the_module_stays_in_training_and_layers_keep_their_paths(self):
        net = Net().train()
        found, program = self.export(nn.DataParallel(net))
        self.assertTrue(net.training and net.drop.training)
        self.assertEqual((found.classes, found.free_batch, list(found.warnings)), (4, True, []))
        paths = {path for node in program.graph.nodes for path, _ in (node.meta.get("nn_module_stack") or {}).values()}
        self.assertLessEqual({"conv", "bn", "drop", "fc"}, paths)

    def test_half_precision_is_written_as_float32(self):
        net = Net().half()
        found, program = self.export(net)
        self.assertEqual(found.warnings, ["weights in torch.float16 are written as torch.float32"])
        self.assertEqual({tensor.dtype for tensor in program.state_dict.values()} - {torch.int64}, {torch.float32})
        self.assertEqual(net.fc.weight.dtype, torch.float16)

    def test_what_is_no_classifier_is_refused(self):
        cases = {
            "returns a tuple": Net(end=lambda scores: (scores, scores)),
            "gives [2, 2, 2]": Net(end=lambda scores: scores.view(-1, 2, 2)),
            "not finite": Net(end=lambda scores: scores / 0),
            "the second time": Net(end=lambda scores: nn.functional.dropout(scores, 0.5)),
            "cannot export": Net(end=lambda scores: scores if scores.sum() > 0 else -scores),
            "TorchScript": torch.jit.trace(Net().eval(), torch.rand(1, 3, 8, 8)),
            "of type int": 3,
        }
        for said, model in cases.items():
            with self.assertRaisesRegex(tool.ExportError, said.replace("[", r"\[")) as caught:
                self.export(model)
            self.assertNotIn("\n", str(caught.exception))


if __name__ == "__main__":
    unittest.main()
