"""Watch wheels and pinions after BS 978-2 (NIHS 20-02): radial flanks, ogives of circular arcs.

The factors of the wheel are those of the standard's tables, interpolated between their ratios and numbers of leaves.
Lengths in mm, angles in rad; a tooth points along +x.
"""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np

from station.errors import OrderError
from station.order.geometry import LineSegment, Segment
from station.order.tooth import ToothSide, arc_between, fillet_at, polar

_MANY_LEAVES = 11
_PINIONS = {  # leaves: thickness, then by profile addendum and radius, all of the module
    False: (1.05, {"A": (0.525, 0.525), "B": (0.67, 0.70), "C": (0.855, 1.05)}),
    True: (1.25, {"A": (0.625, 0.625), "B": (0.805, 0.84), "C": (1.05, 1.25)}),
}


@dataclass(frozen=True, slots=True)
class Factors:
    """Of the module: `addendum` to the point where the arcs meet, their `radius`, `thickness` at the pitch circle."""

    addendum: float
    radius: float
    thickness: float


def wheel_factors(leaves: int, ratio: float) -> Factors:
    """Of a wheel that drives a pinion of so many leaves at teeth : leaves = `ratio`, interpolated in the tables.

    Raises:
        OrderError: beyond the tables.
    """
    ratios, columns = _tables()
    if not min(columns) <= leaves <= max(columns):
        raise OrderError(
            f"BS 978-2 has no wheel for a pinion of {leaves} leaves, only for {min(columns)} to {max(columns)}",
            place="mate_teeth",
        )
    if not ratios[0] <= ratio <= ratios[-1]:
        raise OrderError(f"BS 978-2 has no wheel of the ratio {ratio:.4g}, only of {ratios[0]:g} to {ratios[-1]:g}")
    below, above = max(n for n in columns if n <= leaves), min(n for n in columns if n >= leaves)
    share = 0.0 if above == below else (leaves - below) / (above - below)
    found = [
        (1.0 - share) * float(np.interp(ratio, ratios, columns[below][k]))
        + share * float(np.interp(ratio, ratios, columns[above][k]))
        for k in (0, 1)
    ]
    return Factors(found[0], found[1], math.pi / 2.0)


@cache
def _tables() -> tuple[list[float], dict[int, tuple[list[float], list[float]]]]:
    """Ratios, and by leaves the addendum and the radius at each of them."""
    text = files("station.order").joinpath("bs978_2.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(line for line in text.splitlines() if not line.startswith("#")))
    leaves = [int(key[1:]) for key in rows[0] if key.startswith("f")]
    columns = {n: ([float(row[f"f{n}"]) for row in rows], [float(row[f"r{n}"]) for row in rows]) for n in leaves}
    return [float(row["ratio"]) for row in rows], columns


def pinion_factors(leaves: int, profile: str) -> Factors:
    """Of a driven pinion of profile A, B or C."""
    thickness, profiles = _PINIONS[leaves >= _MANY_LEAVES]
    return Factors(*profiles[profile], thickness)


@dataclass(frozen=True, slots=True)
class Ogive:
    """A tooth of these proportions; `tip_radius_mm` None: the arcs meet in a point."""

    teeth: int
    module_mm: float
    factors: Factors
    thickness_mm: float
    tip_radius_mm: float | None
    root_radius_mm: float
    fillet_mm: float

    @property
    def reference_radius_mm(self) -> float:
        """Half of module times teeth."""
        return self.module_mm * self.teeth / 2.0

    @property
    def point_radius_mm(self) -> float:
        """Where the two arcs of a tooth meet."""
        return self.reference_radius_mm + self.factors.addendum * self.module_mm

    @property
    def half_rad(self) -> float:
        """Half a tooth's angle at the pitch circle and below."""
        return self.thickness_mm / (2.0 * self.reference_radius_mm)

    def check(self) -> None:
        """Refuse what has no teeth.

        Raises:
            OrderError: a root or tip circle that these teeth do not reach.
        """
        pitch, tip, point = self.reference_radius_mm, self.tip_radius_mm, self.point_radius_mm
        if not 0.0 < self.root_radius_mm < pitch:
            raise OrderError(
                f"the root diameter {2 * self.root_radius_mm:.4g} mm is not between 0 and the pitch circle of "
                f"{2 * pitch:.4g} mm"
            )
        if tip is not None and not pitch < tip <= point + 1e-9:
            raise OrderError(
                f"the tip diameter {2 * tip:.4g} mm is not between the pitch circle of {2 * pitch:.4g} mm and "
                f"{2 * point:.4g} mm, where the flanks meet"
            )
        if self.half_rad >= math.pi / self.teeth:
            raise OrderError("the teeth are so thick that no space is left between them")
        if math.dist(polar(pitch, self.half_rad), (point, 0.0)) > 2.0 * self.factors.radius * self.module_mm:
            raise OrderError(
                "the arcs of this profile do not reach from the pitch circle to the tip of so thick a tooth"
            )

    def side(self) -> ToothSide:
        """The counter-clockwise side of a tooth.

        Raises:
            OrderError: the fillet does not fit.
        """
        pitch_point = polar(self.reference_radius_mm, self.half_rad)
        center = self._center()
        arc = arc_between(center, self._tip(center), pitch_point, counter_clockwise=True)
        flank: list[Segment] = [arc]
        far = self.root_radius_mm + self.fillet_mm
        beside = math.asin(min(self.fillet_mm / far, 1.0))
        if self.half_rad + beside > math.pi / self.teeth or far * math.cos(beside) > self.reference_radius_mm:
            raise OrderError(f"a root_fillet of {self.fillet_mm:.4g} mm does not fit between the teeth")
        start = polar(far * math.cos(beside), self.half_rad)
        flank.append(LineSegment(pitch_point, start))
        if self.fillet_mm == 0.0:
            return ToothSide(tuple(flank), ())
        return ToothSide(tuple(flank), (fillet_at(polar(far, self.half_rad + beside), start, self.root_radius_mm),))

    def _center(self) -> tuple[float, float]:
        """Of the arc from the point of the tooth to the pitch circle, counter-clockwise."""
        (x0, y0), (x1, y1) = (self.point_radius_mm, 0.0), polar(self.reference_radius_mm, self.half_rad)
        dx, dy = x1 - x0, y1 - y0
        square = dx * dx + dy * dy
        radius = self.factors.radius * self.module_mm
        height = math.sqrt(max(radius * radius / square - 0.25, 0.0))
        return (x0 + x1) / 2.0 - height * dy, (y0 + y1) / 2.0 + height * dx

    def _tip(self, center: tuple[float, float]) -> tuple[float, float]:
        """Where the arc reaches the tip circle."""
        tip = self.tip_radius_mm
        if tip is None or tip >= self.point_radius_mm - 1e-9:
            return self.point_radius_mm, 0.0
        far, radius = math.hypot(*center), self.factors.radius * self.module_mm
        between = math.acos((far * far + tip * tip - radius * radius) / (2.0 * far * tip))
        middle = math.atan2(center[1], center[0])
        return polar(tip, min((middle - between, middle + between), key=abs))
