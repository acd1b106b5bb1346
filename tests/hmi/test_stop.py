"""What the live page says while the cell stands, and the one key on it: that somebody has looked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest

from station.cycle.fault import Acknowledgement
from station.cycle.state import Board, Fault, FaultKind, Needs, Progress, QueueEntry
from station.cycle.transitions import OPC_40100, State
from station.genealogy.store import Genealogy
from station.hmi.facts import PageFacts
from station.hmi.language import LANGUAGES, load_texts
from station.hmi.presses import LOOKED
from station.hmi.security import is_at_the_cell

from .cell import Cell, commit, decided, entry, served

TEXTS = load_texts()
SENTENCE = "The gate did not open"
SINCE = "2026-11-23T04:58:12+00:00"
KEY = f'action="{LOOKED}'


@pytest.fixture
def word() -> Acknowledgement:
    return Acknowledgement()


@pytest.fixture
def cell(genealogy: Genealogy, word: Acknowledgement) -> Iterator[Cell]:
    viewed = PageFacts(viewers=("127.0.0.1",))  # by a proxy, too: who may look, and not press
    with served(genealogy, acknowledgement=word, facts=viewed) as running:
        yield running


def fault(name: str = "first", kind: FaultKind = FaultKind.STOPPED, needs: Needs = Needs.LOOK) -> Fault:
    return Fault(name, kind, needs)


def stand(board: Board, what: Fault, sentence: str = SENTENCE) -> None:
    board.publish(state=State.FAULT, message=sentence, since=SINCE, fault=what)


def press(cell: Cell, name: str = "first", **headers: str) -> httpx.Response:
    own = {"Origin": f"http://127.0.0.1:{cell.port}", "Sec-Fetch-Site": "same-origin"}
    return cell.http.post(LOOKED, data={"fault": name}, headers=headers or own)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", FaultKind)
def test_a_fault_says_what_happened_what_to_do_since_when_and_that_parts_are_held(
    cell: Cell, language: str, kind: FaultKind
) -> None:
    t = TEXTS[language]
    stand(cell.board, fault(kind=kind, needs=Needs.MENDING))
    for path in ("/", "/live"):
        page = cell.text(path, params={"lang": language}).replace("&#39;", "'")
        for text in (t("state.fault"), t(f"happened.{kind}"), t(f"todo.{kind}"), t("stop.safe"), t("stop.again")):
            assert text in page
        assert SENTENCE in page
        assert "2026-11-23" in page
        assert KEY not in page  # not while the cause still stands


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_lock_says_so_and_offers_nothing_to_press(cell: Cell, language: str) -> None:
    t = TEXTS[language]
    cell.board.publish(state=State.LOCKED, message="The calibration expired.", since=SINCE)
    page = cell.text("/", params={"lang": language})
    for text in (t("state.locked"), t("happened.locked"), t("todo.locked"), t("stop.safe"), t("stop.by_itself")):
        assert text in page
    assert "The calibration expired." in page
    assert KEY not in page


def test_a_device_that_comes_back_by_itself_has_no_key(cell: Cell) -> None:
    stand(cell.board, fault(kind=FaultKind.LOST, needs=Needs.DEVICE))
    page = cell.text("/")
    assert TEXTS["en"]("stop.by_itself") in page
    assert KEY not in page


def test_the_key_is_a_plain_form_about_this_fault_in_the_readers_language(cell: Cell) -> None:
    stand(cell.board, fault())
    page = cell.text("/", params={"lang": "de"})
    form = re.search(r"<form.*?</form>", page, re.DOTALL)
    assert form is not None
    assert f'method="post" action="{LOOKED}?lang=de"' in form.group()
    assert 'name="fault" value="first"' in form.group()
    assert TEXTS["de"]("stop.look") in page
    assert page.count("<form") == 1


def test_a_press_says_that_somebody_has_looked_and_twice_is_once(cell: Cell, word: Acknowledgement) -> None:
    stand(cell.board, fault())
    word.ask("first")
    for _ in range(2):
        answer = press(cell)
        assert (answer.status_code, answer.headers["Location"]) == (303, "/")
        assert word.is_given("first")
    assert word.way == "page at 127.0.0.1"
    page = cell.text("/")
    assert TEXTS["en"]("stop.said") in page
    assert KEY not in page
    cell.board.publish(state=State.START, fault=None)
    assert press(cell).status_code == 303  # it went on meanwhile: the same press still did what it should


def test_a_press_on_an_old_page_does_not_answer_to_the_next_fault(cell: Cell, word: Acknowledgement) -> None:
    stand(cell.board, fault("second"))
    word.ask("second")
    for name in ("first", "", "x" * 5000):
        answer = press(cell, name)
        assert answer.status_code == 409
        assert TEXTS["en"]("error.another_fault_text") in answer.text
    assert word.way == ""


def test_where_nothing_stands_a_press_is_refused(cell: Cell, word: Acknowledgement) -> None:
    for state in (State.READY, State.MEASURING, State.LOCKED):
        cell.board.publish(state=state, fault=None)
        answer = press(cell)
        assert answer.status_code == 409
        assert "http-equiv" in answer.text  # the screen goes back by itself
        assert TEXTS["en"]("error.nothing_stands_text") in answer.text
    assert not word.is_given("first")


@pytest.mark.parametrize("needs", [Needs.MENDING, Needs.DEVICE])
def test_while_the_cause_stands_a_press_is_refused(cell: Cell, word: Acknowledgement, needs: Needs) -> None:
    stand(cell.board, fault(needs=needs))
    assert press(cell).status_code == 409
    assert not word.is_given("first")


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"User-Agent": "no browser"},
    ],
)
def test_only_our_own_page_presses(cell: Cell, word: Acknowledgement, headers: dict[str, str]) -> None:
    stand(cell.board, fault())
    answer = press(cell, **headers)
    assert answer.status_code == 403
    assert TEXTS["en"]("error.strange_page_title") in answer.text.replace("&#39;", "'")
    assert not word.is_given("first")


def test_what_a_proxy_passes_on_is_not_from_the_cell(cell: Cell, word: Acknowledgement) -> None:
    stand(cell.board, fault())
    own = f"http://127.0.0.1:{cell.port}"
    answer = press(cell, **{"Origin": own, "X-Forwarded-For": "127.0.0.1"})
    assert answer.status_code == 403
    assert TEXTS["en"]("error.elsewhere_text") in answer.text
    page = cell.text("/", headers={"Forwarded": "for=10.0.0.7"})
    assert TEXTS["en"]("stop.elsewhere") in page
    assert KEY not in page
    assert not word.is_given("first")


def test_the_cell_is_this_machine_and_the_screens_that_are_named() -> None:
    class At:
        def __init__(self, host: str) -> None:
            self.host = host

    named = ["192.168.7.21"]
    for host in ("127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1", "192.168.7.21", "::ffff:192.168.7.21"):
        assert is_at_the_cell(At(host), {}, named), host  # type: ignore[arg-type]  # the part that is looked at
    for host in ("192.168.7.22", "::2", "127.0.0.1.example", ""):
        assert not is_at_the_cell(At(host), {}, named), host  # type: ignore[arg-type]
    assert not is_at_the_cell(None, {}, named)


def test_pages_without_a_running_cell_only_show(genealogy: Genealogy) -> None:
    with served(genealogy) as cell:
        stand(cell.board, fault())
        page = cell.text("/")
        assert KEY not in page
        assert TEXTS["en"]("stop.elsewhere") in page
        assert press(cell).status_code == 404


def test_got_again_the_address_of_the_key_is_the_live_page(cell: Cell) -> None:
    answer = cell.http.get(LOOKED, params={"lang": "fr"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/?lang=fr")


def test_nothing_looks_in_work_while_the_cell_stands(cell: Cell) -> None:
    record = commit(cell.genealogy)
    broken_off = QueueEntry("MO-2", "RING-2", "", Progress.MEASURING)
    shown = decided(record, broken_off, state=State.FAULT, message=SENTENCE, fault=fault())
    cell.board.publish(state=shown.state, queue=shown.queue, last=shown.last, message=SENTENCE, fault=shown.fault)
    page = cell.text("/")
    assert "held · MO-2" in re.sub(r"<.*?>", "", page)
    assert 'class="turning"' not in page
    assert "Last part, before the stop" in page
    assert "is-PASS previous" in page  # never a filled verdict beside a fault


def test_a_conforming_part_that_could_not_leave_says_so(cell: Cell) -> None:
    record = commit(cell.genealogy)
    why = "The gate did not open: the part was measured PASS but is held."
    cell.board.publish(state=State.FAULT, message=SENTENCE, fault=fault(), last=replace(entry(record), reason=why))
    assert why in cell.text("/")


def test_no_word_of_other_machines_reaches_people(cell: Cell) -> None:
    strange = {part for words in OPC_40100.values() for part in re.split(r"[:\s]+", words)} - {"Error", "Ready"}
    assert "Preoperational" in strange
    for state in State:
        cell.board.publish(state=state, fault=fault() if state is State.FAULT else None)
        for language in LANGUAGES:
            page = cell.text("/", params={"lang": language})
            assert not any(part in page for part in strange), state
