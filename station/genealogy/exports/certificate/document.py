"""The certificate of one inspection, laid out: verdict first, then what was asked and found, then what it rests on."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime

from station.genealogy.dossier import Dossier
from station.genealogy.events import Event
from station.genealogy.exports.certificate.evidence import draw_pictures, draw_signature, draw_traces
from station.genealogy.exports.certificate.rows import findings_of, rows_of
from station.genealogy.exports.certificate.sheet import COLOURS, INK, LINE, MARGIN, SOFT, WIDTH, Head, Sheet
from station.genealogy.exports.certificate.signing import Signer
from station.genealogy.exports.certificate.table import draw_findings, draw_table
from station.genealogy.exports.certificate.traces import moment, number_of, part_pairs
from station.genealogy.standing import Standing, standing_of
from station.texts import Texts

ATTACHED = "inspection.json"


def laid_out(dossier: Dossier, texts: Texts, signer: Signer | None) -> bytes:
    """The PDF, not yet signed; the same dossier and signer give the same bytes.

    Raises:
        IntegrityError: a picture is not what was committed.
    """
    standing = standing_of(dossier)
    at = datetime.fromisoformat(dossier.entry.committed)
    with closing(Sheet(_head(dossier, standing, texts, at))) as sheet:
        _draw_title(sheet, dossier, standing, texts)
        _draw_notes(sheet, dossier, standing, texts)
        _draw_verdict(sheet, dossier, standing, texts)
        sheet.heading(texts("section.part"))
        sheet.pairs_abreast(part_pairs(dossier, standing, texts))
        draw_table(sheet, rows_of(dossier, texts), texts)
        draw_findings(sheet, findings_of(dossier), texts)
        _draw_rule(sheet, dossier, texts)
        draw_pictures(sheet, dossier, texts)
        draw_traces(sheet, dossier, texts)
        draw_signature(sheet, signer, standing.certifies, texts)
        sheet.embed_file(
            bytes=dossier.entry.body,
            basename=ATTACHED,
            mime_type="application/json",
            associated_file_relationship="Source",
            creation_date=at,
            modification_date=at,
            compress=True,
        )
        return bytes(sheet.output())


def _head(dossier: Dossier, standing: Standing, texts: Texts, at: datetime) -> Head:
    inspection = dossier.inspection
    return Head(
        title=texts(f"title.{'certificate' if standing.certifies else 'report'}"),
        number=number_of(dossier),
        serial=f"{texts('label.serial')} {inspection['serial']}",
        marks=tuple(texts(f"mark.{mark}") for mark in standing.marks),
        page=texts("title.page", page="{page}"),
        record=f"{texts('label.record')} {dossier.entry.id}",
        author=inspection["station"]["id"],
        language=texts.language,
        at=at,
    )


def _draw_title(sheet: Sheet, dossier: Dossier, standing: Standing, texts: Texts) -> None:
    name = "certificate" if standing.certifies else "report"
    sheet.pen(22, INK, "B")
    sheet.block(MARGIN, texts(f"title.{name}"), WIDTH)
    sheet.set_y(sheet.get_y() + 1)
    sheet.pen(10, SOFT)
    sheet.block(MARGIN, f"{texts(f'title.{name}_kind')}  ·  {number_of(dossier)}", WIDTH)
    sheet.set_y(sheet.get_y() + 5)


def _draw_notes(sheet: Sheet, dossier: Dossier, standing: Standing, texts: Texts) -> None:
    """What else the record says about this inspection: before the verdict, so that nobody reads the verdict alone."""
    said = [texts(f"note.{ground}") for ground in standing.grounds]
    if (later := standing.later) is not None:
        verdict = texts(f"verdict.{later.verdict}")
        values = {"attempt": later.attempt, "at": moment(later.committed), "verdict": verdict}
        said.append(texts("note.superseded", **values, this=dossier.inspection["attempt"]))
    if (event := standing.withdrawn) is not None:
        values = {"by": event.payload["by"], "reason": event.payload["reason"]}
        said.append(texts("note.withdrawn", at=moment(event.at), **values))
    for event, taken_back in standing.dispositions:
        said.extend(_disposition(event, taken_back, texts))
    for text in said:
        sheet.paragraph(sheet.shown(text), 9, INK, "B")
    if said:
        sheet.set_y(sheet.get_y() + 3)


def _disposition(event: Event, taken_back: Event | None, texts: Texts) -> list[str]:
    payload = event.payload
    values = {"decision": texts.word("decided", payload["decision"]), "code": payload["reason_code"]}
    made = texts(
        "note.disposition", at=moment(event.at), by=payload["by"], **values, remark=payload.get("remark") or ""
    )
    if taken_back is None:
        return [f"{made.strip()} {texts('note.measured')}"]
    later, by, reason = moment(taken_back.at), taken_back.payload["by"], taken_back.payload["reason"]
    return [made, texts("note.corrected", at=moment(event.at), later=later, by=by, reason=reason)]


def _draw_verdict(sheet: Sheet, dossier: Dossier, standing: Standing, texts: Texts) -> None:
    inspection = dossier.inspection
    verdict = inspection["verdict"]
    word, colour, said = texts(f"verdict.{verdict}"), COLOURS[verdict], [texts(f"statement.{verdict}")]
    if verdict == "PASS" and standing.grounds:  # a note above says why this shows no conformity
        said = []
    if not standing.stands:  # what it came to is not to be taken for what counts
        word, colour, said = texts(f"mark.{'withdrawn' if standing.withdrawn else 'superseded'}"), SOFT, []
    serial, order = inspection["serial"], inspection["order_id"]
    last = texts("statement.certifies", serial=serial, order=order) if standing.certifies else ""
    sheet.room_for(60)
    sheet.rule(colour, 0.8)
    top, page = sheet.get_y() + 5, sheet.page_no()
    sheet.symbol(verdict if standing.stands else "ERROR", MARGIN + 9.2, top + 9, 8, colour)
    left, width = MARGIN + 26, WIDTH - 26
    sheet.set_y(top)
    sheet.pen(26, colour, "B")
    sheet.block(left, word, width)
    if word != verdict:
        sheet.pen(7.5, SOFT)
        sheet.block(left, texts("statement.recorded", verdict=verdict), width)
    sheet.set_y(sheet.get_y() + 1.5)
    for text in said:
        sheet.pen(9.5)
        sheet.block(left, text, width)
        sheet.set_y(sheet.get_y() + 1)
    sheet.pen(9.5, INK, "B")
    sheet.block(left, sheet.shown(last or texts("statement.certifies_not")), width)
    if reason := inspection["reason"]:
        sheet.set_y(sheet.get_y() + 1.5)
        sheet.pen(8.5)
        sheet.block(left, sheet.shown(reason), width)
    if sheet.page_no() == page:
        sheet.set_y(max(sheet.get_y(), top + 18))
    sheet.set_y(sheet.get_y() + 4)
    sheet.rule(LINE)


def _draw_rule(sheet: Sheet, dossier: Dossier, texts: Texts) -> None:
    sheet.heading(texts("section.rule"))
    decision = dossier.inspection.get("decision")
    if decision is None:
        sheet.paragraph(texts("rule.unknown"))
    elif f"rule.{decision['rule']}" in texts.table:
        sheet.paragraph(texts(f"rule.{decision['rule']}", percent=f"{100 * decision['conformance_probability']:g}"))
    else:
        sheet.paragraph(sheet.shown(decision["rule"]))
    sheet.paragraph(texts("rule.uncertainty"))
