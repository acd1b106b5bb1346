from __future__ import annotations

from decimal import Decimal

import pytest

from station.errors import OrderError
from station.order.iso2768 import angle_deviation, edge_deviation, length_deviation, tolerance_class


# ISO 2768-1:1989, Table 1.
@pytest.mark.parametrize(
    ("size", "general", "deviation"),
    [
        *[("0.5", "ISO 2768-f", "0.05"), ("3", "ISO 2768-m", "0.1"), ("3", "ISO 2768-c", "0.2")],
        *[("3.01", "ISO 2768-c", "0.3"), ("6", "ISO 2768-v", "0.5"), ("23.7", "ISO 2768-f", "0.1")],
        *[("30", "ISO 2768-m", "0.2"), ("85.38", "ISO 2768-m", "0.3"), ("120", "ISO 2768-f", "0.15")],
        *[("400", "ISO 2768-c", "1.2"), ("1000", "ISO 2768-v", "4"), ("2000", "ISO 2768-f", "0.5")],
        *[("4000", "ISO 2768-m", "2"), ("25", "ISO 2768-1-m", "0.2"), ("25", "ISO 2768-mK", "0.2")],
    ],
)
def test_lengths(size: str, general: str, deviation: str) -> None:
    assert length_deviation(Decimal(size), general) == Decimal(deviation)


# Tables 2 and 3.
def test_edges_and_angles() -> None:
    assert [edge_deviation(Decimal(size), "ISO 2768-m") for size in ("1", "3", "5", "8")] == [
        *(Decimal("0.2"), Decimal("0.2"), Decimal("0.5"), Decimal(1))
    ]
    assert edge_deviation(Decimal(8), "ISO 2768-c") == 2
    assert angle_deviation(Decimal(10), "ISO 2768-m") == 1
    assert angle_deviation(Decimal(10), "ISO 2768-c") == Decimal("1.5")
    assert angle_deviation(Decimal(50), "ISO 2768-f") == Decimal("0.5")
    assert angle_deviation(Decimal(400), "ISO 2768-v") == Decimal("0.5")
    assert angle_deviation(Decimal(60), "ISO 2768-m") == Decimal("0.333333333333")


@pytest.mark.parametrize(
    ("size", "general", "part"),
    [
        ("0.49", "ISO 2768-f", "no value below 0.5 mm"),
        ("2", "ISO 2768-v", "no value of class v"),
        ("3000", "ISO 2768-f", "no value of class f"),
        ("5000", "ISO 2768-m", "no value of class m"),
        ("10", "ISO 2768-x", "not a general tolerance"),
        ("10", "ISO 2768-F", "not a general tolerance"),
        ("10", "DIN 7168-m", "not a general tolerance"),
    ],
)
def test_refuses(size: str, general: str, part: str) -> None:
    with pytest.raises(OrderError, match=part):
        length_deviation(Decimal(size), general)


def test_class_letter() -> None:
    assert tolerance_class("ISO 2768 c") == "c"
