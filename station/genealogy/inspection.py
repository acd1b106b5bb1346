"""The inspection document, `inspection/1`, as frozen dataclasses: what a record says about one part.

Lengths are millimetres, angles degrees; the unit of a characteristic stands beside its value. Keys of the
contract are always written (null where they do not apply); the station's additions are left out when empty.
No NaN, no infinity and no undecodable text can be in one: construction raises `IntegrityError`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from station.errors import IntegrityError
from station.genealogy.encoding import OPTIONAL, encoded
from station.genealogy.values import check_id, check_sha256, check_verdict, read_canonical, settle

SCHEMA = "inspection/1"
OLD_OVERLAY = "overlay_sha256"  # what older records name their overlay by; today it is added as an event


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetLine:
    """One contribution to a standard uncertainty: contribution = |sensitivity| × standard_uncertainty, in `unit`."""

    source: str
    standard_uncertainty: float
    sensitivity: float
    contribution: float
    unit: str
    share: float | None = field(default=None, metadata=OPTIONAL)  # of the variance; negative where a correlation helps

    def __post_init__(self) -> None:
        settle(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkEvidence:
    """What a code, a text or a surface was decided by.

    `symbology` and `gs1` are what the code itself says: its GS1 element strings as (application identifier, value), in
    its sequence. `score` is the raw score of the model (of a text the logarithm of the likelihood ratio against the
    best other reading, of a surface the highest logit), `threshold` the line that it was held against, `model` the one
    of the record's models that gave it.
    """

    symbology: str = field(default="", metadata=OPTIONAL)
    gs1: tuple[tuple[str, str], ...] = field(default=(), metadata=OPTIONAL)
    score: float | None = field(default=None, metadata=OPTIONAL)
    threshold: float | None = field(default=None, metadata=OPTIONAL)
    model: str = field(default="", metadata=OPTIONAL)

    def __post_init__(self) -> None:
        settle(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class CharacteristicRecord:
    """What was decided about one characteristic of the order, and from which numbers (in `unit`)."""

    id: str
    type: str
    verdict: str
    value: float | str | None = None
    unit: str = ""
    nominal: float | str | None = None
    deviation: float | None = None
    lower_limit: float | None = None
    upper_limit: float | None = None
    standard_uncertainty: float | None = None
    expanded_uncertainty: float | None = None
    coverage_factor: float | None = None
    conformance_probability: float | None = None
    guard_band: float | None = None
    points: int | None = None
    reason: str = ""
    measured: bool = True
    expected: str | None = field(default=None, metadata=OPTIONAL)
    budget: tuple[BudgetLine, ...] = field(default=(), metadata=OPTIONAL)
    bonus: float | None = field(default=None, metadata=OPTIONAL)  # by which a material modifier widens the zone
    evidence: MarkEvidence | None = field(default=None, metadata=OPTIONAL)

    def __post_init__(self) -> None:
        settle(self)
        check_verdict(self.verdict, f"characteristic {self.id}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What the picture shows and the geometry does not have: where (mm, in the part's frame) and how large (mm).

    Of a defect on a surface also its `outline_mm`, the `characteristic` whose region it lies in, and the `score` of the
    model.
    """

    kind: str
    verdict: str
    where_mm: tuple[float, float] | None = None
    size_mm: float | None = None
    reason: str = ""
    outline_mm: tuple[tuple[float, float], ...] = field(default=(), metadata=OPTIONAL)
    characteristic: str = field(default="", metadata=OPTIONAL)
    score: float | None = field(default=None, metadata=OPTIONAL)

    def __post_init__(self) -> None:
        settle(self)
        check_verdict(self.verdict, f"finding {self.kind}")


@dataclass(frozen=True, slots=True, kw_only=True)
class StationRecord:
    """Who inspected: station, software and rig; `simulated` is true when no real part was in front of a camera."""

    id: str
    software: str
    rig: str
    simulated: bool

    def __post_init__(self) -> None:
        settle(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionRule:
    """The rule the verdicts follow, such as ``iso14253-1`` at 0.95."""

    rule: str
    conformance_probability: float

    def __post_init__(self) -> None:
        settle(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationReference:
    """The calibration that was used; `sha256` is that of its bytes and is filled in by `Genealogy.commit`."""

    id: str
    sha256: str = ""
    valid_until: str | None = None

    def __post_init__(self) -> None:
        settle(self)
        check_sha256(self.sha256, "calibration.sha256", empty=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelReference:
    """A learned model that had a say, by its file's SHA-256, and the score it gave."""

    name: str
    sha256: str
    raw_score: float | None = None

    def __post_init__(self) -> None:
        settle(self)
        check_sha256(self.sha256, f"models.{self.name}.sha256")


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameReference:
    """A picture of the part: view, SHA-256 of the stored file, size in pixels."""

    view: str
    sha256: str
    width: int
    height: int

    def __post_init__(self) -> None:
        settle(self)
        check_sha256(self.sha256, f"frames.{self.view}.sha256")
        if self.width < 1 or self.height < 1:
            raise IntegrityError(f"{self.width} x {self.height} is not the size of a picture", place=self.view)


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """Around the part: temperature in °C and its standard uncertainty in kelvin, where known."""

    temperature_c: float | None = None
    temperature_standard_uncertainty_k: float | None = field(default=None, metadata=OPTIONAL)

    def __post_init__(self) -> None:
        settle(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """One attempt at inspecting one part. Before its commit `id`, `attempt` and the hashes may be empty.

    Raises:
        IntegrityError: from construction, when the parts contradict each other; above all, a `PASS` over a
            characteristic or a finding that is not.
    """

    order_id: str
    serial: str
    verdict: str
    station: StationRecord
    started: datetime
    finished: datetime
    characteristics: tuple[CharacteristicRecord, ...]
    id: str = ""
    order_sha256: str = ""
    attempt: int = 0
    reason: str = ""
    operator: str = ""
    calibration: CalibrationReference | None = None
    models: tuple[ModelReference, ...] = ()
    frames: tuple[FrameReference, ...] = ()
    conditions: Conditions = field(default_factory=Conditions)
    findings: tuple[Finding, ...] = ()
    decision: DecisionRule | None = field(default=None, metadata=OPTIONAL)
    drawing_sha256: str = field(default="", metadata=OPTIONAL)
    operation: str = field(default="", metadata=OPTIONAL)  # as the order names it
    schema: str = field(default=SCHEMA, init=False)

    def __post_init__(self) -> None:
        settle(self)
        check_verdict(self.verdict, "verdict")
        for name in ("order_sha256", "drawing_sha256"):
            check_sha256(getattr(self, name), name, empty=True)
        if self.id:
            check_id(self.id, "id")
        if not self.order_id or not self.serial:
            raise IntegrityError("a record needs the order and the serial of its part")
        names = [characteristic.id for characteristic in self.characteristics]
        if len(set(names)) < len(names):
            raise IntegrityError("two characteristics of one record have the same id", place="characteristics")
        if self.verdict == "PASS":
            self._check_pass()

    def _check_pass(self) -> None:
        if not self.characteristics:
            raise IntegrityError("a part of which nothing was decided cannot be PASS", place="verdict")
        for one in self.characteristics:
            if one.verdict != "PASS" or not one.measured:
                raise IntegrityError(f"the part cannot be PASS: characteristic {one.id} is not", place="verdict")
        for finding in self.findings:
            if finding.verdict != "PASS":
                raise IntegrityError(f"the part cannot be PASS: a {finding.kind} was found", place="verdict")

    def to_document(self) -> dict[str, Any]:
        """The `inspection/1` document, as a reader of its bytes has it."""
        document: dict[str, Any] = read_canonical(self.to_json())
        return document

    def to_json(self) -> bytes:
        """The canonical bytes of the `inspection/1` document, which are committed."""
        return encoded(self)
