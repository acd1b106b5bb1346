"""Kinds of edges in a calibration: the document, which kind an edge is of, and an edge of which nobody says it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from station.documents import canonical, sha256_hex
from station.errors import CalibrationError
from station.metrology.calibration import Calibration, calibration_from
from station.metrology.camera import telecentric
from station.metrology.edge_kinds import (
    EdgeKind,
    correlations,
    kinds_from_covariance,
    number_of,
    of_no_kind,
    unknown_kind,
)
from station.metrology.edge_look import EdgeLook

from .calibrations_for_tests import exact_calibration

LOOK = EdgeLook(18, 1.04, 1.03, 1.05, 0.001, 0.002)
KINDS = (EdgeKind("punched", -0.1, 0.03, (0.4,)), EdgeKind("turned", 0.3, 0.04, (-0.2, 0.5), LOOK))


def with_kinds(*kinds: EdgeKind, u_scale: float = 2e-5) -> Calibration:
    whole = of_no_kind(kinds, u_scale)
    return exact_calibration(
        telecentric(400, 300, 0.01), u_scale=u_scale, edge_offset_px=whole.offset_px, u_edge_px=whole.u_px,
        correlation=whole.correlation[0], edges=kinds,
    )  # fmt: skip


def signed(document: dict[str, Any]) -> dict[str, Any]:
    """The document with the hash of its content."""
    content = {key: value for key, value in document.items() if key != "sha256"}
    return {**content, "sha256": sha256_hex(canonical(content))}


def test_a_calibration_with_kinds_is_read_as_it_was_written() -> None:
    made = with_kinds(*KINDS)
    document = json.loads(json.dumps(made.to_document()))
    assert [row["kind"] for row in document["edges"]] == ["punched", "turned"]
    assert calibration_from(document, "here") == made
    assert made.kinds == KINDS


def test_a_document_without_kinds_knows_the_default_kind() -> None:
    plain = exact_calibration(telecentric(400, 300, 0.01), edge_offset_px=0.2, u_edge_px=0.01, edge_look=LOOK)
    assert "edges" not in plain.to_document()
    assert plain.kinds == (EdgeKind("", 0.2, 0.01, (0.0,), LOOK),)


def test_an_offset_that_was_changed_is_tampering() -> None:
    document = with_kinds(*KINDS).to_document()
    document["edges"][1]["offset_px"] = 0.31
    with pytest.raises(CalibrationError, match="hash does not match"):
        calibration_from(document, "here")


BAD: dict[str, tuple[Any, str]] = {
    "no list": ({"kind": "turned"}, "list of 1 to"),
    "an empty list": ([], "list of 1 to"),
    "a key missing": ([{"kind": "turned", "offset_px": 0.0, "u_px": 0.1}], "exactly the keys"),
    "a key too many": (
        [{"kind": "turned", "offset_px": 0.0, "u_px": 0.1, "correlation": [0.0], "by": 1}],
        "exactly the keys",
    ),
    "no number": ([{"kind": "turned", "offset_px": "x", "u_px": 0.1, "correlation": [0.0]}], "offset_px"),
    "a negative u": ([{"kind": "turned", "offset_px": 0.0, "u_px": -0.1, "correlation": [0.0]}], "u_px"),
    "too few correlations": ([{"kind": "turned", "offset_px": 0.0, "u_px": 0.1, "correlation": []}], "one number"),
    "a correlation beyond one": (
        [{"kind": "turned", "offset_px": 0.0, "u_px": 0.1, "correlation": [1.2]}],
        "correlation",
    ),
    "a kind twice": (
        [
            {"kind": "turned", "offset_px": 0.0, "u_px": 0.1, "correlation": [0.0]},
            {"kind": "turned", "offset_px": 0.0, "u_px": 0.1, "correlation": [0.0, 0.0]},
        ],
        "twice",
    ),
    "correlations that cannot be": (
        [
            {"kind": "a", "offset_px": 0.0, "u_px": 0.1, "correlation": [0.9]},
            {"kind": "b", "offset_px": 0.0, "u_px": 0.1, "correlation": [0.9, -0.9]},
        ],
        "contradict",
    ),
    "another offset than its own": (
        [{"kind": "turned", "offset_px": 3.0, "u_px": 0.1, "correlation": [0.0]}],
        "not that of the calibration's own edges",
    ),
}


@pytest.mark.parametrize("what", sorted(BAD))
def test_kinds_that_are_no_good_are_refused_with_their_place(what: str) -> None:
    edges, sentence = BAD[what]
    with pytest.raises(CalibrationError) as refused:
        calibration_from(signed({**with_kinds(*KINDS).to_document(), "edges": edges}), "c.json")
    assert sentence in str(refused.value)
    assert "c.json" in str(refused.value)


def test_which_kind_an_edge_is_of() -> None:
    assert [number_of(KINDS, name) for name in ("punched", "turned", "ground", "")] == [0, 1, None, None]
    assert number_of(KINDS[:1], "") == 0  # the only one that the masters had
    assert number_of((EdgeKind("", 0.0, 0.1, (0.0,)), KINDS[1]), "") == 0
    assert number_of((EdgeKind("", 0.0, 0.1, (0.0,)),), "turned") is None


def test_a_kind_that_is_not_known_says_what_to_do() -> None:
    several = unknown_kind(KINDS, "", "OD")
    assert "nobody says of which kind the edge of OD is" in several
    assert "'punched', 'turned'" in several
    other = unknown_kind(KINDS, "ground", "OD")
    assert "'ground'" in other
    assert "MASTERS.csv" in other
    assert "no kind by name" in unknown_kind((EdgeKind("", 0.0, 0.1, (0.0,)),), "ground", "OD")


def test_correlations_are_a_covariance_taken_apart() -> None:
    rng = np.random.default_rng(1)
    root = rng.standard_normal((4, 4)) * [1e-5, 0.01, 0.02, 0.03]
    covariance = root.T @ root
    kinds = kinds_from_covariance(("a", "b", "c"), np.array([0.1, 0.2, 0.3]), covariance, {"b": LOOK})
    u = np.array([np.sqrt(covariance[0, 0]), *(kind.u_px for kind in kinds)])
    assert correlations(kinds) * np.outer(u, u) == pytest.approx(covariance, rel=1e-12)
    assert [kind.look for kind in kinds] == [None, LOOK, None]


def test_an_edge_of_no_kind_is_any_of_them() -> None:
    """Over many draws of what the calibration is off by, and of the kind that such an edge in truth is of."""
    u_scale, rng = 2e-5, np.random.default_rng(2)
    many = tuple(replace(KINDS[n % 2], kind=str(n), offset_px=0.1 * n, correlation=(0.2,) * (n + 1)) for n in range(5))
    found = of_no_kind(many, u_scale)
    assert found.offset_px == pytest.approx(0.2)
    u = np.array([u_scale, *(kind.u_px for kind in many)])
    errors = rng.multivariate_normal(np.zeros(6), correlations(many) * np.outer(u, u), 40_000)
    mean = errors[:, 1:].mean(axis=1)
    own = np.sqrt(found.u_px**2 - np.var(0.1 * np.arange(5), ddof=1) * 1.2)
    assert np.std(mean) == pytest.approx(own, rel=0.02)
    assert np.corrcoef(mean, errors[:, 0])[0, 1] * np.std(mean) == pytest.approx(
        found.correlation[0] * found.u_px, rel=0.05
    )
    assert of_no_kind(many[:1], u_scale).offset_px == many[0].offset_px
    default = EdgeKind("", 0.7, 0.01, (0.1,))
    assert of_no_kind((default, KINDS[1]), u_scale) == default
