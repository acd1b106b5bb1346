"""Training of the recogniser on strips that are drawn while it trains: no sample is seen twice."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from station.training.text.network import COLUMN_PX, keras_network, onnx_model
from station.vision.text.alphabet import ALPHABET
from station.vision.text.prepare import HEIGHT_PX, flattened

WIDTHS_PX = (96, 160, 224, 320, 448)
INSTALL = "training needs tensorflow: pip install tensorflow-cpu"
_BATCH_PX = 20 * 224  # columns of strips in a batch
_INDEX = {letter: number for number, letter in enumerate(ALPHABET)}

Batch: TypeAlias = tuple[NDArray[np.float16], NDArray[np.int32], NDArray[np.float32], list[list[int]]]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a training is: `share` of its time, `steps`, mean `loss` since the last report."""

    share: float
    steps: int
    loss: float


def train(
    minutes: float, weights: Path, seed: int, report: Callable[[Progress], None], start: Path | None = None
) -> Any:
    """Train for so many minutes and keep the weights in a file on the way; gives the network (Keras).

    Raises:
        ImportError: tensorflow is not there.
        FileNotFoundError: no fonts to draw with.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        import tensorflow as tf
    except ImportError as error:
        raise ImportError(INSTALL) from error

    tf.keras.mixed_precision.set_global_policy("mixed_bfloat16")  # half as long; weights stay float32
    network = keras_network()
    if start is not None:
        network.load_weights(start)
    optimizer = tf.keras.optimizers.AdamW(1e-3, weight_decay=2e-3, clipnorm=5.0)

    @tf.function(reduce_retracing=True)  # type: ignore[untyped-decorator]
    def step(strips: Any, frames: Any, weights: Any, labels: Any, even: Any) -> Any:
        with tf.GradientTape() as tape:
            logits = network(strips, training=True)
            at_letters = tf.nn.sparse_softmax_cross_entropy_with_logits(frames, logits)
            aligned = tf.reduce_sum(at_letters * weights) / tf.reduce_sum(weights)
            steps = tf.fill([tf.shape(logits)[0]], tf.shape(logits)[1])
            whole = tf.compat.v1.nn.ctc_loss(labels, logits, steps, time_major=False)
            loss = even * aligned + 0.04 * tf.reduce_mean(whole)
        variables = network.trainable_variables
        optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
        return loss

    if minutes <= 0:
        return network
    batches, process = _producer(seed, 0.0 if start is not None else minutes)
    began = kept = time.monotonic()
    losses: list[float] = []
    steps = 0
    while (share := (time.monotonic() - began) / (60 * minutes)) < 1:
        strips, frames, weight, labels = batches.get()
        optimizer.learning_rate = float(1.5e-3 * min(1, (steps + 1) / 100) * (0.5 + 0.5 * np.cos(np.pi * share)) + 5e-6)
        even = 1.0 if share < 0.5 else 0.3
        sparse = tf.SparseTensor(
            [(n, i) for n, row in enumerate(labels) for i in range(len(row))],
            np.array([k for row in labels for k in row], np.int32),
            (len(labels), max(map(len, labels))),
        )
        x = tf.constant(strips.astype(np.float32)[..., None])
        losses.append(float(step(x, tf.constant(frames), tf.constant(weight), sparse, tf.constant(even))))
        steps += 1
        if steps % 100 == 0:
            report(Progress(share, steps, float(np.mean(losses))))
            losses.clear()
            if time.monotonic() - kept > 120:
                network.save_weights(weights)
                kept = time.monotonic()
    process.terminate()
    network.save_weights(weights)
    return network


def graph_of(network: Any) -> bytes:
    """The ONNX graph of a trained network."""
    return bytes(onnx_model(network).SerializeToString())


def session_of(graph: bytes) -> Callable[[NDArray[np.float32]], NDArray[np.float32]]:
    """A graph as the recogniser that `verify` takes, on one thread."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    return lambda strips: np.asarray(session.run(None, {"strips": strips})[0], np.float32)


def _producer(seed: int, easy_minutes: float) -> tuple[Any, Any]:
    context = get_context("spawn")
    batches = context.Queue(100)
    process = context.Process(target=_produce, args=(batches, seed, 30.0 * easy_minutes), daemon=True)
    process.start()
    return batches, process


def _produce(batches: Any, seed: int, easy_s: float) -> None:
    import cv2

    from station.training.text.fonts import Drawer, training_fonts
    from station.training.text.metal import Faces
    from station.training.text.samples import sample

    cv2.setNumThreads(1)
    rng = np.random.default_rng(seed)
    drawer, faces = Drawer(training_fonts()), Faces(rng)
    waiting: dict[int, list[tuple[NDArray[np.float16], NDArray[np.int32], NDArray[np.float32], list[int]]]] = {
        width: [] for width in WIDTHS_PX
    }
    began = time.monotonic()
    while True:
        hard = min(1.0, (time.monotonic() - began) / easy_s) if easy_s else 1.0
        drawn = sample(rng, drawer, faces, WIDTHS_PX, hard)
        height, natural = drawn.strip.shape
        fitting = [width for width in WIDTHS_PX if natural * HEIGHT_PX <= (width + 2) * height]
        if not fitting:
            continue
        width = fitting[0]
        shrinks = cv2.INTER_AREA if height > HEIGHT_PX else cv2.INTER_CUBIC
        sized = cv2.resize(drawn.strip, (width, HEIGHT_PX), interpolation=shrinks)
        columns = drawn.columns_px * width / natural / COLUMN_PX
        frames, weight, labels = targets(drawn.text, columns, width // COLUMN_PX)
        rest = waiting[width]
        rest.append((flattened(sized.astype(np.float32)).astype(np.float16), frames, weight, labels))
        if len(rest) * width >= _BATCH_PX:
            x, f, w, label = zip(*rest, strict=True)
            batches.put((np.stack(x), np.stack(f), np.stack(w), list(label)))
            rest.clear()


def targets(
    text: str, columns: NDArray[np.float64], frames: int
) -> tuple[NDArray[np.int32], NDArray[np.float32], list[int]]:
    """What each of the columns should say: the letter at its middle, nothing between; its neighbours are free.

    Gives classes (frames,), their weights, and the letters as classes.
    """
    blank = len(ALPHABET)
    classes = np.full(frames, blank, np.int32)
    weights = np.full(frames, 0.3, np.float32)
    at = np.clip(np.rint(columns - 0.5), 0, frames - 1).astype(int)
    for place in at:
        weights[max(place - 1, 0) : place + 2] = 0.0
    labels = [_INDEX[letter] for letter in text]
    for place, label in zip(at, labels, strict=True):
        classes[place], weights[place] = label, 1.0
    return classes, weights, labels
