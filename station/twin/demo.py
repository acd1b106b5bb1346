"""The demo: twenty-five unique orders, the parts that came of them, and how they come to lie before the camera."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from station.order.geometry import Point, polygon
from station.twin.demo_case import DemoCase
from station.twin.demo_flat import pin_cases, plate_cases
from station.twin.demo_marked import marked_cases
from station.twin.demo_round import pinion_cases, ring_cases, wheel_cases
from station.twin.part import MadePart
from station.twin.scene import Dust, Optics, Pose

CLEAR_MM = 0.25


def demo_cases() -> tuple[DemoCase, ...]:
    """All cases, always the same; no two orders are alike."""
    return tuple(wheel_cases() + pinion_cases() + ring_cases() + pin_cases() + plate_cases() + marked_cases())


def write_demo(folder: Path) -> list[DemoCase]:
    """Write every order, and its drawing where it has one, into the folder (made if need be)."""
    folder.mkdir(parents=True, exist_ok=True)
    cases = list(demo_cases())
    for case in cases:
        (folder / case.order_file).write_bytes(case.document)
        if case.drawing:
            (folder / case.drawing_file).write_text(case.drawing, encoding="utf-8")
    return cases


def random_pose(part: MadePart, optics: Optics, rng: np.random.Generator, within_mm: float = 1.0) -> Pose:
    """Any rotation; as far as `within_mm` from the middle each way, but so that the part stays whole in the field."""
    reach_mm = max(float(np.hypot(*polygon(outline, 0.001).T).max()) for outline in part.silhouette.outer)
    room = [min(within_mm, size_px * optics.mm_per_px / 2 - reach_mm - CLEAR_MM) for size_px in _field_px(optics)]
    x, y = (float(rng.uniform(-1.0, 1.0)) * max(0.0, free) for free in room)
    return Pose(x, y, float(rng.uniform(0.0, 360.0)))


def _field_px(optics: Optics) -> tuple[int, int]:
    return optics.width_px, optics.height_px


def random_dust(optics: Optics, rng: np.random.Generator, specks: int = 4, fibres: int = 1) -> tuple[Dust, ...]:
    """Small faint specks and curved fibres anywhere in the field."""
    half = (optics.width_px * optics.mm_per_px / 2, optics.height_px * optics.mm_per_px / 2)

    def anywhere() -> Point:
        return (float(rng.uniform(-half[0], half[0])), float(rng.uniform(-half[1], half[1])))

    found = [_speck(anywhere(), rng) for _ in range(specks)]
    found += [_fibre(anywhere(), rng) for _ in range(fibres)]
    return tuple(found)


def _speck(at_mm: Point, rng: np.random.Generator) -> Dust:
    radii = rng.uniform(0.012, 0.035) * rng.uniform(0.7, 1.3, 12)
    corners = [
        (at_mm[0] + float(r) * math.cos(k * math.pi / 6), at_mm[1] + float(r) * math.sin(k * math.pi / 6))
        for k, r in enumerate(radii)
    ]
    return Dust(tuple(corners), opacity=float(rng.uniform(0.2, 0.5)))


def _fibre(at_mm: Point, rng: np.random.Generator) -> Dust:
    heading, bend = float(rng.uniform(0.0, 2 * math.pi)), float(rng.uniform(-4.0, 4.0))
    x, y, step, half = at_mm[0], at_mm[1], 0.03, 0.006
    left, right = [], []
    for _ in range(25):
        left.append((x - half * math.sin(heading), y + half * math.cos(heading)))
        right.append((x + half * math.sin(heading), y - half * math.cos(heading)))
        x, y = x + step * math.cos(heading), y + step * math.sin(heading)
        heading += bend * step
    return Dust((*left, *reversed(right)), opacity=float(rng.uniform(0.25, 0.5)), blur_px=2.0)
