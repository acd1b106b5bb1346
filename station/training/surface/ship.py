"""From a trained network to a model that the station takes: graph, thresholds, golden vector, manifest."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from station.networks.adding import Draft, write_model
from station.networks.manifest import Input, Manifest, Output, Threshold, Training
from station.networks.session import Session
from station.training.surface.export import to_onnx
from station.training.surface.faces import make_sample
from station.training.surface.judged import Judged, judge
from station.training.surface.learn import Progress
from station.training.surface.levels import DOUBT_SHARE, FALSE_SHARE, Levels, Quality, choose, quality
from station.training.surface.quantise import quantised
from station.vision.surface.contrast import CHANNELS, LIMIT, NOISE_GREY, WIDTHS_PX, local_contrast
from station.vision.surface.score import TILE_PX

Floats = NDArray[np.float32]

GOOD_FACES, BAD_FACES = 600, 200
JUDGE_SEED = 7_000_000  # no training's: those are small numbers
GOLDEN_PX = 96
_BUT_LINES = "that is no line along the lay"
TOLERANCE = 0.02  # of a logit: other processors add in another order
INT8_TOLERANCE = 1.0  # they round in other places, too


def ship(
    model: Any,
    folder: Path,
    progress: Progress,
    seed: int,
    watch: Callable[[Iterator[Judged], int], Iterator[Judged]],
    *,
    int8: bool = False,
) -> tuple[Manifest, Quality]:
    """Write a trained Keras model as `folder`; `watch` sees every judged face go by, and how many there will be.

    With `int8` its graph computes in 8-bit integers, with thresholds of its own.

    Raises:
        InputError: the folder cannot be written.
        ModelError: the graph does not compute what Keras does.
    """
    graph = to_onnx(model, CHANNELS)
    if int8:
        graph = quantised(graph)
    session = Session(graph, threads=1)
    faces = watch(_faces(session.run), GOOD_FACES + BAD_FACES)
    judged = list(faces)
    levels = choose(judged[:GOOD_FACES], judged[GOOD_FACES:])
    reached = quality(judged[:GOOD_FACES], judged[GOOD_FACES:], levels)
    picture = golden_picture(seed)
    # What integers compute Keras cannot say: there, the stored output is onnxruntime's own.
    logit = None if int8 else _by_keras(model, picture)
    draft = _draft(folder.name, levels, reached, progress, seed, INT8_TOLERANCE if int8 else TOLERANCE)
    return write_model(folder, graph, draft, picture, logit), reached


def golden_picture(seed: int) -> Floats:
    """A rendered face with a defect in it, as the network takes it (1, 3, 96, 96)."""
    rng = np.random.default_rng((JUDGE_SEED, seed))
    sample = make_sample(rng, (GOLDEN_PX, GOLDEN_PX), defective=1.0)
    while not (sample.defect.sum() > 30 and sample.valid.all() and sample.defects[0].contrast > 0.4):
        sample = make_sample(rng, (GOLDEN_PX, GOLDEN_PX), defective=1.0)
    return local_contrast(sample.grey, sample.valid).tile(0, 0, GOLDEN_PX, GOLDEN_PX)[None]


def _by_keras(model: Any, picture: Floats) -> Floats:
    logit = model(picture.transpose(0, 2, 3, 1), training=False)
    return np.asarray(logit, np.float32).transpose(0, 3, 1, 2)


def _faces(network: Callable[[Floats], Floats]) -> Iterator[Judged]:
    yield from judge(network, GOOD_FACES, JUDGE_SEED, defective=0.0)
    yield from judge(network, BAD_FACES, JUDGE_SEED + 1, defective=1.0)


def _draft(name: str, levels: Levels, reached: Quality, progress: Progress, seed: int, tolerance: float) -> Draft:
    chosen = f"{GOOD_FACES} rendered good faces of 0.14 MP, seed {JUDGE_SEED}: the lowest at which at most"
    low, high = WIDTHS_PX
    return Draft(
        name=name,
        version=f"{date.today():%Y.%m.%d}",
        purpose="Logits of surface defects on machined metal, pixel by pixel, without ever having seen a good part.",
        input=Input(
            "picture",
            "NCHW",
            (1, CHANNELS, 0, 0),
            (f"local contrast, sigma {low:g} px", f"local contrast, sigma {high:g} px", "1 in the region, 0 beside it"),
            f"(grey - local mean) / sqrt(local variance at twice the sigma + {NOISE_GREY:g}), over pixels of the region"
            f" only, clipped to ±{LIMIT:g} and halved; 0 beside the region; sides multiples of 16",
            CHANNELS * TILE_PX**2,
        ),
        output=Output("logit", "NCHW", (1, 1, 0, 0), "logit of 'here is a defect'; higher is worse"),
        thresholds=(
            Threshold("defect", levels.defect, f"{chosen} 1 in {1 / FALSE_SHARE:.0f} had a finding {_BUT_LINES}"),
            Threshold("doubt", levels.doubt, f"{chosen} 1 in {1 / DOUBT_SHARE:.0f} had a place for a person to judge"),
        ),
        training=Training(
            "scripts/train_surface.py",
            f"{progress.samples:,} rendered faces, seed {seed}, {progress.steps:,} steps",
            f"{date.today():%Y-%m-%d}",
            {
                "rendered_good_with_finding": round(reached.false_share, 4),
                "rendered_good_in_doubt": round(reached.doubt_share, 4),
                "rendered_defects_found": round(reached.found_share, 4),
                "rendered_defects_found_or_in_doubt": round(reached.seen_share, 4),
                "rendered_size_error_px": round(reached.size_error_px, 3),
                "rendered_sizes_within_15_percent_or_2_px": round(reached.size_close_share, 4),
            },
        ),
        tolerance=tolerance,
        settings={
            "outline_level": levels.outline,
            "u_relative": levels.u_relative,
            "u_px": levels.u_px,
            "least_px": levels.least_px,
        },
    )
