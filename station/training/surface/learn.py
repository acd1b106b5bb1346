"""The training loop: AdamW with a cosine over the time that it is given, from the start or from where it stopped."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from station.errors import InputError
from station.training.surface.feed import DEFECT, SIDE_PX, UNCLEAR, feeding
from station.training.surface.network import build
from station.vision.surface.contrast import CHANNELS

BATCH = 16
RATE = 3e-3
WARM_UP = 100  # steps
DECAY = 1e-3
MORE = 4.0  # times that a pixel of a defect weighs: they are one in thirty
OVERLAP = 0.3  # weight of the Dice loss (Milletari et al. 2016) beside the focal cross-entropy (Lin et al. 2017)
EVERY = 200  # steps between reports; weights are kept at each


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a training came; `loss` is the mean since the last report."""

    steps: int
    seconds: float
    loss: float
    samples: int


def learn(
    weights: Path, minutes: float, seed: int, tell: Callable[[Progress], None], *, start: Path | None = None
) -> tuple[Any, Progress]:
    """Train for so many minutes in all; a training whose `weights` are there goes on where it stopped.

    `start` are the weights of another training to begin from. The state beside `weights` says how far it came; the
    optimiser's own moments are not kept and build up again within a hundred steps.

    Raises:
        InputError: tensorflow is not installed, or weights do not fit the network.
    """
    tf = tensorflow()
    tf.keras.utils.set_random_seed(seed)
    model = build(tf.keras, CHANNELS)
    state = weights.with_suffix(".json")
    past = Progress(**json.loads(state.read_text())) if state.is_file() else Progress(0, 0.0, math.nan, 0)
    if past.steps or start is not None:
        _load(model, weights if past.steps else start)
    optimizer = tf.keras.optimizers.AdamW(RATE, weight_decay=DECAY)
    step = _step(tf, model, optimizer)
    now, losses, began = past, [], time.monotonic()
    with feeding(seed + past.steps, processes=1) as pool:
        while now.seconds < 60.0 * minutes:
            pictures, truths = pool.batch(BATCH)
            share = now.seconds / (60.0 * minutes)
            warm = min(1.0, (now.steps - past.steps + 1) / WARM_UP)
            optimizer.learning_rate.assign(RATE * warm * (0.5 + 0.5 * math.cos(math.pi * share)) + 1e-5)
            losses.append(float(step(pictures, truths)))
            seconds = past.seconds + time.monotonic() - began
            now = Progress(now.steps + 1, seconds, float(np.mean(losses)), past.samples + pool.made)
            if now.steps % EVERY == 0 or now.seconds >= 60.0 * minutes:
                model.save_weights(weights)
                state.write_text(json.dumps(asdict(now)))
                tell(now)
                losses = []
    return model, now


def trained(weights: Path) -> Any:
    """The network with weights of a training.

    Raises:
        InputError: tensorflow is not installed, or the weights do not fit the network.
    """
    model = build(tensorflow().keras, CHANNELS)
    _load(model, weights)
    return model


def tensorflow() -> Any:
    """The library that learns.

    Raises:
        InputError: it is not installed.
    """
    try:
        import tensorflow
    except ImportError as error:
        raise InputError("training needs tensorflow: pip install tensorflow-cpu") from error
    return tensorflow


def _load(model: Any, weights: Path | None) -> None:
    try:
        model.load_weights(weights)
    except (OSError, ValueError) as error:
        raise InputError("these are not weights of this network", place=str(weights)) from error


def _step(tf: Any, model: Any, optimizer: Any) -> Callable[[Any, Any], Any]:
    side = (BATCH, SIDE_PX, SIDE_PX)

    def step(pictures: Any, truths: Any) -> Any:
        defect = tf.cast(truths == DEFECT, tf.float32)
        counts = tf.cast(truths != UNCLEAR, tf.float32)
        with tf.GradientTape() as tape:
            logit = model(pictures, training=True)[..., 0]
            share = tf.sigmoid(logit)
            missed = tf.where(defect > 0.5, 1.0 - share, share)
            entropy = tf.nn.sigmoid_cross_entropy_with_logits(defect, logit)
            focal = tf.reduce_mean(counts * tf.where(defect > 0.5, MORE, 1.0) * missed * entropy)
            both = tf.reduce_sum(counts * share * defect, (1, 2))
            either = tf.reduce_sum(counts * (share + defect), (1, 2))
            loss = focal + OVERLAP * tf.reduce_mean(1.0 - (2.0 * both + 8.0) / (either + 8.0))
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
        return loss

    signature = [tf.TensorSpec((*side, CHANNELS)), tf.TensorSpec(side, tf.uint8)]
    compiled: Callable[[Any, Any], Any] = tf.function(step, input_signature=signature)
    return compiled
