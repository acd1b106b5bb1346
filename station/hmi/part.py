"""One inspected part as a page shows it, made from its `inspection/1` document."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import zip_longest
from string import ascii_uppercase
from typing import Any

from station.cycle.state import QueueEntry
from station.errors import InputError, RecordError
from station.genealogy.store import Genealogy
from station.hmi.ordered import Ordered, ordered_from
from station.hmi.overlay import Pane, pane_of
from station.hmi.scale import Scale, scale_for, used_up
from station.metrology.decision import SEVERITY, Verdict
from station.metrology.rounding import with_uncertainty
from station.visible import visible

_UNITS = {"1": "", "deg": "°"}


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table of characteristics; a finding of the picture is one too, with a letter as there."""

    number: str
    type: str
    features: str
    value: str
    unit: str
    lower: str
    upper: str
    expected: str
    verdict: str
    reason: str
    scale: Scale | None
    used: float
    finding: bool = False

    @property
    def order(self) -> tuple[int, float]:
        """Sorts the worst first: by verdict, then by the share of the tolerance used up."""
        return SEVERITY.index(Verdict(self.verdict)), -self.used


@dataclass(frozen=True, slots=True)
class FrameLink:
    """A picture as it was taken."""

    view: str
    sha256: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class PartView:
    """What people see of one inspection. `unreadable` when only what the cell remembers can be shown."""

    inspection_id: str
    serial: str
    order_id: str
    verdict: str
    reason: str
    simulated: bool
    part_number: str = ""
    attempt: int = 0
    station: str = ""
    software: str = ""
    finished: str = ""
    operator: str = ""
    calibration: str = ""
    temperature: str = ""
    has_overlay: bool = False
    pane: Pane | None = None
    frames: tuple[FrameLink, ...] = ()
    rows: tuple[Row, ...] = field(default=())
    unreadable: bool = False

    @property
    def picture(self) -> str:
        """Path of the picture to show large: the one drawn for people, else the first as it was taken, else nothing."""
        if self.has_overlay:
            return f"/overlays/{self.inspection_id}.png"
        return f"/frames/{self.frames[0].sha256}" if self.frames else ""


def stored_part(genealogy: Genealogy, inspection_id: str) -> PartView:
    """The part of one committed inspection.

    Raises:
        InputError: there is no such inspection.
        RecordError: the record cannot be read, or is not what was committed.
    """
    document = genealogy.inspection(inspection_id)
    digest = document.get("order_sha256")
    try:
        ordered = ordered_from(genealogy.document(digest)) if digest else Ordered()
    except InputError as error:
        raise RecordError("the order of this record is missing", place=inspection_id[:80]) from error
    try:
        overlay = genealogy.overlay(inspection_id)
    except RecordError:
        overlay = b""  # a damaged picture does not take the numbers from the screen
    pane = None if overlay is None else pane_of(overlay)
    return replace(part_from(document, ordered), has_overlay=overlay is not None, pane=pane)


def remembered_part(entry: QueueEntry, simulated: bool) -> PartView:
    """What the cell itself remembers of a part whose record cannot be read."""
    return PartView(
        inspection_id=entry.inspection_id,
        serial=entry.serial,
        order_id=entry.order_id,
        part_number=entry.part_number,
        verdict=entry.verdict,
        reason=entry.reason,
        simulated=simulated,
        unreadable=True,
    )


def part_from(document: Mapping[str, Any], ordered: Ordered) -> PartView:
    """The view of an `inspection/1` document, with what its order says about each characteristic."""
    station = document["station"]
    temperature = (document.get("conditions") or {}).get("temperature_c")
    rows = [_characteristic(entry, ordered) for entry in document["characteristics"]]
    findings = [entry for entry in document.get("findings", ()) if entry["verdict"] != "PASS"]
    rows += [_finding(letter, entry) for letter, entry in zip_longest(ascii_uppercase, findings) if entry]
    return PartView(
        inspection_id=document["id"],
        serial=document["serial"],
        order_id=document["order_id"],
        part_number=ordered.part_number,
        attempt=document["attempt"],
        verdict=document["verdict"],
        reason=document["reason"],
        simulated=bool(station["simulated"]),
        station=station["id"],
        software=station["software"],
        finished=str(document["finished"])[:19].replace("T", " "),
        operator=document["operator"],
        calibration=(document.get("calibration") or {}).get("id", ""),
        temperature="" if temperature is None else f"{temperature:.1f} °C",
        frames=tuple(FrameLink(f["view"], f["sha256"], f["width"], f["height"]) for f in document["frames"]),
        rows=tuple(sorted(rows, key=lambda row: row.order)),
    )


def _characteristic(entry: Mapping[str, Any], ordered: Ordered) -> Row:
    value, expanded = entry["value"], entry["expanded_uncertainty"] or 0.0
    lower, upper = entry["lower_limit"], entry["upper_limit"]
    measured = isinstance(value, int | float)
    other = visible(str(value)) if value else "—"
    return Row(
        number=entry["id"],
        type=entry["type"],
        features=ordered.features.get(entry["id"], ""),
        value=with_uncertainty(value, expanded, lower, upper) if measured else other,
        unit=_UNITS.get(entry["unit"], entry["unit"]) if measured else "",
        lower=_plain(lower),
        upper=_plain(upper),
        expected=visible(str(entry.get("expected") or "")),
        verdict=entry["verdict"],
        reason=entry["reason"],
        scale=scale_for(value, expanded, lower, upper) if measured else None,
        used=used_up(value, lower, upper) if measured else math.inf,
    )


def _finding(letter: str | None, entry: Mapping[str, Any]) -> Row:
    size = entry["size_mm"]
    return Row(
        number=letter or "",
        type=entry["kind"],
        features=str(entry.get("characteristic") or ""),
        value="" if size is None else f"{size:.2g}",
        unit="" if size is None else "mm",
        lower="",
        upper="",
        expected="",
        verdict=entry["verdict"],
        reason=entry["reason"],
        scale=None,
        used=math.inf,
        finding=True,
    )


def _plain(limit: float | None) -> str:
    """A limit as the drawing has it: up to six decimals, no trailing zeros."""
    if limit is None:
        return ""
    text = f"{limit:.6f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
