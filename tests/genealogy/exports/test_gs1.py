"""GS1 element strings; the GTINs are published examples (GS1's own, and the EAN and UPC that Wikipedia works out)."""

from __future__ import annotations

import pytest

from station.genealogy.exports.gs1 import digital_link
from station.order.gs1 import has_right_check_digit

GTINS = ("09506000134352", "04006381333931", "00036000291452", "07612345678900")


@pytest.mark.parametrize("gtin", GTINS)
def test_check_digits(gtin: str):
    assert has_right_check_digit(gtin)
    for place in range(14):
        changed = gtin[:place] + str((int(gtin[place]) + 1) % 10) + gtin[place + 1 :]
        assert not has_right_check_digit(changed)
        assert digital_link(f"01{changed}21A1") is None


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("010761234567890021A1", "07612345678900/21/A1"),
        ("\x1d010761234567890021A1", "07612345678900/21/A1"),
        ("]d2010761234567890021A1", "07612345678900/21/A1"),
        ("010761234567890021A1\x1d10LOT", "07612345678900/21/A1"),
        ("010761234567890010LOT\x1d21A1", "07612345678900/21/A1"),
        ("0107612345678900112612311726123121A1", "07612345678900/21/A1"),
        ("01076123456789002021A1", None),  # AI 20 has two digits: "21", and what follows is none
        ("0107612345678900202121A1", "07612345678900/21/A1"),
        ("01076123456789002112345678901234567890", "07612345678900/21/12345678901234567890"),
        ("010761234567890021123456789012345678901", None),  # 21 characters
        ("010761234567890021a/b?c%d&e+f", "07612345678900/21/a%2Fb%3Fc%25d%26e%2Bf"),
        ("010761234567890021", None),
        ("0107612345678900", None),
        ("010761234567890010LOT21A1", None),  # the lot goes on to the end
        ("010761234567890021A 1", None),
        ("010761234567890021Ä1", None),
        ("010761234567890021A1\n", None),
        ("010761234567890021..", None),
        ("0107612345678900" + "21" + "A1" * 2000, None),
        ("01٠7612345678900" + "21A1", None),
        ("ANNA 22.11.26", None),
        ("", None),
    ],
)
def test_digital_links(text: str, path: str | None):
    assert digital_link(text) == (None if path is None else f"https://id.gs1.org/01/{path}")
