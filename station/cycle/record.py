"""An examination as the record keeps it: `inspection/1`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from station.cycle.examine import Examination
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
    findings = tuple(
        Finding(
            kind=finding.kind,
            verdict=str(finding.verdict),
            where_mm=finding.where_mm,
            size_mm=finding.size_mm,
            reason=finding.sentence,
        )
        for _, outcome in examination.outcomes
        for finding in outcome.findings
    )
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
        findings=findings,
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
    )
