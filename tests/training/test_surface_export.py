"""The ONNX graph against the network computed by hand: folding, padding, skips, unfolding."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from scipy import signal

from station.networks.session import Session
from station.training.surface.export import to_onnx
from station.training.surface.network import WIDTHS, connect
from station.vision.surface.contrast import CHANNELS

EPSILON = 1e-3


@dataclass
class Layer:
    weights: list[np.ndarray]
    epsilon: float = EPSILON

    def get_weights(self) -> list[np.ndarray]:
        return self.weights


class Weights:
    """What the exporter asks a Keras model for, with random weights made when they are first named."""

    def __init__(self) -> None:
        self.rng = np.random.default_rng(8)
        self.layers: dict[str, Layer] = {}

    def get_layer(self, name: str) -> Layer:
        return self.layers[name]

    def make(self, name: str, size: int, given: int, channels: int, *, norm: bool) -> None:
        kernel = self.rng.normal(0.0, 1.0 / (size * given**0.5), (size, size, given, channels)).astype(np.float32)
        self.layers[name] = Layer([kernel] if norm else [kernel, self.vector(channels)])
        if norm:
            vectors = [1.0 + 0.2 * self.vector(channels), self.vector(channels), self.vector(channels)]
            self.layers[f"{name}_norm"] = Layer([*vectors, np.exp(self.vector(channels))])

    def vector(self, channels: int) -> np.ndarray:
        return 0.3 * self.rng.standard_normal(channels).astype(np.float32)


class ByHand:
    """The layers with scipy, channels last, normalisation as its own step."""

    def __init__(self) -> None:
        self.weights = Weights()

    def convolve(self, name: str, at: np.ndarray, channels: int, /, *, size: int = 3, stride: int = 1) -> np.ndarray:
        self.weights.make(name, size, at.shape[-1], channels, norm=True)
        total = size - stride
        padded = np.pad(at, ((total // 2, total - total // 2), (total // 2, total - total // 2), (0, 0)))
        out = self._sum(padded, self.weights.layers[name].weights[0])[::stride, ::stride]
        scale, shift, mean, variance = self.weights.layers[f"{name}_norm"].weights
        return np.maximum((out - mean) / np.sqrt(variance + EPSILON) * scale + shift, 0.0)

    def project(self, name: str, at: np.ndarray, channels: int, /) -> np.ndarray:
        self.weights.make(name, 1, at.shape[-1], channels, norm=False)
        kernel, bias = self.weights.layers[name].weights
        return at @ kernel[0, 0] + bias

    def add_finer(self, coarse: np.ndarray, fine: np.ndarray) -> np.ndarray:
        return coarse.repeat(2, axis=0).repeat(2, axis=1) + fine

    def unfold(self, at: np.ndarray) -> np.ndarray:
        rows, columns, _ = at.shape
        return at.reshape(rows, columns, 2, 2).transpose(0, 2, 1, 3).reshape(2 * rows, 2 * columns, 1)

    @staticmethod
    def _sum(at: np.ndarray, kernel: np.ndarray) -> np.ndarray:
        layers = [
            sum(signal.correlate2d(at[..., i], kernel[..., i, o], "valid") for i in range(at.shape[-1]))
            for o in range(kernel.shape[-1])
        ]
        return np.stack(layers, axis=-1)


@pytest.mark.parametrize("shape", [(32, 48)])
def test_the_graph_computes_the_network(shape: tuple[int, int]):
    pytest.importorskip("onnx")
    picture = np.random.default_rng(1).standard_normal((*shape, CHANNELS))
    by_hand = ByHand()
    expected = connect(by_hand, picture)[..., 0]
    session = Session(to_onnx(by_hand.weights, CHANNELS), threads=1)
    found = session.run(picture.transpose(2, 0, 1)[None].astype(np.float32))
    assert found.shape == (1, 1, *shape)
    assert expected.std() > 0.05
    assert np.abs(found[0, 0] - expected).max() < 1e-3


def test_the_sides_are_open():
    pytest.importorskip("onnx")
    by_hand = ByHand()
    connect(by_hand, np.zeros((16, 16, CHANNELS)))
    session = Session(to_onnx(by_hand.weights, CHANNELS), threads=1)
    for shape in ((16, 16), (64, 16), (48, 80)):
        assert session.run(np.zeros((1, CHANNELS, *shape), np.float32)).shape == (1, 1, *shape)
    assert len(WIDTHS) == 4
