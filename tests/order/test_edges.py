"""`edge`: how an edge was made, as the order says it."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from station.errors import OrderError
from station.order.model import Order

from .builders import RING, parse


def ring(*, outer: Any = None, **geometry: Any) -> Order:
    document = copy.deepcopy(RING)
    document["geometry"].update(geometry)
    if outer is not None:
        document["geometry"]["features"][0]["edge"] = outer
    return parse(document)


def test_an_order_that_says_nothing_has_the_default_kind() -> None:
    plain = ring()
    assert (plain.geometry.edge, plain.geometry.edges) == ("", {})


def test_features_and_the_geometry_say_their_kind() -> None:
    said = ring(outer="turned", edge="punched")
    assert (said.geometry.edge, said.geometry.edges) == ("punched", {"OD": "turned"})
    assert ring(outer="", edge="punched").geometry.edges == {"OD": ""}  # the default kind, although the rest is punched


@pytest.mark.parametrize("kind", [7, ["turned"], " turned", "turned ", "  ", "a\nb", "x" * 33])
def test_a_kind_that_is_no_short_name_is_refused_with_its_place(kind: Any) -> None:
    with pytest.raises(OrderError, match=r"geometry\.features\[0\]\.edge"):
        ring(outer=kind)
    with pytest.raises(OrderError, match=r"geometry\.edge"):
        ring(edge=kind)


def test_what_comes_whole_from_a_drawing_takes_the_kind_of_the_geometry() -> None:
    with pytest.raises(OrderError, match="'edge' is not known here"):
        ring(features={"from": "drawing", "edge": "turned"}, drawing="a.dxf")
