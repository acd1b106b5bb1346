"""One calibration in the place of another, kind of edge by kind of edge."""

from __future__ import annotations

from datetime import timedelta

import pytest

from station.metrology.calibration_change import compare
from station.metrology.edge_kinds import EdgeKind

from .calibrations_for_tests import WHEN, exact_calibration
from .test_edge_kinds import with_kinds

PUNCHED, TURNED = EdgeKind("punched", -0.1, 0.03, (0.0,)), EdgeKind("turned", 0.3, 0.04, (0.0, 0.0))
NOW = WHEN + timedelta(days=1)


def test_each_kind_is_compared_with_itself() -> None:
    moved = EdgeKind("turned", 0.35, 0.03, (0.0, 0.0))
    change = compare(with_kinds(PUNCHED, TURNED), with_kinds(PUNCHED, moved), NOW)
    assert [(e.kind, e.change_px) for e in change.edges] == [("punched", 0.0), ("turned", pytest.approx(0.05))]
    assert change.edges[1].in_u == pytest.approx(0.05 / 0.05)
    assert change.doubts == ()
    # The worst of all kinds: two turned edges of a bore or a shaft, 0.05 px of 10 µm each.
    assert abs(change.lengths[0].change_mm) == pytest.approx(2 * 0.05 * 0.01)


def test_a_kind_that_moves_far_is_doubted_by_name() -> None:
    moved = EdgeKind("turned", 0.6, 0.03, (0.0, 0.0))
    (doubt,) = compare(with_kinds(PUNCHED, TURNED), with_kinds(PUNCHED, moved), NOW).doubts
    assert doubt == "the edge offset of the kind 'turned' changes by 6.0 combined u"


def test_a_kind_that_is_no_longer_known_is_doubted_and_a_new_one_is_not() -> None:
    less = compare(with_kinds(PUNCHED, TURNED), with_kinds(PUNCHED), NOW)
    assert less.doubts == ("edges of the kind 'turned' cannot be measured with it any more",)
    more = compare(with_kinds(PUNCHED), with_kinds(PUNCHED, TURNED), NOW)
    assert [(e.kind, e.before, e.change_px) for e in more.edges if e.kind == "turned"] == [("turned", None, None)]
    assert more.doubts == ("orders that do not say the kind of their edges cannot be measured with it any more",)
    default = EdgeKind("", 0.0, 0.01, (0.0,))
    assert compare(with_kinds(default), with_kinds(default, TURNED), NOW).doubts == ()


def test_a_calibration_without_kinds_is_compared_with_the_only_kind_of_another() -> None:
    plain = exact_calibration(with_kinds(PUNCHED).camera, u_scale=2e-5, edge_offset_px=-0.1, u_edge_px=0.02)
    change = compare(plain, with_kinds(PUNCHED), NOW)
    assert change.edges[0].kind == ""
    assert change.edges[0].change_px == 0.0
    assert change.doubts == ()
