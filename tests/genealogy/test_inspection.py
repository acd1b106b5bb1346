from __future__ import annotations

import json
import math
from dataclasses import fields
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from enum import StrEnum
from typing import Any

import numpy as np
import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from station.errors import IntegrityError
from station.genealogy.chain import INSPECTION, ChainEntry
from station.genealogy.entries import IndexRows, claims_of
from station.genealogy.inspection import CharacteristicRecord, Conditions, Finding, FrameReference
from station.genealogy.values import new_id, read_canonical, utc_text

from .builders import NOW, diameter, draft

NUMBERS = [field.name for field in fields(CharacteristicRecord) if "float" in str(field.type)]


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf, Decimal("NaN"), np.float32("inf"), np.float64("nan")])
@pytest.mark.parametrize("name", NUMBERS)
def test_no_number_that_is_not_finite(name: str, bad: float):
    with pytest.raises(IntegrityError, match="not a finite number"):
        diameter(**{name: bad})


def test_not_in_a_position_either():
    with pytest.raises(IntegrityError, match=r"Finding.where_mm\[1\]"):
        Finding(kind="opening", verdict="FAIL", where_mm=(1.0, math.nan))


@pytest.mark.parametrize("bad", ["\ud800", "a\x00b", {"a": 1}, b"bytes", object(), 2**60])
def test_no_value_that_json_does_not_carry(bad: Any):
    with pytest.raises(IntegrityError):
        diameter(value=bad)


def test_numbers_of_numpy_and_decimal_become_plain():
    class Word(StrEnum):
        PASS = "PASS"

    record = diameter(value=np.float32(0.5), nominal=Decimal("23.7"), points=np.int64(7), verdict=Word.PASS)
    assert [type(x) for x in (record.value, record.nominal, record.points, record.verdict)] == [float, float, int, str]
    assert diameter(measured=np.bool_(True)).measured is True
    assert b'"nominal":23.7' in draft(characteristics=(record,)).to_json()


@pytest.mark.parametrize(
    "changes",
    [
        {"verdict": "OK"},
        {"characteristics": ()},
        {"characteristics": (diameter(verdict="UNDECIDED"),)},
        {"characteristics": (diameter(measured=False),)},
        {"findings": (Finding(kind="opening", verdict="FAIL"),)},
        {"characteristics": (diameter(), diameter())},
        {"order_id": ""},
        {"id": "../x"},
        {"order_sha256": "abc"},
    ],
)
def test_a_record_that_contradicts_itself(changes: dict[str, Any]):
    with pytest.raises(IntegrityError):
        draft(**changes)


def test_the_size_of_a_picture():
    with pytest.raises(IntegrityError):
        FrameReference(view="front", sha256="0" * 64, width=0, height=1)


def test_additions_are_left_out_when_empty():
    document = draft(characteristics=(diameter(budget=()),), decision=None, conditions=Conditions()).to_document()
    assert not {"decision", "drawing_sha256"} & set(document)
    assert "budget" not in document["characteristics"][0]
    assert document["conditions"] == {"temperature_c": None}


def test_moments():
    east = datetime(2026, 1, 1, 1, 0, tzinfo=timezone(timedelta(hours=2)))
    assert utc_text(east) == "2025-12-31T23:00:00.000Z"


def test_ids_sort_by_time_and_differ():
    ids = [new_id(NOW + timedelta(milliseconds=number)) for number in range(100)]
    assert ids == sorted(ids)
    assert len({new_id(NOW) for _ in range(1000)}) == 1000
    # RFC 9562, appendix A.6: the example of version 7
    moment = datetime(2022, 2, 22, 19, 22, 22, tzinfo=UTC)
    entropy = (0xCC3 << 68 | 0x18C4DC0C0C07398F).to_bytes(10)
    assert new_id(moment, lambda count: entropy[:count]) == "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"


texts = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=20)
numbers = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**53) + 1, 2**53 - 1) | st.none()


@given(
    name=texts.filter(bool),
    value=numbers | texts,
    others=st.fixed_dictionaries({name: numbers for name in NUMBERS if name not in ("value", "nominal")}),
    reason=texts,
    operator=texts,
)
def test_every_document_survives_its_canonical_bytes(
    name: str, value: float | str | None, others: dict[str, float | None], reason: str, operator: str
):
    one = diameter(value=value, reason=reason, verdict="FAIL", **others)
    record = draft(
        id="X", order_id=name, attempt=1, operator=operator, verdict="FAIL", characteristics=(one,), calibration=None,
        order_sha256="0" * 64,
    )  # fmt: skip
    body = record.to_json()
    back = read_canonical(body)
    assert rfc8785.dumps(back) == body
    assert back["characteristics"][0]["value"] == value
    assert back["characteristics"][0]["reason"] == reason
    index = IndexRows((name, record.serial, 1, "FAIL", None), None, ())
    assert claims_of(ChainEntry(1, INSPECTION, "X", "", "", "", body), index).sentences == ()


@given(body=st.binary(max_size=200) | st.recursive(
    st.none() | st.booleans() | st.floats() | texts, lambda leaf: st.lists(leaf) | st.dictionaries(texts, leaf)
).map(lambda value: json.dumps(value).encode()))  # fmt: skip
def test_no_body_crashes_the_verification(body: bytes):
    for kind in ("inspection", "event", "?"):
        assert claims_of(ChainEntry(1, kind, "X", "", "", "", body), IndexRows(None, None, ())).sentences
