"""What the figures of a certificate rest on, as names and values: part, station, calibration, record and hashes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

from station.documents import sha256_hex
from station.genealogy.dossier import Dossier
from station.genealogy.exports.certificate.rows import NOTHING
from station.genealogy.standing import Standing
from station.metrology.calibration_origin import MasterPapers, artefact_from
from station.texts import Texts

Pairs: TypeAlias = list[tuple[str, str]]


def number_of(dossier: Dossier) -> str:
    """The certificate's number: the day of the record and the last twelve characters of its id; always the same."""
    return f"IC-{dossier.entry.committed[:10].replace('-', '')}-{dossier.entry.id.replace('-', '')[-12:].upper()}"


def moment(text: object) -> str:
    """A moment of the record as people read it: ``2026-11-22 09:12:03 UTC``."""
    said = str(text)
    return f"{said[:10]} {said[11:19]} UTC" if said.endswith(("Z", "+00:00")) else said


def part_pairs(dossier: Dossier, standing: Standing, texts: Texts) -> Pairs:
    """Whose part it is and which step was inspected; what the order does not say has a dash."""
    inspection, order = dossier.inspection, dossier.order
    lots = [_lot(event.payload) for event in standing.materials]
    before = [_step(event.payload) for event in standing.operations]
    found = [
        ("order", order.order_id),
        ("part_number", order.part.part_number),
        ("customer_reference", order.customer_reference),
        ("revision", order.part.revision),
        ("serial", inspection["serial"]),
        ("material", order.part.material),
        ("operation", inspection.get("operation") or order.operation),
        ("attempt", f"{inspection['attempt']} / {len(dossier.attempts)}"),
        ("measured", moment(inspection["finished"])),
        ("committed", moment(dossier.entry.committed)),
    ]
    pairs = [(texts(f"label.{name}"), value or NOTHING) for name, value in found]
    pairs += [(texts("label.lots"), "; ".join(lots))] * bool(lots)
    pairs += [(texts("label.before"), "; ".join(before))] * bool(before)
    return pairs


def trace_pairs(dossier: Dossier, texts: Texts) -> Pairs:
    """Station, conditions and calibration, with the certificates of its masters where the calibration names them."""
    inspection = dossier.inspection
    station = inspection["station"]
    unknown = texts("trace.unknown")
    pairs = [
        (texts("label.station"), f"{station['id']} ({station['rig']})"),
        (texts("label.software"), station["software"]),
        (texts("label.operator"), inspection["operator"] or unknown),
        (texts("label.temperature"), _temperature(inspection["conditions"]) or unknown),
    ]
    used = inspection["calibration"]
    if used is None:
        return [*pairs, (texts("label.calibration"), texts("trace.none"))]
    pairs += [
        (texts("label.calibration"), used["id"]),
        (texts("label.valid_until"), moment(used["valid_until"] or unknown)),
        (texts("label.calibration_sha256"), used["sha256"]),
    ]
    return pairs + list(_origin(dossier.calibration or {}, texts))


def record_pairs(dossier: Dossier, texts: Texts) -> Pairs:
    """The record and its hashes, in full: what an auditor compares."""
    entry, inspection = dossier.entry, dossier.inspection
    pairs = [
        (texts("label.record"), entry.id),
        (texts("label.entry"), texts("trace.entry", cursor=entry.cursor, at=entry.committed)),
        (texts("label.known"), str(_newest(dossier))),
        (texts("label.record_sha256"), sha256_hex(entry.body)),
        (texts("label.before_hash"), entry.previous_hash),
        (texts("label.chain_hash"), entry.hash),
        (texts("label.order_sha256"), inspection["order_sha256"]),
    ]
    if drawing := inspection.get("drawing_sha256"):
        pairs.append((texts("label.drawing_sha256"), drawing))
    pairs += [(texts("label.frame_sha256", view=frame["view"]), frame["sha256"]) for frame in inspection["frames"]]
    pairs += [(texts("label.model", name=model["name"]), model["sha256"]) for model in inspection["models"]]
    return pairs


def _newest(dossier: Dossier) -> int:
    """The newest entry of the chain about the inspection or its part: what is said here is as of then."""
    return max([dossier.entry.cursor, *(e.cursor for e in dossier.events), *(a.cursor for a in dossier.attempts)])


def _origin(calibration: Any, texts: Texts) -> Iterator[tuple[str, str]]:
    if made_from := calibration.get("made_from"):
        yield texts("label.made_from"), str(made_from)
    masters: tuple[MasterPapers, ...] = ()
    if (document := calibration.get("artefact")) is not None:
        artefact = artefact_from(document, "calibration.artefact")
        masters = artefact.masters
        yield texts("label.artefact"), " ".join((artefact.name, artefact.serial)).strip() or NOTHING
    for papers in masters:
        yield texts("label.master", master=papers.master), _papers(papers, texts)
    if not any(papers.certificate for papers in masters):
        yield texts("label.traceable"), texts("trace.untraced")


def _papers(papers: MasterPapers, texts: Texts) -> str:
    return texts(
        "trace.due",
        number=papers.certificate or NOTHING,
        issuer=papers.issuer or NOTHING,
        dated=papers.dated or NOTHING,
        due=papers.due or NOTHING,
    )


def _temperature(conditions: Any) -> str:
    celsius, u = conditions.get("temperature_c"), conditions.get("temperature_standard_uncertainty_k")
    return "" if celsius is None else f"{celsius:.1f} °C" + (f" (u = {u:.2g} K)" if u else "")


def _lot(payload: Any) -> str:
    return " ".join(str(part) for part in (payload["lot"], payload.get("material"), payload.get("supplier")) if part)


def _step(payload: Any) -> str:
    said = (payload["operation"], payload.get("organisation"), payload.get("reference"), payload.get("done_at"))
    return ", ".join(str(part) for part in said if part)
