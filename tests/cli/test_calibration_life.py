"""Accept, list, expire, roll back, tamper: the life of a calibration as a quality engineer sees it."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from station import app
from station.metrology.calibration import Clipping
from station.metrology.calibration_origin import Artefact, Devices, MasterPapers, ResidualStatistics
from station.metrology.camera import CameraModel
from station.metrology.edge_kinds import EdgeKind, of_no_kind

from .conftest import World
from .program import Ran, station
from .small import NOW, calibration, write_calibration


def made(world: World, name: str, **changes: Any) -> Path:
    return write_calibration(world.folder / f"{name}.json", calibration(id=name, **changes))


def history(world: World) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = world.run("calibrations", "--json").document["calibrations"]
    return found


def inspect(world: World) -> Ran:
    return world.run("inspect", world.order, "--image", f"backlight={world.image}", "--json")


def test_the_first_is_shown_and_accepted(world: World) -> None:
    done = world.run("accept", made(world, "A"), "--by", "Ann", "--remark", "new station")
    assert (done.status, done.err) == (0, "")
    assert "no calibration in force" in done.out
    assert "Accepted: A" in done.out
    (one,) = history(world)
    assert (one["id"], one["by"], one["remark"], one["state"], one["in_force"]) == (
        "A",
        "Ann",
        "new station",
        "active",
        True,
    )
    assert inspect(world).document["calibration"]["id"] == "A"


def test_a_second_is_compared_with_the_first(world: World) -> None:
    world.run("accept", made(world, "A", u_scale=2e-5))
    camera = CameraModel.similarity(400, 300, 0.02 * (1 + 30e-6))
    done = world.run("accept", made(world, "B", u_scale=1e-5, camera=camera, edge_offset_px=0.03))
    assert done.status == 0, done.err
    for text in (
        "+30 ppm",
        "+1.3 u",
        "+0.0300 px",
        "+1.1 u",
        "A length of 1 mm",
        "A length of 10 mm",
        "A length of 8 mm",
    ):
        assert text in done.out
    # 10 mm: 0.3 µm by the scale, 1.2 µm by both edges of a bore; U = 2·sqrt((10·1e-5)² + (2·0.02·0.02)²) mm
    assert "+1.50 µm" in done.out
    assert "1.61 µm" in done.out
    first, second = history(world)
    assert [(first["id"], first["state"]), (second["id"], second["state"])] == [("B", "active"), ("A", "superseded")]


ODD: dict[str, tuple[dict[str, Any], str]] = {
    "scale": ({"camera": CameraModel.similarity(400, 300, 0.0201)}, "scale changes by"),
    "edge": ({"edge_offset_px": 0.2}, "edge offset changes by"),
    "another camera": ({"camera": CameraModel.similarity(800, 600, 0.02)}, "800 × 600"),
    "another lens": ({"devices": Devices(camera="C1", lens="L2")}, "the lens has another serial"),
    "clipping": ({"clipping": Clipping.CLIPPED}, "clipped"),
    "focus": ({"psf_sigma_px": 1.6}, "1.60 px wide"),
    "older": ({"created": NOW - timedelta(days=9)}, "older than the one in force"),
    "the future": ({"created": NOW + timedelta(days=9)}, "in the future"),
    "certificate over": (
        {"artefact": Artefact("plate", "", (MasterPapers("M-1", "C-1", "NMI", None, date(2020, 1, 1)),))},
        "certificate of M-1 was over on 2020-01-01",
    ),
    "inconsistent": ({"statistics": ResidualStatistics(9, 0.0, 0.001, 0.002, 7, 60.0, 1e-10)}, "p 1e-10"),
}  # fmt: skip


@pytest.mark.parametrize("kind", sorted(ODD))
def test_what_is_odd_needs_a_yes(world: World, kind: str) -> None:
    changes, sentence = ODD[kind]
    world.run("accept", made(world, "A", devices=Devices(camera="C1", lens="L1"), psf_sigma_px=1.0))
    path = made(world, "B", **{"psf_sigma_px": 1.0, **changes})
    refused = world.run("accept", path).sentence
    assert sentence in refused
    assert "--yes" in refused
    assert [one["id"] for one in history(world)] == ["A"]
    done = world.run("accept", path, "--yes", "--json")
    assert done.status == 0
    assert any(sentence in doubt for doubt in done.document["doubts"])
    assert (done.document["before"]["id"], done.document["after"]["id"]) == ("A", "B")
    assert history(world)[0]["id"] == "B"


def test_a_person_at_a_terminal_is_asked(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.run("accept", made(world, "A"))
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    for answer, ids in ((False, ["A"]), (True, ["B", "A"])):
        monkeypatch.setattr("typer.confirm", lambda _, answer=answer: answer)
        done = world.run("accept", made(world, "B", edge_offset_px=0.5))
        assert (done.status, "edge offset changes" in done.out) == (0 if answer else 2, True)
        assert [one["id"] for one in history(world)] == ids


def test_rollback_goes_back_further_each_time_and_never_forth(world: World) -> None:
    for name in "ABC":
        world.run("accept", made(world, name, u_scale=1e-5 + 1e-7 * ord(name)))
    assert "reason" in world.run("rollback").sentence
    for expected in "BA":
        done = world.run("rollback", "--reason", "the new one drifts", "--by", "Bob")
        assert (done.status, done.err) == (0, "")
        assert f"In force again: {expected}" in done.out
        assert inspect(world).document["calibration"]["id"] == expected
    assert "nothing to go back to" in world.run("rollback", "--reason", "x").sentence
    found = history(world)
    assert [(one["id"], one["event"]) for one in found] == [
        ("A", "rolled back"), ("B", "rolled back"), ("C", "accepted"), ("B", "accepted"), ("A", "accepted"),
    ]  # fmt: skip
    assert [one["in_force"] for one in found] == [True, False, False, False, False]
    assert found[0]["remark"] == "the new one drifts"
    assert "In force again: C" in world.run("rollback", "C", "--reason", "it was good").out
    assert world.run("rollback", found[1]["sha256"][:8], "--reason", "hash").status == 0
    assert "in force already" in world.run("rollback", "B", "--reason", "again").sentence
    assert "no calibration 'Z'" in world.run("rollback", "Z", "--reason", "x").sentence
    assert world.run("verify").status == 0


def test_two_of_one_name_are_told_apart_by_their_hash(world: World) -> None:
    for u in (1e-5, 2e-5, 3e-5):
        world.run("accept", made(world, "A", u_scale=u))
    assert "name one by its hash" in world.run("rollback", "A", "--reason", "x").sentence


def test_an_expired_one_is_not_gone_back_to(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.run("accept", made(world, "A", valid_until=NOW + timedelta(days=1)))
    world.run("accept", made(world, "B"))
    monkeypatch.setattr(app, "now", lambda: NOW + timedelta(days=2))
    assert "A expired on" in world.run("rollback", "--reason", "x").sentence
    assert [one["state"] for one in history(world)] == ["active", "expired"]


@pytest.mark.parametrize("command", ["calibrations", "rollback"])
def test_where_nothing_was_ever_accepted(world: World, command: str) -> None:
    if command == "rollback":
        assert "nothing to go back to" in world.run("rollback", "--reason", "x").sentence
    else:
        assert world.run("calibrations", "--json").document == {"calibrations": [], "shift_checks": []}
        assert "No calibration" in world.run("calibrations").out
    assert not (world.home / "station.db").exists()


@pytest.mark.parametrize(
    ("left", "status", "told"),
    [
        (timedelta(days=14, seconds=1), 0, ""),
        (timedelta(days=14), 0, "expires in 14 days"),
        (timedelta(hours=5), 0, "expires in 5 hours"),
        (timedelta(0), 0, "expires in a moment"),
        (timedelta(seconds=-1), 2, "expired on"),
    ],
)
def test_expiry_warns_ahead_and_then_refuses_to_the_second(
    world: World, monkeypatch: pytest.MonkeyPatch, left: timedelta, status: int, told: str
) -> None:
    end = NOW + timedelta(days=30)
    world.run("accept", made(world, "A", valid_until=end))
    monkeypatch.setattr(app, "now", lambda: end - left)
    done = inspect(world)
    assert done.status == status
    assert told in done.err
    assert bool(done.err) == bool(told)
    planned = world.run("plan", world.order, "--json")
    assert (told in planned.err) or status == 2
    (one,) = history(world)
    assert one["state"] == ("active" if status == 0 else "expired")
    assert len(world.records()) == (1 if status == 0 else 0)


def _tamper(world: World, sha256: str) -> None:
    """Somebody with access to the database edits a calibration: valid for longer."""
    with sqlite3.connect(world.home / "station.db") as connection:
        connection.execute("DROP TRIGGER documents_no_update")
        (data,) = connection.execute("SELECT data FROM documents WHERE sha256 = ?", (sha256,)).fetchone()
        longer = {**json.loads(data), "valid_until": "2099-01-01T00:00:00+00:00"}
        connection.execute("UPDATE documents SET data = ? WHERE sha256 = ?", (json.dumps(longer).encode(), sha256))
    connection.close()


def test_one_that_was_tampered_with_in_the_database_is_refused_wherever_it_is_used(world: World) -> None:
    world.run("accept", made(world, "A"))
    path = made(world, "B", u_scale=1.1e-5)
    world.run("accept", path)
    digest = history(world)[0]["sha256"]
    _tamper(world, digest)
    for arguments in (
        ("inspect", world.order, "--image", f"backlight={world.image}"),
        ("plan", world.order),
        ("rollback", digest[:12], "--reason", "x"),
    ):
        sentence = world.run(*arguments).sentence
        assert digest in sentence
        assert "changed in the record" in sentence
    assert world.records() == []
    found = history(world)
    assert [(one["state"], one["in_force"]) for one in found] == [("tampered", True), ("superseded", False)]
    assert "tampered" in world.run("calibrations").out
    verified = world.run("verify", "--json")
    assert verified.status == 1
    assert any(digest in f["place"] and "calibration" in f["sentence"] for f in verified.document["faults"])
    # The very same bytes cannot come back under a hash that now stands for others; another one can, and so can A.
    assert "Make the calibration again" in world.run("accept", path, "--yes").sentence
    assert "changed in the record" in world.run("accept", made(world, "C")).sentence
    assert world.run("rollback", "--reason", "B was tampered with").status == 0
    assert inspect(world).document["calibration"]["id"] == "A"


def test_run_is_locked_by_a_calibration_that_a_person_accepted_and_that_expired(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    camera = "twin-cam TW-0001"
    end = NOW + timedelta(days=30)
    world.run("accept", made(world, "A", valid_until=end), "--camera", camera)
    monkeypatch.setattr(app, "now", lambda: end + timedelta(seconds=1))
    done = world.run("run", "--once", "--json")
    assert "locked: the calibration A expired" in done.sentence
    assert world.records() == []
    digest = history(world)[0]["sha256"]
    _tamper(world, digest)
    assert "changed in the record" in world.run("run", "--once", "--json").sentence


def test_the_record_says_what_was_replaced_and_which_doubts_were_set_aside(world: World) -> None:
    world.run("accept", made(world, "A"))
    world.run("accept", made(world, "B", edge_offset_px=0.5), "--yes", "--by", "Ann")
    with sqlite3.connect(world.home / "station.db") as connection:
        (body,) = connection.execute("SELECT body FROM chain ORDER BY cursor DESC LIMIT 1").fetchone()
    connection.close()
    event = json.loads(body)
    assert event["payload"]["before"]["id"] == "A"
    assert event["payload"]["change"]["edge_px"] == pytest.approx(0.5)
    assert "edge offset changes" in event["payload"]["doubts"][0]
    assert datetime.fromisoformat(event["at"]) <= datetime.now(UTC)


def test_each_camera_has_its_own_history(world: World) -> None:
    world.run("accept", made(world, "A"))
    world.run("accept", made(world, "B", u_scale=3e-5), "--camera", "side")
    assert {(one["id"], one["camera"], one["state"]) for one in history(world)} == {
        ("A", "main", "active"),
        ("B", "side", "active"),
    }
    only = station(world.home, "calibrations", "--camera", "side", "--json").document["calibrations"]
    assert [one["id"] for one in only] == ["B"]


KINDS = (EdgeKind("punched", -0.05, 0.02, (0.0,)), EdgeKind("turned", 0.15, 0.02, (0.0, 0.1)))


def with_kinds(world: World, name: str, *kinds: EdgeKind) -> Path:
    whole = of_no_kind(kinds, 1e-5)
    known = {"edge_offset_px": whole.offset_px, "u_edge_px": whole.u_px, "correlation": whole.correlation[0]}
    return made(world, name, edges=kinds, **known)


def test_kinds_of_edges_stand_side_by_side_and_in_the_history(world: World) -> None:
    world.run("accept", with_kinds(world, "A", *KINDS), "--yes")
    moved = replace(KINDS[1], offset_px=0.17)
    done = world.run("accept", with_kinds(world, "B", KINDS[0], moved))
    assert done.status == 0, done.err
    for text in ("edge offset (punched), px", "edge offset (turned), px", "+0.1500", "+0.1700", "+0.0200 px", "+0.7 u"):
        assert text in done.out
    assert [one["edges"] for one in history(world)] == [["punched", "turned"], ["punched", "turned"]]
    shown = world.run("calibrations").out
    assert "punched" in shown
    assert "turned" in shown
    with sqlite3.connect(world.home / "station.db") as connection:
        (body,) = connection.execute("SELECT body FROM chain ORDER BY cursor DESC LIMIT 1").fetchone()
    connection.close()
    edges = json.loads(body)["payload"]["change"]["edges"]
    assert [(edge["kind"], edge["edge_px"]) for edge in edges] == [("punched", 0.0), ("turned", pytest.approx(0.02))]


def test_a_plan_names_the_edges_that_the_calibration_does_not_know(world: World) -> None:
    known = with_kinds(world, "A", *KINDS)
    done = world.run("plan", world.order, "--calibration", known, "--json")
    refusals = [row["reason"] for row in done.document["characteristics"]]
    assert all("nobody says of which kind" in refusal for refusal in refusals)
    document = json.loads(world.order.read_text())
    for feature, kind in zip(document["geometry"]["features"], ("turned", "ground"), strict=False):
        feature["edge"] = kind
    world.order.write_text(json.dumps(document))
    done = world.run("plan", world.order, "--calibration", known, "--json")
    first, second, *_ = [row["reason"] for row in done.document["characteristics"]]
    assert first == ""
    assert "'ground', which the calibration does not know (it knows 'punched', 'turned')" in second
