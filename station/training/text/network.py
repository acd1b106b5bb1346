"""The recogniser's network: that of PP-OCR v6 (small) as the package `rapidocr` ships it (Apache-2.0), made ours.

Of its 18 709 characters those of the station's alphabet are left; three equal channels become one; and it gives
logarithms, "nothing" last, as the verification takes them. What it computes for these is not changed.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from station.vision.text.alphabet import ALPHABET
from station.vision.text.prepare import HEIGHT_PX

if TYPE_CHECKING:
    from onnx import ModelProto, NodeProto

INPUT, OUTPUT = "strips", "log_probabilities"
COLUMN_PX = 8
CLASSES = len(ALPHABET) + 1
_FILE = "models/PP-OCRv6_rec_small.onnx"
_LEVELS = 0.5  # what PP-OCR knows goes from -1 to 1, ours is in standard deviations


def shipped() -> Path:
    """The recogniser's file in the installed package.

    Raises:
        ImportError: the package, or this file of it, is not installed.
    """
    spec = find_spec("rapidocr")
    if spec is None or spec.origin is None:
        raise ImportError("no package rapidocr")
    file = Path(spec.origin).parent / _FILE
    if not file.is_file():
        raise ImportError(f"no {_FILE} in the package rapidocr")
    return file


def ours(model: ModelProto) -> ModelProto:
    """The shipped graph with our input, output and classes; changed in place.

    Raises:
        ValueError: a character of the alphabet is not known to it.
    """
    from onnx import TensorProto, helper

    graph = model.graph
    letters = {one.key: one.value for one in model.metadata_props}["character"].split("\n")
    missing = [letter for letter in ALPHABET if letter not in letters]
    if missing:
        raise ValueError(f"the shipped recogniser does not know {' '.join(missing)}")
    classes = [letters.index(letter) + 1 for letter in ALPHABET] + [0]
    made = {name: node for node in graph.node for name in node.output}
    softmax = made[graph.output[0].name]
    added = _before(softmax, "Add", made)
    _change(graph, added, lambda bias: bias[..., classes])
    _change(graph, _before(added, "MatMul", made), lambda weight: weight[..., classes])
    first = next(node for node in graph.node if graph.input[0].name in node.input)
    _change(graph, first, lambda kernel: _LEVELS * kernel.sum(axis=1, keepdims=True))

    first.input[0] = INPUT
    softmax.op_type, softmax.output[0] = "LogSoftmax", OUTPUT
    shapes: dict[str, tuple[str, list[str | int | None]]] = {
        "input": (INPUT, ["n", 1, HEIGHT_PX, "w"]),
        "output": (OUTPUT, ["n", "t", CLASSES]),
    }
    for field, (name, shape) in shapes.items():
        graph.ClearField(field)
        getattr(graph, field).append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))
    graph.ClearField("value_info")
    model.ClearField("metadata_props")
    model.producer_name = "PP-OCR v6 (Apache-2.0), cut and trained by the station's scripts/train_text.py"
    return model


def _before(node: NodeProto, kind: str, made: dict[str, NodeProto]) -> NodeProto:
    """The operator of this kind before a node, with nothing between them but identities."""
    while True:
        node = made[node.input[0]]
        if node.op_type == kind:
            return node
        if node.op_type != "Identity":
            raise ValueError(f"the shipped recogniser ends otherwise than known: {node.op_type} instead of {kind}")


def _change(graph: Any, node: NodeProto, how: Callable[[NDArray[np.float32]], NDArray[np.float32]]) -> None:
    """Another initialiser for the weights of a node."""
    from onnx import numpy_helper

    initial = next(one for one in graph.initializer if one.name == node.input[1])
    values = how(numpy_helper.to_array(initial))
    initial.CopyFrom(numpy_helper.from_array(np.ascontiguousarray(values, np.float32), initial.name))
