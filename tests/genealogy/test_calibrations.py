from __future__ import annotations

from station.documents import sha256_hex
from station.genealogy.calibrations import accept, active, history
from station.genealogy.store import Genealogy

from .builders import at


def test_the_last_accepted_is_active_and_an_older_one_can_return(genealogy: Genealogy):
    assert active(genealogy) is None
    first, second = b'{"id": "A"}', b'{"id": "B"}'
    accepted = accept(genealogy, first, at=at(0), by="ann", remark="first")
    assert (accepted.sha256, accepted.by, accepted.accepted) == (sha256_hex(first), "ann", "2026-11-22T09:12:03.512Z")
    accept(genealogy, second, at=at(1), by="bob")
    assert active(genealogy) == second
    accept(genealogy, first, at=at(2), by="ann", remark="rolled back")
    assert active(genealogy) == first
    assert [entry.remark for entry in history(genealogy)] == ["rolled back", "", "first"]


def test_each_camera_has_its_own(genealogy: Genealogy):
    accept(genealogy, b"{}", at=at(0), by="ann", camera="top")
    assert active(genealogy, "side") is None
    assert active(genealogy, "top") == b"{}"


def test_a_readable_copy_lies_in_the_home(genealogy: Genealogy):
    digest = accept(genealogy, b"{}", at=at(0), by="ann").sha256
    assert (genealogy.home.calibrations / digest[:2] / f"{digest}.json").read_bytes() == b"{}"
