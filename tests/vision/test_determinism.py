"""The same picture gives the same numbers to the last bit, however many threads there are and whoever else measures.

Another processor rounds the last bits another way: that must stay what it is (scripts/check_arm64 tries a real one).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import cv2
import numpy as np
import pytest

from station.cycle.measure import Outcome
from station.twin.part import CircleDeviation, Lobes
from station.twin.scene import Lamp, Polarity
from station.vision.locate import Shape, match
from tests.cycle.scenes_for_measure import (
    PLATE_HOLES,
    PLATE_OUTLINE,
    STEEP_SAW,
    anywhere,
    exact,
    inspected,
    made,
    optics,
    order,
    photograph,
)
from tests.order.builders import chain, circle, size, zone

ASKED = [
    size("diameter", "H1", 0.6, 0.02),
    zone("roundness", "H2", 0.02),
    size("distance", ["H1", "E1"], 0.9, 0.02),
    size("angle", ["E3", "E4"], 147.995, 0.5),
    zone("straightness", "E1", 0.02),
]
PLATE = order([*PLATE_OUTLINE, *PLATE_HOLES], *ASKED)
PARTIAL = order([*PLATE_OUTLINE[:2], *PLATE_HOLES], *ASKED[:3], ASKED[4], partial=True)
RING = order(
    [circle("OD", "outer", [0, 0], 4.4), circle("ID", "inner", [0, 0], 2.8)],
    size("diameter", "OD", 4.4, 0.02),
    zone("concentricity", "ID", 0.02, "A"),
    datums={"A": "OD"},
)
WHEEL = order([*chain("T", STEEP_SAW), circle("BORE", "inner", [0.3, 0.1], 0.5)], size("diameter", "BORE", 0.5, 0.02))


def inspection(name: str) -> Callable[[], Outcome]:
    """One inspection that can be repeated: plan, picture and calibration are made once."""
    what, side, lamp = {
        "ring": (RING, 1300, Lamp()),  # large enough that OpenCV shares its work among threads
        "plate": (PLATE, 400, Lamp()),
        "plate, partial": (PARTIAL, 340, Lamp()),
        "plate, front-lit, 12 bits": (PLATE, 400, Lamp(0.06, 0.8, Polarity.FRONTLIT, bit_depth=12)),
        "wheel": (WHEEL, 340, Lamp()),
    }[name]
    rng = np.random.default_rng(list(name.encode()))
    seen = optics(side, side)
    hole = CircleDeviation("H1", 0.003, (0.002, -0.001), (Lobes(0.002, 3, 20.0),))
    part = made(PLATE, hole) if what is PARTIAL else made(what, *([hole] if what is PLATE else []))
    picture, known = photograph(part, seen, rng, anywhere(rng), lamp), exact(seen)
    return lambda: inspected(what, picture, known)


def said(outcome: Outcome) -> list[Any]:
    """Every number of an outcome as its bits, every word as it is."""
    assert outcome.sighting is not None
    pose = outcome.sighting.pose
    found: list[Any] = [outcome.verdict, outcome.reason, outcome.findings]
    found += [number.hex() for number in (pose.angle_rad, pose.x, pose.y, outcome.sighting.blur_px)]
    for item in outcome.items:
        assert item.value is not None, item.reason
        numbers = (item.value, item.u or 0.0, item.conformance_probability or 0.0, item.guard_band or 0.0)
        found += [item.verdict, item.reason, item.points, *(float(number).hex() for number in numbers)]
    for feature in outcome.features:
        arrays = (feature.points_mm, feature.u_mm, feature.kept, feature.covariance, np.array(feature.params))
        found += [feature.id, *(array.tobytes() for array in arrays)]
    return found


@pytest.fixture
def threads() -> Iterator[Callable[[int], None]]:
    """Sets the number of OpenCV's threads for one test."""
    before = cv2.getNumThreads()
    yield cv2.setNumThreads
    cv2.setNumThreads(before)


CASES = ["ring", "plate", "plate, partial", "plate, front-lit, 12 bits", "wheel"]


@pytest.mark.parametrize("name", CASES)
def test_the_number_of_threads_changes_no_bit(name: str, threads: Callable[[int], None]) -> None:
    inspect = inspection(name)
    threads(1)
    alone = said(inspect())
    assert said(inspect()) == alone
    threads(2)
    assert said(inspect()) == alone


def test_inspections_side_by_side_change_no_bit_of_each_other() -> None:
    inspections = [inspection(name) for name in CASES]
    alone = [said(inspect()) for inspect in inspections]
    together = Barrier(2)

    def all_of_them(first: int) -> list[list[Any]]:
        """Every inspection, `first` first, so that the two threads are at different ones most of the time."""
        together.wait(60.0)
        turned = [said(inspect()) for inspect in inspections[first:] + inspections[:first]]
        return turned[-first:] + turned[:-first] if first else turned

    with ThreadPoolExecutor(2) as pool:
        same, other = pool.map(all_of_them, [0, 2])
    assert same == alone
    assert other == alone


@pytest.mark.parametrize("inner", [0.0, 1.4])
def test_what_a_shape_leaves_open_is_not_decided_by_rounding(inner: float) -> None:
    """A ring's rotation is anybody's choice, but must be the same choice where sums round another way."""

    def ring(radius: float, count: int) -> np.ndarray:
        angle = np.linspace(0.0, 2.0 * np.pi, count, endpoint=False)
        return radius * np.column_stack([np.cos(angle), np.sin(angle)])

    outlines = [ring(2.2, 1500)] + ([ring(inner, 900)] if inner else [])
    points = np.concatenate(outlines)
    outward = np.concatenate([ring(1.0, 1500)] + ([-ring(1.0, 900)] if inner else []))
    shape = Shape((outlines[0],), tuple(outlines[1:]), points, outward)
    # Contours stand on whole pixels, here of 0.01.
    seen = [np.unique(np.rint(outline * 100.0 + 0.3), axis=0) * 0.01 for outline in outlines]
    seen = [contour[np.argsort(np.arctan2(contour[:, 1], contour[:, 0]))] for contour in seen]
    poses = [
        match(contours[0], tuple(contours[1:]), shape, mirrored=False, cap=0.05).pose
        for contours in (seen, [contour * (1.0 + 1e-15) for contour in seen])
    ]
    assert poses[0].angle_rad == pytest.approx(poses[1].angle_rad, abs=1e-9)
    assert (poses[0].x, poses[0].y) == pytest.approx((poses[1].x, poses[1].y), abs=1e-9)
