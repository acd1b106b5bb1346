"""The coverage study runs, and knows the truth."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from scripts.intervals.study import Measured, calibration_of, rows_of
from scripts.intervals.subjects import subjects
from scripts.intervals.truth import true_features, true_value
from station.plan.compile import compile_plan
from station.twin.part import CircleDeviation, LineDeviation, part_of_order

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("subject", subjects(), ids=lambda s: s.name)
def test_a_part_as_drawn_is_at_nominal(subject) -> None:
    truth = true_features(part_of_order(subject.order))
    for item in compile_plan(subject.order, calibration_of(subject.optics)).items:
        nominal = item.characteristic.limits.nominal
        expected = 0.0 if nominal is None else float(nominal)
        assert true_value(item.question, truth) == pytest.approx(expected, abs=2e-6), subject.named[item.question.id]


def test_truth_follows_what_was_made() -> None:
    ring = next(s for s in subjects() if s.name == "ring")
    made = part_of_order(ring.order, (CircleDeviation("OD", 0.03), CircleDeviation("ID", 0.0, (0.003, 0.004))))
    truth = true_features(made)
    values = {
        ring.named[item.question.id]: true_value(item.question, truth)
        for item in compile_plan(ring.order, calibration_of(ring.optics)).items
    }
    assert values["diameter, outer"] == pytest.approx(3.03, abs=1e-6)
    assert values["concentricity"] == pytest.approx(2.0 * 0.005, abs=1e-6)
    assert values["circular run-out"] == pytest.approx(2.0 * 0.005, rel=1e-3)


def test_a_line_that_leans_is_truly_so() -> None:
    plate = next(s for s in subjects() if s.name == "plate")
    truth = true_features(part_of_order(plate.order, (LineDeviation("T", 0.0, 0.1),)))
    values = {
        plate.named[item.question.id]: true_value(item.question, truth)
        for item in compile_plan(plate.order, calibration_of(plate.optics)).items
    }
    # T runs from (1.9, 1.6) to (-2.5, 1.6).
    assert values["parallelism"] == pytest.approx(4.4 * math.tan(math.radians(0.1)), rel=1e-3)


def test_the_rows_count_what_they_say() -> None:
    rng = np.random.default_rng(3)
    some = [Measured("a", float(v), 1.0, 0.0) for v in rng.normal(0.0, 1.0, 4000)]
    rows = rows_of(some, ["a", "b"])
    assert [row.name for row in rows] == ["a", "b", "all"]
    assert (rows[0].asked, rows[0].measured, rows[1].asked, rows[1].measured) == (4001, 4000, 1, 0)
    assert rows[0].covered == pytest.approx(0.9545, abs=0.01)
    assert rows[0].low_pass == pytest.approx(0.05, abs=0.01)
    assert rows[0].high_pass == pytest.approx(0.05, abs=0.01)
    assert rows[0].spread == pytest.approx(1.0, abs=0.03)


def test_the_script_measures_and_prints_one_document() -> None:
    done = subprocess.run(
        [sys.executable, "scripts/coverage_study.py", "--parts", "2", "--only", "strip", "--processes", "1", "--json"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    rows = {row["name"]: row for row in json.loads(done.stdout)["rows"]}
    assert rows["distance, at the border"]["measured"] == 2
    assert rows["all"]["asked"] == 2 * 6
