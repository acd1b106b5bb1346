from __future__ import annotations

from dataclasses import replace

import pytest

from station.cycle.state import Progress, QueueEntry
from station.cycle.transitions import State
from station.documents import sha256_hex
from station.hmi.live import SHOWN, live_view
from tests.genealogy.builders import StationRecord, evidence

from .cell import Cell, commit, decided, entry, failed, frame, png

NEXT = QueueEntry("MO-2", "RING-2", "RING-237")
EVIL = "<script>alert('x')</script>\"><img src=x onerror=y>"


@pytest.fixture
def cell(still: Cell) -> Cell:
    """The module's cell as if it had just started: its record keeps what other tests committed."""
    still.board.publish(station_id="cell-3", state=State.START, simulated=False, message="", queue=(), last=None)
    return still


def show(cell: Cell, **changes: object) -> str:
    record = failed(cell.genealogy)
    cell.board.publish(
        **{name: getattr(decided(record, NEXT), name) for name in ("state", "queue", "last", "simulated")}
    )
    if changes:
        cell.board.publish(**changes)
    return cell.text("/")


def test_before_the_first_part(cell: Cell) -> None:
    page = cell.text("/")
    assert "No part measured yet" in page
    assert "No orders" in page


def test_live_page_shows_verdict_reason_numbers_orders_and_that_it_is_simulated(cell: Cell) -> None:
    page = show(cell)
    for text in (
        "FAIL",
        "Characteristic 2 is too large.",
        "23.9000 ± 0.0018",
        "RING-2",
        "waiting",
        "SIMULATED",
        "1 done",
    ):
        assert text in page, text
    assert page.index("opening too many") < page.index("Roundness")


def test_the_verdict_is_marked_as_that_of_the_part_before_while_the_next_is_measured(cell: Cell) -> None:
    assert "Before this one" not in show(cell)
    record = failed(cell.genealogy)
    measuring = (entry(record), replace(NEXT, progress=Progress.MEASURING))
    page = show(cell, state=State.MEASURING, queue=measuring)
    assert "Before this one" in page
    assert "FAIL" in page


def test_live_is_the_same_parts_for_the_script(cell: Cell) -> None:
    show(cell)
    fresh = cell.text("/live")
    assert fresh.count("data-part=") == 6
    assert "<html" not in fresh
    whole = cell.text("/")
    assert all(line in whole for line in fresh.splitlines())


def test_a_record_that_cannot_be_read_leaves_the_verdict_on_the_screen(cell: Cell) -> None:
    page = show(cell, last=QueueEntry("MO-9", "RING-9", "", Progress.DONE, "FAIL", "It is too large.", "gone"))
    assert "FAIL" in page
    assert "It is too large." in page
    assert "cannot be read" in page


def test_simulated_is_told_by_the_record_when_the_station_is_real(cell: Cell) -> None:
    assert "SIMULATED" in show(cell, simulated=False)
    real = commit(cell.genealogy, station=StationRecord(id="c", software="1", rig="r", simulated=False))
    cell.board.publish(last=entry(real))
    assert "SIMULATED" not in cell.text("/")
    assert "SIMULATED" not in cell.text(f"/parts/{real.id}")


def test_part_page(cell: Cell) -> None:
    record = failed(cell.genealogy)
    page = cell.text(f"/parts/{record.id}")
    for text in (
        record.serial,
        "FAIL",
        "SIMULATED",
        "CAL-7",
        "20.4 °C",
        record.id,
        f"/frames/{record.frames[0].sha256}",
    ):
        assert text in page, text


def test_languages(cell: Cell) -> None:
    show(cell)
    for language, word in (("en", "FAIL"), ("de", "SCHLECHT"), ("fr", "REFUSÉ"), ("it", "RESPINTO")):
        asked = cell.http.get("/", params={"lang": language})
        assert word in asked.text
        assert f'lang="{language}"' in asked.text
        assert f"/live?lang={language}" in asked.text
        browser = cell.http.get("/", headers={"Accept-Language": f"{language}-CH"})
        assert word in browser.text
        assert (browser.headers["Content-Language"], browser.headers["Vary"]) == (language, "Accept-Language")


def test_nothing_that_a_record_says_becomes_markup(cell: Cell) -> None:
    record = failed(cell.genealogy, serial=EVIL, order_id=EVIL, reason=EVIL, operator=EVIL)
    queue = (entry(record), QueueEntry(EVIL, EVIL, EVIL))
    cell.board.publish(last=entry(record), queue=queue, message=EVIL, station_id=EVIL)
    for path in ("/", "/live", f"/parts/{record.id}"):
        page = cell.text(path)
        assert "&lt;script&gt;" in page
        assert "<script>" not in page
        assert "<img src=x" not in page


def test_pages_have_no_inline_script_or_style(cell: Cell) -> None:
    page = show(cell)
    assert " style=" not in page
    assert " onclick" not in page
    assert page.count("<script") == page.count('<script type="module" src="/static/')


def test_overlay_and_frame(cell: Cell) -> None:
    picture = png(8, 4)
    record = commit(cell.genealogy, proof=replace(evidence(), frames=(frame(picture),)), overlay=png(8, 5))
    overlay = cell.http.get(f"/overlays/{record.id}.png")
    assert overlay.content == png(8, 5)
    taken = cell.http.get(f"/frames/{record.frames[0].sha256}")
    assert taken.content == picture
    for answer in (overlay, taken):
        assert answer.headers["Content-Type"] == "image/png"
        assert "immutable" in answer.headers["Cache-Control"]


def test_a_stored_file_that_is_no_picture_is_never_shown_as_something_else(cell: Cell) -> None:
    record = commit(cell.genealogy, proof=replace(evidence(), frames=(frame(b"<html><script>alert(1)</script>"),)))
    answer = cell.http.get(f"/frames/{record.frames[0].sha256}")
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"] == "attachment"


def test_a_damaged_picture_is_an_error_and_leaves_the_page(cell: Cell) -> None:
    record = commit(cell.genealogy, overlay=png(9, 9))
    (damaged,) = cell.genealogy.home.overlays.glob(f"??/{sha256_hex(png(9, 9))}.png")
    damaged.chmod(0o600)
    damaged.write_bytes(b"other")
    answer = cell.http.get(f"/overlays/{record.id}.png")
    assert answer.status_code == 500
    assert "Cache-Control" in answer.headers
    assert "no-store" in answer.headers["Cache-Control"]
    assert "PASS" in cell.text(f"/parts/{record.id}")


def test_a_long_queue_shows_what_comes_next_and_what_was_last(cell: Cell) -> None:
    record = commit(cell.genealogy)
    done = tuple(replace(entry(record), serial=f"D{n}") for n in range(100))
    waiting = tuple(QueueEntry("MO", f"W{n}", "") for n in range(100))
    view = live_view(decided(record, queue=(*done, *waiting)), cell.genealogy)
    assert len(view.orders) == SHOWN
    assert (view.orders[0].serial, view.orders[-1].serial) == ("W0", "D80")
    assert (view.more, view.waiting, view.done) == (160, 100, 100)
