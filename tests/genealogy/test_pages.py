from __future__ import annotations

import pytest

from station.errors import InputError
from station.genealogy.store import Genealogy

from .builders import NOW, at, draft, evidence


@pytest.fixture
def seven(genealogy: Genealogy) -> Genealogy:
    for number in range(7):
        genealogy.commit(draft(serial=f"S-{number}"), evidence(), committed=at(number))
    return genealogy


@pytest.mark.parametrize("limit", [1, 2, 3, 6, 7, 8, 1000])
def test_every_record_once_and_in_commit_order(seven: Genealogy, limit: int):
    found: list[str] = []
    after: int | str | None = None
    while (page := seven.records(after, limit)).records:
        assert len(page.records) <= limit
        found.extend(record.serial for record in page.records)
        after = str(page.next)  # as it comes back in a URL
    assert found == [f"S-{number}" for number in range(7)]
    assert page.next == 7


def test_the_cursor_of_an_empty_page_stays_usable(genealogy: Genealogy):
    empty = genealogy.records()
    assert empty.records == ()
    genealogy.commit(draft(), evidence(), committed=NOW)
    page = genealogy.records(empty.next)
    assert [record.attempt for record in page.records] == [1]
    again = genealogy.records(page.next)
    assert (again.records, again.next) == ((), page.next)


def test_the_document(genealogy: Genealogy):
    record = genealogy.commit(draft(), evidence(), committed=NOW)
    assert genealogy.records().to_document() == {
        "records": [
            {
                "cursor": 1,
                "id": record.id,
                "order_id": "MO-2026-000417",
                "serial": "RING-237-0001",
                "attempt": 1,
                "verdict": "PASS",
                "committed": "2026-11-22T09:12:03.512Z",
            }
        ],
        "next": 1,
    }


@pytest.mark.parametrize("after", ["x", -1, "-1", "1.5", "", "²", "9" * 30, "1; DROP TABLE chain"])
def test_what_is_no_cursor(genealogy: Genealogy, after: int | str):
    with pytest.raises(InputError, match="not a cursor"):
        genealogy.records(after)


@pytest.mark.parametrize("limit", [0, -1, 1001])
def test_what_is_no_limit(genealogy: Genealogy, limit: int):
    with pytest.raises(InputError, match="1 to 1000"):
        genealogy.records(limit=limit)


def test_a_cursor_of_the_future(seven: Genealogy):
    assert seven.records(10**12).next == 10**12
