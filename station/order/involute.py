"""Involute teeth (ISO 21771, basic rack ISO 53 profile A): flank, fillet, and where a ball touches.

Lengths in mm, angles in rad. A tooth points along +x; its flank on the counter-clockwise side is the involute of the
base circle, given by the roll length L from the base circle. Below the base circle the flank goes on radially.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from station.errors import OrderError
from station.order.geometry import ArcSegment, LineSegment, Point, Segment
from station.order.tooth import ToothSide, biarcs, fillet_at, polar

_EXACT_MM = 5e-6  # by which the arcs may miss the involute
_FOOT = 0.2  # of the base radius: roll lengths at which it leaves the base circle, infinitely curved
_AT_FOOT = 40.0  # times less exact there (as splines are): arcs shorter than a pixel would crowd the probes
_RACK_FILLET = 0.38  # of the module: the root fillet of the basic rack


@dataclass(frozen=True, slots=True)
class Involute:
    """`thickness_mm` is the arc of a tooth at the reference circle; `fillet_mm` None: that of the basic rack, or the
    full round where that does not fit into the space."""

    teeth: int
    module_mm: float
    pressure_rad: float
    tip_radius_mm: float
    root_radius_mm: float
    thickness_mm: float
    fillet_mm: float | None

    @property
    def reference_radius_mm(self) -> float:
        """Half of module times teeth."""
        return self.module_mm * self.teeth / 2.0

    @property
    def base_radius_mm(self) -> float:
        """Of the circle whose involutes the flanks are."""
        return self.reference_radius_mm * math.cos(self.pressure_rad)

    @property
    def base_half_rad(self) -> float:
        """Half a tooth's angle at the base circle."""
        return self.thickness_mm / (2.0 * self.reference_radius_mm) + inv(self.pressure_rad)

    def half_rad(self, radius_mm: float) -> float:
        """Half a tooth's angle at a circle outside the base circle."""
        return self.base_half_rad - inv(math.acos(min(self.base_radius_mm / radius_mm, 1.0)))

    def check(self) -> None:
        """Refuse what has no teeth.

        Raises:
            OrderError: pointed or undercut teeth, or a tip circle within the base circle.
        """
        tip, root, base = self.tip_radius_mm, self.root_radius_mm, self.base_radius_mm
        if root >= tip:
            raise OrderError(
                f"the root diameter {2 * root:.4g} mm is not smaller than the tip diameter {2 * tip:.4g} mm"
            )
        if tip <= base:
            raise OrderError(f"the tip diameter {2 * tip:.4g} mm lies within the base circle of {2 * base:.4g} mm")
        if self.half_rad(tip) <= 0.0:
            thick = 2.0 * tip * self.half_rad(tip)
            raise OrderError(
                f"the teeth are pointed: at the tip diameter {2 * tip:.4g} mm they are {thick:.2g} mm thick"
            )
        if self.base_half_rad >= math.pi / self.teeth:
            raise OrderError("the teeth are so thick that no space is left between them")
        fillet = _RACK_FILLET * self.module_mm if self.fillet_mm is None else self.fillet_mm
        r, sine = self.reference_radius_mm, math.sin(self.pressure_rad)
        too_deep = (r - root - fillet * (1.0 - sine) - r * sine * sine) / self.module_mm
        if too_deep > 1e-6:
            raise OrderError(
                f"a rack would undercut these teeth, and their outline is then not known; a profile_shift larger by "
                f"{math.ceil(1000 * too_deep) / 1000:g} or a larger root_diameter avoids it"
            )

    def side(self, exact_mm: float = _EXACT_MM) -> ToothSide:
        """The counter-clockwise side of a tooth, its arcs within `exact_mm` of the involute (forty times that at its
        foot).

        Raises:
            OrderError: the fillet does not fit.
        """
        fillet_mm = self._fillet_mm()
        center, start, roll = self._fillet(fillet_mm)
        flank: list[Segment] = [*self._arcs(max(roll, 0.0), exact_mm)]
        if roll < 0.0:
            flank.append(LineSegment(polar(self.base_radius_mm, self.base_half_rad), start))
        return ToothSide(tuple(flank), (fillet_at(center, start, self.root_radius_mm),) if fillet_mm > 0.0 else ())

    def ball_radius_mm(self, radius_mm: float) -> float:
        """Radius of the ball that touches both flanks of a space at a circle.

        The ball lies on the normal of the flank, the tangent of the base circle, where that meets the middle of the
        space.
        """
        alpha = math.acos(min(self.base_radius_mm / radius_mm, 1.0))
        foot = math.pi / self.teeth - (self.half_rad(radius_mm) - alpha)  # from the middle of the space to the tangent
        return self.base_radius_mm * (math.tan(foot) - math.tan(alpha))

    def _point(self, roll: float) -> tuple[Point, float]:
        """A point of the involute, and the direction (rad) in which the flank runs down through it."""
        base = self.base_radius_mm
        foot = self.base_half_rad - roll / base
        (x, y), (u, v) = polar(base, foot), polar(roll, foot + math.pi / 2.0)
        return (x + u, y + v), foot + math.pi

    def _arcs(self, last: float, exact_mm: float) -> list[Segment]:
        """The involute from the tip down to a roll length, in as few arcs as come near enough.

        Equal lengths along the flank and not equal rolls, or arcs would crowd where it leaves the base circle.
        """
        first = math.sqrt(self.tip_radius_mm**2 - self.base_radius_mm**2)
        for pairs in range(2, 129):
            rolls = [math.sqrt(max(first**2 + (last**2 - first**2) * k / pairs, 0.0)) for k in range(pairs + 1)]
            found = [self._point(roll) for roll in rolls]
            arcs = biarcs([point for point, _ in found], [direction for _, direction in found])
            if all(self._near(arcs[2 * k : 2 * k + 2], rolls[k], rolls[k + 1], exact_mm) for k in range(pairs)):
                break
        return list(arcs)

    def _near(self, arcs: list[ArcSegment], first: float, last: float, exact_mm: float) -> bool:
        """Whether the two arcs lie close to the involute between two roll lengths."""
        allowed = exact_mm if last > _FOOT * self.base_radius_mm else _AT_FOOT * exact_mm
        for share in (0.25, 0.75):
            point, _ = self._point(first + share * (last - first))
            if min(abs(math.dist(point, arc.center_mm) - arc.radius_mm) for arc in arcs) > allowed:
                return False
        return True

    def _fillet(self, radius: float) -> tuple[Point, Point, float]:
        """Centre of a fillet, where it leaves the flank, and the roll length there (negative: on the radial part).

        The curve that runs `radius` outside an involute is an involute of the same base circle, rolled further.
        """
        base, far = self.base_radius_mm, self.root_radius_mm + radius
        roll = math.sqrt(max(far * far - base * base, 0.0)) - radius
        if far > base and roll >= 0.0:
            start, downwards = self._point(roll)
            outward = downwards - math.pi / 2.0
            return (start[0] + radius * math.cos(outward), start[1] + radius * math.sin(outward)), start, roll
        beside = math.asin(min(radius / far, 1.0))
        return (
            polar(far, self.base_half_rad + beside),
            polar(far * math.cos(beside), self.base_half_rad),
            -1.0,
        )

    def _fillet_mm(self) -> float:
        """The fillet's radius: at most what fits between two teeth."""
        wanted = _RACK_FILLET * self.module_mm if self.fillet_mm is None else self.fillet_mm
        if self._fits(wanted):
            return wanted
        low, high = 0.0, wanted
        for _ in range(60):
            middle = 0.5 * (low + high)
            low, high = (middle, high) if self._fits(middle) else (low, middle)
        if self.fillet_mm is not None:
            raise OrderError(
                f"a root_fillet of {wanted:.4g} mm does not fit between the teeth: at most {low:.4g} mm do"
            )
        return low

    def _fits(self, fillet_mm: float) -> bool:
        (x, y), start, _ = self._fillet(fillet_mm)
        return math.atan2(y, x) <= math.pi / self.teeth and math.hypot(*start) < self.tip_radius_mm


def inv(angle: float) -> float:
    """The involute function tan α - α."""
    return math.tan(angle) - angle
