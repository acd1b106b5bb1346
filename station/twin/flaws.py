"""What goes wrong on the shop floor, as regions to add to a part or to take away from it."""

from __future__ import annotations

import math

import numpy as np

from station.order.geometry import Point
from station.twin.outlines import polar
from station.twin.part import Flaw, FlawKind


def extra_hole(center_mm: Point, diameter_mm: float) -> Flaw:
    """A hole nobody ordered."""
    return Flaw(FlawKind.EXTRA_HOLE, tuple(polar(diameter_mm / 2, 360.0 * k / 720, center_mm) for k in range(720)))


def spur(at_mm: Point, direction_deg: float, length_mm: float, width_mm: float) -> Flaw:
    """A thin thorn standing out from the edge at `at_mm`."""
    return Flaw(FlawKind.SPUR, _wedge(at_mm, direction_deg, length_mm, width_mm, 0.35))


def burr(at_mm: Point, direction_deg: float, length_mm: float, height_mm: float, rng: np.random.Generator) -> Flaw:
    """A ragged lip `length_mm` long along the edge, standing out towards `direction_deg` by up to `height_mm`."""
    along = np.linspace(-0.5, 0.5, 25)
    bulge = np.sqrt(np.maximum(1.0 - (2 * along) ** 2, 0.0))
    height = height_mm * bulge * (0.55 + 0.45 * rng.random(along.size))
    top = [_local(at_mm, direction_deg, float(h), float(s) * length_mm) for s, h in zip(along, height, strict=True)]
    base = [_local(at_mm, direction_deg, -0.5 * height_mm - 0.05, side * length_mm / 2) for side in (1, -1)]
    return Flaw(FlawKind.BURR, (*top, *base))


def notch(at_mm: Point, direction_deg: float, depth_mm: float, width_mm: float) -> Flaw:
    """A nick in the edge at `at_mm`; `direction_deg` points out of the material."""
    return Flaw(FlawKind.NOTCH, _wedge(at_mm, direction_deg + 180.0, depth_mm, width_mm, 0.5))


def crack(path_mm: tuple[Point, ...], width_mm: float) -> Flaw:
    """A crack along a path that begins outside the edge, closing to nothing at its end."""
    left, right = [], []
    for number, point in enumerate(path_mm):
        following, before = path_mm[min(number + 1, len(path_mm) - 1)], path_mm[max(number - 1, 0)]
        direction = math.degrees(math.atan2(following[1] - before[1], following[0] - before[0]))
        half = width_mm / 2 * (1.0 - number / (len(path_mm) - 1))
        left.append(_local(point, direction, 0.0, half))
        right.append(_local(point, direction, 0.0, -half))
    return Flaw(FlawKind.CRACK, (*left, *reversed(right)))


def broken_tooth(angle_deg: float, pitch_deg: float, stump_radius_mm: float, tip_radius_mm: float) -> Flaw:
    """A tooth of a wheel about the origin broken off with a slanting fracture at about `stump_radius_mm`."""
    beyond = tip_radius_mm * 1.1
    corners = [
        polar(stump_radius_mm, angle_deg - pitch_deg / 2),
        polar(beyond, angle_deg - pitch_deg / 2),
        polar(beyond, angle_deg + pitch_deg / 2),
        polar(stump_radius_mm + 0.25 * (tip_radius_mm - stump_radius_mm), angle_deg + pitch_deg / 2),
        polar(stump_radius_mm - 0.03 * (tip_radius_mm - stump_radius_mm), angle_deg + 0.05 * pitch_deg),
    ]
    return Flaw(FlawKind.BROKEN_TOOTH, tuple(corners))


def _wedge(at_mm: Point, direction_deg: float, length_mm: float, width_mm: float, tip: float) -> tuple[Point, ...]:
    """A tapering finger from a little behind `at_mm` to `length_mm` in front of it; `tip` is the width left there."""
    back = -min(0.05, 0.5 * length_mm)
    ends = [(back, -0.5), (length_mm, -0.5 * tip), (length_mm, 0.5 * tip), (back, 0.5)]
    return tuple(_local(at_mm, direction_deg, forward, width_mm * side) for forward, side in ends)


def _local(at_mm: Point, direction_deg: float, forward_mm: float, left_mm: float) -> Point:
    cos, sin = math.cos(math.radians(direction_deg)), math.sin(math.radians(direction_deg))
    return (at_mm[0] + cos * forward_mm - sin * left_mm, at_mm[1] + sin * forward_mm + cos * left_mm)
