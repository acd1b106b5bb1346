"""compile(order, calibration) -> Plan: pure, and the same for the same input."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from station.metrology.calibration import Calibration
from station.metrology.characteristics import MEASURED_TYPES, Question
from station.metrology.decision import guard_band_factor
from station.metrology.features import Kind, MeasuredFeature
from station.metrology.uncertainty import Conditions, measure
from station.order.geometry import CircleFeature, Outline, outlines_of, polygon, signed_area_mm2
from station.order.model import MARKS, Characteristic, CharacteristicType, Face, Geometry, Order
from station.plan.allowance import allowed_deviation_mm, features_on, has_profile
from station.plan.associate import associate
from station.plan.plan import Item, OutlineCheck, Plan
from station.plan.targets import Raster, Target, outline_target, rasterise, target_of

Floats = NDArray[np.float64]

PREDICTED_NOISE_PX = 0.04  # scatter of one edge point in a well-exposed 8-bit picture


def compile_plan(order: Order, calibration: Calibration) -> Plan:
    """What will be measured where, with which uncertainty, and by name what cannot be.

    Nothing here depends on a picture. A characteristic that the station cannot measure stays in the plan with its
    refusal; the others are measured all the same.
    """
    camera = calibration.camera
    pixel_mm = camera.scale_mm_per_px()
    geometry = order.geometry
    # Openings alone (partial geometry) say where edges are, but not where the material ends.
    silhouette = geometry.silhouette if geometry.silhouette is not None and geometry.silhouette.outer else None
    raster = rasterise(silhouette, pixel_mm) if silhouette is not None else None
    needed = {
        name
        for c in order.characteristics
        if c.type in MEASURED_TYPES and c.type is not CharacteristicType.COUNT
        for name in (*c.features, *(order.datums[d] for d in c.datums))
    }
    targets: dict[str, Target] = {}
    unusable: dict[str, str] = {}
    for name in sorted(needed):
        try:
            target = target_of(geometry.features[name], raster, pixel_mm)
            _check_on_outline(target, geometry, raster, pixel_mm)
            targets[name] = target
        except ValueError as error:
            unusable[name] = str(error)
    outer = tuple(polygon(o, 0.05 * pixel_mm) for o in silhouette.outer) if silhouette is not None else ()
    openings = tuple(polygon(o, 0.05 * pixel_mm) for o in silhouette.openings) if silhouette is not None else ()
    size = float(np.hypot(*np.ptp(np.concatenate(outer), axis=0))) if outer else 0.0
    too_large = _larger_than_field(outer, camera.width_px * pixel_mm, camera.height_px * pixel_mm)
    expected = {feature.id: feature for feature in _as_nominal(list(targets.values()), pixel_mm, calibration)}
    conditions = Conditions(None, order.part.cte_ppm_per_k)
    items = tuple(
        _item(c, order, expected, unusable, calibration, pixel_mm, conditions, too_large) for c in order.characteristics
    )
    checks: list[OutlineCheck] = []
    if silhouette is not None and raster is not None:
        on_outlines = features_on(order, silhouette.outlines)
        for number, (outline, here) in enumerate(zip(silhouette.outlines, on_outlines, strict=True)):
            opening = number >= len(silhouette.outer)
            checks.append(_check(outline, opening, number, here, order, raster, pixel_mm))
    return Plan(
        items=items,
        targets=tuple(targets.values()),
        counted=_counted(order, pixel_mm),
        checks=tuple(checks),
        outer=outer,
        openings=openings,
        raster=raster,
        mirrored=geometry.face is Face.BOTTOM,
        partial=geometry.partial,
        mm_per_px=pixel_mm,
        area_mm2=sum(abs(signed_area_mm2(o)) for o in silhouette.outer) if silhouette is not None else 0.0,
        size_mm=size,
        refusal=too_large,
    )


def compile_marks(order: Order) -> Plan:
    """The plan of an order without geometry: no optics is needed, the whole picture is the region."""
    items = tuple(
        Item(
            c,
            Question(c.id, c.type, c.features, (), None, order.geometry.features, c.of),
            None,
            None,
            None,
            refusal=f"this station does not read {c.type} yet" if c.type in MARKS else "the order has no geometry",
        )
        for c in order.characteristics
    )
    return Plan(
        items, (), (), (), (), (), None, order.geometry.face is Face.BOTTOM, order.geometry.partial, 1.0, 0.0, 0.0
    )


def _counted(order: Order, pixel_mm: float) -> tuple[Target, ...]:
    names = dict.fromkeys(n for c in order.characteristics if c.type is CharacteristicType.COUNT for n in c.features)
    return tuple(
        outline_target(
            name, outlines_of(order.geometry.features[name])[:1], Kind.CONTOUR, True, 1.0, (), None, pixel_mm
        )
        for name in names
    )


def _larger_than_field(outer: tuple[Floats, ...], width_mm: float, height_mm: float) -> str:
    """A sentence if the part does not fit the field in any rotation."""
    if not outer:
        return ""
    points = np.concatenate(outer)
    for angle in np.radians(np.arange(0.0, 180.0, 2.0)):
        c, s = math.cos(angle), math.sin(angle)
        wide, high = np.ptp(points @ np.array([[c, -s], [s, c]]), axis=0)
        if wide < width_mm and high < height_mm:
            return ""
    wide, high = np.ptp(points, axis=0)
    return (
        f"the part ({wide:.4g} × {high:.4g} mm) is larger than the field of view ({width_mm:.4g} × {height_mm:.4g} mm)"
    )


def _check_on_outline(target: Target, geometry: Geometry, raster: Raster | None, pixel_mm: float) -> None:
    """Refuses a feature where the silhouette has no edge, or has its material on the other side."""
    if raster is None or geometry.partial:
        return
    step = 1.5 * pixel_mm * target.normals
    inside, outside = raster.at(target.points_mm - step), raster.at(target.points_mm + step)
    if float((inside & ~outside).mean()) > 0.7:
        return
    if float((outside & ~inside).mean()) > 0.7:
        raise ValueError(f"{target.id} has its material on the other side than the outline of the geometry")
    raise ValueError(f"there is no such edge: the outline of the geometry does not run where {target.id} is")


def _as_nominal(targets: list[Target], pixel_mm: float, calibration: Calibration) -> list[MeasuredFeature]:
    """What would be measured of a part exactly at nominal, with the noise of a well-exposed picture."""
    points = [t.points_mm for t in targets]
    return associate(
        targets,
        points,
        points,
        [t.normals for t in targets],
        [np.full(len(t), PREDICTED_NOISE_PX * pixel_mm) for t in targets],
        [(0.0, (0.0, 0.0))] * len(targets),
        [calibration.local_px * pixel_mm] * len(targets),
    )


def _item(
    c: Characteristic,
    order: Order,
    expected: Mapping[str, MeasuredFeature],
    unusable: Mapping[str, str],
    calibration: Calibration,
    pixel_mm: float,
    conditions: Conditions,
    too_large: str,
) -> Item:
    names = tuple(order.datums[d] for d in c.datums)
    lower = None if c.limits.lower is None else float(c.limits.lower)
    upper = None if c.limits.upper is None else float(c.limits.upper)
    nominal = None if c.limits.nominal is None else float(c.limits.nominal)
    question = Question(c.id, c.type, c.features, names, nominal, order.geometry.features, c.of)

    def refused(sentence: str) -> Item:
        return Item(c, question, lower, upper, None, refusal=sentence)

    if c.type not in MEASURED_TYPES:
        return refused(f"this station does not measure {c.type} yet")
    if too_large:
        return refused(too_large)
    for name in (*c.features, *names):
        if name in unusable:
            return refused(unusable[name])
    if c.type is CharacteristicType.COUNT:
        if order.geometry.silhouette is None:
            return refused("a count needs the whole outline of the part in the geometry")
        return Item(c, question, lower, upper, 0.0)
    try:
        predicted = measure(question, expected, calibration, pixel_mm, conditions)
    except ValueError as error:
        return refused(str(error))
    u = predicted.u
    warning = ""
    if lower is not None and upper is not None:
        cannot = math.isinf(guard_band_factor((upper - lower) / max(u, 1e-12), order.decision.conformance_probability))
    else:
        cannot = (
            upper is not None and lower is None and predicted.value + 1.65 * u > upper and c.limits.source == "zone"
        )
    if cannot and order.decision.rule != "simple":
        room = upper - lower if lower is not None and upper is not None else upper
        warning = f"U = {2 * u:.2g} {c.unit} is too large for the tolerance of {room:.4g} {c.unit}: it can never PASS"
    return Item(c, question, lower, upper, u, warning=warning)


def _check(
    outline: Outline, opening: bool, number: int, here: frozenset[str], order: Order, raster: Raster, pixel_mm: float
) -> OutlineCheck:
    round_here = sorted(name for name in here if isinstance(order.geometry.features[name], CircleFeature))
    name = next(iter(round_here or sorted(here)), f"{'opening' if opening else 'outline'} {number + 1}")
    target: Target | None
    try:
        target = outline_target(name, (outline,), Kind.CONTOUR, True, 1.0, (), raster, pixel_mm)
    except ValueError:
        target = None
    points = polygon(outline, 0.05 * pixel_mm)
    middle = (points.min(axis=0) + points.max(axis=0)) / 2.0
    size = float(np.ptp(points, axis=0).max())
    return OutlineCheck(
        name=name,
        target=target,
        opening=opening,
        allowed_mm=allowed_deviation_mm(order, here, size),
        profiled=has_profile(order, here),
        center_mm=(float(middle[0]), float(middle[1])),
        size_mm=size,
    )
