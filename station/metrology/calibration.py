"""What turns pixels into millimetres, with its uncertainty: one immutable document, `calibration/1`.

Two parameters act on every length at once and are kept with their covariance: the natural logarithm of the scale, and
the edge offset, by which each edge of the material appears moved outwards (diffraction, level, clipping). Edges of
different kinds have an offset each. A part's own local deviations from that model (masters' residuals) enter as
`local_px`, independent from edge to edge.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from station.documents import canonical, sha256_hex
from station.errors import CalibrationError
from station.metrology.calibration_origin import (
    SECTIONS,
    Artefact,
    Devices,
    ResidualStatistics,
    Section,
    artefact_document,
    artefact_from,
    devices_from,
    number_from,
    section_from,
    statistics_document,
    statistics_from,
    text_from,
)
from station.metrology.camera import CameraModel
from station.metrology.edge_kinds import DEFAULT, EdgeKind, kinds_document, kinds_from, of_no_kind
from station.metrology.edge_look import EdgeLook, look_document, look_from

SCHEMA = "calibration/1"
WARN_BEFORE = timedelta(days=14)  # people need time to get masters and to calibrate again


class Clipping(StrEnum):
    """Which backlights this calibration may judge."""

    NONE = "none"  # made from masters on a field that was not clipped
    CLIPPED = "clipped"  # made from masters on a clipped field: only such pictures behave alike
    ANY = "any"  # edges were not calibrated at all: the edge offset's uncertainty covers both


@dataclass(frozen=True, slots=True)
class MasterResidual:
    """How one certified size was reproduced, and where (px) in the picture it was."""

    image: str
    feature: str
    certified_mm: float
    measured_mm: float
    u_certified_mm: float
    at_px: tuple[float, float] | None = None

    @property
    def error_mm(self) -> float:
        """Measured minus certified."""
        return self.measured_mm - self.certified_mm


@dataclass(frozen=True, slots=True)
class Calibration:
    """A calibration as used: immutable, dated, hashed.

    `u_scale` is the relative standard uncertainty of all lengths, `u_edge_px` that of the edge offset,
    `correlation` theirs; `local_px` is the standard uncertainty of one edge's place beyond both. `edges` are the kinds
    of edges that the masters had; without any it is the default kind alone, else `edge_offset_px`, `u_edge_px` and
    `correlation` are those of an edge of which nobody says the kind.
    """

    id: str
    created: datetime
    valid_until: datetime
    camera: CameraModel
    u_scale: float
    edge_offset_px: float
    u_edge_px: float
    correlation: float
    local_px: float
    psf_sigma_px: float | None
    clipping: Clipping
    temperature_c: float
    made_from: str
    residuals: tuple[MasterResidual, ...] = ()
    made_by: str = ""
    software: str = ""
    artefact: Artefact | None = None
    devices: Devices | None = None
    statistics: ResidualStatistics | None = None
    sections: tuple[Section, ...] = ()
    edge_look: EdgeLook | None = None
    edges: tuple[EdgeKind, ...] = ()

    @property
    def kinds(self) -> tuple[EdgeKind, ...]:
        """Every kind of edge that it knows, at least one."""
        if self.edges:
            return self.edges
        return (EdgeKind(DEFAULT, self.edge_offset_px, self.u_edge_px, (self.correlation,), self.edge_look),)

    @property
    def sha256(self) -> str:
        """Hash of the canonical document without its own hash."""
        return sha256_hex(canonical(self._content()))

    def valid_at(self, moment: datetime) -> bool:
        """Whether it has not expired."""
        return moment <= self.valid_until

    def expiry_warning(self, moment: datetime) -> str:
        """A sentence while it is valid and will not be for long, else nothing."""
        left = self.valid_until - moment
        if left < timedelta(0) or left > WARN_BEFORE:
            return ""
        hours = left.total_seconds() / 3600.0
        how_long = f"{hours / 24:.0f} days" if hours >= 48 else f"{hours:.0f} hours" if hours >= 2 else "a moment"
        return (
            f"The calibration {self.id} expires in {how_long}, on {self.valid_until:%Y-%m-%d %H:%M %Z}; "
            "then nothing is measured with it any more. Calibrate again before."
        )

    def to_document(self) -> dict[str, Any]:
        """The document, with the hash that shows tampering."""
        return {**self._content(), "sha256": self.sha256}

    def _content(self) -> dict[str, Any]:
        return {
            "schema": SCHEMA,
            "id": self.id,
            "created": self.created.isoformat(),
            "valid_until": self.valid_until.isoformat(),
            "camera": self.camera.to_document(),
            "u_scale": self.u_scale,
            "edge_offset_px": self.edge_offset_px,
            "u_edge_px": self.u_edge_px,
            "correlation": self.correlation,
            "local_px": self.local_px,
            "psf_sigma_px": self.psf_sigma_px,
            "clipping": str(self.clipping),
            "temperature_c": self.temperature_c,
            "made_from": self.made_from,
            "residuals": [_residual_document(r) for r in self.residuals],
            **self._optional(),
        }

    def _optional(self) -> dict[str, Any]:
        """What older documents do not have: left out where there is none, so that their hash stays."""
        found: dict[str, Any] = {}
        if self.made_by:
            found["made_by"] = self.made_by
        if self.software:
            found["software"] = self.software
        if self.artefact is not None:
            found["artefact"] = artefact_document(self.artefact)
        if self.devices is not None:
            found["devices"] = asdict(self.devices)
        if self.statistics is not None:
            found["statistics"] = statistics_document(self.statistics)
        if self.edge_look is not None:
            found["edge_misfit"] = look_document(self.edge_look)
        if self.edges:
            found["edges"] = kinds_document(self.edges)
        return found | {section.name: section.to_document() for section in self.sections}


def _residual_document(r: MasterResidual) -> dict[str, Any]:
    found: dict[str, Any] = {
        "image": r.image,
        "feature": r.feature,
        "certified_mm": r.certified_mm,
        "measured_mm": r.measured_mm,
        "u_certified_mm": r.u_certified_mm,
    }
    return found if r.at_px is None else {**found, "x_px": r.at_px[0], "y_px": r.at_px[1]}


def calibration_from(document: object, place: str) -> Calibration:
    """The calibration a document holds.

    Raises:
        CalibrationError: not a calibration, a number out of range, or the hash does not match its content.
    """
    if not isinstance(document, Mapping) or document.get("schema") != SCHEMA:
        raise CalibrationError(f"this is not a {SCHEMA} document", place=place)
    content = {key: value for key, value in document.items() if key != "sha256"}
    try:
        digest = sha256_hex(canonical(content))
    except ValueError as error:  # a number or a text that canonical JSON cannot carry
        raise CalibrationError(f"the calibration cannot be read ({error})", place=place) from error
    if document.get("sha256") != digest:
        raise CalibrationError("the calibration was changed after it was made: its hash does not match", place=place)
    try:
        sigma = document["psf_sigma_px"]
        found = Calibration(
            id=str(document["id"]),
            created=datetime.fromisoformat(document["created"]),
            valid_until=datetime.fromisoformat(document["valid_until"]),
            camera=CameraModel.from_document(document["camera"], f"{place}, camera"),
            u_scale=_number(document, "u_scale", place, low=0.0),
            edge_offset_px=_number(document, "edge_offset_px", place, low=-20.0),
            u_edge_px=_number(document, "u_edge_px", place, low=0.0),
            correlation=_number(document, "correlation", place, low=-1.0),
            local_px=_number(document, "local_px", place, low=0.0),
            psf_sigma_px=None if sigma is None else _number(document, "psf_sigma_px", place, low=0.0),
            clipping=Clipping(document["clipping"]),
            temperature_c=_number(document, "temperature_c", place, low=-50.0),
            made_from=str(document["made_from"]),
            residuals=tuple(_residual(row, place) for row in document["residuals"]),
            **_read_optional(document, place),
        )
    except KeyError as error:
        raise CalibrationError(f"the calibration has no {error.args[0]}", place=place) from error
    except (ValueError, TypeError) as error:
        raise CalibrationError(f"the calibration cannot be read ({error})", place=place) from error
    for key in content:
        if key not in _KEYS:
            raise CalibrationError(f"the key {key[:60]!r} is unknown", place=place)
    if found.created.tzinfo is None or found.valid_until.tzinfo is None:
        raise CalibrationError("the calibration's dates have no time zone", place=place)
    if abs(found.correlation) > 1.0:
        raise CalibrationError("the calibration's correlation is not between -1 and 1", place=place)
    _check_edges(found, place)
    return found


def _check_edges(found: Calibration, place: str) -> None:
    """Refuse an edge offset that is not that of its own kinds."""
    if not found.edges:
        return
    whole = of_no_kind(found.edges, found.u_scale)
    stated = (found.edge_offset_px, found.u_edge_px, found.correlation)
    own = (whole.offset_px, whole.u_px, whole.correlation[0])
    if any(abs(a - b) > 1e-9 for a, b in zip(stated, own, strict=True)):
        raise CalibrationError("the edge offset is not that of the calibration's own edges", place=place)


def _number(document: Mapping[str, Any], key: str, place: str, *, low: float) -> float:
    value = float(document[key])
    if not math.isfinite(value) or value < low:
        raise CalibrationError(f"{key} = {document[key]} is out of range", place=place)
    return value


def _residual(row: Mapping[str, Any], place: str) -> MasterResidual:
    at = None
    if "x_px" in row or "y_px" in row:
        at = (number_from(row["x_px"], f"{place}, x_px"), number_from(row["y_px"], f"{place}, y_px"))
    return MasterResidual(
        image=str(row["image"]),
        feature=str(row["feature"]),
        certified_mm=_number(row, "certified_mm", place, low=0.0),
        measured_mm=_number(row, "measured_mm", place, low=0.0),
        u_certified_mm=_number(row, "u_certified_mm", place, low=0.0),
        at_px=at,
    )


def _read_optional(document: Mapping[str, Any], place: str) -> dict[str, Any]:
    """The fields of the keys that older documents do not have."""
    readers = {
        "made_by": text_from,
        "software": text_from,
        "artefact": artefact_from,
        "devices": devices_from,
        "statistics": statistics_from,
    }
    found: dict[str, Any] = {
        key: read(document[key], f"{place}, {key}") for key, read in readers.items() if key in document
    }
    sections = tuple(section_from(name, document[name], f"{place}, {name}") for name in SECTIONS if name in document)
    if "edge_misfit" in document:
        found["edge_look"] = look_from(document["edge_misfit"], f"{place}, edge_misfit")
    if "edges" in document:
        found["edges"] = kinds_from(document["edges"], f"{place}, edges")
    return {**found, "sections": sections}


_KEYS = {
    "schema", "id", "created", "valid_until", "camera", "u_scale", "edge_offset_px", "u_edge_px", "correlation",
    "local_px", "psf_sigma_px", "clipping", "temperature_c", "made_from", "residuals", "made_by", "software",
    "artefact", "devices", "statistics", "edge_misfit", "edges", *SECTIONS,
}  # fmt: skip
