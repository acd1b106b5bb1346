"""The gear of an order as a feature: its proportions by the standards where the order leaves them out."""

from __future__ import annotations

import math
from decimal import Decimal

from station.errors import OrderError
from station.order.cycloidal import Factors, Ogive, pinion_factors, wheel_factors
from station.order.feature_document import GearDocument
from station.order.geometry import ArcSegment, GearFeature, Segment, ToothForm
from station.order.involute import Involute
from station.order.tooth import ToothSide, gear_outline, polar

LEAST_TEETH, MOST_TEETH = 4, 1000
_ADDENDUM, _DEDENDUM = 1.0, 1.25  # of the module, basic rack of ISO 53 profile A
_BALL = 1.68  # of the module: touches standard involute teeth about half-way up
_LEAST_PRESSURE_DEG, _MOST_PRESSURE_DEG = 10, 35
_OF_INVOLUTES = ("pressure_angle", "profile_shift")
_OF_CYCLOIDS = ("form", "mate_teeth", "ratio")


def gear_feature(document: GearDocument, place: str) -> GearFeature:
    """The feature with its outline.

    Raises:
        OrderError: keys that do not belong to the profile, or teeth that cannot be.
    """
    if document.side == "inner":
        raise OrderError("internal gears are not supported: draw the outline as a contour", place=f"{place}.side")
    if not LEAST_TEETH <= document.teeth <= MOST_TEETH:
        raise OrderError(
            f"a gear has {LEAST_TEETH} to {MOST_TEETH} teeth, not {document.teeth}", place=f"{place}.teeth"
        )
    for key in _OF_CYCLOIDS if document.profile == "involute" else _OF_INVOLUTES:
        if getattr(document, key) is not None:
            raise OrderError(f"{key!r} does not belong to a gear of {document.profile} profile", place=f"{place}.{key}")
    if document.tooth_thickness is not None and document.backlash is not None:
        raise OrderError("give 'tooth_thickness' or 'backlash', not both", place=f"{place}.backlash")
    try:
        return _involute(document) if document.profile == "involute" else _cycloidal(document)
    except OrderError as error:
        raise OrderError(error.sentence, place=f"{place}.{error.place}" if error.place else place) from error


def _involute(document: GearDocument) -> GearFeature:
    z, m, x = document.teeth, float(document.module), float(document.profile_shift or 0)
    degrees = Decimal(20) if document.pressure_angle is None else document.pressure_angle
    if not _LEAST_PRESSURE_DEG <= degrees <= _MOST_PRESSURE_DEG:
        raise OrderError(
            f"a pressure angle is {_LEAST_PRESSURE_DEG}° to {_MOST_PRESSURE_DEG}°, not {degrees}°",
            place="pressure_angle",
        )
    pressure = math.radians(float(degrees))
    thickness = _thickness(document, m * (math.pi / 2.0 + 2.0 * x * math.tan(pressure)))
    tip = _half(document.tip_diameter, m * (z / 2.0 + _ADDENDUM + x))
    root = _half(document.root_diameter, m * (z / 2.0 - _DEDENDUM + x))
    if root <= 0.0:
        raise OrderError("the root diameter is not larger than zero", place="root_diameter")
    fillet = None if document.root_fillet is None else float(document.root_fillet)
    teeth = Involute(z, m, pressure, tip, root, thickness, fillet)
    teeth.check()
    side, measuring = teeth.side(), tip - m * _ADDENDUM
    lowest = math.hypot(*side.flank[-1].end_mm)
    if not max(lowest, teeth.base_radius_mm) < measuring < tip:
        measuring = 0.5 * (tip + max(lowest, teeth.base_radius_mm))
    ball = _BALL * m
    if not 2.0 * teeth.ball_radius_mm(max(lowest, teeth.base_radius_mm)) < ball < 2.0 * teeth.ball_radius_mm(tip):
        ball = 2.0 * teeth.ball_radius_mm(measuring)
    return _feature(document, ToothForm.INVOLUTE, side, tip, root, thickness, measuring, ball)


def _cycloidal(document: GearDocument) -> GearFeature:
    z, m, factors = document.teeth, float(document.module), _factors(document)
    thickness = _thickness(document, factors.thickness * m)
    tip = None if document.tip_diameter is None else float(document.tip_diameter) / 2.0
    root = _half(document.root_diameter, m * (z - math.pi) / 2.0)
    teeth = Ogive(z, m, factors, thickness, tip, root, float(document.root_fillet or 0))
    teeth.check()
    side, pitch = teeth.side(), teeth.reference_radius_mm
    reached = math.hypot(*side.flank[0].start_mm)
    ball = _ball_at_middle(side.flank[0], z)
    return _feature(document, ToothForm.CYCLOIDAL, side, reached, root, thickness, pitch, ball)


def _feature(
    document: GearDocument,
    form: ToothForm,
    side: ToothSide,
    tip: float,
    root: float,
    thickness: float,
    measuring: float,
    ball: float,
) -> GearFeature:
    center, phase = (float(document.center[0]), float(document.center[1])), float(document.phase_deg)
    outline = gear_outline(side, document.teeth, tip, root, center, phase, document.id)
    return GearFeature(
        id=document.id,
        outlines=(outline,),
        form=form,
        center_mm=center,
        teeth=document.teeth,
        module_mm=float(document.module),
        phase_deg=phase,
        reference_radius_mm=float(document.module) * document.teeth / 2.0,
        measuring_radius_mm=measuring,
        tip_radius_mm=tip,
        root_radius_mm=root,
        thickness_mm=thickness,
        ball_mm=ball,
        flank=side.flank,
    )


def _factors(document: GearDocument) -> Factors:
    if document.form not in (None, "wheel"):
        for key in ("mate_teeth", "ratio"):
            if getattr(document, key) is not None:
                raise OrderError(f"{key!r} is for wheels: a pinion has the proportions of its profile", place=key)
        return pinion_factors(document.teeth, str(document.form))
    if document.mate_teeth is None:
        raise OrderError("a cycloidal wheel needs the leaves of the pinion it drives", place="mate_teeth")
    ratio = document.teeth / document.mate_teeth if document.ratio is None and document.mate_teeth else document.ratio
    return wheel_factors(document.mate_teeth, float(ratio or 0))


def _thickness(document: GearDocument, standard: float) -> float:
    if document.tooth_thickness is not None:
        return float(document.tooth_thickness)
    thickness = standard - float(document.backlash or 0)
    if thickness <= 0.0:
        raise OrderError("the backlash leaves nothing of the teeth", place="backlash")
    return thickness


def _half(diameter: Decimal | None, standard: float) -> float:
    return standard if diameter is None else float(diameter) / 2.0


def _ball_at_middle(arc: Segment, teeth: int) -> float:
    """The ball that touches the arcs beside a space half-way up: on the normal there, where that meets the middle of
    the space."""
    assert isinstance(arc, ArcSegment)
    (cx, cy), (ux, uy) = arc.center_mm, polar(1.0, math.radians(arc.start_deg + arc.sweep_deg / 2.0))
    nx, ny = polar(1.0, math.pi / teeth + math.pi / 2.0)  # across the middle of the space
    reach = -(cx * nx + cy * ny) / (ux * nx + uy * ny)
    return 2.0 * (reach - arc.radius_mm)
