"""Studies of what the station itself recorded."""

from pathlib import Path

import numpy as np
import pytest

from station.errors import InputError
from station.genealogy.home import StationHome
from station.genealogy.store import Genealogy
from station.reports.studies.arrange import crossed_table
from station.reports.studies.control import short_run_study
from station.reports.studies.from_records import readings_of_record
from station.reports.studies.study import Options

from ...genealogy.builders import at, diameter, draft, evidence
from .builders import figures

rng = np.random.default_rng(5)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> StationHome:
    """Three parts, inspected twice by each of two operators; the serial's number is the deviation in hundredths."""
    found = StationHome(tmp_path_factory.mktemp("record") / "home")
    with Genealogy.open(found) as genealogy:
        number = 0
        for operator in ("anna", "bert"):
            for part in (1, 2, 3):
                for _ in range(2):
                    number += 1
                    nominal = 10.0 * part
                    value = nominal + 0.01 * part + float(rng.normal(0.0, 0.001))
                    characteristics = (
                        diameter(id="1", nominal=nominal, value=value, deviation=value - nominal),
                        diameter(id="2", type="code", value="x", nominal=None, deviation=None),
                        diameter(id="3", verdict="ERROR", value=None, deviation=None),
                        diameter(id="4", type="count", value=6, nominal=6, deviation=0, expanded_uncertainty=0.0),
                    )
                    record = draft(
                        verdict="ERROR", serial=f"S{part}", operator=operator, characteristics=characteristics
                    )
                    genealogy.commit(record, evidence(number), committed=at(number))
    return found


def test_repeated_attempts_are_a_gauge_study(home: StationHome):
    with Genealogy.open(home, read_only=True) as record:
        table = crossed_table(readings_of_record(record, "1", last=1000))
    assert (table.parts, table.operators, table.values.shape) == (("S1", "S2", "S3"), ("anna", "bert"), (3, 2, 2))
    assert np.allclose(table.values.mean(axis=(1, 2)), [10.01, 20.02, 30.03], atol=0.002)


def test_unlike_parts_of_one_type_are_a_short_run(home: StationHome):
    with Genealogy.open(home, read_only=True) as record:
        readings = readings_of_record(record, "all", last=1000)
        few = readings_of_record(record, "diameter", last=4)
    found = short_run_study(readings, Options()).statement.to_document()
    assert (found["n"], found["class"], found["parameters"]["charted"]) == (12, ["diameter"], "(value - nominal) / U")
    assert [r.part for r in few.rows] == ["S2 1", "S2 1", "S3 1", "S3 1"]


def test_what_no_inspection_has_is_said(home: StationHome):
    with Genealogy.open(home, read_only=True) as record, pytest.raises(InputError, match="no inspection in the record"):
        readings_of_record(record, "2", last=1000)


def test_the_script_reads_station_home_and_leaves_it_alone(home: StationHome, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("STATION_HOME", str(home.path))
    before = {p: p.read_bytes() for p in Path(home.path).rglob("*") if p.is_file()}
    found = figures("--kind", "grr", "--from-records", "1", "--tolerance", 0.1)
    assert (found["parts"], found["operators"], found["trials"]) == (3, 2, 2)
    assert {p: p.read_bytes() for p in before} == before
