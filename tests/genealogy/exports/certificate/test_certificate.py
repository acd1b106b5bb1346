"""Certificates, as somebody reads them who has poppler and not our software."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from station.errors import InputError, IntegrityError
from station.genealogy.dossier import Dossier, dossier_of
from station.genealogy.exports.certificate.issue import certificate
from station.genealogy.exports.certificate.traces import moment, number_of
from station.genealogy.exports.formats import FORMATS, format_of
from station.genealogy.inspection import DecisionRule
from station.genealogy.parts import (
    Decision,
    Material,
    Operation,
    PartKey,
    add_link,
    correct,
    dispose,
    withdraw,
)
from station.genealogy.store import Genealogy
from station.texts import LANGUAGES, Texts, texts_of
from tests.genealogy.builders import NOW, at, draft
from tests.genealogy.exports.series import answers, order_bytes
from tests.genealogy.marked import MARKED, with_marks

from . import samples
from .poppler import needs_poppler, pages_of, run, text_of

pytestmark = needs_poppler

VALUES = (
    "23.70 ± 0.05 mm", "23.65 … 23.75 mm", "23.6684 ± 0.0018 mm", "19.000 +0.052/0 mm H9", "19.000 … 19.052 mm",
    "≤ 0.06 mm", "0.01234 ± 0.00056 mm", "0.008 ± 0.011 mm", "18.9 … 19.1 mm", "19.0283 ± 0.0018 mm", "= 1",
    "010761234567890021A1", "0.0120 ± 0.0040 mm",
)  # fmt: skip
CASES: dict[str, dict[str, Any]] = {
    "PASS": {},
    "FAIL": samples.failed(),
    "UNDECIDED": samples.undecided(),
    "ERROR": {**samples.errored(), "calibration": None},
}


def texts_in(language: str) -> Texts:
    return texts_of("station.genealogy.exports.certificate", language)


def dossier(genealogy: Genealogy, **changes: Any) -> Dossier:
    return dossier_of(genealogy, samples.commit(genealogy, **changes))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("verdict", CASES)
def test_it_says_what_was_asked_found_and_decided(
    genealogy: Genealogy, tmp_path: Path, language: str, verdict: str
) -> None:
    found, texts = dossier(genealogy, **CASES[verdict]), texts_in(language)
    pdf = certificate(found, language)
    text = text_of(pdf, tmp_path)
    for said in ("MO-2026-000417", "C-88121", "RING-237", "RING-237-0001", "1.4310", "40 turning", "cell-3 (bench)"):
        assert said in text
    assert texts(f"statement.{verdict}") in text
    assert texts("rule.iso14253-1", percent="95") in text
    assert texts("sign.none") in text
    assert number_of(found) in text
    for entry in found.inspection["characteristics"]:
        assert f"{entry['id']} {texts.word('type', entry['type'])}" in text
        assert entry["reason"] in text
    for word in {entry["verdict"] for entry in found.inspection["characteristics"]}:
        assert texts(f"verdict.{word}") in text
    values = {"PASS": VALUES, "FAIL": ("23.7681 ± 0.0018 mm", "19.0517 ± 0.0018 mm", *VALUES[5:])}
    for value in values.get(verdict, ("23.70 ± 0.05 mm", "19.000 +0.052/0 mm H9", "≤ 0.06 mm", "18.9 … 19.1 mm")):
        assert value in text, value
    for hashed in (found.entry.hash, found.entry.previous_hash, found.inspection["order_sha256"]):
        assert hashed in text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("verdict", CASES)
def test_only_a_pass_is_certified(genealogy: Genealogy, tmp_path: Path, language: str, verdict: str) -> None:
    texts = texts_in(language)
    text = text_of(certificate(dossier(genealogy, **CASES[verdict]), language), tmp_path)
    certifies = texts("statement.certifies", serial="RING-237-0001", order="MO-2026-000417")
    assert (certifies in text) == (verdict == "PASS")
    assert (texts("title.certificate_kind") in text) == (verdict == "PASS")
    assert (texts("label.representative") in text) == (verdict == "PASS")
    assert (texts("statement.certifies_not") in text) == (verdict != "PASS")
    assert (texts("title.report_kind") in text) == (verdict != "PASS")
    assert (texts("statement.PASS") in text) == (verdict == "PASS")


def test_each_page_has_serial_number_and_count(genealogy: Genealogy, tmp_path: Path) -> None:
    pdf = certificate(dossier(genealogy), "de")
    pages = pages_of(pdf, tmp_path)
    assert pages > 1
    for page in range(1, pages + 1):
        text = text_of(pdf, tmp_path, page)
        assert "Seriennummer RING-237-0001" in text
        assert f"Seite {page} von {pages}" in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_simulated_part_says_so_on_every_page(genealogy: Genealogy, tmp_path: Path, language: str) -> None:
    texts = texts_in(language)
    pdf = certificate(dossier(genealogy, station=replace(samples.REAL, simulated=True)), language)
    for page in range(1, pages_of(pdf, tmp_path) + 1):
        letters = text_of(pdf, tmp_path, page).replace(" ", "")  # pdftotext takes letters on a slant apart
        assert letters.count(texts("mark.simulated")) == 2  # large across the page, and on top of it
    text = text_of(pdf, tmp_path)
    assert texts("statement.certifies_not") in text
    assert texts("title.certificate") not in text


def test_a_later_attempt_takes_its_place_unless_it_is_withdrawn(genealogy: Genealogy, tmp_path: Path) -> None:
    first, second = samples.commit(genealogy), samples.commit(genealogy, **samples.failed())
    text = text_of(certificate(dossier_of(genealogy, first)), tmp_path)
    assert "SUPERSEDED" in text
    assert (
        f"attempt 2 at this part was committed later ({moment('2026-11-22T09:12:03.512Z')}), with the verdict FAIL"
        in text
    )
    assert "This document certifies no conformity." in text
    assert "Every characteristic ordered is shown" not in text
    withdraw(genealogy, second, reason="Another part lay there.", by="Q. Meister", at=at(60))
    text = text_of(certificate(dossier_of(genealogy, first)), tmp_path)
    assert "SUPERSEDED" not in text
    assert "We certify that the part" in text
    text = text_of(certificate(dossier_of(genealogy, second)), tmp_path)
    assert "WITHDRAWN in the record: FAIL" in text
    assert "by Q. Meister: this inspection does not stand. Reason: Another part lay there." in text


def test_a_disposition_is_said_and_changes_nothing_that_was_measured(genealogy: Genealogy, tmp_path: Path) -> None:
    id = samples.commit(genealogy, **samples.failed())
    by = {"by": "Q. Meister", "reason_code": "C-17"}
    event = dispose(genealogy, id, Decision.USE_AS_IS, at=at(60), remark="Agreed with the customer.", **by)
    text = text_of(certificate(dossier_of(genealogy, id)), tmp_path)
    said = "Disposition of 2026-11-22 09:13:03 UTC by Q. Meister: use as is (concession). Reason code: C-17."
    assert f"{said} Agreed with the customer. A disposition does not change what was measured." in text
    assert "FAIL Non-conformity is shown" in text
    assert "This document certifies no conformity." in text
    correct(genealogy, event.id, reason="It was for another part.", by="Q. Meister", at=at(120))
    text = text_of(certificate(dossier_of(genealogy, id)), tmp_path)
    assert "was taken back on 2026-11-22 09:14:03 UTC by Q. Meister: It was for another part." in text


@pytest.mark.parametrize(("decision", "certified"), [(Decision.HOLD, False), (Decision.USE_AS_IS, True)])
def test_a_part_that_is_held_back_is_not_certified(
    genealogy: Genealogy, tmp_path: Path, decision: Decision, certified: bool
) -> None:
    id = samples.commit(genealogy)
    dispose(genealogy, id, decision, reason_code="X", by="Q. Meister", at=at(60))
    assert ("We certify" in text_of(certificate(dossier_of(genealogy, id)), tmp_path)) is certified


def test_material_and_steps_before_stand_with_the_part_and_corrected_ones_do_not(
    genealogy: Genealogy, tmp_path: Path
) -> None:
    part = PartKey("MO-2026-000417", "RING-237-0001")
    add_link(genealogy, part, Material("LOT-4471", "1.4310", supplier="Mill AG"), by="A", at=at(0))
    wrong = add_link(genealogy, part, Material("LOT-9999"), by="A", at=at(0))
    correct(genealogy, wrong.id, reason="Misread.", by="A", at=at(1))
    add_link(genealogy, part, Operation("10 blanking", "Press AG", reference="LS-77"), by="A", at=at(0))
    text = text_of(certificate(dossier(genealogy)), tmp_path)
    assert "Material lots LOT-4471 1.4310 Mill AG" in text
    assert "LOT-9999" not in text
    assert "Operations before 10 blanking, Press AG, LS-77" in text


def test_where_the_figures_come_from(genealogy: Genealogy, tmp_path: Path) -> None:
    found = dossier(genealogy)
    text = text_of(certificate(found), tmp_path)
    assert "Calibration CAL-7" in text
    assert "Valid until 2027-01-01 00:00:00 UTC" in text
    assert found.inspection["calibration"]["sha256"] in text
    assert "Artefact PLATE-8 P8-0007" in text
    assert "Certificate of PLATE-8 METAS-258-12345, METAS, 2026-01-15, due 2028-01-15" in text
    assert "Temperature 20.4 °C (u = 0.1 K)" in text
    assert "Operator Anna Müller" in text
    assert found.inspection["frames"][0]["sha256"] in text


@pytest.mark.parametrize(
    ("decision", "said"),
    [
        (
            DecisionRule(rule="jcgm106", conformance_probability=0.975),
            "JCGM 106:2012 with a conformance probability of 97.5 %",
        ),
        (DecisionRule(rule="simple", conformance_probability=0.5), "The uncertainty of the measurement was not taken"),
        (DecisionRule(rule="house rule", conformance_probability=0.9), "house rule"),
        (None, "The record does not say after which rule was decided."),
    ],
)
def test_the_rule_is_the_records(
    genealogy: Genealogy, tmp_path: Path, decision: DecisionRule | None, said: str
) -> None:
    assert said in text_of(certificate(dossier(genealogy, decision=decision)), tmp_path)


@pytest.mark.parametrize(
    ("changes", "note"),
    [
        ({"decision": None}, "note.no_rule"),
        ({"calibration": None}, "note.no_calibration"),
        ({"finished": datetime(2027, 1, 1, 0, 0, 1, tzinfo=UTC)}, "note.expired"),
    ],
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_pass_without_rule_or_valid_calibration_is_no_certificate(
    genealogy: Genealogy, tmp_path: Path, changes: dict[str, Any], note: str, language: str
) -> None:
    """ISO/IEC 17025:2017, 7.8.6: a statement of conformity names its decision rule; 6.5: figures are traceable."""
    texts = texts_in(language)
    text = text_of(certificate(dossier(genealogy, **changes), language), tmp_path)
    assert texts(note) in text
    assert texts("title.report_kind") in text
    assert texts("statement.certifies_not") in text
    assert texts("statement.PASS") not in text


def test_marks_need_no_calibration_to_be_certified(genealogy: Genealogy, tmp_path: Path) -> None:
    asked = samples.order([one for one in samples.ASKED if one["id"] == "7"], geometry={"features": []}, datums={})
    read = (samples.marked("7", "code", "010761234567890021A1"),)
    pdf = certificate(dossier(genealogy, asked=asked, characteristics=read, calibration=None))
    assert "We certify that the part" in text_of(pdf, tmp_path)


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_does_not_call_itself_a_certificate_3_1_before_somebody_confirms_it(language: str) -> None:
    """EN 10204:2004, 4.1: a 3.1 is validated by the manufacturer's authorised inspection representative."""
    texts = texts_in(language)
    assert texts("title.certificate_kind").endswith(f"{texts('section.signature')})")


def test_the_attached_record_has_the_hashes_that_are_printed(genealogy: Genealogy, tmp_path: Path) -> None:
    found = dossier(genealogy)
    (tmp_path / "c.pdf").write_bytes(certificate(found))
    run("pdfdetach", "-saveall", "-o", tmp_path, tmp_path / "c.pdf")
    body = (tmp_path / "inspection.json").read_bytes()
    assert json.loads(body)["serial"] == "RING-237-0001"
    text = text_of((tmp_path / "c.pdf").read_bytes(), tmp_path)
    digest = hashlib.sha256(body).hexdigest()
    assert f"SHA-256 of the record {digest}" in text
    cursor, committed = re.search(r"Entry in the chain (\d+), committed (\S+)", text).groups()  # type: ignore[union-attr]
    before = re.search(r"Hash of the entry before ([0-9a-f]{64})", text).group(1)  # type: ignore[union-attr]
    link = "\n".join(("station-chain/1", cursor, "inspection", committed, before, digest, ""))
    assert f"Hash of the entry {hashlib.sha256(link.encode()).hexdigest()}" in text


def test_it_is_a_sound_file_with_its_fonts_and_metadata_and_always_the_same(
    genealogy: Genealogy, tmp_path: Path
) -> None:
    found = dossier(genealogy, overlay=samples.picture(1600, 1000))
    pdf = certificate(found, "it")
    assert certificate(found, "it") == pdf
    path = tmp_path / "c.pdf"
    path.write_bytes(pdf)
    run("qpdf", "--check", path)
    fonts = run("pdffonts", path).splitlines()[2:]
    assert fonts
    assert all(line.split("Identity-H")[1].split()[:3] == ["yes", "yes", "yes"] for line in fonts)  # emb, sub, uni
    metadata = run("pdfinfo", "-meta", path)
    assert f"Certificato di controllo {number_of(found)}: Numero di serie RING-237-0001" in metadata
    assert "<rdf:li>cell-3</rdf:li>" in metadata
    assert "<rdf:li>it</rdf:li>" in metadata
    assert f'xmp:CreateDate="{NOW:%Y-%m-%dT%H:%M:%S}+00:00"' in metadata
    assert 'pdfaid:part="3"' in metadata


def test_many_large_pictures_stay_below_two_megabytes(genealogy: Genealogy, tmp_path: Path) -> None:
    frames = tuple(samples.picture(2048, 1536, seed) for seed in range(14))
    pdf = certificate(dossier(genealogy, frames=frames, overlay=samples.picture(1600, 1000)))
    assert len(pdf) < 2_000_000
    (tmp_path / "c.pdf").write_bytes(pdf)
    assert len(run("pdfimages", "-list", tmp_path / "c.pdf").splitlines()) == 2 + 1 + 12
    assert "2 more pictures are in the record." in text_of(pdf, tmp_path)


def test_pictures_that_cannot_be_shown_are_named(genealogy: Genealogy, tmp_path: Path) -> None:
    found = dossier(genealogy, frames=(b"no picture at all", samples.picture()))
    gone = genealogy.home.frames / found.inspection["frames"][1]["sha256"][:2]
    next(gone.iterdir()).unlink()
    with pytest.raises(IntegrityError, match="missing"):  # nothing in the record says that it was removed
        certificate(found)
    removed = {"rule": "PASS after 90 days", "sha256": [found.inspection["frames"][1]["sha256"]]}
    genealogy.add_event("pictures-removed", "cell-3", removed, at=at(60))
    text = text_of(certificate(found), tmp_path)
    assert "view0, as taken: 640 × 480 px: it cannot be shown" in text
    assert "view1, as taken: 640 × 480 px: no longer kept; its SHA-256 stands in the record" in text


def test_a_picture_that_was_changed_certifies_nothing(genealogy: Genealogy) -> None:
    found = dossier(genealogy)
    stored = next((genealogy.home.frames / found.inspection["frames"][0]["sha256"][:2]).iterdir())
    stored.chmod(0o644)
    stored.write_bytes(samples.picture(seed=8))
    with pytest.raises(IntegrityError):
        certificate(found)


def test_three_hundred_characteristics(genealogy: Genealogy, tmp_path: Path) -> None:
    asked = [{**samples.ASKED[0], "id": f"C{n}"} for n in range(300)]
    said = {n: f"It is too large by {n}." for n in range(0, 300, 7)}
    measured = tuple(
        samples.found(
            f"C{n}", "diameter", "FAIL" if n in said else "PASS", value=23.6 + n / 1e4, reason=said.get(n, "")
        )
        for n in range(300)
    )
    found = dossier(genealogy, asked=samples.order(asked), verdict="FAIL", characteristics=measured)
    pdf = certificate(found)
    text = text_of(pdf, tmp_path)
    pages = pages_of(pdf, tmp_path)
    assert text.count("No. Characteristic Requirement") >= pages - 3  # on each page of the table
    starts = [
        text.index(f" C{n} Diameter OD 23.70 ± 0.05 mm 23.65 … 23.75 mm {23.6 + n / 1e4:.4f} ± 0.0018 mm")
        for n in range(300)
    ]
    assert starts == sorted(starts)
    assert all(sentence in text for sentence in said.values())


def test_long_and_strange_texts_are_whole(genealogy: Genealogy, tmp_path: Path) -> None:
    code = "".join(f"{n:03d}" for n in range(1000)).translate(str.maketrans("0123456789", "αβγδεζηθικ"))
    reason = " ".join(f"word{n}" for n in range(2500))
    serial = "S<>&{nb}{x} 张三 ابن Ω Жук ﬁ 🛠 " + "W" * 90
    first, *others = samples.everything()
    measured = (
        replace(first, verdict="FAIL", reason=reason),
        *(replace(one, value=f"{code}!") if one.type == "code" else one for one in others),
    )
    asked = [{**one, "expected": code} if one["type"] == "code" else one for one in samples.ASKED]
    found = dossier(
        genealogy,
        asked=samples.order(asked, part={"serial": serial}),
        serial=serial,
        operator="\u202eMüller\u200b",
        verdict="FAIL",
        reason=reason,
        characteristics=measured,
    )
    pdf = certificate(found, "fr")
    text = text_of(pdf, tmp_path)
    assert re.findall(r"word\d+", text) == reason.split() * 2  # with the verdict, and in its row
    assert "".join(re.findall(r"[α-κ]+", text)).count(code) == 2  # expected and read, over as many lines as it takes
    assert "S<>&{nb}{x} [U+5F20][U+4E09] [U+0627][U+0628][U+0646] Ω Жук" in text
    assert "[U+1F6E0]" in text
    assert "Opérateur [U+202E]Müller[U+200B]" in text
    (tmp_path / "c.pdf").write_bytes(pdf)
    run("qpdf", "--check", tmp_path / "c.pdf")


def test_what_the_record_does_not_mention_counts_as_not_measured(genealogy: Genealogy, tmp_path: Path) -> None:
    found = dossier(genealogy, verdict="ERROR", reason="It stopped.", characteristics=samples.everything()[:3])
    text = text_of(certificate(found), tmp_path)
    assert "The record says nothing about this characteristic: it was not measured." in text
    assert "010761234567890021A1 – ! ERROR" in text


def test_it_is_a_format_of_the_export(genealogy: Genealogy, tmp_path: Path) -> None:
    found = dossier(genealogy)
    pdf = format_of("pdf")
    assert (pdf.suffix, pdf.media_type) == (".pdf", "application/pdf")
    assert "Inspection certificate" in text_of(pdf.make(found), tmp_path)
    assert "Abnahmeprüfzeugnis" in text_of(pdf.file(found, "de"), tmp_path)
    with pytest.raises(InputError, match="'xx' is not a language; there are en, de, fr, it"):
        pdf.file(found, "xx")


def test_a_format_for_programs_has_no_language(genealogy: Genealogy) -> None:
    plain = replace(FORMATS["pdf"], make=lambda _: b"data", make_in=None)
    found = dossier(genealogy)
    assert plain.file(found) == b"data"
    with pytest.raises(InputError, match="has no language"):
        plain.file(found, "de")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("verdict", MARKED)
def test_marks_with_every_verdict(genealogy: Genealogy, tmp_path: Path, language: str, verdict: str) -> None:
    given = with_marks(draft(characteristics=answers()), verdict)
    shape = {"verdict": verdict, "characteristics": given.characteristics, "findings": given.findings}
    found, texts = dossier(genealogy, asked=order_bytes(), models=given.models, **shape), texts_in(language)
    text = text_of(certificate(found, language), tmp_path)
    assert texts(f"verdict.{verdict}") in text
    assert "≤ 0.05 mm" in text
    for row in given.characteristics[7:]:
        assert row.reason in text
    if verdict != "ERROR":
        assert "GS1 (01)07612345678900(21)A<1>&€" in text
        assert "threshold 2.5, model surface" in text
        size = {"PASS": "0 mm", "FAIL": "0.4321 mm", "UNDECIDED": "0.0512346 mm"}[verdict]
        assert size in text
    for model in given.models:
        assert model.sha256 in text
    if verdict == "FAIL":
        assert "ANMA 22.11.26" in text
        assert "A scratch of 0.43 mm." in text
