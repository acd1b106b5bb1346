"""Documents of light, focus and PSF: there and back, and nothing else."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from station.documents import canonical, parse_json, sha256_hex
from station.errors import CalibrationError
from station.metrology.estimate import Estimate
from station.metrology.focus import FocalPlane, FocusCell, FocusCurve
from station.metrology.light import LampState, changed
from station.metrology.sections import InputFile, Made
from station.metrology.sharpness import Focus, FocusPosition

MADE = Made(
    datetime(2026, 11, 22, 9, 12, tzinfo=UTC), "A. Meier", "CAM-1", "", 20.4, "0.3.1", (InputFile("a", "0" * 64),)
)
FOCUS = Focus(
    made=MADE,
    width_px=800,
    height_px=600,
    mm_per_px=None,
    curve=FocusCurve(Estimate(0.07, 0.001), Estimate(0.95, 0.002), Estimate(6.0, 0.01), 0.3),
    allowed_px=1.55,
    depth_mm=0.2,
    sideways_mm=Estimate(0.001, 0.002),
    plane=FocalPlane(Estimate(1e-4, 1e-6), Estimate(0.0, 1e-6), 0.001),
    tilt_deg=None,
    cells=(FocusCell(10.0, 20.0, Estimate(0.07, 0.001)),),
    size_per_mm=None,
    size_allowed=1e-4,
    size_depth_mm=None,
    chief_ray_deg=None,
    positions=(FocusPosition(-0.1, 1.4, 48, None), FocusPosition(0.1, 0.97, 48, 1.0)),
    notes=("a note",),
)


def signed(document: dict[str, Any]) -> dict[str, Any]:
    """A document whose hash fits whatever it says."""
    content = {key: value for key, value in document.items() if key != "sha256"}
    return {**content, "sha256": sha256_hex(canonical(content))}


def test_a_document_is_read_as_it_was_written() -> None:
    document = FOCUS.to_document()
    assert document["schema"] == "focus/1"
    through_a_file = parse_json(json.dumps(document).encode(), "focus.json")
    assert Focus.from_document(through_a_file, "focus.json") == FOCUS
    assert signed(document)["sha256"] == document["sha256"]


def test_equal_figures_have_equal_hashes_and_others_have_others() -> None:
    assert FOCUS.to_document()["sha256"] == replace(FOCUS).to_document()["sha256"]
    assert FOCUS.to_document()["sha256"] != replace(FOCUS, depth_mm=0.21).to_document()["sha256"]


def test_a_figure_that_is_none_is_null() -> None:
    document = replace(FOCUS, tilt_deg=None, mm_per_px=float("nan")).to_document()
    assert document["mm_per_px"] is None
    json.dumps(document, allow_nan=False)


def test_what_was_changed_is_refused() -> None:
    document = {**FOCUS.to_document(), "depth_mm": 9.0}
    with pytest.raises(CalibrationError, match="hash does not match"):
        Focus.from_document(document, "focus.json")


@pytest.mark.parametrize("document", [None, [], {}, {"schema": "psf/1"}, "text"])
def test_another_document_is_refused(document: object) -> None:
    with pytest.raises(CalibrationError, match="not a focus/1"):
        Focus.from_document(document, "focus.json")


@pytest.mark.parametrize(
    ("change", "place", "sentence"),
    [
        ({"colour": 1}, "colour", "not known"),
        ({"depth_mm": "0.2"}, "depth_mm", "number"),
        ({"curve": {**FOCUS.to_document()["curve"], "more": 1}}, "curve.more", "not known"),
        ({"curve": {"best_mm": {"value": 1.0, "u": 0.1}}}, "curve.sharpest_px", "missing"),
        ({"positions": [{"z_mm": 0.0, "sigma_px": None, "edges": 1, "size": None}]}, "positions.0.sigma_px", "number"),
        ({"made": {**FOCUS.to_document()["made"], "created": "yesterday"}}, "made.created", "datetime"),
        ({"width_px": 800.5}, "width_px", "integer"),
    ],
)
def test_what_does_not_belong_there_is_named(change: dict[str, Any], place: str, sentence: str) -> None:
    document = signed({**FOCUS.to_document(), **change})
    with pytest.raises(CalibrationError, match=sentence) as error:
        Focus.from_document(document, "focus.json")
    assert error.value.place == f"focus.json, {place}"


def lamp(center: float, exposure: float, cells: tuple[tuple[float, ...], ...]) -> LampState:
    least = min(min(row) for row in cells)
    return LampState(exposure, center, center / exposure, 0.5, 100.0 * (1.0 - least), Estimate(0.1, 0.01), 1.0, cells)


def test_a_lamp_that_aged_in_a_corner_is_told() -> None:
    before = lamp(2000.0, 1000.0, ((1.0, 0.9), (0.95, 0.9)))
    now = lamp(1800.0, 1000.0, ((1.0, 0.9), (0.95, 0.7)))
    found = changed(now, before)
    assert found.center_percent == pytest.approx(-10.0)
    assert found.falloff_points == pytest.approx(20.0)
    assert found.worst_cell == (1, 1)
    assert found.worst_percent == pytest.approx(100.0 * (0.7 / 0.8875 / (0.9 / 0.9375) - 1.0))
    assert found.notable


def test_the_same_lamp_at_another_exposure_is_the_same() -> None:
    before = lamp(2000.0, 1000.0, ((1.0, 0.9), (0.95, 0.9)))
    assert not changed(lamp(1000.0, 500.0, before.cells), before).notable


def test_maps_of_other_sizes_are_not_compared() -> None:
    with pytest.raises(CalibrationError, match="another map"):
        changed(lamp(1.0, 1.0, ((1.0, 0.9),)), lamp(1.0, 1.0, ((1.0,), (0.9,))))
