"""How long the station takes on a 12 MP picture, in blurs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from station.cycle.measure import inspect_picture, measure_features
from station.cycle.sight import sight
from station.plan.compile import compile_plan
from station.vision.picture import picture_from
from station.vision.refusal import Refusal

from .large import Large, circles_alone, diameters, holes, long_comb, mixed_plate, plate, wheel
from .part import Part, Row, Sizes, Table, Tell
from .scenes import AT_20_C
from .unit import blur_seconds, in_blurs


@dataclass(frozen=True, slots=True)
class Timed:
    """One figure: what, its target in blurs, and what is run."""

    what: str
    target: float
    pixels: Any
    run: Callable[[], Any]
    detail: str


def speed(sizes: Sizes, tell: Tell) -> Part:
    """The table of times."""
    rows, lines, data = [], [], {}
    for name, make in _figures(sizes).items():
        tell(f"speed: {name}")
        timed = make()
        blurs = in_blurs(timed.run, timed.pixels, sizes.pairs, sizes.seconds)
        data[name] = blurs
        milliseconds = 1e3 * blurs * blur_seconds(timed.pixels)
        rows.append(Row(timed.what, f"≤ {timed.target:g} blurs", f"{blurs:.1f} blurs", blurs <= timed.target))
        lines.append((timed.what, f"{blurs:.2f}", f"{timed.target:g}", f"{milliseconds:.1f}", timed.detail))
        del timed
    table = Table("Times on 12 MP", ("what", "blurs", "target", "about ms here", "of"), tuple(lines))
    return Part(tuple(rows), (table,), {"blurs": data})


def _figures(sizes: Sizes) -> dict[str, Callable[[], Timed]]:
    return {
        "100 circles": lambda: _circles(sizes, 100, 1.5),
        "300 circles": lambda: _circles(sizes, 300, 4.0),
        "pose": lambda: _pose(plate(sizes, diameters(1)), "a plate of holes"),
        "pose of a wheel": lambda: _pose(wheel(sizes), "a wheel of 60 teeth, turned by 47°,"),
        "full outline": lambda: _outline(sizes),
        "300 characteristics": lambda: _characteristics(sizes),
    }


def _circles(sizes: Sizes, count: int, target: float) -> Timed:
    there = min(count, len(holes(sizes)))
    large = plate(sizes, diameters(there), there)
    plan = compile_plan(large.order, large.calibration)
    found = sight(plan, large.calibration, picture_from(large.pixels))
    if isinstance(found, Refusal):
        raise RuntimeError(found.sentence)
    circles = circles_alone(plan)
    features = measure_features(circles, large.calibration, found)
    points = sum(len(feature.points_mm) for feature in features.values())
    return Timed(
        f"{count} circles R = 60, every contour pixel probed, on 12 MP",
        target,
        large.pixels,
        lambda: measure_features(circles, large.calibration, found),
        f"{len(features)} circles, {points:,} contour points, pose known",
    )


def _pose(large: Large, what: str) -> Timed:
    plan = compile_plan(large.order, large.calibration)
    return Timed(
        f"finding the pose of {what} on 12 MP, from nothing",
        3.0,
        large.pixels,
        lambda: _seen(sight(plan, large.calibration, picture_from(large.pixels))),
        "from the pixels to the pose",
    )


def _seen(found: object) -> None:
    if isinstance(found, Refusal):
        raise RuntimeError(found.sentence)


def _outline(sizes: Sizes) -> Timed:
    large = long_comb(sizes)
    plan = compile_plan(large.order, large.calibration)
    outcome = inspect_picture(large.order, plan, large.calibration, picture_from(large.pixels), AT_20_C)
    _seen(outcome.refusal)
    points = sum(len(feature.points_mm) for feature in outcome.features)
    return Timed(
        "full-outline comparison (line profile on 100 000 contour points) on 12 MP",
        12.0,
        large.pixels,
        lambda: inspect_picture(large.order, plan, large.calibration, picture_from(large.pixels), AT_20_C),
        f"{points:,} contour points, picture in memory to verdict",
    )


def _characteristics(sizes: Sizes) -> Timed:
    large = mixed_plate(sizes)
    plan = compile_plan(large.order, large.calibration)
    outcome = inspect_picture(large.order, plan, large.calibration, picture_from(large.pixels), AT_20_C)
    _seen(outcome.refusal)
    answered = [item for item in outcome.items if item.value is not None and item.u is not None]
    if len(answered) < len(outcome.items):
        missing = next(item.reason for item in outcome.items if item.value is None)
        raise RuntimeError(f"only {len(answered)} of {len(outcome.items)} characteristics were measured: {missing}")
    return Timed(
        "whole inspection, picture in memory → verdicts with uncertainties, 300 characteristics, 12 MP",
        10.0,
        large.pixels,
        lambda: inspect_picture(large.order, plan, large.calibration, picture_from(large.pixels), AT_20_C),
        f"{len(answered)} characteristics of {len({i.item.characteristic.type for i in answered})} kinds, "
        f"{outcome.verdict}",
    )
