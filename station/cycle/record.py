"""An examination as the record keeps it: `inspection/1`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from station.cycle.examine import Examination
from station.cycle.marks.answer import SeenDefect, SeenMark
from station.cycle.pictures import TakenPicture
from station.cycle.results import ItemResult
from station.genealogy.evidence import Evidence, StoredFrame
from station.genealogy.inspection import (
    BudgetLine,
    CalibrationReference,
    CharacteristicRecord,
    Conditions,
    DecisionRule,
    Finding,
    Inspection,
    MarkEvidence,
    ModelReference,
    StationRecord,
)
from station.metrology.calibration import Calibration
from station.metrology.decision import Verdict
from station.metrology.uncertainty import COVERAGE_FACTOR
from station.metrology.uncertainty import Conditions as KnownConditions
from station.order.model import Order


def to_inspection(
    order: Order,
    examination: Examination,
    calibration: Calibration | None,
    *,
    station: StationRecord,
    conditions: KnownConditions,
    operator: str,
    started: datetime,
    finished: datetime,
) -> Inspection:
    """The draft that is committed: nothing in it that was not measured."""
    findings = [
        Finding(
            kind=finding.kind,
            verdict=str(finding.verdict),
            where_mm=finding.where_mm,
            size_mm=finding.size_mm,
            reason=finding.sentence,
        )
        for _, outcome in examination.outcomes
        for finding in outcome.findings
    ]
    findings += [_defect(item, defect) for item in examination.items if item.mark for defect in item.mark.defects]
    return Inspection(
        order_id=order.order_id,
        serial=order.part.serial,
        verdict=str(examination.verdict),
        reason=examination.reason,
        station=station,
        started=started,
        finished=finished,
        operator=operator,
        characteristics=tuple(_characteristic(item) for item in examination.items),
        calibration=None
        if calibration is None
        else CalibrationReference(id=calibration.id, valid_until=calibration.valid_until.isoformat()),
        conditions=Conditions(temperature_c=conditions.temperature_c),
        models=_models(examination.items),
        findings=tuple(findings),
        decision=DecisionRule(rule=order.decision.rule, conformance_probability=order.decision.conformance_probability),
        operation=order.operation,
    )


def error_inspection(
    order_id: str,
    serial: str,
    sentence: str,
    *,
    station: StationRecord,
    operator: str,
    started: datetime,
    finished: datetime,
    operation: str = "",
) -> Inspection:
    """An attempt that came to nothing: says nothing about the part, and is kept."""
    return Inspection(
        order_id=order_id,
        serial=serial,
        verdict=str(Verdict.ERROR),
        reason=sentence,
        station=station,
        started=started,
        finished=finished,
        operator=operator,
        characteristics=(),
        operation=operation,
    )


def evidence_of(order: Order, calibration_bytes: bytes | None, pictures: Sequence[TakenPicture]) -> Evidence:
    """Everything the verdict was made from, byte for byte."""
    return Evidence(
        order=order.document,
        drawing=order.drawing or None,
        calibration=calibration_bytes,
        frames=tuple(StoredFrame(p.view, p.data, p.suffix, p.width_px, p.height_px) for p in pictures),
    )


def _defect(result: ItemResult, defect: SeenDefect) -> Finding:
    """A finding on a surface; below the limit it is one that PASSes."""
    outline = () if defect.outline_mm is None else tuple((float(x), float(y)) for x, y in defect.outline_mm)
    return Finding(
        kind="surface defect" if defect.kind == "defect" else defect.kind,
        verdict=str(defect.verdict),
        where_mm=defect.where_mm,
        size_mm=defect.size_mm,
        reason="" if defect.verdict is Verdict.PASS else result.reason,
        outline_mm=outline,
        characteristic=result.item.characteristic.id,
        score=defect.score,
    )


def _models(items: Sequence[ItemResult]) -> tuple[ModelReference, ...]:
    """Each model once, with the score that says most against the part; each mark has its own at its characteristic."""
    found: dict[str, ModelReference] = {}
    for item in items:
        if item.mark is None or (used := item.mark.model) is None:
            continue
        one = ModelReference(name=used.name, sha256=used.sha256, raw_score=used.raw_score)
        known = found.get(used.name)
        if known is None or used.is_worse_than(known.raw_score):
            found[used.name] = one
    return tuple(found.values())


def _evidence_of_mark(mark: SeenMark | None) -> MarkEvidence | None:
    if mark is None or (mark.model is None and not mark.symbology):
        return None
    if mark.model is None:
        return MarkEvidence(symbology=mark.symbology, gs1=mark.gs1)
    return MarkEvidence(score=mark.model.raw_score, threshold=mark.model.threshold, model=mark.model.name)


def _characteristic(result: ItemResult) -> CharacteristicRecord:
    item = result.item
    c = item.characteristic
    nominal = None if c.limits.nominal is None else float(c.limits.nominal)
    value = result.value if result.read is None else result.read
    deviation = None if result.value is None or nominal is None else result.value - nominal
    return CharacteristicRecord(
        id=c.id,
        type=str(c.type),
        verdict=str(result.verdict),
        value=value,
        unit=c.unit,
        nominal=nominal,
        deviation=deviation,
        lower_limit=item.lower,
        upper_limit=item.upper,
        standard_uncertainty=result.u,
        expanded_uncertainty=result.expanded,
        coverage_factor=None if result.value is None else COVERAGE_FACTOR,
        conformance_probability=result.conformance_probability,
        guard_band=result.guard_band,
        points=result.points,
        reason=result.reason,
        measured=value is not None,
        expected=c.expected or None,
        budget=tuple(
            BudgetLine(
                source=row.source,
                standard_uncertainty=row.standard_uncertainty,
                sensitivity=row.sensitivity,
                contribution=abs(row.contribution),
                unit=row.unit,
                share=row.variance / result.u**2 if result.u else None,
            )
            for row in result.budget
        ),
        bonus=result.bonus or None,
        evidence=_evidence_of_mark(result.mark),
    )
