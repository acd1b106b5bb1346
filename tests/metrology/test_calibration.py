"""The calibration document: round trip, tampering, numbers out of range, dates."""

import copy
import json
import math
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from station.documents import canonical, sha256_hex
from station.errors import CalibrationError
from station.metrology.calibration import Calibration, Clipping, MasterResidual, calibration_from
from station.metrology.calibration_origin import (
    SECTIONS,
    Artefact,
    Devices,
    MasterPapers,
    ResidualStatistics,
    section_from,
)
from station.metrology.camera import telecentric
from station.metrology.edge_look import EdgeLook

WHEN = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
KNOWN = Calibration(
    "cal-7", WHEN, WHEN.replace(year=2027), telecentric(1600, 1200, 0.0101), 2.3e-5, -0.021, 0.013, -0.4, 0.02, 1.12,
    Clipping.NONE, 20.7, "masters", (MasterResidual("a.png", "H1", 3.0, 3.00012, 0.0003),),
)  # fmt: skip


def document():
    return json.loads(json.dumps(KNOWN.to_document()))


def signed(content):
    """A document with a right hash, whatever it says."""
    content.pop("sha256", None)
    return {**content, "sha256": sha256_hex(canonical(content))}


def leaves(value, path=()):
    if isinstance(value, dict):
        return [leaf for key, one in value.items() for leaf in leaves(one, (*path, key))]
    if isinstance(value, list):
        return [leaf for key, one in enumerate(value) for leaf in leaves(one, (*path, key))]
    return [path]


LEAVES = leaves(KNOWN.to_document())


def test_a_calibration_survives_being_written_and_read():
    assert calibration_from(document(), "cal.json") == KNOWN
    assert calibration_from(document(), "cal.json").sha256 == KNOWN.sha256 == document()["sha256"]
    assert KNOWN.residuals[0].error_mm == pytest.approx(0.00012)


@pytest.mark.parametrize("path", LEAVES, ids=lambda p: ".".join(map(str, p)))
def test_any_change_is_tampering(path):
    changed = document()
    *way, last = path
    place = changed
    for key in way:
        place = place[key]
    before = place[last]
    if isinstance(before, bool) or before is None:
        place[last] = 1
    elif isinstance(before, (int, float)):
        place[last] = before + 1e-9 if isinstance(before, float) else before + 1
    else:
        place[last] = before[:-1] + ("x" if before[-1] != "x" else "y")
    with pytest.raises(CalibrationError):
        calibration_from(changed, "cal.json")


@pytest.mark.parametrize("key", ["extra", "operator"])
def test_an_added_key_is_tampering(key):
    with pytest.raises(CalibrationError, match="was changed after it was made"):
        calibration_from({**document(), key: 1}, "cal.json")


@pytest.mark.parametrize(
    "key",
    ["u_scale", "edge_offset_px", "u_edge_px", "correlation", "local_px", "psf_sigma_px", "temperature_c"],
)
@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity"])
def test_what_is_not_a_number_is_refused_even_where_the_hash_would_match(key, text):
    changed = {**document(), key: text}  # float("NaN") reads it
    with pytest.raises(CalibrationError, match="out of range"):
        calibration_from(signed(changed), "cal.json")


@pytest.mark.parametrize("key", ["u_scale", "u_edge_px", "local_px", "psf_sigma_px"])
def test_negative_uncertainties_are_refused(key):
    with pytest.raises(CalibrationError, match="out of range"):
        calibration_from(signed({**document(), key: -1e-9}), "cal.json")


@pytest.mark.parametrize("value", [1.0001, -1.0001, 7])
def test_an_impossible_correlation_is_refused(value):
    with pytest.raises(CalibrationError):
        calibration_from(signed({**document(), "correlation": value}), "cal.json")


@pytest.mark.parametrize("key", ["created", "valid_until"])
def test_a_date_without_time_zone_is_refused(key):
    with pytest.raises(CalibrationError, match="no time zone"):
        calibration_from(signed({**document(), key: "2026-11-22T09:30:00"}), "cal.json")
    with pytest.raises(CalibrationError, match="cannot be read"):
        calibration_from(signed({**document(), key: "yesterday"}), "cal.json")


@pytest.mark.parametrize("key", sorted({path[0] for path in LEAVES} - {"schema", "sha256"}))
def test_a_missing_entry_is_named(key):
    content = document()
    del content[key]
    with pytest.raises(CalibrationError, match=f"has no {key}"):
        calibration_from(signed(content), "cal.json")


@pytest.mark.parametrize("key", ["certified_mm", "measured_mm", "u_certified_mm"])
def test_a_residual_that_makes_no_sense_is_refused(key):
    content = copy.deepcopy(document())
    content["residuals"][0][key] = -1.0
    with pytest.raises(CalibrationError, match="out of range"):
        calibration_from(signed(content), "cal.json")


@pytest.mark.parametrize("other", [None, [], "calibration/1", 7, {}, {"schema": "calibration/2"}])
def test_something_else_is_not_a_calibration(other):
    with pytest.raises(CalibrationError, match="not a calibration/1 document"):
        calibration_from(other, "cal.json")


def test_a_calibration_is_valid_until_its_day_and_not_after():
    assert KNOWN.valid_at(WHEN)
    assert KNOWN.valid_at(KNOWN.valid_until)
    assert not KNOWN.valid_at(KNOWN.valid_until.replace(minute=31))


def test_every_clipping_survives():
    for clipping in Clipping:
        content = {**document(), "clipping": str(clipping)}
        assert calibration_from(signed(content), "c").clipping is clipping
    assert math.isfinite(KNOWN.u_scale)
    with pytest.raises(CalibrationError):
        calibration_from(signed({**document(), "clipping": "a little"}), "c")


def test_a_document_without_the_newer_keys_keeps_its_hash():
    """As software 0.1.0 wrote it before they existed."""
    assert KNOWN.sha256 == "8084c64a42a72e1daae97faa581907d55d5f4a6d24bddd8e1609148fd904ee94"
    assert not {"artefact", "devices", "statistics", "edge_misfit", "made_by", "software", *SECTIONS} & set(document())


def section(name, **content):
    content = {"schema": f"{name}/1", **content}
    return {**content, "sha256": sha256_hex(canonical(content))}


PAPERS = MasterPapers("M-1", "C-17", "NMI", date(2026, 1, 2), date(2027, 1, 2))
COMPLETE = replace(
    KNOWN,
    residuals=(MasterResidual("a.png", "H1", 3.0, 3.00012, 0.0003, (812.5, 30.25)),),
    made_by="Ann",
    software="0.2.0",
    artefact=Artefact("hole plate", "HP-3", (PAPERS, MasterPapers("M-2"))),
    devices=Devices("C-1", "L-2", "B-3"),
    statistics=ResidualStatistics(9, -1e-5, 2e-4, 5e-4, 7, 6.3, 0.51),
    sections=(section_from("light", section("light", levels=[0.1, 0.2]), "l"),),
    edge_look=EdgeLook(18, 1.04, 1.03, 1.05, 0.001, 0.002),
)


def test_everything_that_may_be_said_survives_being_written_and_read():
    written = json.loads(json.dumps(COMPLETE.to_document()))
    assert calibration_from(written, "cal.json") == COMPLETE
    assert written["artefact"]["masters"][0]["due"] == "2027-01-02"
    assert (written["residuals"][0]["x_px"], written["light"]["levels"]) == (812.5, [0.1, 0.2])
    assert calibration_from(written, "cal.json").to_document() == written


OPTIONAL = ["artefact", "devices", "statistics", "edge_misfit", "light"]


@pytest.mark.parametrize("key", OPTIONAL)
@pytest.mark.parametrize("value", [None, 7, "x", [], {}, {"extra": 1}])
def test_a_newer_key_that_makes_no_sense_is_refused_by_name(key, value):
    content = json.loads(json.dumps(COMPLETE.to_document()))
    with pytest.raises(CalibrationError) as refused:
        calibration_from(signed({**content, key: value}), "cal.json")
    assert key in str(refused.value)


@pytest.mark.parametrize(
    ("where", "value"),
    [
        (("artefact", "masters", 0, "due"), "next year"),
        (("artefact", "masters", 0, "certificate"), 7),
        (("artefact", "name"), "x" * 300),
        (("devices", "lens"), None),
        (("statistics", "p_value"), 1.2),
        (("statistics", "sd_mm"), -1.0),
        (("light", "levels"), [0.3]),
        (("residuals", 0, "x_px"), "here"),
    ],
)
def test_a_detail_that_makes_no_sense_is_refused(where, value):
    content = json.loads(json.dumps(COMPLETE.to_document()))
    place = content
    for key in where[:-1]:
        place = place[key]
    place[where[-1]] = value
    with pytest.raises(CalibrationError):
        calibration_from(signed(content), "cal.json")


def test_a_key_that_nobody_knows_is_refused_even_where_the_hash_matches():
    with pytest.raises(CalibrationError, match="'colour' is unknown"):
        calibration_from(signed({**document(), "colour": "red"}), "cal.json")


def test_a_certificate_counts_until_the_end_of_its_day():
    assert not PAPERS.expired_at(datetime(2027, 1, 2, 23, 59, tzinfo=UTC))
    assert PAPERS.expired_at(datetime(2027, 1, 3, tzinfo=UTC))
    assert not MasterPapers("M").expired_at(WHEN)
