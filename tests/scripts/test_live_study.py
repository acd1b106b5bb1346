"""`gauge_study.py --live` on a small twin: readings, limits and references from the order, a study that goes on."""

import json
from pathlib import Path

import pytest

from station.documents import canonical
from station.genealogy.calibrations import accept
from station.genealogy.home import StationHome
from station.genealogy.store import Genealogy
from tests.cli.small import NOW, calibration, ring_order, write_order
from tests.reports.studies.builders import run

RIG = """
name = "small twin"
seed = 7
[optics]
width_px = 400
height_px = 300
mm_per_px = 0.02
[camera]
model = "small-cam"
serial = "SC-1"
exposure_us = 2000.0
bit_depth = 8
full_well_e = 10500.0
read_noise_e = 2.3
[lamps]
settle_s = 0.001
[lamps.backlight]
polarity = "backlit"
field_level = 0.86
part_level = 0.08
"""


@pytest.fixture
def bench(tmp_path, monkeypatch):
    """A station with an accepted calibration, the small rig and an order."""
    home = StationHome(tmp_path / "home")
    monkeypatch.setenv("STATION_HOME", str(home.path))
    with Genealogy.open(home) as record:
        data = canonical(calibration().to_document())
        accept(record, data, at=NOW, by="QE", camera="small-cam SC-1")
    (tmp_path / "rig.toml").write_text(RIG)
    write_order(tmp_path)
    return tmp_path


def live(bench: Path, kind: str, *more: object, orders=("order.json",)):
    chosen = [piece for order in orders for piece in ("--live", bench / order)]
    return run("--kind", kind, *chosen, "--rig", bench / "rig.toml", "--characteristic", "1", *more, bench / "t.csv")


def document(done):
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def records() -> int:
    from station.genealogy.home import default_home

    with Genealogy.open(default_home(), read_only=True) as record:
        return len(record.records(0, 10).records)


def test_type_1_takes_reference_and_tolerance_from_the_order_and_goes_on(bench):
    first = document(live(bench, "type1", "--trials", 4, "--yes", "--json"))
    assert (first["n"], first["parameters"]["reference"], first["parameters"]["tolerance"]) == (4, 4.0, 0.1)
    assert abs(first["bias"]) < 0.002
    assert (first["parameters"]["rig"], first["parameters"]["calibration"]) == ("small twin (simulated)", "CAL-1")
    assert first["sd"] > 0.0
    more = document(live(bench, "type1", "--trials", 7, "--yes", "--json"))
    lines = [line for line in (bench / "t.csv").read_text().splitlines() if line.startswith("RING-4-0001")]
    values = [line.split(",")[3] for line in lines]
    assert (more["n"], len(set(values))) == (7, 7)  # a twin that began anew would repeat itself
    assert records() == 0


def test_gauge_rr_of_several_parts_under_two_conditions(bench):
    found = document(live(bench, "grr", "--parts", 3, "--operators", "cold,warm", "--trials", 2, "--yes", "--json"))
    assert (found["parts"], found["operators"], found["trials"]) == (3, 2, 2)
    assert found["parameters"]["tolerance"] == 0.1
    # The twin grows the edges evenly over half of the tolerance: 3.975, 4, 4.025.
    assert found["sd_part"] == pytest.approx(0.025, rel=0.05)
    assert found["percent_tolerance_grr"] < 30.0
    once = document(run("--kind", "grr", bench / "t.csv", "--json"))
    assert once["ss_part"] == found["ss_part"]


def test_several_orders_are_several_masters(bench):
    for number, size in enumerate((3.6, 4.4), start=2):
        order = ring_order(order_id=f"MO-{number}")
        order["part"]["serial"] = f"RING-4-000{number}"
        order["geometry"]["features"][0]["diameter"] = order["characteristics"][0]["nominal"] = size
        write_order(bench, order, f"o{number}.json")
    orders = ("o2.json", "order.json", "o3.json=4.401")
    found = document(live(bench, "linearity", "--trials", 2, "--yes", "--json", orders=orders))
    assert sorted(found["part_reference"]) == [3.6, 4.0, 4.401]
    assert found["part_n"] == [2, 2, 2]


def test_a_check_standard_occasion_by_occasion(bench):
    first = document(live(bench, "stability", "--trials", 2, "--yes", "--json"))
    assert (first["method"], first["points"], first["verdict"]) == ("collecting", 1, "stated")
    later = document(live(bench, "stability", "--trials", 2, "--occasions", 2, "--yes", "--json"))
    assert (later["points"], later["subgroup_size"], later["n"]) == (3, 2, 6)


def test_a_person_places_the_part_each_time(bench, monkeypatch):
    from io import StringIO

    monkeypatch.setattr("sys.stdin", StringIO("\n\n"))
    done = live(bench, "type1", "--trials", 3)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("place RING-4-0001 anew") == 3
    assert "nobody answers" in done.stderr
    assert len((bench / "t.csv").read_text().splitlines()) == 3 + 1 + 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--kind", "attribute", "--live", "ORDER", "--characteristic", "1", "TABLE"], "is not taken live"),
        (["--kind", "type1", "--live", "ORDER", "--characteristic", "1"], "needs FILE"),
        (["--kind", "type1", "--live", "ORDER", "TABLE"], "needs --characteristic"),
        (["--kind", "type1", "--live", "ORDER", "--characteristic", "9", "TABLE"],
         "has no characteristic '9'; it has 1, 2, 3"),
        (["--kind", "type1", "--live", "ORDER", "--live", "ORDER", "--characteristic", "1", "TABLE"], "of one master"),
        (["--kind", "bias", "--live", "ORDER", "--live", "ORDER", "--characteristic", "1", "TABLE"], "for one part"),
        (["--kind", "type1", "--live", "ORDER", "--characteristic", "1", "--parts", "3", "TABLE"], "belong to"),
        (["--kind", "type1", "--live", "none.json", "--characteristic", "1", "TABLE"], "there is no such file"),
        (["--kind", "type1", "--live", "none.json=x", "--characteristic", "1", "TABLE"], "is not a number"),
        (["--kind", "grr", "--live", "ORDER", "--characteristic", "1", "--operators", "A,A", "T"], "different names"),
        (["--kind", "bias", "--live", "ORDER", "--characteristic", "3", "TABLE"], "--live ORDER=VALUE"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_one_sentence(bench, arguments, words):
    known = {"ORDER": bench / "order.json", "TABLE": bench / "t.csv"}
    done = run("--rig", bench / "rig.toml", *[known.get(a, a) for a in arguments])
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_another_calibration_begins_another_table(bench):
    from station.genealogy.home import default_home

    document(live(bench, "type1", "--trials", 2, "--yes", "--json"))
    with Genealogy.open(default_home()) as record:
        data = canonical(calibration(id="CAL-2").to_document())
        accept(record, data, at=NOW, by="QE", camera="small-cam SC-1")
    done = live(bench, "type1", "--trials", 3, "--yes")
    assert done.returncode == 2
    assert "was begun with the calibration CAL-1, now CAL-2 is in force" in done.stderr
