"""What a code, a text or a surface was decided by, for formats that have no place for lists of pairs: JSON-LD takes a
list for a set, and a property of an asset shell is one value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def element_string(gs1: Sequence[Sequence[str]]) -> str:
    """GS1 element strings as people read them (GS1 General Specifications 4.14): ``(01)07612345678900(21)A1``."""
    return "".join(f"({identifier}){value}" for identifier, value in gs1)


def flat_evidence(evidence: Mapping[str, Any] | None) -> dict[str, Any]:
    """The evidence of a characteristic, its GS1 element strings as one text."""
    found = dict(evidence or {})
    if "gs1" in found:
        found["gs1"] = element_string(found["gs1"])
    return found


def flat_finding(finding: Mapping[str, Any]) -> dict[str, Any]:
    """A finding, its place as `x_mm` and `y_mm`, its outline as a polygon in well-known text (ISO 19125-1)."""
    found = {key: value for key, value in finding.items() if key not in ("where_mm", "outline_mm")}
    found["x_mm"], found["y_mm"] = finding["where_mm"] or (None, None)
    if outline := finding.get("outline_mm"):
        corners = ", ".join(f"{x!r} {y!r}" for x, y in (*outline, outline[0]))
        found["outline_mm"] = f"POLYGON (({corners}))"
    return found


def evidence_words(evidence: Mapping[str, Any] | None) -> str:
    """The evidence in one line: ``GS1 (01)07612345678900(21)A1; score 3.2, threshold 2.5, model surface``."""
    if not evidence:
        return ""
    score, threshold = evidence.get("score"), evidence.get("threshold")
    scored = (
        "" if score is None else f"score {score:.4g}",
        "" if threshold is None else f"threshold {threshold:.4g}",
        f"model {evidence['model']}" if evidence.get("model") else "",
    )
    said = (
        f"GS1 {element_string(evidence['gs1'])}" if evidence.get("gs1") else evidence.get("symbology", ""),
        ", ".join(filter(None, scored)),
    )
    return "; ".join(filter(None, said))
