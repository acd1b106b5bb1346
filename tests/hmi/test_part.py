from __future__ import annotations

import math
from dataclasses import replace

import pytest

from station.errors import InputError
from station.genealogy.media import media_type
from station.genealogy.store import Genealogy
from station.hmi.ordered import ordered_from
from station.hmi.overlay import pane_of
from station.hmi.part import stored_part
from station.hmi.scale import scale_for, used_up
from tests.genealogy.builders import draft, evidence
from tests.genealogy.exports.series import answers, order_bytes
from tests.genealogy.marked import MARKED, with_marks

from .cell import ORDER, commit, failed, png, served


def test_worst_comes_first(genealogy: Genealogy) -> None:
    part = stored_part(genealogy, failed(genealogy).id)
    assert [row.number for row in part.rows] == ["2", "4", "A", "3", "1"]
    assert [row.verdict for row in part.rows] == ["FAIL", "ERROR", "UNDECIDED", "UNDECIDED", "PASS"]


def test_numbers_are_rounded_to_two_digits_of_u_and_limits_stay_as_ordered(genealogy: Genealogy) -> None:
    rows = {row.number: row for row in stored_part(genealogy, failed(genealogy).id).rows}
    assert (rows["1"].value, rows["1"].unit, rows["1"].lower, rows["1"].upper) == (
        "23.6684 ± 0.0018",
        "mm",
        "23.65",
        "23.75",
    )
    assert (rows["3"].lower, rows["3"].upper) == ("", "0.06")
    assert (rows["4"].value, rows["4"].unit, rows["4"].scale) == ("—", "", None)


def test_features_come_from_the_order(genealogy: Genealogy) -> None:
    part = stored_part(genealogy, failed(genealogy).id)
    assert part.part_number == "RING-237"
    assert {row.number: row.features for row in part.rows} == {"1": "OD", "2": "ID – OD | A", "3": "", "4": "", "A": ""}


@pytest.mark.parametrize("data", [b"", b"\xff", b"[1]", b'{"part": 3, "characteristics": {}}', b"[" * 100_000])
def test_a_strange_order_has_no_names(data: bytes) -> None:
    assert (ordered_from(data).part_number, dict(ordered_from(data).features)) == ("", {})


def test_order_of_the_builders_has_names() -> None:
    assert ordered_from(ORDER).part_number == "RING-237"


def test_unknown_part(genealogy: Genealogy) -> None:
    with pytest.raises(InputError):
        stored_part(genealogy, "nothing")


def test_a_part_without_overlay_shows_the_picture_as_taken(genealogy: Genealogy) -> None:
    record = commit(genealogy, overlay=None)
    assert stored_part(genealogy, record.id).picture == f"/frames/{record.frames[0].sha256}"


def test_scale_has_the_zone_in_the_middle_and_says_what_lies_beyond() -> None:
    inside = scale_for(5.0, 0.5, 4.0, 6.0)
    assert inside is not None
    assert (inside.zone, inside.value, inside.whisker, inside.beyond) == ((25.0, 75.0), 50.0, (37.5, 62.5), 0)
    for value, beyond in ((1.0, -1), (99.0, 1)):
        off = scale_for(value, 0.1, 4.0, 6.0)
        assert off is not None
        assert off.beyond == beyond
        assert 0.0 <= off.value <= 100.0
    upper_only = scale_for(0.03, 0.0, None, 0.06)
    assert upper_only is not None
    assert (upper_only.zone, upper_only.value) == ((0.0, 75.0), 37.5)
    assert scale_for(1.0, 0.1, 1.0, 1.0) is None
    assert scale_for(1.0, 0.1, 1.0, None) is None


def test_used_up_is_one_at_a_limit() -> None:
    assert [used_up(v, 4.0, 6.0) for v in (4.0, 5.0, 6.0)] == [1.0, 0.0, 1.0]
    assert used_up(0.06, None, 0.06) == 1.0
    assert used_up(2.0, 2.0, None) == 1.0
    assert used_up(0.0, None, 0.0) == 0.0
    assert math.isclose(used_up(1.0, None, None), 0.0)


def test_only_overlays_of_the_known_size_are_cut() -> None:
    known = pane_of(png(1600, 1000))
    assert known is not None
    assert known.shown == (1056, 884)
    assert pane_of(png(8, 4)) is None
    assert pane_of(b"\x89PNG") is None


@pytest.mark.parametrize(
    ("start", "kind"),
    [
        (png(1, 1), "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"II*\x00", "image/tiff"),
        (b"RIFF1234WEBP", "image/webp"),
        (b"BM", "image/bmp"),
        (b"P5\n", "image/x-portable-graymap"),
        (b"<svg onload='x'>", "application/octet-stream"),
        (b"", "application/octet-stream"),
    ],
)
def test_media_type_is_told_from_the_bytes(start: bytes, kind: str) -> None:
    assert media_type(start) == kind


@pytest.mark.parametrize("verdict", MARKED)
def test_marks_show_what_was_read_beside_what_was_asked(genealogy: Genealogy, verdict: str) -> None:
    given = with_marks(draft(characteristics=answers()), verdict)
    shape = {"verdict": verdict, "characteristics": given.characteristics, "findings": given.findings}
    record = commit(genealogy, proof=replace(evidence(), order=order_bytes()), **shape)
    rows = {row.number: row for row in stored_part(genealogy, record.id).rows}
    code, text, surface = rows["8"], rows["9"], rows["10"]
    assert (code.features, code.expected, code.unit, code.scale) == ("datamatrix", "A1␝B2", "", None)
    assert code.value == {"PASS": "A1␝B2", "FAIL": "ANMA 22.11.26 – <0>"}.get(verdict, "—")
    assert (text.features, text.expected) == ("", "ANNA")
    sizes = {"PASS": "0", "FAIL": "0.4321", "UNDECIDED": "0.0512346", "ERROR": "—"}
    assert (surface.features, surface.value, surface.upper) == ("OD", sizes[verdict], "0.05")
    assert (surface.scale is None) == (verdict == "ERROR")
    assert {row.verdict for row in (code, text, surface)} == {verdict}
    if verdict == "FAIL":
        assert (rows["A"].type, rows["A"].features, rows["A"].value) == ("scratch", "9", "0.43")
        with served(genealogy) as cell:
            page = cell.text(f"/parts/{record.id}")
        assert "ANMA 22.11.26 – &lt;0&gt;" in page
        assert "Found in the picture · 9" in page
