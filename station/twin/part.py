"""The part as it was made: its nominal silhouette, how it deviates, and what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from station.errors import InputError
from station.order.geometry import Feature, Point, Silhouette
from station.order.model import Face, Order
from station.twin.marked import blank, marks_of_order
from station.twin.marks import FaceDefect, Mark


@dataclass(frozen=True, slots=True)
class Lobes:
    """A harmonic of the form: the radius changes by ``amplitude · cos(count · (angle - phase))``."""

    amplitude_mm: float
    count: int
    phase_deg: float = 0.0


@dataclass(frozen=True, slots=True)
class CircleDeviation:
    """How a circle or arc feature came out: its diameter, its centre, its form."""

    feature: str
    diameter_mm: float = 0.0  # made minus nominal
    shift_mm: Point = (0.0, 0.0)  # centre made minus centre nominal, in the part's frame
    lobes: tuple[Lobes, ...] = ()


@dataclass(frozen=True, slots=True)
class LineDeviation:
    """How a line feature came out. Displacements count positive out of the material.

    `tilt_deg` turns the edge about its middle, positive when the far end (material on the left) moves out;
    `bow_mm` is the height of a parabola over the edge's ends.
    """

    feature: str
    offset_mm: float = 0.0
    tilt_deg: float = 0.0
    bow_mm: float = 0.0


@dataclass(frozen=True, slots=True)
class Bend:
    """The whole part bent: from `start_x_mm` on, y grows by ``(x - start)² / (2 · radius)``; down if negative."""

    start_x_mm: float
    radius_mm: float


Deviation: TypeAlias = CircleDeviation | LineDeviation


class FlawKind(StrEnum):
    """What went wrong, in the words of the shop floor."""

    EXTRA_HOLE = "extra hole"
    SPUR = "spur"
    BURR = "burr"
    NOTCH = "notch"
    CRACK = "crack"
    BROKEN_TOOTH = "broken tooth"


@dataclass(frozen=True, slots=True)
class Flaw:
    """A closed region (part's frame, either sense) in which material is missing, or is there without being ordered."""

    kind: FlawKind
    region_mm: tuple[Point, ...]

    @property
    def adds_material(self) -> bool:
        """Whether the region is material that was not ordered."""
        return self.kind in (FlawKind.SPUR, FlawKind.BURR)


@dataclass(frozen=True, slots=True)
class Chamfer:
    """A broken edge all along the outline: the outermost `width_mm` of the material differ from the field by `shade` of
    what the rest does. The part ends where the chamfer does."""

    width_mm: float
    shade: float = 0.6


@dataclass(frozen=True, slots=True)
class MadePart:
    """One real part. `missing` names openings (outline name or circle feature) that nobody cut; `marks` and `defects`
    are on the face `marked`, where the part neither grew nor bent."""

    silhouette: Silhouette
    features: tuple[Feature, ...] = ()
    deviations: tuple[Deviation, ...] = ()
    growth_mm: float = 0.0  # every edge moved out of the material by this much
    scale: float = 1.0
    bend: Bend | None = None
    missing: tuple[str, ...] = ()
    flaws: tuple[Flaw, ...] = field(default=())
    chamfer: Chamfer | None = None
    marks: tuple[Mark, ...] = ()
    defects: tuple[FaceDefect, ...] = ()
    marked: Face = Face.TOP


def part_of_order(order: Order, deviations: tuple[Deviation, ...] = (), flaws: tuple[Flaw, ...] = ()) -> MadePart:
    """The part that an order asks for, made with these deviations, and the marks on it; of an order without features
    a blank plate.

    Raises:
        InputError: the order's geometry does not close to a silhouette.
    """
    silhouette = order.geometry.silhouette if order.geometry.features else blank()
    if silhouette is None:
        raise InputError("the order's geometry is not a whole silhouette, so the twin cannot make it", place="geometry")
    features = tuple(order.geometry.features.values())
    marks = marks_of_order(order, silhouette)
    return MadePart(silhouette, features, deviations, flaws=flaws, marks=marks, marked=order.geometry.face)
