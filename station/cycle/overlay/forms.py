"""Which points of a feature are the ones that a characteristic objects to, as the measurement itself sees it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from station.cycle.overlay.palette import State
from station.cycle.results import MOST_GAP_PX, ItemResult
from station.metrology.datums import datum_frame
from station.metrology.decision import Verdict
from station.metrology.features import Kind, MeasuredFeature
from station.metrology.smoothing import robust_residuals, smooth
from station.metrology.thread_values import THREAD_TYPES
from station.order.geometry import GearFeature
from station.order.model import CharacteristicType

Floats = NDArray[np.float64]
Features = Mapping[str, MeasuredFeature]

_SMOOTHING = 3.0  # points, as form is evaluated
_WORST = 0.85  # of the largest offset: marked even where the limit itself is not reached
_WHOLE = frozenset(
    {
        CharacteristicType.DIAMETER,
        CharacteristicType.RADIUS,
        CharacteristicType.POSITION,
        CharacteristicType.CONCENTRICITY,
        CharacteristicType.SYMMETRY,
        CharacteristicType.TIP_DIAMETER,
        CharacteristicType.ROOT_DIAMETER,
        CharacteristicType.TOOTH_THICKNESS,
        *THREAD_TYPES,
    }
)
_TEETH = frozenset({CharacteristicType.PITCH_DEVIATION, CharacteristicType.CUMULATIVE_PITCH, CharacteristicType.RUNOUT})
_LOCAL = frozenset(
    {
        CharacteristicType.ROUNDNESS,
        CharacteristicType.STRAIGHTNESS,
        CharacteristicType.PARALLELISM,
        CharacteristicType.PERPENDICULARITY,
        CharacteristicType.ANGULARITY,
        CharacteristicType.LINE_PROFILE,
        CharacteristicType.CIRCULAR_RUNOUT,
        *_TEETH,
    }
)


def quiet_deviation(feature: MeasuredFeature, points_mm: Floats) -> Floats:
    """(n,) mm out of the material from the drawing, smoothed as form is evaluated."""
    deviation = ((points_mm - feature.nominal_mm) * feature.normals).sum(axis=1)
    whole = feature.closed and len(deviation) == feature.expected
    return smooth(deviation, min(_SMOOTHING, len(deviation) / 8.0), whole)


def states_of(feature: MeasuredFeature, items: tuple[ItemResult, ...], features: Features) -> NDArray[np.int8]:
    """(n,) of `State`: the whole feature where a size or a place is not PASS, the points at fault for a form."""
    states = np.full(len(feature.points_mm), int(State.INSIDE), np.int8)
    for item in items:
        c = item.item.characteristic
        if feature.id not in item.item.question.features or item.verdict not in (Verdict.FAIL, Verdict.UNDECIDED):
            continue
        state = np.int8(State.OUTSIDE if item.verdict is Verdict.FAIL else State.GUARD_BAND)
        if c.type in _WHOLE:
            states = np.maximum(states, state)
        elif c.type in _LOCAL:
            at_fault = ~feature.kept if in_doubt(item) else _at_fault(item, feature, features)
            states[at_fault] = np.maximum(states[at_fault], state)
    return states


def in_doubt(item: ItemResult) -> bool:
    """A form inside its limit and UNDECIDED all the same: something stands on the edge, or a piece is unseen."""
    upper, guard = item.item.upper, item.guard_band
    if item.verdict is not Verdict.UNDECIDED or item.item.characteristic.type not in _LOCAL:
        return False
    return item.value is not None and upper is not None and guard is not None and item.value <= upper - guard


@dataclass(frozen=True, slots=True)
class Doubt:
    """What keeps a form from PASS although it is inside its limit, and its place (2,) in mm."""

    where_mm: Floats
    words: str


def doubt_of(feature: MeasuredFeature, mm_per_px: float) -> Doubt | None:
    """The middle of the unseen stretch, or the top of what stands on the edge; None where there is neither."""
    if feature.gap_mm > MOST_GAP_PX * mm_per_px:
        return Doubt(np.array(feature.gap_at_mm), "no edge found")
    if bool(feature.kept.all()):
        return None
    off = np.abs(((feature.points_mm - feature.nominal_mm) * feature.normals).sum(axis=1))
    return Doubt(feature.points_mm[int(np.where(feature.kept, 0.0, off).argmax())], "burr or dirt")


def _at_fault(item: ItemResult, feature: MeasuredFeature, features: Features) -> NDArray[np.bool_]:
    gear = item.item.question.geometry.get(feature.id)
    if item.item.characteristic.type in _TEETH and isinstance(gear, GearFeature) and item.where_mm is not None:
        away = feature.points_mm - np.asarray(item.where_mm)
        return np.asarray(np.hypot(away[:, 0], away[:, 1]) <= gear.module_mm)
    off = np.abs(_offsets(item, feature, features))
    return np.asarray(off >= min((item.item.upper or 0.0) / 2.0, _WORST * float(off.max())))


def _offsets(item: ItemResult, feature: MeasuredFeature, features: Features) -> Floats:
    """(n,) mm from the middle of the tolerance zone: the fitted circle or line of a form, the drawing of a profile."""
    kind = item.item.characteristic.type
    if kind is CharacteristicType.LINE_PROFILE or not feature.params:
        return _profile(item, feature, features)
    away = feature.points_mm - feature.center_mm
    if feature.kind is Kind.CIRCLE:
        return np.asarray(np.hypot(away[:, 0], away[:, 1]) - feature.radius_mm)
    if kind is CharacteristicType.STRAIGHTNESS:
        return np.asarray(away @ feature.normal)
    deviation = quiet_deviation(feature, feature.points_mm)
    return np.asarray(deviation - (deviation.max() + deviation.min()) / 2.0)


def _profile(item: ItemResult, feature: MeasuredFeature, features: Features) -> Floats:
    question = item.item.question
    if question.datums and all(name in features for name in question.datums):
        try:
            datums = [(question.geometry[name], features[name]) for name in question.datums]
            frame = datum_frame(datums, question.precedence)
        except ValueError:
            return quiet_deviation(feature, feature.points_mm)
        return quiet_deviation(feature, frame.apply(feature.points_mm))
    arm = feature.nominal_mm - feature.nominal_mm.mean(axis=0)
    turn = arm[:, 0] * feature.normals[:, 1] - arm[:, 1] * feature.normals[:, 0]
    basis = np.column_stack([feature.normals, turn])
    return robust_residuals(quiet_deviation(feature, feature.points_mm), basis, 1e-6)
