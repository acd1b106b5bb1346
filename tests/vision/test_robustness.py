"""Any array is a picture or is refused, and no picture without the part passes: noise, gradients, blobs, one pixel."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from station.cycle.measure import inspect_picture
from station.metrology.decision import Verdict
from station.plan.compile import compile_plan
from station.twin.scene import Lamp
from station.vision.field import look
from station.vision.picture import picture_from
from station.vision.refusal import Refusal

from ..cycle.random_for_tests import not_finite, random_picture
from ..cycle.scenes_for_measure import AT_20_C, anywhere, exact, made, optics, order, photograph
from ..order.builders import chain, circle, line, size, zone

SEEN = optics(160, 120)
EXACT = exact(SEEN)
SQUARE = [[-0.3, -0.3], [0.3, -0.3], [0.3, 0.3], [-0.3, 0.3]]
RING = order(
    [circle("OD", "outer", [0, 0], 0.8), circle("ID", "inner", [0, 0], 0.4)],
    size("diameter", "OD", 0.8, 0.1),
    size("diameter", "ID", 0.4, 0.1),
)
ORDERS = {
    "disc": order([circle("OD", "outer", [0, 0], 0.8)], size("diameter", "OD", 0.8, 0.1)),
    "ring": RING,
    "square": order(chain("E", SQUARE), size("width", ["E1", "E3"], 0.6, 0.1), zone("straightness", "E2", 0.1)),
    "edge": order([line("L", [-0.3, 0], [0.3, 0])], zone("straightness", "L", 0.2), partial=True),
    "hole": order([circle("H", "inner", [0, 0], 0.2)], size("diameter", "H", 0.2, 0.05), partial=True),
    "bottom": order(chain("E", [[0, 0], [0.7, 0], [0, 0.4]]), size("angle", ["E1", "E2"], 29.7449, 5.0), view="bottom"),
}
PLANS = {name: compile_plan(what, EXACT) for name, what in ORDERS.items()}
WHOLE = [name for name, plan in PLANS.items() if plan.outer]


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1), (5, 4), (30, 40), (30, 40, 1), (30, 40, 3), (30, 40, 4)])
@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_every_shape_of_a_picture_is_one_grey_plane(shape: tuple[int, ...], kind: type[Any]) -> None:
    rng = np.random.default_rng(1)
    picture = picture_from(rng.integers(0, np.iinfo(kind).max, shape, dtype=kind, endpoint=True))
    assert (picture.height_px, picture.width_px) == shape[:2]
    assert 0.0 <= float(picture.grey.min()) <= float(picture.grey.max()) <= picture.full_scale


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((0, 5), np.uint8),
        np.zeros((5, 0), np.uint16),
        np.zeros((5, 0, 3), np.uint8),
        np.zeros((0, 0), np.uint8),
        np.zeros(7, np.uint8),
        np.zeros((4, 4, 2), np.uint8),
        np.zeros((4, 4, 5), np.uint8),
        np.zeros((2, 4, 4, 3), np.uint8),
        np.zeros((4, 4), np.int16),
        np.zeros((4, 4), np.bool_),
        np.full((4, 4), np.nan),
        np.zeros((4, 4), np.float32),
        np.zeros((4, 4, 3), np.float64),
        np.zeros((4, 4, 3), np.int32),
    ],
    ids=lambda array: f"{array.dtype}{array.shape}",
)
def test_what_is_not_a_picture_is_refused(array: Any) -> None:
    with pytest.raises(ValueError, match="a picture has"):
        picture_from(array)


@pytest.mark.parametrize("lot", range(4))
def test_the_first_look_is_finite_or_a_refusal(lot: int) -> None:
    for seed in range(100 * lot, 100 * lot + 100):
        field = look(picture_from(random_picture(np.random.default_rng(seed))), 1 + seed % 3)
        assert list(not_finite(field)) == []
        if isinstance(field, Refusal):
            assert field.sentence.endswith(".")
        else:
            assert field.contrast > 0.0
            assert min(field.noise) > 0.0


@pytest.mark.parametrize("name", sorted(ORDERS))
def test_no_random_picture_passes(name: str) -> None:
    for seed in range(40):
        picture = picture_from(random_picture(np.random.default_rng((seed, len(name)))))
        outcome = inspect_picture(ORDERS[name], PLANS[name], EXACT, picture, AT_20_C)
        assert list(not_finite(outcome)) == []
        if name in WHOLE:
            assert outcome.verdict is not Verdict.PASS, f"seed {seed}"


@pytest.mark.parametrize("name", WHOLE)
def test_what_is_spoiled_beyond_measuring_does_not_pass(name: str) -> None:
    """No contrast, dark, clipped, chopped, every fourth pixel wrong, a framed negative, noise: there are no edges."""
    rng = np.random.default_rng(5)
    what = ORDERS[name]
    clear = photograph(made(what), SEEN, rng, anywhere(rng), face=what.geometry.face).grey
    over = photograph(made(what), SEEN, rng, anywhere(rng), Lamp(clip_gain=1.4), face=what.geometry.face).grey
    half = clear.copy()
    half[:, 80:] = 220.0
    checked = clear.copy()
    checked[::2, ::2] = 255.0 - checked[::2, ::2]
    framed = 255.0 - clear
    framed[:6], framed[-6:], framed[:, :6], framed[:, -6:] = 220.0, 220.0, 220.0, 220.0
    spoiled = {
        "faint": 120.0 + 0.05 * clear,
        "dark": 0.1 * clear,
        "clipped": over,
        "half": half,
        "checked": checked,
        "framed": framed,
        "noise": clear + 120.0 * rng.standard_normal(clear.shape),
    }
    for how, grey in spoiled.items():
        picture = picture_from(np.clip(np.rint(grey), 0, 255).astype(np.uint8))
        outcome = inspect_picture(what, PLANS[name], EXACT, picture, AT_20_C)
        assert list(not_finite(outcome)) == [], how
        assert outcome.verdict is not Verdict.PASS, how


@pytest.mark.parametrize("name", WHOLE)
def test_a_picture_of_one_bit_is_measured_within_its_pixels_or_not_at_all(name: str) -> None:
    rng = np.random.default_rng(6)
    what = ORDERS[name]
    grey = photograph(made(what), SEEN, rng, anywhere(rng), face=what.geometry.face).grey
    picture = picture_from(np.where(grey > 120.0, 220, 20).astype(np.uint8))
    outcome = inspect_picture(what, PLANS[name], EXACT, picture, AT_20_C)
    assert list(not_finite(outcome)) == []
    for item in outcome.items:
        nominal = item.item.characteristic.limits.nominal
        if item.value is not None and nominal is not None and item.item.characteristic.unit == "mm":
            assert item.value == pytest.approx(float(nominal), abs=0.01)
