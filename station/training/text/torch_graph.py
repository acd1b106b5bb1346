"""An ONNX graph as a module of torch, so that its weights can be trained and put back under their names.

The operators of text recognisers (PP-OCR), as the ONNX reference defines them up to operator set 12, where axes are
attributes; another operator is refused when the module is made.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper
from torch import Tensor
from torch.nn import functional

Attributes = dict[str, Any]
_LAST = 2**31  # where a slice to the end may end


class TorchGraph(torch.nn.Module):
    """The graph of `model` with one input and one output. Floating initialisers of more than one value are trained, but
    for what batch normalisations have counted.

    Raises:
        ValueError: it has an operator that is not known here.
    """

    def __init__(self, model: ModelProto) -> None:
        super().__init__()
        graph = model.graph
        unknown = sorted({node.op_type for node in graph.node} - {*_OPERATORS, "Constant"})
        if unknown:
            raise ValueError(f"the graph has operators that cannot be trained here: {', '.join(unknown)}")
        counted = {name for node in graph.node if node.op_type == "BatchNormalization" for name in node.input[3:5]}
        self._constants: dict[str, Tensor] = {}
        self._trained: dict[str, torch.nn.Parameter] = {}
        for initial in graph.initializer:
            values = _tensor(initial)
            if values.is_floating_point() and values.numel() > 1 and initial.name not in counted:
                self._trained[initial.name] = torch.nn.Parameter(values)
                self.register_parameter(f"weight{len(self._trained)}", self._trained[initial.name])
            else:
                self._constants[initial.name] = values
        self._nodes: list[tuple[NodeProto, Attributes]] = []
        for node in graph.node:
            attributes = {one.name: helper.get_attribute_value(one) for one in node.attribute}
            if node.op_type == "Constant":
                self._constants[node.output[0]] = _tensor(attributes["value"])
            else:
                self._nodes.append((node, attributes))
        self._input, self._output = graph.input[0].name, graph.output[0].name

    def forward(self, x: Tensor) -> Tensor:
        """The graph's output."""
        values: dict[str, Tensor] = {**self._constants, **self._trained, self._input: x}
        for node, attributes in self._nodes:
            given = [values[name] if name else None for name in node.input]
            values[node.output[0]] = _OPERATORS[node.op_type](given, attributes)
        return values[self._output]

    def put_back(self, model: ModelProto) -> None:
        """The weights as they are now into the initialisers of `model`, of which this module was made."""
        for initial in model.graph.initializer:
            if initial.name in self._trained:
                values = self._trained[initial.name].detach().numpy()
                initial.CopyFrom(numpy_helper.from_array(np.asarray(values, np.float32), initial.name))


def _tensor(values: TensorProto) -> Tensor:
    return torch.from_numpy(np.array(numpy_helper.to_array(values)))


def _integers(values: Tensor) -> list[int]:
    return [int(value) for value in values.reshape(-1).tolist()]


def _same(size: Sequence[int], kernel: Sequence[int], strides: Sequence[int]) -> tuple[int, int, int, int]:
    """SAME_UPPER as (left, right, top, bottom), as `functional.pad` takes it."""
    whole = [max((-(-n // s) - 1) * s + k - n, 0) for n, k, s in zip(size, kernel, strides, strict=True)]
    return whole[1] // 2, whole[1] - whole[1] // 2, whole[0] // 2, whole[0] - whole[0] // 2


def _padding(x: Tensor, kernel: Sequence[int], attributes: Attributes) -> tuple[int, int, int, int]:
    if attributes.get("auto_pad") == b"SAME_UPPER":
        return _same(x.shape[2:], kernel, attributes.get("strides", (1, 1)))
    top, left, bottom, right = attributes.get("pads", (0, 0, 0, 0))
    return left, right, top, bottom


def _conv(given: list[Any], attributes: Attributes) -> Tensor:
    x, weight = given[0], given[1]
    bias = given[2] if len(given) > 2 else None
    left, right, top, bottom = _padding(x, weight.shape[2:], attributes)
    within = (top, left) if (top, left) == (bottom, right) else (0, 0)
    if within == (0, 0) and any((left, right, top, bottom)):
        x = functional.pad(x, (left, right, top, bottom))
    strides, dilations = attributes.get("strides", (1, 1)), attributes.get("dilations", (1, 1))
    return functional.conv2d(x, weight, bias, strides, within, dilations, attributes.get("group", 1))


def _max_pool(given: list[Any], attributes: Attributes) -> Tensor:
    kernel = attributes["kernel_shape"]
    x = functional.pad(given[0], _padding(given[0], kernel, attributes), value=-torch.inf)
    return functional.max_pool2d(x, kernel, attributes.get("strides"), ceil_mode=bool(attributes.get("ceil_mode", 0)))


def _average_pool(given: list[Any], attributes: Attributes) -> Tensor:
    if any(attributes.get("pads", ())):
        raise ValueError("a padded average cannot be trained here")
    kernel = attributes["kernel_shape"]
    return functional.avg_pool2d(
        given[0], kernel, attributes.get("strides"), ceil_mode=bool(attributes.get("ceil_mode", 0))
    )


def _batch_normalised(given: list[Any], attributes: Attributes) -> Tensor:
    x, scale, bias, mean, variance = given
    return functional.batch_norm(x, mean, variance, scale, bias, False, 0.0, attributes.get("epsilon", 1e-5))


def _sliced(given: list[Any], _: Attributes) -> Tensor:
    x, starts, ends = given[0], _integers(given[1]), _integers(given[2])
    axes = _integers(given[3]) if len(given) > 3 and given[3] is not None else list(range(len(starts)))
    steps = _integers(given[4]) if len(given) > 4 else [1] * len(starts)
    cut = [slice(None)] * x.dim()
    for start, end, axis, step in zip(starts, ends, axes, steps, strict=True):
        cut[axis] = slice(start, min(end, _LAST), step)
    return x[tuple(cut)]


def _reshaped(given: list[Any], _: Attributes) -> Tensor:
    x = given[0]
    return x.reshape([x.shape[n] if size == 0 else size for n, size in enumerate(_integers(given[1]))])


def _squeezed(given: list[Any], attributes: Attributes) -> Tensor:
    x = given[0]
    for axis in sorted(attributes["axes"], reverse=True):
        x = x.squeeze(axis)
    return x


def _unsqueezed(given: list[Any], attributes: Attributes) -> Tensor:
    x = given[0]
    for axis in sorted(attributes["axes"]):
        x = x.unsqueeze(axis)
    return x


_OPERATORS: dict[str, Callable[[list[Any], Attributes], Tensor]] = {
    "Add": lambda x, _: x[0] + x[1],
    "AveragePool": _average_pool,
    "BatchNormalization": _batch_normalised,
    "Concat": lambda x, a: torch.cat(x, a["axis"]),
    "Conv": _conv,
    "Div": lambda x, _: x[0] / x[1],
    "Erf": lambda x, _: torch.erf(x[0]),
    "HardSigmoid": lambda x, a: torch.clamp(x[0] * a.get("alpha", 0.2) + a.get("beta", 0.5), 0, 1),
    "Identity": lambda x, _: x[0],
    "LogSoftmax": lambda x, a: torch.log_softmax(x[0], a.get("axis", 1)),
    "MatMul": lambda x, _: x[0] @ x[1],
    "MaxPool": _max_pool,
    "Mul": lambda x, _: x[0] * x[1],
    "Pow": lambda x, _: x[0] ** x[1],
    "ReduceMean": lambda x, a: x[0].mean(a["axes"], keepdim=bool(a.get("keepdims", 1))),
    "Relu": lambda x, _: functional.relu(x[0]),
    "Reshape": _reshaped,
    "Shape": lambda x, _: torch.tensor(x[0].shape),
    "Sigmoid": lambda x, _: torch.sigmoid(x[0]),
    "Slice": _sliced,
    "Softmax": lambda x, a: torch.softmax(x[0], a.get("axis", 1)),
    "Sqrt": lambda x, _: torch.sqrt(x[0]),
    "Squeeze": _squeezed,
    "Sub": lambda x, _: x[0] - x[1],
    "Transpose": lambda x, a: x[0].permute(a["perm"]),
    "Unsqueeze": _unsqueezed,
}
