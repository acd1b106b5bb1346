"""Real ONNX graphs, small enough to compute in the head: a 3 × 3 sum with a bias, and graphs with something wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, TensorProto, helper, numpy_helper

from station.networks.adding import Draft, write_model
from station.networks.manifest import Input, Manifest, Output, Threshold, Training

Floats = NDArray[np.float32]
OPSET = 17
PICTURE = np.arange(35, dtype=np.float32).reshape(1, 1, 5, 7)


def graph(bias: float = 0.5, **changes: Any) -> bytes:
    """y = sum of the 3 × 3 about each value of x (zeros beyond the border) + bias."""
    return proto(bias, **changes).SerializeToString()


def proto(
    bias: float = 0.5,
    *,
    x: str = "x",
    y: str = "y",
    kind: int = TensorProto.FLOAT,
    given: tuple[Any, ...] = ("n", 1, "h", "w"),
    weights: list[TensorProto] | None = None,
    nodes: list[Any] | None = None,
    opset: int = OPSET,
) -> ModelProto:
    """The same as a message, to be spoilt."""
    kernel = np.ones((1, 1, 3, 3), np.float32)
    held = [numpy_helper.from_array(kernel, "k"), numpy_helper.from_array(np.array([bias], np.float32), "b")]
    made = helper.make_graph(
        nodes or [helper.make_node("Conv", [x, "k", "b"], [y], pads=[1, 1, 1, 1])],
        "sum",
        [helper.make_tensor_value_info(x, kind, given)],
        [helper.make_tensor_value_info(y, kind, ("n", 1, "h", "w"))],
        held if weights is None else weights,
    )
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", opset)], ir_version=9)


def sums(picture: Floats, bias: float = 0.5) -> Floats:
    """What the graph must give, without onnxruntime."""
    padded = np.pad(picture, ((0, 0), (0, 0), (1, 1), (1, 1)))
    h, w = picture.shape[2:]
    return np.asarray(sum(padded[:, :, i : i + h, j : j + w] for i in range(3) for j in range(3)) + np.float32(bias))


def draft(name: str = "sum", **changes: Any) -> Draft:
    """What people say about it."""
    said: dict[str, Any] = {
        "name": name,
        "version": "1",
        "purpose": 'Sums, with "quotes", a \\ and ümläute.',
        "input": Input("x", "NCHW", (0, 1, 0, 0), ("grey",), "none", 10_000),
        "output": Output("y", "NCHW", (0, 1, 0, 0), "sum of the 3 × 3"),
        "training": Training("none", "none", "2026-11-23", {"auroc": 0.5}),
        "tolerance": 1e-3,
        "thresholds": (Threshold("high", 2.5, "by hand"), Threshold("low", -1e-7, "by hand")),
        "settings": {"alphabet": 'AB"\\\n\x7f', "scales": [1.0, 0.5], "tile": 512, "deep": {"a b": True}},
    }
    return Draft(**said | changes)


def written(folder: Path, bias: float = 0.5, **changes: Any) -> Manifest:
    """The model `folder`, golden output computed without onnxruntime."""
    return write_model(folder, graph(bias), draft(folder.name, **changes), PICTURE, sums(PICTURE, bias))
