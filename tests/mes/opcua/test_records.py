"""What the record says in the standard's words: results, orders and calibrations; found, filtered, a page at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from station.cycle.state import Board, Progress, QueueEntry, Snapshot
from station.errors import InputError
from station.genealogy.calibrations import accept
from station.genealogy.home import StationHome
from station.genealogy.store import Genealogy
from station.mes.opcua import records
from station.mes.opcua.records import COMPLETED, FAILED, Identifier, Wanted
from tests.genealogy.builders import draft, evidence
from tests.mes.opcua.world import order_bytes, order_sha256

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)


@pytest.fixture
def genealogy(tmp_path: Path) -> Iterator[Genealogy]:
    with Genealogy.open(StationHome(tmp_path / "home")) as opened:
        yield opened


def commit(
    genealogy: Genealogy, serial: str, order_id: str = "MO-1", verdict: str = "PASS", operation: str = ""
) -> str:
    found = replace(evidence(), order=order_bytes(order_id))
    reason = {} if verdict == "PASS" else {"characteristics": ()}
    made = draft(serial=serial, order_id=order_id, verdict=verdict, operation=operation, **reason)
    return genealogy.commit(made, found, committed=NOW).id


def found(genealogy: Genealogy, start: int = 0, limit: int = 100, **wanted: object) -> tuple[list[str], bool]:
    some, is_complete = records.results(genealogy, Wanted(**wanted), start, limit)  # type: ignore[arg-type]
    return [one.id for one in some], is_complete


def test_a_result_is_what_was_committed(genealogy: Genealogy) -> None:
    id = commit(genealogy, "P-1", operation="30")
    one, document = records.result_of(genealogy, id), genealogy.inspection(id)
    assert one.state == COMPLETED
    assert (one.part, one.meas, one.product, one.job) == ("P-1", "30", "RING-237", "MO-1/P-1/1")
    assert one.recipe == Identifier("MO-1", order_sha256("MO-1"))
    assert one.configuration == Identifier("CAL-7", document["calibration"]["sha256"])
    assert one.content == ("PASS", genealogy.entry(id).body.decode())
    assert (one.started, one.finished) == tuple(
        map(datetime.fromisoformat, (document["started"], document["finished"]))
    )


def test_what_could_not_be_measured_has_failed_and_what_is_not_good_is_complete(genealogy: Genealogy) -> None:
    states = {verdict: commit(genealogy, f"P-{verdict}", verdict=verdict) for verdict in ("FAIL", "UNDECIDED", "ERROR")}
    assert records.result_of(genealogy, states["FAIL"]).state == COMPLETED
    assert records.result_of(genealogy, states["UNDECIDED"]).state == COMPLETED
    assert records.result_of(genealogy, states["ERROR"]).state == FAILED
    assert found(genealogy, state=FAILED) == ([states["ERROR"]], True)
    assert found(genealogy, state=COMPLETED) == ([states["UNDECIDED"], states["FAIL"]], True)
    assert found(genealogy, state=2) == ([], True)


def test_results_are_found_by_what_is_known_of_them(genealogy: Genealogy) -> None:
    first = commit(genealogy, "P-1", operation="10")
    again = commit(genealogy, "P-1", operation="20")
    other = commit(genealogy, "P-2", "MO/2")
    assert found(genealogy) == ([other, again, first], True)
    assert found(genealogy, part="P-1") == ([again, first], True)
    assert found(genealogy, meas="10") == ([first], True)
    assert found(genealogy, job="MO-1/P-1/2") == ([again], True)
    assert found(genealogy, job="MO/2/P-2/1") == ([other], True)
    assert found(genealogy, job="not a job") == ([], True)
    assert found(genealogy, product="RING-237") == ([other, again, first], True)
    assert found(genealogy, product="PLATE") == ([], True)
    assert found(genealogy, recipes=(Identifier("MO/2"),)) == ([other], True)
    assert found(genealogy, recipes=(Identifier("", order_sha256("MO/2")),)) == ([other], True)
    assert found(genealogy, recipes=(Identifier("MO-1", order_sha256("MO/2")),)) == ([], True)
    assert found(genealogy, configurations=(Identifier("CAL-7"),)) == ([other, again, first], True)
    assert found(genealogy, configurations=(Identifier("CAL-8"),)) == ([], True)


def test_a_page_says_whether_it_was_the_last(genealogy: Genealogy) -> None:
    ids = [commit(genealogy, f"P-{number}") for number in range(5)][::-1]
    assert found(genealogy, 0, 2) == (ids[:2], False)
    assert found(genealogy, 2, 2) == (ids[2:4], False)
    assert found(genealogy, 4, 2) == (ids[4:], True)
    assert found(genealogy, 0, 5) == (ids, True)


def test_a_search_through_everything_is_refused(genealogy: Genealogy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "MOST_LISTED", 2)
    monkeypatch.setattr(records, "MOST_SEARCHED", 4)
    for number in range(5):
        commit(genealogy, f"P-{number}")
    with pytest.raises(InputError, match="more than 4 records"):
        found(genealogy, meas="nothing is like that")
    assert len(found(genealogy, part="P-0")[0]) == 1  # what an index finds is found


def test_orders_are_recipes_with_their_hashes(genealogy: Genealogy) -> None:
    received = order_bytes("MO-9")
    genealogy.add_event("order-received", "MO-9", {"by": "mes", "drawing_sha256": None}, at=NOW, document=received)
    done = commit(genealogy, "P-1")
    board = Board(
        Snapshot(
            queue=(
                QueueEntry("MO-1", "P-1", "RING-237", Progress.DONE, "PASS", "", done),
                QueueEntry("MO-2", "P-2", "RING-238"),
                QueueEntry("MO-3", "P-3", "RING-239", reason="the order cannot be used"),
            )
        )
    )
    assert [(one.identifier, one.product, one.is_prepared) for one in records.recipes(genealogy, board.latest())] == [
        (Identifier("MO-1", order_sha256("MO-1")), "RING-237", False),
        (Identifier("MO-2"), "RING-238", True),
        (Identifier("MO-9", order_sha256("MO-9")), "RING-237", False),
    ]


def test_calibrations_are_configurations_the_one_in_force_first(genealogy: Genealogy) -> None:
    for number, data in enumerate((b'{"id": "CAL-1"}', b'{"id": "CAL-2"}')):
        accept(genealogy, data, at=NOW.replace(minute=number), by="quality")
    listed = records.configurations(genealogy, "main")
    assert [one.identifier.id for one in listed] == ["CAL-2", "CAL-1"]
    assert listed[0].modified == NOW.replace(minute=1)
    assert records.configurations(genealogy, "another camera") == ()
