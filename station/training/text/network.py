"""The recogniser's network: described once, built for training with Keras, written as ONNX graph from its weights.

Convolutions only (after Shi, Bai, Yao 2017, without the recurrent part): a strip (32, w) becomes w/2 columns, each with
a score for every character and for "none"; batch normalisation is folded into the convolutions on export.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from station.vision.text.alphabet import ALPHABET
from station.vision.text.prepare import HEIGHT_PX

Weights: TypeAlias = list[NDArray[np.float32]]

COLUMN_PX = 2
CLASSES = len(ALPHABET) + 1
_EPSILON = 1e-3


@dataclass(frozen=True, slots=True)
class Conv:
    """A convolution with batch normalisation and ReLU; `rest`: its input is added before the ReLU of the second of two;
    `valid`: not padded in height."""

    channels: int
    kernel: tuple[int, int]
    stride: tuple[int, int] = (1, 1)


@dataclass(frozen=True, slots=True)
class Residual:
    """Two convolutions whose result is added to their input."""

    channels: int
    kernel: tuple[int, int]


LAYERS: tuple[Conv | Residual, ...] = (
    Conv(20, (5, 5), (2, 2)),
    Conv(32, (3, 3)),
    Conv(48, (3, 3), (2, 1)),
    Residual(48, (3, 3)),
    Conv(80, (3, 3), (2, 1)),
    Residual(80, (3, 3)),
    Conv(160, (4, 3), (4, 1)),  # 4 rows become one
    Residual(160, (1, 5)),
    Residual(160, (1, 3)),
)


def keras_network() -> Any:
    """The network for training: (n, 32, w, 1) to logits (n, w/2, classes)."""
    import tensorflow as tf

    layers = tf.keras.layers

    def convolved(x: Any, channels: int, kernel: tuple[int, int], stride: tuple[int, int] = (1, 1)) -> Any:
        x = layers.Conv2D(
            channels, kernel, strides=stride, padding="same", use_bias=False, kernel_initializer="he_normal"
        )(x)
        return layers.BatchNormalization(momentum=0.99, epsilon=_EPSILON)(x)

    strip = layers.Input((HEIGHT_PX, None, 1))
    x = strip
    for layer in LAYERS:
        if isinstance(layer, Conv):
            x = layers.ReLU()(convolved(x, layer.channels, layer.kernel, layer.stride))
        else:
            y = layers.ReLU()(convolved(x, layer.channels, layer.kernel))
            x = layers.ReLU()(layers.Add()([x, convolved(y, layer.channels, layer.kernel)]))
    x = layers.Dropout(0.1)(x)
    logits = layers.Conv2D(CLASSES, (1, 1), dtype="float32")(x)
    return tf.keras.Model(strip, layers.Reshape((-1, CLASSES), dtype="float32")(logits))


def onnx_model(network: Any) -> Any:
    """The trained network as an ONNX model: `strips` (n, 1, 32, w) to `log_probabilities` (n, w/2, classes)."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    kernels = [w for layer in network.layers for w in [layer.get_weights()] if len(w) in (1, 2) and w[0].ndim == 4]
    norms = [layer.get_weights() for layer in network.layers if len(layer.get_weights()) == 4]
    nodes, constants = [], []

    def convolved(source: str, stride: tuple[int, int], name: str) -> str:
        number = int(name[4:])
        kernel = kernels[number][0]
        if number < len(norms):
            kernel, bias = folded(kernel, norms[number])
        else:
            bias = kernels[number][1]
        for suffix, values in (("w", kernel.transpose(3, 2, 0, 1)), ("b", bias)):
            constants.append(numpy_helper.from_array(np.ascontiguousarray(values, np.float32), f"{name}.{suffix}"))
        nodes.append(
            helper.make_node(
                "Conv",
                [source, f"{name}.w", f"{name}.b"],
                [name],
                auto_pad="SAME_UPPER",
                kernel_shape=kernel.shape[:2],
                strides=stride,
            )
        )
        return name

    def made(kind: str, *sources: str, **settings: Any) -> str:
        name = f"{kind.lower()}{len(nodes)}"
        nodes.append(helper.make_node(kind, list(sources), [name], **settings))
        return name

    x, count = "strips", 0
    for layer in LAYERS:
        if isinstance(layer, Conv):
            x = made("Relu", convolved(x, layer.stride, f"conv{count}"))
            count += 1
        else:
            y = made("Relu", convolved(x, (1, 1), f"conv{count}"))
            x = made("Relu", made("Add", x, convolved(y, (1, 1), f"conv{count + 1}")))
            count += 2
    x = convolved(x, (1, 1), f"conv{count}")
    constants.append(numpy_helper.from_array(np.array([2], np.int64), "rows"))
    x = made("Transpose", made("Squeeze", x, "rows"), perm=[0, 2, 1])
    nodes.append(helper.make_node("LogSoftmax", [x], ["log_probabilities"], axis=-1))
    graph = helper.make_graph(
        nodes,
        "text",
        [helper.make_tensor_value_info("strips", TensorProto.FLOAT, ["n", 1, HEIGHT_PX, "w"])],
        [helper.make_tensor_value_info("log_probabilities", TensorProto.FLOAT, ["n", "t", CLASSES])],
        constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], producer_name="station")
    model.ir_version = 8
    onnx.checker.check_model(model)
    return model


def folded(kernel: NDArray[np.float32], norm: Weights) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Kernel (h, w, in, out) and bias with a batch normalisation (gamma, beta, mean, variance) folded in."""
    gamma, beta, mean, variance = norm
    scale = gamma / np.sqrt(variance + _EPSILON)
    return np.asarray(kernel * scale, np.float32), np.asarray(beta - mean * scale, np.float32)
