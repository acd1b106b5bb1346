"""A stored inspection measured again: from the record's own order, drawing, calibration and pictures, each checked by
its hash, at the temperature of then. Nothing is recorded.

The core is pure, so the same software finds the same numbers to the last bit. What differs is told: another version of
the software, another calibration on purpose, or a machine whose arithmetic is another.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from station import __version__
from station.cycle.carried import EvidenceSource
from station.cycle.examine import Examination, examine, no_models
from station.cycle.inspect import check_size
from station.cycle.marks.look import Models
from station.cycle.pictures import TakenPicture, decode_picture
from station.documents import parse_json
from station.errors import InputError, IntegrityError
from station.metrology.calibration import Calibration, calibration_from
from station.metrology.uncertainty import COVERAGE_FACTOR, Conditions
from station.order.model import Order
from station.order.read import parse_order
from station.plan.compile import compile_plan

SAME = 1e-12  # mm, degrees: closer is the same number


@dataclass(frozen=True, slots=True)
class Stored:
    """What one inspection was made from; `record` is its `inspection/1`."""

    record: Mapping[str, Any]
    order: Order
    calibration: Calibration | None
    pictures: tuple[TakenPicture, ...]
    conditions: Conditions


@dataclass(frozen=True, slots=True)
class Figures:
    """What was found of one characteristic once; None where nothing was measured."""

    verdict: str
    value: float | str | None
    u: float | None

    @property
    def expanded(self) -> float | None:
        """Expanded uncertainty U."""
        return None if self.u is None else COVERAGE_FACTOR * self.u

    def same_as(self, other: Figures) -> bool:
        """Whether nobody could tell the two apart."""
        return self.verdict == other.verdict and _same(self.value, other.value) and _same(self.u, other.u)


@dataclass(frozen=True, slots=True)
class Change:
    """One characteristic, as it was recorded and as it is found now."""

    id: str
    type: str
    unit: str
    before: Figures
    after: Figures

    @property
    def any(self) -> bool:
        """Whether value, u or verdict differ."""
        return not self.before.same_as(self.after)


@dataclass(frozen=True, slots=True)
class Replayed:
    """An inspection measured again: the part's verdicts, every characteristic, and which software and calibration
    found them before and after."""

    id: str
    order_id: str
    serial: str
    before: str
    after: str
    reason: str
    software: tuple[str, str]
    calibrations: tuple[str, str]
    changes: tuple[Change, ...]

    @property
    def exact(self) -> bool:
        """Whether everything came out as it was recorded."""
        return self.before == self.after and not any(change.any for change in self.changes)

    @property
    def verdict_changed(self) -> bool:
        """Whether a verdict of the part or of a characteristic is another."""
        return self.before != self.after or any(c.before.verdict != c.after.verdict for c in self.changes)

    @property
    def why(self) -> str:
        """What is not as it was then."""
        if self.calibrations[0] != self.calibrations[1]:
            return f"with the calibration {self.calibrations[1]} instead of {self.calibrations[0]}"
        if self.software[0] != self.software[1]:
            return f"with software {self.software[1]} instead of {self.software[0]}"
        return f"though the software is {self.software[1]} as then: another machine, or another version of a library"

    @property
    def sentence(self) -> str:
        """Whether it is the same, and if not, why that may be."""
        if self.exact:
            return "Measured again from the stored pictures, every number is the one recorded."
        count = sum(change.any for change in self.changes)
        return f"Measured again from the stored pictures, {count} of {len(self.changes)} values differ {self.why}."


def read_stored(genealogy: EvidenceSource, inspection: str) -> Stored:
    """Everything one inspection was made from.

    Raises:
        InputError: there is no such inspection, or nothing to measure again: no picture was taken, or it is not kept.
        IntegrityError: a picture or a document is not what was committed; its name is the place.
    """
    record = genealogy.inspection(inspection)
    if not record["frames"]:
        raise InputError(f"no picture was taken, nothing can be measured again ({record['reason']})", place=inspection)
    pictures = tuple(_picture(genealogy, frame, inspection) for frame in record["frames"])
    drawing = record.get("drawing_sha256")
    order = parse_order(
        genealogy.document(record["order_sha256"]),
        None,
        f"order of {inspection}",
        drawing=None if not drawing else genealogy.document(drawing),
    )
    calibration = None
    if record["calibration"] is not None:
        place = f"calibration of {inspection}"
        calibration = calibration_from(parse_json(genealogy.document(record["calibration"]["sha256"]), place), place)
    conditions = Conditions(record["conditions"]["temperature_c"], order.part.cte_ppm_per_k)
    return Stored(record, order, calibration, pictures, conditions)


def replay(
    stored: Stored, calibration: Calibration | None = None, models: Models = no_models
) -> tuple[Replayed, Examination]:
    """The inspection again, with its own calibration or with another.

    Raises:
        ImageError: the pictures are not of that calibration's camera.
    """
    order, used = stored.order, None
    if order.geometry.features or stored.calibration is not None:
        used = calibration or stored.calibration
    if used is not None:
        check_size(used, stored.pictures)
    plan = compile_plan(order, used) if used is not None and order.geometry.features else None
    found = examine(order, plan, used, stored.pictures, stored.conditions, models)
    record = stored.record
    then = "" if record["calibration"] is None else str(record["calibration"]["id"])
    return Replayed(
        id=record["id"],
        order_id=record["order_id"],
        serial=record["serial"],
        before=record["verdict"],
        after=str(found.verdict),
        reason=found.reason,
        software=(record["station"]["software"], __version__),
        calibrations=(then, "" if used is None else used.id),
        changes=_changes(record["characteristics"], found),
    ), found


def _picture(genealogy: EvidenceSource, frame: Mapping[str, Any], inspection: str) -> TakenPicture:
    digest, view = frame["sha256"], frame["view"]
    if not genealogy.keeps_frame(digest):
        raise InputError(
            f"the picture of the view {view} is not kept any more (frames/{digest[:2]}/{digest}): nothing can be "
            "measured again",
            place=inspection,
        )
    data = genealogy.frame(digest)
    picture = decode_picture(data, view, f"{view} of {inspection}", place=f"frames/{digest[:2]}/{digest}")
    if (picture.width_px, picture.height_px) != (frame["width"], frame["height"]):
        raise IntegrityError("the picture does not have the size that is recorded", place=f"{inspection}, {view}")
    return picture


def _changes(rows: list[Mapping[str, Any]], found: Examination) -> tuple[Change, ...]:
    """The record's characteristics beside those found now: both are the order's, in its sequence."""
    return tuple(
        Change(
            id=row["id"],
            type=row["type"],
            unit=row["unit"],
            before=Figures(row["verdict"], row["value"], row["standard_uncertainty"]),
            after=Figures(str(item.verdict), item.value if item.read is None else item.read, item.u),
        )
        for row, item in zip(rows, found.items, strict=True)
    )


def _same(a: float | str | None, b: float | str | None) -> bool:
    # The record's JSON has a whole number, such as a surface's 0, as an int.
    return abs(a - b) <= SAME if isinstance(a, int | float) and isinstance(b, int | float) else a == b
