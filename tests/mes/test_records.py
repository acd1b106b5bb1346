"""Reading records, pictures, documents and trees."""

from __future__ import annotations

import hashlib
import json
import threading
import time

import pytest

from station.genealogy.verify import verify_home
from tests.genealogy.builders import NOW
from tests.hmi.cell import png

from .service import ORDER_ID, OTHER_ID, SERIAL, Api, commit, order_bytes, problem

QUOTED = OTHER_ID.replace("/", "%2F")


def all_ids(api: Api) -> list[str]:
    return [one.id for one in api.genealogy.records().records]


def test_pages_in_commit_order_without_gap_or_repetition(still: Api) -> None:
    seen, after = [], None
    while True:
        page = still.get("/records", params={"limit": 2, **({"after": after} if after else {})}).json()
        seen += [one["id"] for one in page["records"]]
        assert page["next"] == (page["records"][-1]["cursor"] if page["records"] else after)
        if not page["records"]:
            break
        after = page["next"]
    assert seen == all_ids(still)


def test_a_line_says_what_the_record_says(still: Api) -> None:
    line = still.get("/records?limit=1").json()["records"][0]
    document = still.genealogy.inspection(line["id"])
    assert {key: line[key] for key in ("id", "order_id", "serial", "attempt", "verdict")} == {
        key: document[key] for key in ("id", "order_id", "serial", "attempt", "verdict")
    }
    assert line["committed"] == "2026-11-22T09:12:03.512Z"


def test_of_one_order_only(still: Api) -> None:
    page = still.get("/records", params={"order_id": OTHER_ID}).json()
    assert [one["order_id"] for one in page["records"]] == [OTHER_ID]
    assert still.get("/records", params={"order_id": "nothing"}).json()["records"] == []


def test_bodies_in_a_page_are_the_committed_bytes(still: Api) -> None:
    answer = still.get("/records?include=body")
    for line in answer.json()["records"]:
        body = still.genealogy.entry(line["id"]).body
        assert b', "inspection": ' + body + b"}" in answer.content
        assert line["inspection"] == json.loads(body)


def test_the_same_page_again_is_not_sent_again(api: Api) -> None:
    first = api.get("/records")
    tag = first.headers["ETag"]
    for sent in (tag, f'"x", {tag}', f"W/{tag}", "*"):
        again = api.get("/records", headers={"If-None-Match": sent})
        assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", tag)
    commit(api.genealogy)
    assert api.get("/records", headers={"If-None-Match": tag}).status_code == 200


def test_a_record_is_served_byte_for_byte_and_for_good(still: Api) -> None:
    for id in all_ids(still):
        answer, body = still.get(f"/records/{id}"), still.genealogy.entry(id).body
        assert answer.content == body
        assert answer.headers["ETag"] == f'"{hashlib.sha256(body).hexdigest()}"'
        assert answer.headers["Cache-Control"] == "private, max-age=31536000, immutable"
        assert still.get(f"/records/{id}", headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304


def test_decimals_survive(still: Api) -> None:
    """The budget's 3e-5 and the limits of the order come out as they went in, digit by digit."""
    body = still.get(f"/records/{all_ids(still)[0]}").text
    assert '"standard_uncertainty":0.00003' in body
    assert '"value":23.6684' in body
    assert still.get(f"/orders/{ORDER_ID}").content == order_bytes()


def test_the_chain_as_a_stream_can_be_checked_by_hand(still: Api) -> None:
    """As docs/record.md says: six lines for each entry, and the hash of their text."""
    lines = still.get("/entries.ndjson").content.splitlines()
    previous = "0" * 64
    for number, line in enumerate(lines, 1):
        entry = json.loads(line)
        body = line[line.index(b'"body":') + 7 : -1]
        text = (
            f"station-chain/1\n{entry['position']}\n{entry['kind']}\n{entry['committed']}\n{previous}\n"
            f"{hashlib.sha256(body).hexdigest()}\n"
        )
        assert entry["position"] == number
        assert entry["previous_hash"] == previous
        assert entry["hash"] == hashlib.sha256(text.encode()).hexdigest()
        previous = entry["hash"]
    assert {json.loads(line)["kind"] for line in lines} == {"inspection", "event"}
    assert len(lines) == verify_home(still.genealogy.home).inspections + len(still.genealogy.events(limit=1000))


def test_the_stream_of_records_goes_on_after_any_of_its_cursors(still: Api) -> None:
    lines = [json.loads(line) for line in still.get("/records.ndjson").content.splitlines()]
    assert [line["id"] for line in lines] == all_ids(still)
    for number, line in enumerate(lines):
        rest = still.get("/records.ndjson", params={"after": line["cursor"]}).content.splitlines()
        assert [json.loads(one)["id"] for one in rest] == all_ids(still)[number + 1 :]
        page = still.get("/records", params={"after": line["cursor"]}).json()
        assert [one["id"] for one in page["records"]] == all_ids(still)[number + 1 :]


def test_a_long_poll_answers_as_soon_as_there_is_something(api: Api) -> None:
    after = api.get("/records").json()["next"]
    began = time.monotonic()
    assert api.get("/records", params={"after": after, "wait": 0.3}).json() == {"records": [], "next": after}
    assert 0.3 <= time.monotonic() - began < 2.0
    timer = threading.Timer(0.3, lambda: commit(api.genealogy))
    timer.start()
    began = time.monotonic()
    found = api.get("/records", params={"after": after, "wait": 9}).json()["records"]
    timer.join()
    assert len(found) == 1
    assert time.monotonic() - began < 3.0


def test_a_long_poll_ends_with_the_station(api: Api) -> None:
    after = api.get("/records").json()["next"]
    threading.Timer(0.3, api.stop.set).start()
    began = time.monotonic()
    assert api.get("/records", params={"after": after, "wait": 9}).status_code == 200
    assert time.monotonic() - began < 2.0


def test_pictures(still: Api) -> None:
    id = all_ids(still)[0]
    frame = still.genealogy.inspection(id)["frames"][0]["sha256"]
    answer = still.get(f"/frames/{frame}")
    assert hashlib.sha256(answer.content).hexdigest() == frame
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.headers["ETag"] == f'"{frame}"'
    assert still.get(f"/frames/{frame}", headers={"If-None-Match": f'"{frame}"'}).status_code == 304
    overlay = still.get(f"/records/{id}/overlay")
    assert overlay.content == still.genealogy.overlay(id)
    assert overlay.headers["Cache-Control"] == "private, no-cache"


def test_a_newer_overlay_is_seen_by_one_who_has_the_old(api: Api) -> None:
    id = all_ids(api)[0]
    old = api.get(f"/records/{id}/overlay").headers["ETag"]
    api.genealogy.add_overlay(id, png(3, 3), at=NOW)
    newer = api.get(f"/records/{id}/overlay", headers={"If-None-Match": old})
    assert newer.content == png(3, 3)


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [("bytes=0-3", 0, 3), ("bytes=5-", 5, None), ("bytes=-4", -4, None), ("bytes=2-999999", 2, None)],
)
def test_a_range_of_a_picture(still: Api, asked: str, first: int, last: int | None) -> None:
    sha256 = still.genealogy.inspection(all_ids(still)[0])["frames"][0]["sha256"]
    whole = still.genealogy.frame(sha256)
    answer = still.get(f"/frames/{sha256}", headers={"Range": asked})
    expected = whole[first : None if last is None else last + 1]
    begin = len(whole) + first if first < 0 else first
    assert (answer.status_code, answer.content) == (206, expected)
    assert answer.headers["Content-Range"] == f"bytes {begin}-{begin + len(expected) - 1}/{len(whole)}"


@pytest.mark.parametrize("asked", ["bytes=", "bytes=-", "bytes=a-b", "lines=1-2", "bytes=3-1", "bytes=0-1,3-4", "x"])
def test_what_is_no_range_gets_the_whole(still: Api, asked: str) -> None:
    sha256 = still.genealogy.inspection(all_ids(still)[0])["frames"][0]["sha256"]
    answer = still.get(f"/frames/{sha256}", headers={"Range": asked})
    assert (answer.status_code, answer.content) == (200, still.genealogy.frame(sha256))


def test_a_range_behind_the_end_and_one_of_something_else(still: Api) -> None:
    sha256 = still.genealogy.inspection(all_ids(still)[0])["frames"][0]["sha256"]
    size = len(still.genealogy.frame(sha256))
    answer = still.get(f"/frames/{sha256}", headers={"Range": f"bytes={size}-"})
    assert "behind the end" in problem(answer, 416)
    assert answer.headers["Content-Range"] == f"bytes */{size}"
    other = still.get(f"/frames/{sha256}", headers={"Range": "bytes=0-1", "If-Range": '"other"'})
    assert (other.status_code, len(other.content)) == (200, size)


def test_a_picture_that_retention_removed_is_gone_and_one_that_never_was_is_not_there(api: Api) -> None:
    sha256 = api.genealogy.inspection(all_ids(api)[0])["frames"][0]["sha256"]
    (api.genealogy.home.frames / sha256[:2] / f"{sha256}.png").unlink()
    assert "no longer here" in problem(api.get(f"/frames/{sha256}"), 410)
    problem(api.get(f"/frames/{'0' * 64}"), 404)


def test_a_picture_that_is_not_what_was_stored_is_not_served(api: Api) -> None:
    sha256 = api.genealogy.inspection(all_ids(api)[0])["frames"][0]["sha256"]
    path = api.genealogy.home.frames / sha256[:2] / f"{sha256}.png"
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    assert "not what was committed" in problem(api.get(f"/frames/{sha256}"), 500)


def test_documents_by_their_hash(still: Api) -> None:
    document = still.genealogy.inspection(all_ids(still)[0])
    for digest in (document["order_sha256"], document["calibration"]["sha256"]):
        assert hashlib.sha256(still.get(f"/documents/{digest}").content).hexdigest() == digest
    problem(still.get(f"/documents/{'0' * 64}"), 404)


def test_an_export(still: Api) -> None:
    id = all_ids(still)[0]
    answer = still.get(f"/records/{id}/exports/echo")
    assert (answer.content, answer.headers["Content-Type"]) == ("MO-1 ü\n".encode(), "text/plain; charset=utf-8")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{id}.txt"'
    assert "there are echo" in problem(still.get(f"/records/{id}/exports/docx"), 404)


def test_a_tree_says_which_attempt_stands(still: Api) -> None:
    tree = still.get(f"/orders/{ORDER_ID}/genealogy").json()
    (part,) = tree["parts"]
    assert (part["serial"], part["verdict"]) == (SERIAL, "PASS")
    assert [(one["attempt"], one["verdict"], one["stands"]) for one in part["attempts"]] == [
        (1, "FAIL", False),
        (2, "PASS", True),
    ]


def test_an_order_with_slashes_in_its_name(still: Api) -> None:
    assert still.get(f"/orders/{QUOTED}").json()["order_id"] == OTHER_ID
    assert still.get(f"/orders/{QUOTED}/genealogy").json()["order_id"] == OTHER_ID
    problem(still.get(f"/orders/{OTHER_ID}"), 404)


@pytest.mark.parametrize(
    "path",
    [
        "/records/nothing", "/records/nothing/overlay", "/records/nothing/exports/echo", "/orders/nothing",
        "/orders/nothing/genealogy", "/orders/nothing/drawing", f"/orders/{ORDER_ID}/drawing", "/nothing", "/",
        "/records/", "/orders/%00", "/orders/%0A", "/records/..%2f..%2fstation.db",
    ],
)  # fmt: skip
def test_what_is_not_there(still: Api, path: str) -> None:
    assert still.get(path).status_code in (404, 422)
    assert still.get(path).headers["Content-Type"] == "application/problem+json"
