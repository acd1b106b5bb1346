"""The shipped model verifies rendered marks, in a font that it was not trained with."""

from __future__ import annotations

from pathlib import Path

import cv2
import matplotlib
import numpy as np
import pytest

from station.cycle.marks.text import limits_of
from station.networks.load import Model, load_model
from station.twin.lettering import Face, Line, draw, length_caps
from station.twin.marking import burned, engraved
from station.vision.text.alphabet import unknown
from station.vision.text.lines import arc_line, straight_line
from station.vision.text.verify import Reading, verify_text

FONT = Face(Path(matplotlib.get_data_path()) / "fonts/ttf/DejaVuSans.ttf")
MODELS = Path(__file__).parents[3] / "models"


@pytest.fixture(scope="module")
def model() -> Model:
    if not (MODELS / "text" / "model.toml").exists():
        pytest.skip("there is no model text in models/ yet")
    return load_model(MODELS / "text", threads=1)


def _strip(text: str, kind: str, *, radius_px: float | None = None) -> np.ndarray:
    """A part with the text in letters of 22 px, and the strip that the station cuts (1 mm per pixel, y up)."""
    cap, size = 22.0, 460
    length = cap * length_caps(text, FONT)
    rng = np.random.default_rng(4)
    face = (0.55 + 0.01 * rng.standard_normal((size, size))).astype(np.float32)
    if radius_px is None:
        start = (0.5 * (size - length), 240.0)
        points = straight_line((size / 2, -(240.0 - cap / 2)), length, cap, 0.0, 1.0)
        line = Line(start, cap)
    else:
        half = 0.5 * float(np.degrees(length / radius_px))
        angle = np.radians(-half)
        middle = np.array([size / 2, size / 2])
        start = middle + radius_px * np.array([np.sin(angle), -np.cos(angle)])
        points = arc_line((middle[0], -middle[1]), radius_px, 90 + half, 90 - half, cap, 1.0)
        line = Line((float(start[0]), float(start[1])), cap, -half, radius_px=radius_px)
    mask = draw(text, FONT, line, (size, size)).mask
    if kind == "laser":
        made = burned(face, mask, change=-0.5, grain=np.zeros_like(face), ragged=0.0)
    else:
        made = engraved(face, mask, floor=-0.3, walls=0.4, wall_px=0.8, light_rad=0.8)
    picture = np.clip(255 * made, 0, 255).astype(np.uint8)
    at = points.astype(np.float32)
    return cv2.remap(picture, at[..., 0], -at[..., 1], cv2.INTER_LINEAR)


@pytest.mark.parametrize("radius", [None, 150.0])
@pytest.mark.parametrize(
    ("text", "wrong"), [("ANNA 22.11.26", "ANNA 22.11.28"), ("MX-7304", "MK-7304"), ("SN 58290", "SN 5829")]
)
def test_the_right_string_is_accepted_and_a_wrong_letter_is_not(
    model: Model, text: str, wrong: str, radius: float | None
) -> None:
    limits = limits_of(model.manifest)
    alphabet = str(model.manifest.settings["alphabet"])
    for kind in ("laser", "engraved"):
        strip = _strip(text, kind, radius_px=radius)
        right = verify_text([strip], text, model.run, alphabet)
        assert right.reading(limits) is Reading.SAME, right
        other = verify_text([strip], wrong, model.run, alphabet)
        assert other.reading(limits) is Reading.OTHER, other


def test_a_bare_face_is_unclear(model: Model) -> None:
    limits = limits_of(model.manifest)
    face = np.random.default_rng(1).normal(120, 3, (40, 240)).astype(np.uint8)
    found = verify_text([face], "ANNA", model.run, str(model.manifest.settings["alphabet"]))
    assert found.reading(limits) is Reading.UNCLEAR


def test_the_alphabet_of_the_manifest_is_that_of_the_program(model: Model) -> None:
    assert unknown("Zoë Müller 22.11.26 Ø 5±0,1 °", str(model.manifest.settings["alphabet"])) == ""
