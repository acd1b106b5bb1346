"""Writes what the guest's loopback cameras show: a part of ours as the twin sees it, 8 bits and 16 bits deep."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from station.twin.demo import demo_cases, random_dust, random_pose
from station.twin.render import render
from station.twin.scene import Lamp, Optics, PlacedPart, Scene

# The pixels of a Raspberry Pi's global shutter camera.
OPTICS = Optics(width_px=1456, height_px=1088, mm_per_px=0.012)


def write_scenes(folder: Path) -> None:
    """`scene8.npy` and `scene16.npy`, (1088, 1456) uint8 and uint16; the latter with all of its bits in use."""
    rng = np.random.default_rng(20261123)
    case = demo_cases()[0]
    placed = PlacedPart(case.part, random_pose(case.part, OPTICS, rng), case.face)
    picture = render(Scene(OPTICS, Lamp(), (placed,), random_dust(OPTICS, rng)), rng)
    np.save(folder / "scene8.npy", picture)
    fine = rng.integers(0, 256, picture.shape, np.uint16)
    np.save(folder / "scene16.npy", picture.astype(np.uint16) * 256 + fine)


if __name__ == "__main__":
    write_scenes(Path(sys.argv[1]))
