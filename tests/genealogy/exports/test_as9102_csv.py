"""The table read by Python's csv, and by LibreOffice where it is installed."""

from __future__ import annotations

import csv
import io
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from station.genealogy.dossier import dossier_of
from station.genealogy.exports.as9102_csv import COLUMNS, make, make_series
from station.genealogy.exports.formats import format_of
from station.genealogy.inspection import Finding
from station.genealogy.parts import Decision, Material, Operation, PartKey, add_link, dispose, withdraw
from station.genealogy.store import Genealogy

from ..builders import at, draft
from ..marked import MARKED, with_marks
from .series import CHARACTERISTICS, answers, commit, dossier, order_bytes, replaced

PAGE = Path(__file__).parents[3] / "docs" / "exports" / "csv.md"
OFFICE = shutil.which("soffice") or shutil.which("libreoffice")
NUMBERS = (
    *("nominal", "lower_limit", "upper_limit", "deviation", "standard_uncertainty", "expanded_uncertainty"),
    *("coverage_factor", "conformance_probability", "guard_band"),
)


def table(data: bytes) -> list[dict[str, Any]]:
    assert data.startswith(b"\xef\xbb\xbf")
    text = io.StringIO(data.decode("utf-8-sig"), newline="")
    return list(csv.DictReader(text, quoting=csv.QUOTE_NONNUMERIC, strict=True))


def test_one_row_per_characteristic_with_every_number_exact(genealogy: Genealogy):
    this = dossier(genealogy)
    rows = table(make(this))
    assert [row["characteristic_number"] for row in rows] == [one["id"] for one in CHARACTERISTICS]
    for row, answer in zip(rows, answers(), strict=True):
        for column in NUMBERS:
            value = getattr(answer, column)
            assert row[column] == ("" if value is None else value), column
        if isinstance(answer.value, float):
            assert row["result"] == answer.value
        assert (row["verdict"], row["unit"], row["designator"]) == ("PASS", answer.unit, answer.type)
    assert rows[0]["result_rounded"] == "23.6684 ± 0.0018"
    assert rows[7]["result"] == "A1 B2"
    assert rows[9]["result"] == ""
    asked = ["23.7 -0.05 +0.05 mm", "19 H9 mm", "zone 0.06 mm", "zone 0.05 mm", "min 23.6 mm", "max 19.1 mm", "1"]
    assert [row["requirement"] for row in rows] == [*asked, "A1 B2", "ANNA", "no defect above 0.05 mm"]
    assert [row["reference"] for row in rows] == ["OD", "ID", "OD", "ID | A", "OD", "ID", "", "", "", "OD"]


def test_every_row_says_what_part_and_with_what(genealogy: Genealogy):
    this = dossier(genealogy, order=order_bytes(customer_reference="C-88121", operation="40 turning"))
    for row in table(make(this)):
        assert tuple(row) == COLUMNS
        told = {
            **{"part_number": "RING-237", "part_revision": "A", "serial": "RING-237-0001", "material": "1.4310"},
            **{"order_id": "MO-2026-000417", "customer_reference": "C-88121", "operation": "40 turning"},
            **{"inspection_id": this.inspection["id"], "attempt": 1.0, "record_status": "stands", "operator": "ann"},
            **{"inspected_at": "2026-11-22T09:12:05.012Z", "part_verdict": "PASS", "part_reason": "", "drawing": ""},
            **{"decision_rule": "iso14253-1", "required_probability": 0.95, "station": "cell-3", "rig": "twin"},
            **{"software": "0.3.1", "simulated": "yes", "calibration": "CAL-7", "temperature_c": 20.4},
            **{"calibration_valid_until": "2027-01-01T00:00:00Z", "record_hash": this.entry.hash},
            **{"nonconformance_number": "", "disposition": "", "material_lots": "", "prior_operations": ""},
        }
        assert {column: row[column] for column in told} == told | {"inspected_at": row["inspected_at"]}
        assert row["inspected_at"] == this.inspection["finished"]


def test_what_is_not_pass_says_why(genealogy: Genealogy):
    rows = replaced("1", verdict="UNDECIDED", value=23.7499, reason="within the guard band")
    first, *_ = table(make(dossier(genealogy, verdict="UNDECIDED", characteristics=rows)))
    assert (first["verdict"], first["remarks"], first["result"]) == ("UNDECIDED", "within the guard band", 23.7499)

    rows = replaced("1", verdict="ERROR", value=23.7, measured=False, reason="no edge")
    first, *_ = table(make(dossier(genealogy, verdict="ERROR", characteristics=rows)))
    assert (first["verdict"], first["remarks"]) == ("ERROR", "no edge")
    assert (first["result"], first["result_rounded"]) == ("", "")  # a number that was not measured is none

    nothing = {"verdict": "ERROR", "reason": "the lamp is dark", "characteristics": (), "calibration": None}
    rows = table(make(dossier(genealogy, **nothing)))
    assert [row["characteristic_number"] for row in rows] == [one["id"] for one in CHARACTERISTICS]
    assert {(row["verdict"], row["result"], row["remarks"]) for row in rows} == {("ERROR", "", "the lamp is dark")}
    assert rows[0]["upper_limit"] == 23.75


def test_a_finding_has_a_row(genealogy: Genealogy):
    hole = Finding(kind="opening", verdict="FAIL", where_mm=(1.0, 2.0), size_mm=0.4, reason="an opening too many")
    *_, last = table(make(dossier(genealogy, verdict="FAIL", findings=(hole,))))
    assert (last["designator"], last["verdict"], last["result"]) == ("finding: opening", "FAIL", 0.4)
    assert last["remarks"] == "an opening too many at (1, 2) mm"
    assert last["part_verdict"] == "FAIL"


def test_what_people_and_others_said(genealogy: Genealogy):
    first, second = commit(genealogy), commit(genealogy, seconds=9)
    key = PartKey("MO-2026-000417", "RING-237-0001")
    add_link(genealogy, key, Material("LOT-1", "1.4310", supplier="Steel AG"), by="ben", at=at(10))
    add_link(genealogy, key, Operation("hardening", "Heat Ltd", reference="CoC 7"), by="ben", at=at(11))
    event = dispose(genealogy, second, Decision.USE_AS_IS, reason_code="RC-7", by="cleo", at=at(12), remark="fine")
    row = table(make(dossier_of(genealogy, second)))[0]
    assert row["material_lots"] == "LOT-1 1.4310 (Steel AG)"
    assert row["prior_operations"] == "hardening (Heat Ltd) CoC 7"
    assert (row["nonconformance_number"], row["disposition"]) == (event.id, "use-as-is")
    assert row["disposition_remarks"] == "RC-7, fine, cleo"
    assert table(make(dossier_of(genealogy, first)))[0]["record_status"] == "superseded by attempt 2"
    withdraw(genealogy, second, reason="another part", by="cleo", at=at(13))
    assert table(make(dossier_of(genealogy, second)))[0]["record_status"] == "withdrawn by cleo: another part"


def test_an_attempt_stands_again_when_the_later_one_is_withdrawn(genealogy: Genealogy):
    first, second = commit(genealogy), commit(genealogy)
    assert table(make(dossier_of(genealogy, first)))[0]["record_status"] == "superseded by attempt 2"
    withdraw(genealogy, second, reason="another part lay there", by="bea", at=at(9))
    assert table(make(dossier_of(genealogy, first)))[0]["record_status"] == "stands"


def test_a_value_outside_its_limit_never_looks_inside(genealogy: Genealogy):
    near = replaced("1", verdict="FAIL", value=23.7504, expanded_uncertainty=0.018, reason="It is too large.")
    this = dossier(genealogy, verdict="FAIL", characteristics=near)
    row = table(make(this))[0]
    assert (row["result_rounded"], row["result"]) == ("23.7504 ± 0.018", 23.7504)


def test_a_series_has_one_header(genealogy: Genealogy):
    these = [dossier(genealogy, order=order_bytes(f"R-{n}")) for n in range(3)]
    rows = table(make_series(these))
    assert [row["serial"] for row in rows] == [f"R-{n}" for n in range(3) for _ in CHARACTERISTICS]


FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", "'=1", "＝1+1", "a;=1+1", "a|+1")


def test_nothing_from_outside_is_a_formula(genealogy: Genealogy):
    for text in FORMULAS:
        order = order_bytes(f"{text} S", customer_reference=text, part={"part_number": text, "material": text})
        rows = replaced("9", verdict="FAIL", value=text, reason=f"{text}\r\n=2+2")
        data = make(dossier(genealogy, order=order, verdict="FAIL", characteristics=rows, operator=text))
        for row in table(data):
            for column in ("part_number", "serial", "customer_reference", "material", "operator"):
                cells = re.split(r"[;|]", row[column])
                assert not any(cell.strip()[:1] in tuple("=+-@＝＋－＠") for cell in cells), column
                assert row[column].replace("'", "").startswith(text.replace("'", ""))
        found = table(data)[8]
        assert found["remarks"].replace("'", "") == f"{text}  =2+2".replace("'", "")
        assert data.count(b"\n") == len(CHARACTERISTICS) + 1


def test_a_negative_number_stays_a_number(genealogy: Genealogy):
    line = make(dossier(genealogy)).decode("utf-8-sig").split("\r\n")[1]
    assert ",-0.0316," in line


def test_the_page_names_every_column():
    named = re.findall(r"`([a-z_]+)`", PAGE.read_text(encoding="utf-8"))
    assert set(COLUMNS) <= set(named)


def test_it_is_a_format(genealogy: Genealogy):
    this = dossier(genealogy)
    assert (format_of("csv").suffix, format_of("csv").media_type) == (".csv", "text/csv; charset=utf-8")
    assert format_of("csv").make(this) == make(this)


def sheet(data: bytes, folder: Path, separator: str = ",") -> list[tuple[str, str, str]]:
    """Kind, value and formula of every filled cell, as LibreOffice takes the file."""
    assert OFFICE is not None
    (folder / "part.csv").write_bytes(data)
    profile = f"-env:UserInstallation=file://{folder}/office"
    taken = f"--infilter=Text - txt - csv (StarCalc):{ord(separator)},34,76,1"  # 76 is UTF-8
    command = [OFFICE, profile, "--headless", taken, "--convert-to", "fods", "--outdir", str(folder), "part.csv"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=300)
    cells = etree.parse(folder / "part.fods").iter("{*}table-cell")
    kind, number, formula = (f"{{urn:oasis:names:tc:opendocument:xmlns:{n}}}{a}" for n, a in _ATTRIBUTES)
    return [
        (cell.get(kind, ""), cell.get(number, "".join(cell.itertext()).strip()), cell.get(formula, ""))
        for cell in cells
        if cell.get(kind)
    ]


_ATTRIBUTES = (("office:1.0", "value-type"), ("office:1.0", "value"), ("table:1.0", "formula"))


@pytest.mark.skipif(OFFICE is None, reason="needs LibreOffice")
def test_libreoffice_finds_every_number_and_no_formula(genealogy: Genealogy, tmp_path: Path):
    text = "Ring Ø;=1+1"
    order = order_bytes(text, part={"part_number": "=1+1", "material": "+1+1", "revision": "@SUM(1)"})
    this = dossier(genealogy, order=order, operator="-1+1")
    cells = sheet(make(this), tmp_path)
    assert not [cell for cell in cells if cell[2]]
    assert ("string", "Ring Ø;'=1+1", "") in cells
    numbers = {float(value) for kind, value, _ in cells if kind == "float"}
    assert {answer.value for answer in answers() if isinstance(answer.value, float)} <= numbers
    assert -0.0316 in numbers
    assert not [cell for cell in sheet(make(this), tmp_path, ";") if cell[2]]
    assert [cell[2] for cell in sheet(b"a,b;=1+1\r\n", tmp_path, ";") if cell[2]] == ["of:=1+1"]  # it would run one


@pytest.mark.parametrize("verdict", MARKED)
def test_marks_with_every_verdict(genealogy: Genealogy, verdict: str):
    given = with_marks(draft(characteristics=answers()), verdict)
    shape = {"verdict": verdict, "characteristics": given.characteristics, "findings": given.findings}
    rows = table(make(dossier(genealogy, **shape)))
    for row, said in zip(rows[7:10], given.characteristics[7:10], strict=True):
        assert row["verdict"] == verdict
        if isinstance(said.value, float):
            assert (row["result"], float(row["result_rounded"])) == (said.value, pytest.approx(said.value, rel=1e-5))
        else:
            assert row["result"] == (said.value or "").replace("\x1d", " ")
        assert row["remarks"].startswith(said.reason)
    if verdict != "ERROR":
        assert rows[7]["remarks"].endswith("GS1 (01)07612345678900(21)A<1>&\u20ac")
        assert "threshold 2.5, model surface" in rows[9]["remarks"]
    if verdict == "FAIL":
        assert rows[10]["designator"] == "finding: scratch"
        assert rows[10]["remarks"] == "A scratch of 0.43 mm. at (1.25, -2.5) mm, characteristic 9"
