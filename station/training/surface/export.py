"""The trained network as an ONNX graph: batch normalisation folded into the convolutions, sizes left open."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from station.training.surface.network import connect

Floats = NDArray[np.float32]

OPSET = 13
IR_VERSION = 8  # what onnxruntime reads since 2021


def to_onnx(model: Any, channels: int) -> bytes:
    """The graph of a trained Keras model: picture (1, channels, h, w) -> logit (1, 1, h, w)."""
    from onnx import TensorProto, checker, helper

    layers = OnnxLayers(model)
    logit = connect(layers, "picture")
    layers.nodes[-1].output[0] = "logit"
    assert logit, "the last node is the output"
    graph = helper.make_graph(
        layers.nodes,
        "surface",
        [helper.make_tensor_value_info("picture", TensorProto.FLOAT, [1, channels, "rows", "columns"])],
        [helper.make_tensor_value_info("logit", TensorProto.FLOAT, [1, 1, "rows", "columns"])],
        layers.weights,
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
    checker.check_model(made)
    return bytes(made.SerializeToString())


class OnnxLayers:
    """The network as ONNX nodes, channels first, with the weights of a Keras model."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self.nodes: list[Any] = []
        self.weights: list[Any] = [_tensor("twice", np.array([1, 1, 2, 2], np.float32))]

    def convolve(self, name: str, at: str, channels: int, *, size: int = 3, stride: int = 1) -> str:
        """See `Layers`."""
        (kernel,) = self._model.get_layer(name).get_weights()
        norm = self._model.get_layer(f"{name}_norm")
        scale, shift, mean, variance = norm.get_weights()
        factor = scale / np.sqrt(variance + norm.epsilon)
        # "Same" padding puts the odd pixel behind, as Keras does for even sides.
        total = size - stride
        before = total // 2
        return self._node("Relu", [self._convolution(name, at, kernel * factor, shift - mean * factor,
                                                     strides=[stride, stride],
                                                     pads=[before, before, total - before, total - before])])  # fmt: skip

    def project(self, name: str, at: str, channels: int) -> str:
        """See `Layers`."""
        kernel, bias = self._model.get_layer(name).get_weights()
        return self._convolution(name, at, kernel, bias, strides=[1, 1], pads=[0, 0, 0, 0])

    def add_finer(self, coarse: str, fine: str) -> str:
        """See `Layers`."""
        nearest = {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
        return self._node("Add", [self._node("Resize", [coarse, "", "twice"], **nearest), fine])

    def unfold(self, at: str) -> str:
        """See `Layers`."""
        return self._node("DepthToSpace", [at], blocksize=2, mode="DCR")

    def _convolution(self, name: str, at: str, kernel: Floats, bias: Floats, **attributes: list[int]) -> str:
        self.weights += [_tensor(f"{name}.weight", kernel.transpose(3, 2, 0, 1)), _tensor(f"{name}.bias", bias)]
        return self._node(
            "Conv", [at, f"{name}.weight", f"{name}.bias"], kernel_shape=list(kernel.shape[:2]), **attributes
        )

    def _node(self, kind: str, inputs: list[str], **attributes: Any) -> str:
        from onnx import helper

        output = f"{kind.lower()}{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output


def _tensor(name: str, values: NDArray[Any]) -> Any:
    from onnx import numpy_helper

    return numpy_helper.from_array(np.ascontiguousarray(values, np.float32), name)
