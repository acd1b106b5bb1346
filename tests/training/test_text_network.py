"""The recogniser that training begins with is the shipped one, and the same in torch as in onnxruntime."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnxruntime
import pytest

from station.training.text.network import CLASSES, COLUMN_PX, ours, shipped
from station.vision.text.alphabet import ALPHABET

onnx = pytest.importorskip("onnx")
pytest.importorskip("rapidocr", reason="the shipped recogniser is not installed here: pip install rapidocr")
STRIPS = np.random.default_rng(1).normal(0.0, 1.0, (2, 1, 48, 320)).astype(np.float32)


def _run(graph: bytes, name: str, x: Any) -> Any:
    return onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"]).run(None, {name: x})[0]


def test_cutting_changes_no_score_of_a_character_that_is_left() -> None:
    whole = onnx.load(shipped())
    letters = {one.key: one.value for one in whole.metadata_props}["character"].split("\n")
    there = _run(whole.SerializeToString(), whole.graph.input[0].name, np.repeat(0.5 * STRIPS, 3, axis=1))
    there = there[..., [*(letters.index(letter) + 1 for letter in ALPHABET), 0]]
    here = _run(ours(whole).SerializeToString(), "strips", STRIPS)
    assert here.shape == (2, 320 // COLUMN_PX, CLASSES)
    assert np.exp(here) == pytest.approx(there / there.sum(axis=-1, keepdims=True), abs=1e-5)


def test_torch_computes_what_onnxruntime_does_and_gives_its_weights_back() -> None:
    torch = pytest.importorskip("torch", reason="torch is not installed here")
    from station.training.text.torch_graph import TorchGraph

    model = ours(onnx.load(shipped()))
    network = TorchGraph(model)
    with torch.no_grad():
        found = network(torch.from_numpy(STRIPS)).numpy()
        assert found == pytest.approx(_run(model.SerializeToString(), "strips", STRIPS), abs=1e-3)
        for weight in network.parameters():
            weight.mul_(1.01)
        changed = network(torch.from_numpy(STRIPS)).numpy()
    network.put_back(model)
    assert np.abs(changed - found).max() > 0.01
    assert _run(model.SerializeToString(), "strips", STRIPS) == pytest.approx(changed, abs=1e-3)


def test_an_operator_that_cannot_be_trained_is_named() -> None:
    pytest.importorskip("torch", reason="torch is not installed here")
    from station.training.text.torch_graph import TorchGraph

    node = onnx.helper.make_node("Gelu", ["x"], ["y"])
    value = [onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [1]) for name in "xy"]
    with pytest.raises(ValueError, match="Gelu"):
        TorchGraph(onnx.helper.make_model(onnx.helper.make_graph([node], "g", value[:1], value[1:])))
