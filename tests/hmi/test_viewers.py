"""To whom the pages are shown: they ask for no token, so not to everybody who can reach the port."""

from __future__ import annotations

import pytest
from starlette.datastructures import Address

from station.errors import InputError
from station.genealogy.store import Genealogy
from station.hmi.facts import PageFacts
from station.hmi.security import may_look

from .cell import commit, served

PASSED_ON = {"X-Forwarded-For": "10.0.7.9"}  # comes from another machine, by a proxy on this one


def test_others_are_shown_nothing_of_any_part(genealogy: Genealogy) -> None:
    record = commit(genealogy)
    paths = [
        "/",
        "/live",
        f"/parts/{record.id}",
        f"/frames/{record.frames[0].sha256}",
        "/events",
        "/health",
        "/nothing",
    ]
    with served(genealogy) as cell:
        for path in paths:
            answer = cell.http.get(path, headers={**PASSED_ON, "Accept-Language": "de"})
            assert answer.status_code == 403, path
            assert "Diese Seiten werden hier nicht gezeigt" in answer.text
            assert record.serial not in answer.text
            assert "Content-Security-Policy" in answer.headers
        assert cell.http.get("/static/station.css", headers=PASSED_ON).status_code == 200
        assert record.serial in cell.text(f"/parts/{record.id}")


def test_viewers_are_shown_the_pages(genealogy: Genealogy) -> None:
    record = commit(genealogy)
    with served(genealogy, facts=PageFacts(viewers=("127.0.0.0/8",))) as cell:
        assert record.serial in cell.text(f"/parts/{record.id}", headers=PASSED_ON)


@pytest.mark.parametrize(
    ("host", "sees"),
    [
        ("127.0.0.1", True), ("::1", True), ("10.0.7.20", True), ("::ffff:10.0.7.20", True), ("10.0.8.1", True),
        ("2001:db8::7", True), ("10.0.8.2", False), ("2001:db9::7", False), ("testclient", False), ("", False),
    ],
)  # fmt: skip
def test_addresses_and_networks(host: str, sees: bool) -> None:
    facts = PageFacts(screens=("10.0.8.1",), viewers=("10.0.7.0/24", "2001:db8::/32"))
    assert may_look(Address(host, 1), {}, facts) is sees
    assert not may_look(None, {}, facts)


@pytest.mark.parametrize(
    ("wrong", "place"),
    [
        ({"screens": ("10.0.7.0/24",)}, "pages.screens[0]"),
        ({"viewers": ("10.0.7.1", "10.0.7.1/24")}, "pages.viewers[1]"),
        ({"viewers": ("panel.plant",)}, "pages.viewers[0]"),
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused(wrong: dict[str, tuple[str, ...]], place: str) -> None:
    with pytest.raises(InputError) as refused:
        PageFacts(**wrong)
    assert refused.value.place == place
