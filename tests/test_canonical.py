"""Canonical JSON against the published examples of RFC 8785 and, on whatever comes, against the package `rfc8785`."""

from __future__ import annotations

import struct
from decimal import Decimal
from types import MappingProxyType

import pytest
import rfc8785
from hypothesis import example, given
from hypothesis import strategies as st

from station.canonical import canonical
from station.documents import plain

# RFC 8785, appendix B: the bits of a double and how it is written.
NUMBERS = {
    "0000000000000000": "0", "8000000000000000": "0", "0000000000000001": "5e-324", "8000000000000001": "-5e-324",
    "7fefffffffffffff": "1.7976931348623157e+308", "ffefffffffffffff": "-1.7976931348623157e+308",
    "4340000000000000": "9007199254740992", "c340000000000000": "-9007199254740992",
    "4430000000000000": "295147905179352830000", "44b52d02c7e14af5": "9.999999999999997e+22",
    "44b52d02c7e14af6": "1e+23", "44b52d02c7e14af7": "1.0000000000000001e+23",
    "444b1ae4d6e2ef4e": "999999999999999700000", "444b1ae4d6e2ef4f": "999999999999999900000",
    "444b1ae4d6e2ef50": "1e+21", "3eb0c6f7a0b5ed8c": "9.999999999999997e-7", "3eb0c6f7a0b5ed8d": "0.000001",
    "41b3de4355555553": "333333333.3333332", "41b3de4355555554": "333333333.33333325",
    "41b3de4355555555": "333333333.3333333", "41b3de4355555556": "333333333.3333334",
    "41b3de4355555557": "333333333.33333343", "becbf647612f3696": "-0.0000033333333333333333",
    "43143ff3c1cb0959": "1424953923781206.2",
}  # fmt: skip


@pytest.mark.parametrize(("bits", "written"), NUMBERS.items())
def test_published_numbers(bits: str, written: str) -> None:
    (number,) = struct.unpack(">d", bytes.fromhex(bits))
    assert canonical({"x": number}) == f'{{"x":{written}}}'.encode()


def test_published_sequence_and_texts() -> None:
    # RFC 8785, 3.2.3 and 3.2.2.2
    names = {
        "\u20ac": "Euro", "\r": "Carriage", "\ufb33": "Hebrew", "1": "One", "\U0001f600": "Emoji",
        "\u0080": "Control", "\u00f6": "Latin",
    }  # fmt: skip
    written = canonical(names).decode()
    places = [written.index(text) for text in ("Carriage", "One", "Control", "Latin", "Euro", "Emoji", "Hebrew")]
    assert places == sorted(places)
    assert (
        canonical({"string": '\u20ac$\u000f\nA\'B"\\\\"/'}) == '{"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'.encode()
    )


texts = st.text(st.characters(exclude_categories=("Cs",)))
values = st.recursive(
    st.none() | st.booleans() | texts | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(texts, inner),
    max_leaves=20,
)  # fmt: skip


@given(st.dictionaries(texts, values))
@example(
    {"a": [], "b": {}, "c": (), "d": [{}], "e": -0.0, "f": 1e16, "g": 1e-4, "h": 9.9e-5, "\ue000": 1, "\U00010000": 2}
)
def test_the_same_bytes_as_the_package(document: dict[str, object]) -> None:
    assert canonical(document) == rfc8785.dumps(plain(document))


def test_other_kinds() -> None:
    assert canonical(MappingProxyType({"a": Decimal("1.50"), "b": (True, None)})) == b'{"a":1.5,"b":[true,null]}'


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), 2**53, -(2**53), "\ud800", b"x", {1}])
def test_what_json_cannot_carry(value: object) -> None:
    with pytest.raises(rfc8785.CanonicalizationError):
        canonical({"a": [value]})
