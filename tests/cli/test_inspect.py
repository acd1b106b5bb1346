"""`station inspect`: the contract of its document, its exit status, and that the record comes first."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from station.documents import sha256_hex
from station.twin.part import CircleDeviation

from .conftest import World
from .program import station
from .small import calibration, picture, ring_order, write_calibration, write_order, write_picture

NUMBER = (int, float)
INSPECTION: dict[str, Any] = {
    "schema": str,
    "id": str,
    "order_id": str,
    "order_sha256": str,
    "serial": str,
    "attempt": int,
    "verdict": str,
    "reason": str,
    "station": dict,
    "started": str,
    "finished": str,
    "operator": str,
    "characteristics": list,
    "calibration": dict,
    "models": list,
    "frames": list,
    "conditions": dict,
}
CHARACTERISTIC: dict[str, Any] = {
    "id": str,
    "type": str,
    "verdict": str,
    "value": NUMBER,
    "unit": str,
    "nominal": NUMBER,
    "deviation": NUMBER,
    "lower_limit": NUMBER,
    "upper_limit": NUMBER,
    "standard_uncertainty": NUMBER,
    "expanded_uncertainty": NUMBER,
    "coverage_factor": NUMBER,
    "conformance_probability": NUMBER,
    "guard_band": NUMBER,
    "points": int,
    "reason": str,
}


def _has(document: dict[str, Any], contract: dict[str, Any]) -> None:
    assert set(contract) <= set(document)
    for key, kind in contract.items():
        assert isinstance(document[key], kind), (key, document[key])
        assert not isinstance(document[key], bool)


def test_json_is_the_contracts_document(world: World) -> None:
    done = world.inspect("--json", "--operator", "Mia", "--temperature", "21.5")
    assert (done.status, done.err) == (0, "")
    document = done.document
    _has(document, INSPECTION)
    assert document["schema"] == "inspection/1"
    assert (document["order_id"], document["serial"], document["attempt"]) == ("MO-1", "RING-4-0001", 1)
    assert (document["verdict"], document["reason"], document["operator"]) == ("PASS", "", "Mia")
    assert document["station"] == {
        "id": "cell-test",
        "software": document["station"]["software"],
        "rig": "files",
        "simulated": False,
    }
    assert datetime.fromisoformat(document["started"]) <= datetime.fromisoformat(document["finished"])
    assert document["started"].endswith("Z")
    assert document["conditions"]["temperature_c"] == 21.5
    assert document["order_sha256"] == sha256_hex(world.order.read_bytes())
    assert document["calibration"]["id"] == "CAL-1"
    assert document["calibration"]["sha256"] == sha256_hex(world.calibration.read_bytes())
    (frame,) = document["frames"]
    digest = sha256_hex(world.image.read_bytes())
    assert frame == {"view": "backlight", "sha256": digest, "width": 400, "height": 300}
    assert (world.home / "frames" / digest[:2] / f"{digest}.png").read_bytes() == world.image.read_bytes()


def test_every_characteristic_has_its_number_its_u_and_its_rule(world: World) -> None:
    first, second, third = world.inspect("--json").document["characteristics"]
    for one in (first, second):
        _has(one, CHARACTERISTIC)
        assert one["deviation"] == pytest.approx(one["value"] - one["nominal"], abs=1e-12)
        assert one["expanded_uncertainty"] == pytest.approx(one["coverage_factor"] * one["standard_uncertainty"])
        assert abs(one["deviation"]) <= one["expanded_uncertainty"]  # the twin made it exactly to nominal
        assert one["unit"] == "mm"
        assert one["points"] > 100
    assert (first["lower_limit"], first["upper_limit"]) == (3.95, 4.05)
    _has(third, {**CHARACTERISTIC, "nominal": type(None), "deviation": type(None), "lower_limit": type(None)})
    assert third["upper_limit"] == 0.05


@pytest.mark.parametrize(
    ("diameter", "verdict", "status"), [(0.0, "PASS", 0), (0.08, "FAIL", 1), (0.05, "UNDECIDED", 1)]
)
def test_exit_status_follows_the_verdict(world: World, diameter: float, verdict: str, status: int) -> None:
    made = write_picture(world.folder / "made.png", picture(deviations=[CircleDeviation("OD", diameter)]))
    done = world.inspect("--json", image=made)
    assert (done.document["verdict"], done.status) == (verdict, status)
    assert done.document["characteristics"][0]["verdict"] == verdict
    assert bool(done.document["reason"]) == (verdict != "PASS")


def test_people_see_the_same_verdict_and_values_rounded_to_their_uncertainty(world: World) -> None:
    done = world.inspect()
    assert done.status == 0
    assert "PASS" in done.out
    assert "4.0000 ± 0.00" in done.out
    assert "attempt 1" in done.out
    assert "3.99996" not in done.out


def test_an_empty_picture_is_an_error_record_and_says_nothing_about_the_part(world: World) -> None:
    empty = write_picture(world.folder / "empty.png", np.full((300, 400), 220, np.uint8))
    done = world.inspect("--json", image=empty)
    assert (done.status, done.document["verdict"]) == (1, "ERROR")
    assert done.document["reason"]
    for one in done.document["characteristics"]:
        assert one["verdict"] == "ERROR"
        assert one["value"] is None
    assert [r["verdict"] for r in world.records()] == ["ERROR"]


def test_a_second_inspection_is_a_second_attempt_and_overwrites_nothing(world: World) -> None:
    first = world.inspect("--json").document
    worse = write_picture(world.folder / "worse.png", picture(deviations=[CircleDeviation("OD", 0.08)]))
    second = world.inspect("--json", image=worse).document
    third = world.inspect("--json").document
    assert [d["attempt"] for d in (first, second, third)] == [1, 2, 3]
    assert len({d["id"] for d in (first, second, third)}) == 3
    again = world.run("explain", first["id"], "1", "--json").document
    assert again == first["characteristics"][0]
    assert first["frames"][0]["sha256"] == third["frames"][0]["sha256"] != second["frames"][0]["sha256"]
    assert [r["verdict"] for r in world.records()] == ["PASS", "FAIL", "PASS"]
    assert world.run("verify").status == 0


def test_the_same_picture_gives_the_same_numbers(world: World) -> None:
    first, second = (world.inspect("--json").document for _ in range(2))
    assert first["characteristics"] == second["characteristics"]


def test_another_order_or_serial_counts_its_own_attempts(world: World) -> None:
    world.inspect()
    other = write_order(world.folder, ring_order(part={"serial": "RING-4-0002"}), "other.json")
    assert world.inspect("--json", order=other).document["attempt"] == 1


class _Closed:
    """A standard output that nobody reads any more; remembers how many records there were at the first word."""

    encoding = "utf-8"

    def __init__(self, database: Path, error: OSError) -> None:
        self.database, self.error, self.records = database, error, -1

    def write(self, text: str) -> int:
        with sqlite3.connect(f"file:{self.database}?mode=ro", uri=True) as connection:
            ((self.records,),) = connection.execute("SELECT count(*) FROM inspections")
        connection.close()
        raise self.error

    def flush(self) -> None:
        pass

    def isatty(self) -> bool:
        return False

    def fileno(self) -> int:
        raise OSError


@pytest.mark.parametrize("as_json", [(), ("--json",)])
def test_the_record_is_committed_before_the_first_word_is_printed(world: World, as_json: tuple[str, ...]) -> None:
    closed = _Closed(world.home / "station.db", OSError(28, "No space left on device"))
    arguments = ("--image", f"backlight={world.image}", "--calibration", world.calibration, *as_json)
    with contextlib.suppress(OSError):
        station(world.home, "inspect", world.order, *arguments, out=closed)
    assert closed.records == 1
    assert [r["verdict"] for r in world.records()] == ["PASS"]


@pytest.mark.parametrize("kind", ["colour", "colour with alpha", "16 bit", "jpeg", "bmp", "tiff", "pgm", "16 bit tiff"])
def test_colour_and_16_bit_pictures_and_all_formats_are_measured(world: World, kind: str) -> None:
    grey = picture()
    wide = np.asarray(grey, np.uint16) * 257
    pixels, suffix = {
        "colour": (cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR), "png"),
        "colour with alpha": (cv2.cvtColor(grey, cv2.COLOR_GRAY2BGRA), "png"),
        "16 bit": (wide, "png"),
        "jpeg": (grey, "jpg"),
        "bmp": (grey, "bmp"),
        "tiff": (grey, "tif"),
        "pgm": (grey, "pgm"),
        "16 bit tiff": (wide, "tif"),
    }[kind]
    path = write_picture(world.folder / f"other.{suffix}", pixels)
    done = world.inspect("--json", image=path)
    assert done.status == 0, done
    expected = 0.005 if suffix == "jpg" else 0.0003
    assert done.document["characteristics"][0]["value"] == pytest.approx(4.0, abs=expected)
    digest = sha256_hex(path.read_bytes())
    (stored,) = (world.home / "frames" / digest[:2]).iterdir()
    assert stored.read_bytes() == path.read_bytes()


def test_a_12_bit_picture_in_16_bits_is_measured(world: World) -> None:
    path = write_picture(world.folder / "dim.png", np.asarray(picture(), np.uint16) * 16)
    assert world.inspect("--json", image=path).document["verdict"] == "PASS"


def test_the_overlay_is_also_written_where_it_was_asked_for(world: World) -> None:
    wanted = world.folder / "overlay.png"
    done = world.inspect("--json", "--overlay", wanted)
    assert done.status == 0
    assert next((world.home / "overlays").glob("??/*.png")).read_bytes() == wanted.read_bytes()
    assert cv2.imread(str(wanted)) is not None


def test_a_characteristic_whose_view_was_not_taken_is_an_error_that_says_so(world: World) -> None:
    wanted = ring_order()
    wanted["characteristics"][1]["view"] = "front"
    done = world.inspect("--json", order=write_order(world.folder, wanted, "views.json"))
    first, second, _ = done.document["characteristics"]
    assert (done.status, done.document["verdict"]) == (1, "ERROR")
    assert (first["verdict"], second["verdict"]) == ("PASS", "ERROR")
    assert "front" in done.document["reason"]


def test_two_views_are_both_stored_and_each_serves_its_characteristics(world: World) -> None:
    wanted = ring_order()
    wanted["characteristics"][1]["view"] = "ring"
    order = write_order(world.folder, wanted, "views.json")
    other = write_picture(world.folder / "ring.png", picture(deviations=[CircleDeviation("ID", 0.09)], seed=2))
    done = world.inspect("--image", f"ring={other}", "--json", order=order)
    assert [f["view"] for f in done.document["frames"]] == ["backlight", "ring"]
    verdicts = [c["verdict"] for c in done.document["characteristics"]]
    assert verdicts[:2] == ["PASS", "FAIL"]


def test_an_accepted_calibration_serves_without_being_named(world: World) -> None:
    assert world.run("accept", world.calibration, "--by", "Mia", "--remark", "first").status == 0
    done = world.run("inspect", world.order, "--image", f"backlight={world.image}", "--json")
    assert (done.status, done.document["calibration"]["id"]) == (0, "CAL-1")
    newer = write_calibration(world.folder / "newer.json", calibration(id="CAL-2"))
    assert world.run("accept", newer).status == 0
    done = world.run("inspect", world.order, "--image", f"backlight={world.image}", "--json")
    assert done.document["calibration"]["id"] == "CAL-2"
    assert world.run("verify").status == 0


def test_an_order_of_marks_needs_no_calibration(world: World) -> None:
    asked = [{"id": "7", "type": "code", "symbology": "datamatrix", "expected": "0107612"}]
    order = write_order(world.folder, ring_order(geometry={}, datums={}, characteristics=asked), "marks.json")
    done = world.run("inspect", order, "--image", f"front={world.image}", "--json")
    assert done.status == 1  # a picture without a code
    (one,) = done.document["characteristics"]
    assert one["verdict"] != "PASS"
    assert one["reason"]
    assert done.document["calibration"] is None


def test_records_are_pages_behind_a_cursor(world: World) -> None:
    for _ in range(5):
        world.inspect()
    whole = world.run("records", "--json")
    assert whole.status == 0
    rows = whole.document["records"]
    assert set(whole.document) == {"records", "next"}
    for number, row in enumerate(rows, start=1):
        assert list(row) == ["cursor", "id", "order_id", "serial", "attempt", "verdict", "committed"]
        assert (row["attempt"], row["order_id"], row["verdict"]) == (number, "MO-1", "PASS")
    assert all(a["cursor"] < b["cursor"] for a, b in pairwise(rows))
    paged: list[Any] = []
    after: list[object] = []
    for _ in range(4):
        page = world.run("records", "--limit", "2", *after, "--json").document
        paged += page["records"]
        after = ["--after", page["next"]]
    assert paged == rows
    empty = world.run("records", "--after", whole.document["next"], "--json").document
    assert empty == {"records": [], "next": whole.document["next"]}
    world.inspect()
    assert len(world.run("records", "--after", empty["next"], "--json").document["records"]) == 1


def test_json_has_no_second_line_of_anything(world: World) -> None:
    for command in (("records",), ("verify",), ("plan", world.order, "--calibration", world.calibration), ("schema",)):
        if command[0] == "records":
            world.inspect()
        done = world.run(*command, *(() if command == ("schema",) else ("--json",)))
        assert (done.status, done.err) == (0, "")
        assert isinstance(json.loads(done.out), dict)
