"""What a cycle needs is compiled before the station says that it is ready."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
# In a process of its own: this one has compiled who knows what already.
PROGRAM = """
import sys
from dataclasses import replace
from numba.core.dispatcher import Dispatcher
import numpy as np
from scripts.agreement import (
    Conditions, PlacedPart, Scene, calibration_of, cases, compile_plan, inspect_picture, parse_order, picture_from,
    random_pose, render,
)
import station.app
from station.app.warming import warm_up

def compiled():
    functions = {one for name, module in list(sys.modules.items()) if name.startswith("station.")
                 for one in vars(module).values() if isinstance(one, Dispatcher)}
    return {f"{one.py_func.__module__}.{one.py_func.__name__}{kinds}" for one in functions for kinds in one.signatures}

bits = int(sys.argv[1])
warm_up(bits)
warm = compiled()
assert len(warm) > 40, warm
measured = 0
for case in cases():
    rng = np.random.default_rng(1)
    placed = PlacedPart(case.part, random_pose(case.part, case.optics, rng, 0.1), case.face)
    optics = case.optics
    pixels = render(Scene(optics, replace(case.lamp, bit_depth=bits), (placed,)), rng)
    order = parse_order(case.document, None, case.name, drawing=case.drawing or None)
    calibration = calibration_of(*pixels.shape[::-1], optics.mm_per_px, optics.k1_per_mm2, optics.edge_offset_px)
    plan = compile_plan(order, calibration)
    outcome = inspect_picture(order, plan, calibration, picture_from(pixels), Conditions(20.0, 0.1))
    measured += bool(outcome.features)
    print(*(f"{case.name}: {one}" for one in sorted(compiled() - warm)), sep="\\n")
    warm |= compiled()
assert measured > 10, measured
"""


@pytest.mark.parametrize("bits", [8, 12])
def test_no_ordinary_part_waits_for_the_compiler(bits: int) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    found = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(bits)], env=environment, cwd=ROOT, capture_output=True, text=True
    )
    assert found.returncode == 0, found.stderr
    assert found.stdout.split() == []
