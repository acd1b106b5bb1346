"""What a record says of a code, a text and a surface, in every verdict, with the evidence that it was decided by."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from station.genealogy.inspection import CharacteristicRecord, Finding, Inspection, MarkEvidence, ModelReference
from station.genealogy.values import VERDICTS

MARKED = sorted(VERDICTS)
GS1 = (("01", "07612345678900"), ("21", "A<1>&\u20ac"))
SCRATCH = Finding(
    kind="scratch",
    verdict="FAIL",
    where_mm=(1.25, -2.5),
    size_mm=0.4321,
    reason="A scratch of 0.43 mm.",
    outline_mm=((1.0, -2.5), (1.5, -2.5), (1.5, -2.25)),
    characteristic="9",
    score=4.75,
)
MODELS = (
    ModelReference(name="surface", sha256="ab" * 32, raw_score=4.75),
    ModelReference(name="text", sha256="cd" * 32, raw_score=-3.5),
)


def evidence_of(kind: str, verdict: str) -> MarkEvidence | None:
    """A code says what it carries, a text and a surface the scores of their models; where nothing was seen, nothing."""
    if verdict == "ERROR":
        return None
    if kind == "code":
        return MarkEvidence(symbology="datamatrix", gs1=GS1)
    if kind == "text":
        return MarkEvidence(score={"PASS": 0.0, "FAIL": -12.5}.get(verdict, -1.25), threshold=-1.0, model="text")
    return MarkEvidence(score={"PASS": -3.0, "FAIL": 4.75}.get(verdict, 2.25), threshold=2.5, model="surface")


def remarked(row: CharacteristicRecord, verdict: str) -> CharacteristicRecord:
    """A row of a mark, as it is with this verdict; any other row as it was."""
    wrong: dict[str, Any] = {"PASS": row.expected, "FAIL": "ANMA 22.11.26 \u2013 <0>", "UNDECIDED": None, "ERROR": None}
    sizes: dict[str, Any] = {"PASS": 0.0, "FAIL": 0.4321, "UNDECIDED": 0.05123456789, "ERROR": None}
    if row.type not in ("code", "text", "surface"):
        return row
    return replace(
        row,
        verdict=verdict,
        value=(sizes if row.type == "surface" else wrong)[verdict],
        unit="mm" if row.type == "surface" else "1",
        upper_limit=0.05 if row.type == "surface" else None,
        standard_uncertainty=None,
        expanded_uncertainty=None,
        deviation=None,
        coverage_factor=None,
        conformance_probability=None,
        guard_band=None,
        points=None,
        budget=(),
        measured=verdict != "ERROR",
        reason="" if verdict == "PASS" else f"The {row.type} is {verdict} <&>.",
        evidence=evidence_of(row.type, verdict),
    )


def with_marks(inspection: Inspection, verdict: str) -> Inspection:
    """The inspection with this verdict for each of its marks; the part's is what follows from it alone."""
    return replace(
        inspection,
        verdict=verdict,
        reason="" if verdict == "PASS" else f"The part is {verdict}.",
        characteristics=tuple(remarked(row, verdict) for row in inspection.characteristics),
        findings=(SCRATCH,) if verdict == "FAIL" else (),
        models=MODELS,
    )
