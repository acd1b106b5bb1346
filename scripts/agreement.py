#!/usr/bin/env python3
"""Whether two machines measure the same: `render` pictures once, `inspect` them on each machine, `compare` the answers.

Everything that an inspection says is compared: poses, edge spreads, values, uncertainties, findings and every point of
every contour as lengths in pixels, which may differ by a millionth; verdicts, reasons and numbers of points, which may
not differ. scripts/check_arm64 does it for x86-64 and arm64.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from station.cycle.measure import Outcome, inspect_picture
from station.metrology.calibration import Calibration, Clipping
from station.metrology.camera import telecentric
from station.metrology.uncertainty import Conditions
from station.order.model import Face
from station.order.read import parse_order
from station.plan.compile import compile_plan
from station.plan.plan import Plan
from station.plan.predict import Prediction, predict
from station.twin.demo import demo_cases, random_dust, random_pose
from station.twin.demo_case import size, zone
from station.twin.part import CircleDeviation, LineDeviation, Lobes, MadePart, part_of_order
from station.twin.render import render
from station.twin.scene import Lamp, Optics, PlacedPart, Polarity, Scene
from station.vision.picture import picture_from

MOST_PX = 1e-6
QUICK = ("RING-106", "PINION-8", "plate")  # circles; a contour; lines and arcs
LAMP = Lamp()


def line(name: str, *ends: float) -> dict[str, Any]:
    """A straight edge with the material on its left."""
    return {"id": name, "type": "line", "start": ends[:2], "end": ends[2:], "material": "left"}


def arc(name: str, side: str, x: float, y: float, radius: float, start: float, end: float) -> dict[str, Any]:
    """A round edge."""
    angles = {"start_angle": start, "end_angle": end}
    return {"id": name, "type": "arc", "side": side, "center": [x, y], "radius": radius, **angles}


PLATE: dict[str, list[dict[str, Any]]] = {
    "features": [
        line("BOTTOM", -2.0, -1.2, 2.0, -1.2),
        line("RIGHT", 2.0, -1.2, 2.0, 0.6),
        arc("CORNER", "outer", 1.4, 0.6, 0.6, 0.0, 90.0),
        line("TOP", 1.4, 1.2, -1.2, 1.2),
        line("SLANT", -1.2, 1.2, -2.0, 0.4),
        line("LEFT", -2.0, 0.4, -2.0, -1.2),
        line("SLOT1", 0.7, 0.05, -0.5, 0.05),
        arc("SLOT2", "inner", -0.5, 0.3, 0.25, 90.0, 270.0),
        line("SLOT3", -0.5, 0.55, 0.7, 0.55),
        arc("SLOT4", "inner", 0.7, 0.3, 0.25, -90.0, 90.0),
        {"id": "H1", "type": "circle", "side": "inner", "center": [-1.3, -0.5], "diameter": 0.7},
        {"id": "H2", "type": "circle", "side": "inner", "center": [1.2, -0.55], "diameter": 0.8},
    ],
    "characteristics": [
        size("diameter", "H1", 0.7, 0.02),
        zone("roundness", "H1", 0.02),
        size("distance", ["H1", "BOTTOM"], 0.7, 0.02),
        zone("straightness", "BOTTOM", 0.01),
        zone("perpendicularity", "RIGHT", 0.02, "A"),
        size("diameter", "H2", 0.8, 0.005),
        zone("position", "H2", 0.05, "A", "B"),
        size("width", ["SLOT1", "SLOT3"], 0.5, 0.02),
        size("angle", ["TOP", "SLANT"], 135.0, 0.5),
        size("radius", "CORNER", 0.6, 0.02),
        zone("line_profile", "CORNER", 0.05),
        zone("line_profile", "SLOT2", 0.05),
        zone("parallelism", "TOP", 0.02, "A"),
    ],
}
FEW = {"BOTTOM", "RIGHT", "H1", "H2"}  # what a partial order lists of the plate
MADE = (
    CircleDeviation("H1", 0.003, (0.002, -0.001), (Lobes(0.002, 3, 20.0),)),
    CircleDeviation("H2", 0.0049),
    LineDeviation("BOTTOM", 0.002, 0.01, 0.001),
    LineDeviation("TOP", -0.003, 0.02),
)


@dataclass(frozen=True, slots=True)
class Case:
    """An order, the part that came of it, and how it is photographed."""

    name: str
    document: bytes
    drawing: bytes
    part: MadePart
    optics: Optics
    lamp: Lamp
    face: Face = Face.TOP


def main() -> int:
    """Exit status 0 done and agreed, 1 the answers differ."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    rendering = commands.add_parser("render", help="render the pictures of all cases into FOLDER")
    rendering.add_argument("folder", type=Path)
    rendering.add_argument("--seed", type=int, default=1)
    rendering.add_argument("--quick", action="store_true", help=f"only {', '.join(QUICK)}")
    inspecting = commands.add_parser("inspect", help="inspect the pictures in FOLDER and write the answers to ANSWERS")
    inspecting.add_argument("folder", type=Path)
    inspecting.add_argument("answers", type=Path)
    comparing = commands.add_parser("compare", help="compare the answers of two machines")
    comparing.add_argument("one", type=Path)
    comparing.add_argument("other", type=Path)
    args = parser.parse_args()
    if args.command == "compare":
        print(f"{args.one.stem} and {args.other.stem}:")
        return compare(json.loads(args.one.read_text()), json.loads(args.other.read_text()))
    if args.command == "render":
        render_all(args.folder, args.seed, args.quick)
    else:
        args.answers.write_text(json.dumps(inspect_all(args.folder)))
    return 0


def cases() -> Iterator[Case]:
    """Small pictures (at most 1 MP) of everything that an order can ask of a silhouette, at any rotation."""
    demo = {case.name: case for case in demo_cases()}

    def of_demo(name: str, optics: Optics, lamp: Lamp = LAMP, to: str = "") -> Case:
        case = demo[name]
        return Case(name + to, case.document, case.drawing.encode(), case.part, optics, lamp, case.face)

    def of_plate(name: str, optics: Optics, lamp: Lamp = LAMP, partial: bool = False) -> Case:
        part = part_of_order(parse_order(plate(), None, name), MADE)
        return Case(name, plate(partial), b"", part, optics, lamp)

    yield of_demo("RING-106", Optics(720, 720, 0.0170), Lamp(uneven=0.15))
    yield of_demo("RING-094", Optics(760, 740, 0.0140, 0.8, edge_offset_px=0.05))
    yield of_demo("WHEEL-64", Optics(700, 700, 0.0120))
    yield of_demo("WHEEL-60", Optics(700, 680, 0.0130), Lamp(bit_depth=12), " in 12 bits")
    yield of_demo("PINION-8", Optics(560, 560, 0.0100, 1.3))
    yield of_demo("PIN-120", Optics(720, 720, 0.0135), Lamp(bit_depth=10), " in 10 bits")
    yield of_demo("PLATE-5H", Optics(760, 760, 0.0150))
    yield of_demo("PLATE-4W", Optics(800, 800, 0.0150))
    yield of_plate("plate", Optics(620, 600, 0.0100))
    yield of_plate("plate, a lens that distorts", Optics(640, 620, 0.0100, k1_per_mm2=8e-4))
    yield of_plate("plate, front-lit", Optics(600, 600, 0.0100), Lamp(0.06, 0.8, Polarity.FRONTLIT))
    yield of_plate("plate in a wide field", Optics(1560, 620, 0.0100), Lamp(uneven=0.2))
    yield of_plate("plate in a wide field in 12 bits", Optics(1500, 640, 0.0095), Lamp(bit_depth=12))
    yield of_plate("plate, partial", Optics(240, 240, 0.0240), partial=True)


def plate(partial: bool = False) -> bytes:
    """order/1 of a plate with a slot; `partial` lists a few of its edges only."""
    features = [f for f in PLATE["features"] if not partial or f["id"] in FEW]
    asked = [
        c for c in PLATE["characteristics"] if not partial or FEW.issuperset(c.get("features", [c.get("feature")]))
    ]
    document = {
        "schema": "order/1",
        "order_id": "AGREEMENT",
        "part": {"serial": "PLATE"},
        "geometry": {"features": features, "partial": partial},
        "datums": {"A": "BOTTOM", "B": "RIGHT"},
        "characteristics": [{"id": str(number), **one} for number, one in enumerate(asked, start=1)],
    }
    return json.dumps(document).encode()


def render_all(folder: Path, seed: int, quick: bool = False) -> None:
    """One file per case: order, drawing, optics and picture."""
    folder.mkdir(parents=True, exist_ok=True)
    for case in (case for case in cases() if not quick or case.name in QUICK):
        rng = np.random.default_rng([seed, *case.name.encode()])
        pose = random_pose(case.part, case.optics, rng, 0.1)
        placed = PlacedPart(case.part, pose, case.face)
        pixels = render(Scene(case.optics, case.lamp, (placed,), random_dust(case.optics, rng, 2, 0)), rng)
        np.savez(
            folder / f"{case.name}.npz",
            pixels=pixels,
            document=np.frombuffer(case.document, np.uint8),
            drawing=np.frombuffer(case.drawing, np.uint8),
            optics=np.array([case.optics.mm_per_px, case.optics.k1_per_mm2, case.optics.edge_offset_px]),
        )


def inspect_all(folder: Path) -> dict[str, Any]:
    """The answers of this machine to every picture in `folder`."""
    answers: dict[str, Any] = {}
    began = time.monotonic()
    for file in sorted(folder.glob("*.npz")):
        with np.load(file) as stored:
            pixels, optics = stored["pixels"], stored["optics"]
            document, drawing = stored["document"].tobytes(), stored["drawing"].tobytes()
        order = parse_order(document, None, file.stem, drawing=drawing or None)
        calibration = calibration_of(pixels.shape[1], pixels.shape[0], *map(float, optics))
        plan = compile_plan(order, calibration)
        outcome = inspect_picture(order, plan, calibration, picture_from(pixels), Conditions(20.5, 0.1))
        answers[file.stem] = answer(outcome, plan, predict(plan, order, calibration))
        print(f"{time.monotonic() - began:5.0f} s  {file.stem}: {outcome.verdict}", file=sys.stderr)
    return answers


def calibration_of(width_px: int, height_px: int, mm_per_px: float, k1_per_mm2: float, edge_px: float) -> Calibration:
    """What the twin's camera is, with uncertainties of a usual size."""
    made = datetime(2026, 11, 22, tzinfo=UTC)
    camera = telecentric(width_px, height_px, mm_per_px)
    camera = replace(camera, distortion=(k1_per_mm2 * mm_per_px**2, 0.0, 0.0, 0.0, 0.0))
    return Calibration(
        "agreement",
        made,
        made.replace(year=2036),
        camera,
        2e-5,
        edge_px,
        0.01,
        0.3,
        0.005,
        None,
        Clipping.NONE,
        20.0,
        "",
    )


def answer(outcome: Outcome, plan: Plan, predictions: Sequence[Prediction]) -> dict[str, dict[str, Any]]:
    """What must be the same (`exactly`), and what may differ by rounding (`px`, lists of lengths in pixels)."""
    exactly: dict[str, Any] = {"verdict": outcome.verdict, "reason": outcome.reason}
    px: dict[str, list[float]] = {}
    size_px = plan.size_mm / plan.mm_per_px
    # A turn counts by how far it moves the part's ends, an angle's value likewise.
    per_unit = {"mm": 1.0 / plan.mm_per_px, "deg": math.radians(size_px / 2), "1": 1.0}
    if outcome.sighting is not None:
        pose = outcome.sighting.pose
        px["pose"] = [pose.x / plan.mm_per_px, pose.y / plan.mm_per_px, pose.angle_rad * size_px / 2]
        px["blur"] = [outcome.sighting.blur_px]
    for item, expected in zip(outcome.items, predictions, strict=True):
        asked = item.item.characteristic
        name = f"{asked.id} {asked.type}"
        exactly[name] = [item.verdict, item.reason, item.points]
        numbers = (item.value, item.u, item.guard_band, expected.u)
        px[name] = [n * per_unit[asked.unit] for n in numbers if n is not None]
    for number, finding in enumerate(outcome.findings):
        exactly[f"finding {number}"] = [finding.kind, finding.verdict, finding.sentence]
        px[f"finding {number}"] = [n / plan.mm_per_px for n in (finding.size_mm, *(finding.where_mm or ()))]
    for feature in outcome.features:
        exactly[f"points of {feature.id}"] = [feature.expected, len(feature.points_mm), int(feature.kept.sum())]
        px[f"points of {feature.id}"] = (feature.points_mm / plan.mm_per_px).ravel().tolist()
        px[f"noise of {feature.id}"] = (feature.u_mm / plan.mm_per_px).tolist()
    return {"exactly": exactly, "px": px}


def compare(one: Mapping[str, Any], other: Mapping[str, Any]) -> int:
    """Print what differs most in every case; 1 if any length differs by more than a millionth of a pixel."""
    nothing: dict[str, dict[str, Any]] = {"exactly": {}, "px": {}}
    bad, lengths, most = [], 0, 0.0
    for case in sorted(one.keys() | other.keys()):
        mine, theirs = one.get(case, nothing), other.get(case, nothing)
        gaps = {k: largest(mine["px"].get(k), theirs["px"].get(k)) for k in mine["px"].keys() | theirs["px"].keys()}
        worst = max(sorted(gaps), key=lambda k: gaps[k])
        print(f"  {case:34} {mine['exactly'].get('verdict', 'absent'):9}  {gaps[worst]:.1e} px ({worst})")
        wrong = False
        for key in sorted(mine["exactly"].keys() | theirs["exactly"].keys()):
            if mine["exactly"].get(key) != theirs["exactly"].get(key):
                print(f"    {key}: {mine['exactly'].get(key)} / {theirs['exactly'].get(key)}")
                wrong = True
        if wrong or gaps[worst] > MOST_PX:
            bad.append(case)
        lengths += sum(map(len, mine["px"].values()))
        most = max(most, gaps[worst])
    print(f"  {lengths} lengths in {len(one)} pictures; the largest difference is {most:.1e} px.")
    if bad or not lengths:
        print(f"They do not agree: {'; '.join(bad) or 'nothing was compared'}.")
        return 1
    print("They agree.")
    return 0


def largest(one: list[float] | None, other: list[float] | None) -> float:
    """Largest difference of two lists of numbers; infinite where they are not alike."""
    if one is None or other is None or len(one) != len(other):
        return math.inf
    a, b = np.array(one), np.array(other)
    if not np.array_equal(np.isfinite(a), np.isfinite(b)):
        return math.inf
    return float(np.abs(np.nan_to_num(a) - np.nan_to_num(b)).max(initial=0.0))


if __name__ == "__main__":
    sys.exit(main())
