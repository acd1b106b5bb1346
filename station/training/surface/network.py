"""The network that scores surfaces, described once and built twice: to be trained (Keras) and to be shipped (ONNX).

A U-Net (Ronneberger et al. 2015) that begins at half the resolution and gives four logits for every pixel there, one
for each of the picture's (Shi et al. 2016): a third of the cost of one that begins at the full. Skips are added, not
concatenated. It halves the picture four times and sees about 150 px around a pixel.
"""

from __future__ import annotations

from typing import Any, Protocol, TypeVar

T = TypeVar("T")

WIDTHS = (16, 40, 80, 128)  # channels at 1/2, 1/4, 1/8 and 1/16 of the resolution
STRIDE = 16


class Layers(Protocol[T]):
    """What the network is built from; every layer has a name under which its weights are found again."""

    def convolve(self, name: str, at: T, channels: int, *, size: int = 3, stride: int = 1) -> T:
        """Convolution, batch normalisation, ReLU."""

    def project(self, name: str, at: T, channels: int) -> T:
        """A 1×1 convolution with a bias, and nothing after it."""

    def add_finer(self, coarse: T, fine: T) -> T:
        """`coarse` at twice its resolution (nearest pixel) added to `fine`."""

    def unfold(self, at: T) -> T:
        """Four channels of a pixel become 2×2 pixels of one channel."""


def connect(layers: Layers[T], picture: T) -> T:
    """The network from its input (three channels of local contrast) to its logits."""
    at, levels = picture, []
    for number, channels in enumerate(WIDTHS, 1):
        at = layers.convolve(f"down{number}", at, channels, size=4 if number == 1 else 3, stride=2)
        at = layers.convolve(f"level{number}", at, channels)
        levels.append(at)
    at = layers.convolve("deepest", at, WIDTHS[-1])
    for number in range(len(WIDTHS) - 1, 0, -1):
        channels = WIDTHS[number - 1]
        at = layers.add_finer(layers.project(f"up{number}", at, channels), levels[number - 1])
        at = layers.convolve(f"joined{number}", at, channels)
    at = layers.convolve("finest", at, WIDTHS[0])
    return layers.unfold(layers.project("logit", at, 4))


class KerasLayers:
    """The network for training, channels last."""

    def __init__(self, keras: Any) -> None:
        self._keras = keras

    def convolve(self, name: str, at: Any, channels: int, *, size: int = 3, stride: int = 1) -> Any:
        """See `Layers`."""
        layers = self._keras.layers
        convolution = layers.Conv2D(
            channels, size, strides=stride, padding="same", use_bias=False, kernel_initializer="he_normal", name=name
        )
        return layers.ReLU()(layers.BatchNormalization(momentum=0.98, name=f"{name}_norm")(convolution(at)))

    def project(self, name: str, at: Any, channels: int) -> Any:
        """See `Layers`."""
        # Defects are rare: training begins where it says so of every pixel.
        start = self._keras.initializers.Constant(-4.0 if name == "logit" else 0.0)
        return self._keras.layers.Conv2D(channels, 1, bias_initializer=start, name=name)(at)

    def add_finer(self, coarse: Any, fine: Any) -> Any:
        """See `Layers`."""
        return self._keras.layers.Add()([self._keras.layers.UpSampling2D()(coarse), fine])

    def unfold(self, at: Any) -> Any:
        """See `Layers`."""
        import tensorflow as tf

        return self._keras.layers.Lambda(lambda x: tf.nn.depth_to_space(x, 2))(at)


def build(keras: Any, channels: int) -> Any:
    """The untrained network as a Keras model: (n, h, w, channels) -> (n, h, w, 1), h and w multiples of 16."""
    picture = keras.layers.Input((None, None, channels))
    return keras.Model(picture, connect(KerasLayers(keras), picture))
