"""A trained recogniser as a model of the station: graph, limits, golden vector, manifest."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np

from station.networks.adding import Draft, write_model
from station.networks.manifest import Input, Manifest, Output, Threshold, Training
from station.training.text.fonts import Drawer, training_fonts
from station.training.text.judge import Chosen
from station.training.text.metal import Faces
from station.training.text.network import CLASSES, COLUMN_PX, INPUT, OUTPUT
from station.training.text.samples import sample
from station.vision.text.alphabet import ALPHABET
from station.vision.text.prepare import HEIGHT_PX, STRETCH, prepared

_MOST_COLUMNS = 4096


def write(folder: Path, graph: bytes, limits: Chosen, metrics: dict[str, float], data: str, made: date) -> Manifest:
    """Write the model's folder; raises as `write_model`."""
    rng = np.random.default_rng(11)
    strip = prepared(sample(rng, Drawer(training_fonts(), keep=4), Faces(rng, count=4), (5.0,)).strip)
    settings = {"alphabet": ALPHABET, "height_px": HEIGHT_PX, "stretch": STRETCH, "column_px": COLUMN_PX}
    draft = Draft(
        name=folder.name,
        version="1",
        purpose="Scores of characters along a strip of a line of engraved, laser-marked or dot-peened text.",
        input=Input(
            INPUT,
            "NCHW",
            (0, 1, HEIGHT_PX, 0),
            ("grey levels without their slow changes, over their local standard deviation",),
            "station/vision/text/prepare.py: (grey - local mean) / local standard deviation, within 4",
            _MOST_COLUMNS * HEIGHT_PX,
        ),
        output=Output(
            OUTPUT,
            "NTC",
            (0, 0, CLASSES),
            "ln of the probability of each character of the alphabet in each column; the last is none of them",
        ),
        training=Training("scripts/train_text.py", data, made.isoformat(), metrics),
        tolerance=0.01,
        thresholds=(
            Threshold("accept", limits.accept, limits.accept_how),
            Threshold("reject", limits.reject, limits.reject_how),
            Threshold("certain", limits.certain, limits.reject_how),
        ),
        settings=settings,
    )
    return write_model(folder, graph, draft, strip[None, None])
