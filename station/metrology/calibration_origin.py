"""Where a calibration comes from: artefact and certificates, devices, how well the masters are reproduced.

All of it is optional in `calibration/1`: documents made before these keys existed stay readable and keep their hash.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from station.documents import canonical, sha256_hex
from station.errors import CalibrationError

SECTIONS = ("light", "focus", "psf")
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class MasterPapers:
    """A master's certificate: its number, who issued it, when, and until when it counts; empty or None: not said."""

    master: str
    certificate: str = ""
    issuer: str = ""
    dated: date | None = None
    due: date | None = None

    def expired_at(self, moment: datetime) -> bool:
        """Whether the certificate's last day is over."""
        return self.due is not None and moment.date() > self.due


@dataclass(frozen=True, slots=True)
class Artefact:
    """What the calibration was made with: a name, a serial, and the papers of each master."""

    name: str = ""
    serial: str = ""
    masters: tuple[MasterPapers, ...] = ()


@dataclass(frozen=True, slots=True)
class Devices:
    """Serials of the devices that the calibration is for; empty: not said."""

    camera: str = ""
    lens: str = ""
    lamp: str = ""

    def differing(self, other: Devices) -> tuple[str, ...]:
        """Names of the devices whose serials are known on both sides and differ."""
        return tuple(
            name
            for name in ("camera", "lens", "lamp")
            if getattr(self, name) and getattr(other, name) and getattr(self, name) != getattr(other, name)
        )


@dataclass(frozen=True, slots=True)
class ResidualStatistics:
    """How the masters are reproduced: `n` sizes, their errors' mean, standard deviation and largest amount; and whether
    certificates and noise alone explain them: `chi2` with its degrees of freedom and the probability of one as large.

    `p_value` is None without a degree of freedom to judge by.
    """

    n: int
    mean_mm: float
    sd_mm: float
    max_mm: float
    degrees_of_freedom: int
    chi2: float
    p_value: float | None


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the calibration that another procedure made (`light/1`, `focus/1`, `psf/1`): carried with its own hash,
    checked, and not looked into here. `content` is the canonical document."""

    name: str
    content: bytes

    def to_document(self) -> dict[str, Any]:
        """The section as it was given."""
        found: dict[str, Any] = json.loads(self.content)
        return found


def artefact_document(artefact: Artefact) -> dict[str, Any]:
    """`artefact` as JSON."""
    masters = [
        {
            "master": m.master,
            "certificate": m.certificate,
            "issuer": m.issuer,
            "date": None if m.dated is None else m.dated.isoformat(),
            "due": None if m.due is None else m.due.isoformat(),
        }
        for m in artefact.masters
    ]
    return {"name": artefact.name, "serial": artefact.serial, "masters": masters}


def artefact_from(document: object, place: str) -> Artefact:
    """The artefact that a document names. Raises: CalibrationError with the place."""
    found = _entries(document, ("name", "serial", "masters"), place)
    if not isinstance(found["masters"], Sequence) or isinstance(found["masters"], str):
        raise CalibrationError("this is not a list of masters", place=f"{place}.masters")
    return Artefact(
        text_from(found["name"], f"{place}.name"),
        text_from(found["serial"], f"{place}.serial"),
        tuple(_papers(row, f"{place}.masters[{n}]") for n, row in enumerate(found["masters"])),
    )


def devices_from(document: object, place: str) -> Devices:
    """The devices that a document names. Raises: CalibrationError with the place."""
    found = _entries(document, ("camera", "lens", "lamp"), place)
    return Devices(**{name: text_from(value, f"{place}.{name}") for name, value in found.items()})


def statistics_document(statistics: ResidualStatistics) -> dict[str, Any]:
    """`statistics` as JSON."""
    return asdict(statistics)


def statistics_from(document: object, place: str) -> ResidualStatistics:
    """The statistics that a document holds. Raises: CalibrationError with the place."""
    keys = ("n", "mean_mm", "sd_mm", "max_mm", "degrees_of_freedom", "chi2", "p_value")
    found = _entries(document, keys, place)
    p = found["p_value"]
    return ResidualStatistics(
        n=int(number_from(found["n"], f"{place}.n", low=0.0)),
        mean_mm=number_from(found["mean_mm"], f"{place}.mean_mm"),
        sd_mm=number_from(found["sd_mm"], f"{place}.sd_mm", low=0.0),
        max_mm=number_from(found["max_mm"], f"{place}.max_mm", low=0.0),
        degrees_of_freedom=int(number_from(found["degrees_of_freedom"], f"{place}.degrees_of_freedom")),
        chi2=number_from(found["chi2"], f"{place}.chi2", low=0.0),
        p_value=None if p is None else number_from(p, f"{place}.p_value", low=0.0, high=1.0),
    )


def section_from(name: str, document: object, place: str) -> Section:
    """A section with its own schema and hash.

    Raises:
        CalibrationError: it is of another schema, or its hash does not match.
    """
    if not isinstance(document, Mapping) or document.get("schema") != f"{name}/1":
        raise CalibrationError(f"this is not a {name}/1 document", place=place)
    try:
        whole = canonical(dict(document))
        digest = sha256_hex(canonical({key: value for key, value in document.items() if key != "sha256"}))
    except ValueError as error:
        raise CalibrationError(f"this cannot be read ({error})", place=place) from error
    if document.get("sha256") != digest:
        raise CalibrationError("this was changed after it was made: its hash does not match", place=place)
    return Section(name, whole)


def day_from(value: object, place: str) -> date | None:
    """A day (`2026-11-22`), None where there is none. Raises: CalibrationError with the place."""
    if value is None or value == "":
        return None
    try:
        if not isinstance(value, str):
            raise ValueError
        return date.fromisoformat(value)
    except ValueError as error:
        raise CalibrationError(f"{str(value)[:40]!r} is no date like 2026-11-22", place=place) from error


def text_from(value: object, place: str) -> str:
    """A text that is not too long. Raises: CalibrationError with the place."""
    if not isinstance(value, str) or len(value) > _LONGEST:
        raise CalibrationError(f"this is not a text of at most {_LONGEST} characters", place=place)
    return value


def number_from(value: object, place: str, *, low: float = -math.inf, high: float = math.inf) -> float:
    """A finite number within limits. Raises: CalibrationError with the place."""
    try:
        found = math.nan if isinstance(value, bool | str) else float(value)  # type: ignore[arg-type]  # asked below
    except (TypeError, ValueError):
        found = math.nan
    if not (math.isfinite(found) and low <= found <= high):
        raise CalibrationError(f"{str(value)[:40]} is out of range", place=place)
    return found


def _papers(document: object, place: str) -> MasterPapers:
    found = _entries(document, ("master", "certificate", "issuer", "date", "due"), place)
    return MasterPapers(
        text_from(found["master"], f"{place}.master"),
        text_from(found["certificate"], f"{place}.certificate"),
        text_from(found["issuer"], f"{place}.issuer"),
        day_from(found["date"], f"{place}.date"),
        day_from(found["due"], f"{place}.due"),
    )


def _entries(document: object, keys: Sequence[str], place: str) -> dict[str, Any]:
    if not isinstance(document, Mapping):
        raise CalibrationError("this is not an object", place=place)
    for key in document:
        if key not in keys:
            raise CalibrationError(f"the key {str(key)[:60]!r} is unknown", place=place)
    for key in keys:
        if key not in document:
            raise CalibrationError(f"the key {key!r} is missing", place=place)
    return dict(document)
