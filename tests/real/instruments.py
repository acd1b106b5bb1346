"""The washers against both other instruments: every difference, its uncertainty, and whether that explains the spread.

Two calibrations are made, each from every other washer by the second vision machine's figures, and each inspects the
washers it was not made from: all twelve are measured by a calibration that does not know them. What washers of one
calibration share (scale, edge offset, expansion) is kept as correlation, so that it cannot hide a spread.

Run it to print the table of docs/quality.md: python -m tests.real.instruments
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2

from station.cycle.certificates import Certificate
from station.cycle.masters import calibrate_from_masters
from station.cycle.measure import inspect_picture
from station.cycle.pictures import read_picture
from station.metrology.features import MeasuredFeature
from station.metrology.uncertainty import Conditions, Measurement
from station.order.model import Order
from station.order.read import parse_order
from station.plan.compile import compile_plan
from station.vision.picture import picture_from

from .conftest import DATA, WASHER, washer_truth

Floats = NDArray[np.float64]

VISION_STEP_MM = 0.001  # its figures are whole micrometres
CERTIFICATE_U_MM = 0.001  # of the vision machine's figures, as the masters bring them
CMM_STEP_MM = 0.0001
COLUMNS = {"OD": "outer_diameter_mm", "ID": "inner_diameter_mm"}
PHASES = 180  # ways to lay a few probing points round a ring


@dataclass(frozen=True, slots=True)
class Ring:
    """One washer as measured by the calibration that does not know it."""

    part: int
    fold: int
    measured: dict[str, Measurement]
    features: dict[str, MeasuredFeature]
    truth: dict[str, float]


@dataclass(frozen=True, slots=True)
class Difference:
    """Ours less another instrument's (mm): `own` is our standard uncertainty, `other` what that instrument's figure
    brings to the difference, `independent` what of both together no other difference shares; `shared` are standard
    uncertainties by what they are of, with their sign."""

    part: int
    what: str
    off: float
    own: float
    other: float
    independent: float
    shared: dict[str, float]

    @property
    def e_n(self) -> float:
        """Difference over the expanded uncertainty of the difference."""
        return self.off / (2.0 * math.hypot(self.own, self.other))


@cache
def rings() -> tuple[Ring, ...]:
    """All washers, each held out."""
    order, truth = parse_order(json.dumps(WASHER).encode(), None, "washer"), washer_truth()
    found = []
    for fold in (0, 1):
        masters = [part for n, part in enumerate(sorted(truth)) if n % 2 == fold]
        found += _inspected(order, fold, masters, truth)
    return tuple(sorted(found, key=lambda ring: ring.part))


def _inspected(order: Order, fold: int, masters: list[int], truth: dict[int, dict[str, float]]) -> list[Ring]:
    folder = DATA / "washers" / "backlight"
    certificates = [
        Certificate(folder / f"part-{part:02d}.png", name, truth[part][f"{column}_vision"], CERTIFICATE_U_MM, str(part))
        for part in masters
        for name, column in COLUMNS.items()
    ]
    made = datetime(2026, 1, 1, tzinfo=UTC)
    calibration = calibrate_from_masters(
        order, certificates, camera=None, made=made, valid_for=timedelta(days=1), identity=f"fold-{fold}"
    )
    plan, found = compile_plan(order, calibration), []
    for part in sorted(set(truth) - set(masters)):
        picture = picture_from(read_picture(folder / f"part-{part:02d}.png", "backlight").pixels)
        outcome = inspect_picture(order, plan, calibration, picture, Conditions(None, order.part.cte_ppm_per_k))
        measured = {i.item.characteristic.id: i.measurement for i in outcome.items if i.measurement is not None}
        features = {feature.id: feature.clean() for feature in outcome.features}
        found.append(Ring(part, fold, measured, features, truth[part]))
    return found


def _difference(
    ring: Ring, name: str, theirs: float, share: float, step: float, form: float, edge: float
) -> Difference:
    """`share` of our value against theirs, which has a `step` of rounding, samples a `form` and has an `edge`."""
    m = ring.measured[name]
    by, (_, u_relative) = m.sources, m.sources.expansion
    grows = (m.to_scale if m.expands else 0.0) * u_relative
    scale, offset, r = m.to_scale * by.u_scale, m.to_edge[0] * by.u[1], by.kinds[0].correlation[0]
    own = share * m.u
    rounding = step / math.sqrt(12.0)
    rest = m.u**2 - scale**2 - offset**2 + 2.0 * r * scale * offset - grows**2
    # Scale and offset of one calibration as two independent errors.
    along, aside = r * offset, math.sqrt(1.0 - r**2) * offset
    shared = {
        f"scale {ring.fold}": share * (scale - along), f"offset {ring.fold}": share * aside,
        "expansion": share * grows, "their edge": edge,
    }  # fmt: skip
    other = math.sqrt(rounding**2 + form**2 + edge**2)
    independent = math.sqrt(max(share**2 * rest, 0.0) + rounding**2 + form**2)
    return Difference(ring.part, name, share * m.value - theirs, own, other, independent, shared)


def against_vision() -> list[Difference]:
    """Diameters and the distance of the centres. What its figures are all off by is in the masters as well and cancels:
    what is left of it is its rounding."""
    found = []
    for ring in rings():
        for name, column in COLUMNS.items():
            found.append(_difference(ring, name, ring.truth[f"{column}_vision"], 1.0, VISION_STEP_MM, 0.0, 0.0))
        found.append(_difference(ring, "C", ring.truth["centre_offset_mm_vision"], 0.5, VISION_STEP_MM, 0.0, 0.0))
    return found


def against_cmm(points: int) -> list[Difference]:
    """Diameters and concentricity. A coordinate measuring machine probes a form at a few `points`. What the masters'
    figures are all off by does not cancel here: an edge that moves rim and bore against each other."""
    found = []
    for ring in rings():
        spread = {name: sampled(ring.features[name], points) for name in COLUMNS}
        for name, column in COLUMNS.items():
            edge = CERTIFICATE_U_MM if name == "OD" else -CERTIFICATE_U_MM
            theirs = ring.truth[f"{column}_cmm"]
            found.append(_difference(ring, name, theirs, 1.0, CMM_STEP_MM, spread[name].diameter, edge))
        centres = 2.0 * math.hypot(spread["OD"].centre, spread["ID"].centre)
        found.append(_difference(ring, "C", ring.truth["concentricity_zone_mm_cmm"], 1.0, CMM_STEP_MM, centres, 0.0))
    return found


@dataclass(frozen=True, slots=True)
class Sampled:
    """What few points say of a ring's form (mm): its mean roundness, and the standard deviation of the least-squares
    diameter and of the centre along one axis, over all ways to lay the points."""

    roundness: float
    diameter: float
    centre: float


def sampled(feature: MeasuredFeature, points: int) -> Sampled:
    """A form as `points` evenly laid probes see it."""
    away = feature.points_mm - feature.center_mm
    angle, off = np.arctan2(away[:, 1], away[:, 0]), np.hypot(away[:, 0], away[:, 1]) - feature.radius_mm
    order = np.argsort(angle)
    phase = np.arange(PHASES)[:, None] / PHASES * 2.0 * math.pi / points
    at = phase + 2.0 * math.pi * np.arange(points) / points
    seen = np.interp(at, angle[order], off[order], period=2.0 * math.pi)
    mean, x, y = seen.mean(axis=1), 2.0 * (seen * np.cos(at)).mean(axis=1), 2.0 * (seen * np.sin(at)).mean(axis=1)
    left = seen - mean[:, None] - x[:, None] * np.cos(at) - y[:, None] * np.sin(at)
    return Sampled(
        float(np.ptp(left, axis=1).mean()), 2.0 * float(mean.std()), math.sqrt(0.5 * float(x.var() + y.var()))
    )


def probing_points() -> int:
    """With how many points our own profiles show the roundness that the CMM reports: its programme is not published."""
    columns = {"OD": "roundness_outer_mm_cmm", "ID": "roundness_inner_mm_cmm"}

    def ratio(points: int) -> float:
        return float(
            np.median(
                [sampled(r.features[n], points).roundness / r.truth[c] for r in rings() for n, c in columns.items()]
            )
        )

    return min(range(4, 33), key=lambda points: abs(math.log(ratio(points))))


def explained(differences: list[Difference]) -> tuple[float, float]:
    """Chi-square of differences with their covariance, and the probability that it is so small or smaller."""
    off = np.array([d.off for d in differences])
    covariance = np.diag([d.independent**2 for d in differences])
    for what in {key for d in differences for key in d.shared}:
        shared = np.array([d.shared.get(what, 0.0) for d in differences])
        covariance += np.outer(shared, shared)
    value = float(off @ np.linalg.solve(covariance, off))
    return value, float(chi2.cdf(value, len(off)))


def agreed(differences: list[Difference]) -> list[Difference]:
    """Without the bores of the washers on which the two other instruments contradict each other."""
    told = {ring.part: ring.truth["cmm_and_vision_agree_within_6um"] for ring in rings()}
    return [d for d in differences if d.what != "ID" or told[d.part]]


def main() -> None:
    """The figures of docs/quality.md."""
    points = probing_points()
    print(f"the CMM's roundness is that of {points} points")
    print("instrument, asked; n; mean, rms, ours, theirs, both, µm; |E_n| <= 1; largest; chi-square; p")
    for name, some in (("vision", against_vision()), ("CMM", agreed(against_cmm(points)))):
        for what in (("OD",), ("ID",), ("C",), ("OD", "ID", "C")):
            here = [d for d in some if d.what in what]
            off, own, other = np.array([(d.off, d.own, d.other) for d in here]).T * 1e3
            figures = off.mean(), np.sqrt(np.mean(off**2)), *(np.median(u) for u in (own, other, np.hypot(own, other)))
            e_n, (value, probability) = np.array([abs(d.e_n) for d in here]), explained(here)
            print(name, *what, len(here), *(f"{one:.2f}" for one in figures), f"{int((e_n <= 1.0).sum())}",
                  f"{e_n.max():.2f} {value:.1f} {probability:.2f}", sep="; ")  # fmt: skip
    every = against_cmm(points)
    agreeing = agreed(every)
    print("contradicted:", *(f"{d.part} {1e3 * d.off:+.1f} E_n {d.e_n:+.1f}" for d in every if d not in agreeing))


if __name__ == "__main__":
    main()
