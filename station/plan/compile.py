"""compile(order, calibration) -> Plan: pure, and the same for the same input."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from station.metrology.calibration import Calibration
from station.metrology.characteristics import MEASURED_TYPES, SIZES, Question
from station.order.geometry import CircleFeature, Outline
from station.order.model import MARKS, Characteristic, CharacteristicType, Face, Order
from station.plan.allowance import allowances_of
from station.plan.asked import Asked, asked_of
from station.plan.corners import neighbours
from station.plan.kinds import Kinds, kinds_of
from station.plan.layout import Layout, lay
from station.plan.marks import Facing, MarkTarget, marks_on, whole_picture
from station.plan.nominal import Nominal
from station.plan.plan import Item, OutlineCheck, Plan
from station.plan.probed import MOST_GAP_PX
from station.plan.strokes import areas_mm2, strokes_of, vertices
from station.plan.targets import Target, count_of, feature_target, target_on
from station.plan.track import no_track

Floats = NDArray[np.float64]
Index = NDArray[np.intp]

_POLYGON_PX = 0.05


def compile_plan(order: Order, calibration: Calibration, alphabet: str | None = None) -> Plan:
    """What will be measured where, and by name what cannot be. `alphabet`: the characters that the station's text model
    knows; without it a text is not refused for its characters.

    Nothing here depends on a picture. A characteristic that the station cannot measure stays in the plan with its
    refusal; the others are measured all the same.
    """
    camera = calibration.camera
    pixel_mm = camera.scale_mm_per_px()
    geometry = order.geometry
    # Openings alone (partial geometry) say where edges are, but not where the material ends.
    silhouette = geometry.silhouette if geometry.silhouette is not None and geometry.silhouette.outer else None
    outlines = silhouette.outlines if silhouette is not None else ()
    outer = silhouette.outer if silhouette is not None else ()
    strokes = strokes_of(outlines, MOST_GAP_PX * pixel_mm)
    polygons = vertices(strokes, _POLYGON_PX * pixel_mm)
    field_mm = camera.width_px * pixel_mm, camera.height_px * pixel_mm
    too_large = _larger_than_field(polygons[: len(outer)], *field_mm)
    marks = marks_on(order, Facing(polygons[: len(outer)], polygons[len(outer) :], pixel_mm, field_mm), alphabet)
    asked = [asked_of(c, order) for c in order.characteristics]
    needed, counted = _features_of(order, asked)
    needed += neighbours(geometry.features, needed)
    if too_large:
        layout = Layout(no_track(), (), {}, {}, ())
    else:
        wanted = dict.fromkeys((*needed, *counted, *geometry.edges))
        layout = lay(strokes, geometry.features, wanted, pixel_mm, partial=geometry.partial)
    numbers = np.arange(len(layout.track))
    kinds = kinds_of(geometry, layout.features, len(layout.track), calibration.kinds)
    targets = {
        name: feature_target(geometry.features[name], layout.track, numbers, rows, pixel_mm, kinds.features[name])
        for name, rows in layout.features.items()
    }
    nominal = Nominal(targets)
    items = tuple(
        _item(c, of, order, nominal, layout, kinds, marks, too_large)
        for c, of in zip(order.characteristics, asked, strict=True)
    )
    checks = () if too_large else _checks(order, outlines, len(outer), polygons, layout, numbers, pixel_mm)
    return Plan(
        items=items,
        track=layout.track,
        targets=tuple(targets[name] for name in needed if name in targets),
        counted=tuple(targets[name] for name in counted if name in targets),
        checks=checks,
        outer=polygons[: len(outer)],
        openings=polygons[len(outer) :],
        mirrored=geometry.face is Face.BOTTOM,
        partial=geometry.partial,
        mm_per_px=pixel_mm,
        area_mm2=float(np.abs(areas_mm2(strokes)[: len(outer)]).sum()),
        size_mm=float(np.hypot(*np.ptp(np.concatenate(polygons[: len(outer)]), axis=0))) if outer else 0.0,
        refusal=too_large,
        edges=kinds.rows,
    )


def compile_marks(order: Order, alphabet: str | None = None) -> Plan:
    """The plan of an order without geometry: no optics is needed, the whole picture is the region. `alphabet` as in
    `compile_plan`."""
    items = []
    for c in order.characteristics:
        question = Question(c.id, c.type, c.features, (), None, order.geometry.features, c.of)
        mark, refusal = whole_picture(c, alphabet) if c.type in MARKS else (None, "the order has no geometry")
        items.append(Item(c, question, None, _limit(c.limits.upper), refusal, mark))
    face = order.geometry.face is Face.BOTTOM
    return Plan(tuple(items), no_track(), (), (), (), (), (), face, order.geometry.partial, 1.0, 0.0, 0.0)


def _features_of(order: Order, asked: Sequence[Asked]) -> tuple[list[str], list[str]]:
    """What characteristics and their datums measure, by name, and what they count."""
    needed: set[str] = set()
    counted: dict[str, None] = {}
    for c, of in zip(order.characteristics, asked, strict=True):
        if c.type is CharacteristicType.COUNT:
            counted.update(dict.fromkeys(c.features))
        elif c.type in MEASURED_TYPES:
            needed.update(of.features)
            needed.update(of.datums)
    return sorted(needed), list(counted)


def _larger_than_field(outer: Sequence[Floats], width_mm: float, height_mm: float) -> str:
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


def _item(
    c: Characteristic,
    of: Asked,
    order: Order,
    nominal: Nominal,
    layout: Layout,
    kinds: Kinds,
    marks: Mapping[str, tuple[MarkTarget | None, str]],
    too_large: str,
) -> Item:
    lower, upper, ideal = (_limit(limit) for limit in (c.limits.lower, c.limits.upper, c.limits.nominal))
    association = (c.modifier if c.type in SIZES else "") or c.association
    if association == "LP":
        ideal = _middle(lower, upper)
    question = Question(
        c.id,
        c.type,
        of.features,
        of.datums,
        ideal,
        order.geometry.features,
        c.of,
        c.ball_mm,
        of.levels,
        association,
        of.joins,
    )
    if c.type in MARKS:
        mark, refusal = (None, too_large) if too_large else marks[c.id]
        return Item(c, question, lower, upper, refusal, mark)
    refusal = next((layout.refused[name] for name in (*of.features, *of.datums) if name in layout.refused), "")
    if too_large:
        refusal = too_large
    elif c.type is CharacteristicType.COUNT:
        if order.geometry.silhouette is None:
            refusal = refusal or "a count needs the whole outline of the part in the geometry"
    elif not refusal:
        unknown = (kinds.refused[name] for name in (*c.features, *of.features, *of.datums) if name in kinds.refused)
        refusal = next(unknown, "") or nominal.refusal(question)
    return Item(c, question, lower, upper, refusal)


def _limit(value: Decimal | None) -> float | None:
    return None if value is None else float(value)


def _middle(lower: float | None, upper: float | None) -> float | None:
    """From which a two-point size is the worse the farther it lies."""
    if lower is not None and upper is not None:
        return (lower + upper) / 2.0
    return None if lower is None and upper is None else -math.inf if lower is None else math.inf


def _checks(
    order: Order,
    outlines: Sequence[Outline],
    outer: int,
    polygons: Sequence[Floats],
    layout: Layout,
    numbers: Index,
    pixel_mm: float,
) -> tuple[OutlineCheck, ...]:
    if not outlines:
        return ()
    starts = np.cumsum([0, *(len(points) for points in polygons[:-1])])
    everything = np.concatenate(polygons)
    low, high = np.minimum.reduceat(everything, starts), np.maximum.reduceat(everything, starts)
    # Rounded: a middle of -3e-15 is one of 0.
    middles, sizes = (np.round((low + high) / 2.0, 9) + 0.0).tolist(), (high - low).max(axis=1).tolist()
    allowed = allowances_of(order)
    checks = []
    for number, (rows, here) in enumerate(zip(layout.outlines, layout.along, strict=True)):
        round_here = sorted(name for name in here if isinstance(order.geometry.features[name], CircleFeature))
        name = next(iter(round_here or sorted(here)), f"{'opening' if number >= outer else 'outline'} {number + 1}")
        target: Target | None = None
        if count_of(rows):
            target = target_on(layout.track, numbers, rows, name, pixel_mm)
        checks.append(
            OutlineCheck(
                name=name,
                target=target,
                opening=number >= outer,
                allowed_mm=allowed.deviation_mm(here, sizes[number]),
                profiled=allowed.profiled(here),
                center_mm=(middles[number][0], middles[number][1]),
                size_mm=sizes[number],
            )
        )
    return tuple(checks)
