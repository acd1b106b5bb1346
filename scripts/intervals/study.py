"""Make, picture, measure and compare, part after part: does U95 hold the truth, does the limit hold bad parts?

Everything that a budget has as unknown is drawn anew for every part: scale and edge offset with their covariance, the
place of each edge beyond them, the temperature, noise; and what no budget has on its list: pose, blur, light, dirt.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np

from station.cycle.measure import inspect_picture
from station.metrology.calibration import Calibration, Clipping
from station.metrology.camera import telecentric
from station.metrology.decision import Verdict, decide
from station.metrology.uncertainty import COVERAGE_FACTOR, MEASURED_TEMPERATURE_U_K, Conditions
from station.order.geometry import ArcFeature, CircleFeature, LineFeature
from station.plan.compile import compile_plan
from station.twin.part import CircleDeviation, Deviation, LineDeviation, MadePart, part_of_order
from station.twin.render import render
from station.twin.scene import Dust, Lamp, Optics, PlacedPart, Scene
from station.vision.picture import picture_from

from .subjects import MM_PER_PX, Rng, Subject
from .truth import Floats, true_features, true_value

U_SCALE, U_EDGE_PX, CORRELATION, LOCAL_PX = 4e-5, 0.012, 0.5, 0.008
PSF_PX = (0.7, 1.4)
DIRTY = 0.3  # share of parts with specks on the lamp


@dataclass(frozen=True, slots=True)
class Measured:
    """One characteristic of one part, in its own unit."""

    row: str
    value: float
    u: float
    true: float

    @property
    def covered(self) -> bool:
        """Whether U95 holds the truth."""
        return abs(self.value - self.true) <= COVERAGE_FACTOR * self.u


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. `asked` were asked for; the share `covered` and the shares falsely accepted are of those
    `measured`; `spread` is the root mean square of error / u, `bias` the mean, `u` the median."""

    name: str
    asked: int
    measured: int
    covered: float
    low_pass: float
    high_pass: float
    bias: float
    spread: float
    u: float


def calibration_of(optics: Optics) -> Calibration:
    """What the station believes: the nominal scale, no edge offset, and how well it knows them."""
    camera = telecentric(optics.width_px, optics.height_px, optics.mm_per_px)
    made = datetime(2026, 1, 1, tzinfo=UTC)
    return Calibration(
        "coverage", made, made.replace(year=2100), camera, U_SCALE, 0.0, U_EDGE_PX, CORRELATION, LOCAL_PX, None,
        Clipping.NONE, 20.0, "the coverage study",
    )  # fmt: skip


def measure_parts(subject: Subject, parts: int, seed: int) -> Iterator[tuple[list[Measured], list[str]]]:
    """What was measured of each part, and the rows of what could not be."""
    calibration = calibration_of(subject.optics)
    plan = compile_plan(subject.order, calibration)
    for item in plan.items:
        if item.refusal:
            raise ValueError(f"{subject.name}, {subject.named[item.characteristic.id]}: {item.refusal}")
    for number in range(parts):
        rng = np.random.default_rng((seed, number))
        toothed = subject.toothed(rng) if subject.toothed else None
        made = toothed.made if toothed else part_of_order(subject.order, subject.make(rng))
        scene, conditions = _scene(subject, toothed.seen if toothed else made, rng)
        outcome = inspect_picture(subject.order, plan, calibration, picture_from(render(scene, rng)), conditions)
        truth = true_features(made)
        found, missed = [], []
        for item in outcome.items:
            row = subject.named[item.item.characteristic.id]
            if item.value is None or item.u is None:
                missed.append(row)
            else:
                asked = item.item.question
                true = toothed.true(asked) if toothed else true_value(asked, truth)
                if item.item.question.association == "LP":
                    # Of two extremes nearly as bad as each other either may be named: how bad it is counts.
                    middle = item.item.question.nominal or 0.0
                    found.append(Measured(row, abs(item.value - middle), item.u, abs(true - middle)))
                else:
                    found.append(Measured(row, item.value, item.u, true))
        yield found, missed


def _scene(subject: Subject, made: MadePart, rng: Rng) -> tuple[Scene, Conditions]:
    """The part as the camera sees it: warm, at a scale and an edge offset that the calibration does not quite know."""
    covariance = CORRELATION * U_SCALE * U_EDGE_PX
    scale, edge = rng.multivariate_normal([0.0, 0.0], [[U_SCALE**2, covariance], [covariance, U_EDGE_PX**2]])
    true_c = 20.0 + float(rng.normal(0.0, 2.0))
    expanded = 1.0 + float(subject.order.part.cte_ppm_per_k or 0.0) * 1e-6 * (true_c - 20.0)
    seen = replace(made, deviations=(*made.deviations, *_own_places(made, rng)), scale=expanded)
    # ln scale is mm per pixel: what it is too small by makes the picture larger.
    optics = replace(
        subject.optics,
        mm_per_px=subject.optics.mm_per_px * math.exp(float(scale)),
        psf_sigma_px=float(rng.uniform(*PSF_PX)),
        edge_offset_px=float(edge),
    )
    lamp = Lamp(
        field_level=float(rng.uniform(0.7, 0.92)), part_level=float(rng.uniform(0.03, 0.12)),
        uneven=float(rng.uniform(0.0, 0.1)),
    )  # fmt: skip
    dust = _dust(subject.optics, rng) if rng.random() < DIRTY else ()
    scene = Scene(optics, lamp, (PlacedPart(seen, subject.place(rng)),), dust)
    return scene, Conditions(
        true_c + float(rng.normal(0.0, MEASURED_TEMPERATURE_U_K)), subject.order.part.cte_ppm_per_k
    )


def _own_places(made: MadePart, rng: Rng) -> Iterator[Deviation]:
    """Every edge appears a little off its place: in the picture, not on the part.

    As much in its place as in its lean or its centre, as if every stretch of it were off by itself.
    """
    local_mm = LOCAL_PX * MM_PER_PX
    for feature in made.features:
        if isinstance(feature, LineFeature):
            lean = math.sqrt(12.0) * local_mm / math.dist(feature.start_mm, feature.end_mm)
            yield LineDeviation(
                feature.id, float(rng.normal(0.0, local_mm)), math.degrees(float(rng.normal(0.0, lean)))
            )
        elif isinstance(feature, CircleFeature | ArcFeature):
            x, y, radius = rng.multivariate_normal(np.zeros(3), local_mm**2 * _spread_of(feature)).tolist()
            yield CircleDeviation(feature.id, 2.0 * radius, (x, y))


def _spread_of(feature: CircleFeature | ArcFeature) -> Floats:
    """(3, 3) covariance of a fitted centre and radius, in that of the mean of all points."""
    first, last = (feature.start_deg, feature.end_deg) if isinstance(feature, ArcFeature) else (0.0, 360.0)
    angle = np.radians(np.linspace(first, last, 361)[:-1])
    design = np.column_stack([np.cos(angle), np.sin(angle), np.ones(len(angle))])
    return np.asarray(len(angle) * np.linalg.inv(design.T @ design))


def _dust(optics: Optics, rng: Rng) -> tuple[Dust, ...]:
    half = 0.5 * np.array([optics.width_px, optics.height_px]) * optics.mm_per_px
    specks = []
    for _ in range(int(rng.integers(1, 4))):
        x, y = rng.uniform(-half, half).tolist()
        radius, angle = rng.uniform(3.0, 8.0) * optics.mm_per_px, np.linspace(0.0, 2.0 * math.pi, 24, endpoint=False)
        rim = [(x + float(radius * math.cos(a)), y + float(radius * math.sin(a))) for a in angle.tolist()]
        specks.append(Dust(tuple(rim), float(rng.uniform(0.3, 1.0)), float(rng.uniform(0.5, 3.0))))
    return tuple(specks)


def rows_of(measured: list[Measured], missed: list[str]) -> list[Row]:
    """The table: a line for each kind of characteristic in the order they came, and one for all."""
    by: dict[str, list[Measured]] = defaultdict(list)
    for one in measured:
        by[one.row].append(one)
    rows = [_row(name, some, missed.count(name)) for name, some in by.items()]
    rows += [Row(name, missed.count(name), 0, *[math.nan] * 6) for name in dict.fromkeys(missed) if name not in by]
    return [*rows, _row("all", measured, len(missed))]


def _row(name: str, some: list[Measured], missed: int) -> Row:
    off = np.array([(m.value - m.true) / m.u for m in some])
    low = [decide(m.value, m.u, m.true, None).verdict is Verdict.PASS for m in some]
    high = [decide(m.value, m.u, None, m.true).verdict is Verdict.PASS for m in some]
    return Row(
        name, len(some) + missed, len(some), float(np.mean([m.covered for m in some])), float(np.mean(low)),
        float(np.mean(high)), float(off.mean()), float(np.sqrt(np.mean(off**2))), float(np.median([m.u for m in some])),
    )  # fmt: skip
