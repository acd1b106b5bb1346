"""The shift check: good masters pass within their certificates, known-bad ones fail for the right reason, or it locks.

A good master alone proves little: a station that passes everything would pass it too. A bad one that fails for another
reason than its own proves that something else is wrong.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from station.cycle.certificates import Certificate, feature_names, with_kinds
from station.cycle.examine import Examination, examine
from station.cycle.inspect import Instrument, check_fit
from station.cycle.pictures import TakenPicture
from station.cycle.results import ItemResult
from station.documents import sha256_hex
from station.errors import InputError
from station.genealogy.values import utc_text
from station.metrology.decision import Verdict
from station.metrology.rounding import with_uncertainty
from station.metrology.uncertainty import COVERAGE_FACTOR, Conditions
from station.order.model import CharacteristicType, Order
from station.plan.compile import compile_plan

TOO_LARGE, TOO_SMALL = "too large", "too small"
MOST_VALID = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Because:
    """Why a known-bad master has to fail: a characteristic's id, or a kind of finding, and which way (or "")."""

    what: str
    way: str = ""

    def __str__(self) -> str:
        return f"{self.what} {self.way}".strip()


@dataclass(frozen=True, slots=True)
class CheckedMaster:
    """One master with its order and a fresh picture. With `because` it is known to be bad, and why; else it is good."""

    name: str
    order: Order
    picture: TakenPicture
    because: tuple[Because, ...]
    certificates: tuple[Certificate, ...]

    @property
    def expected(self) -> Verdict:
        """What has to come out."""
        return Verdict.FAIL if self.because else Verdict.PASS


@dataclass(frozen=True, slots=True)
class Comparison:
    """A measured value beside its certificate. `e_n` is None where it is not certified or was not measured."""

    id: str
    type: str
    features: tuple[str, ...]
    verdict: Verdict
    value: float | None
    expanded: float | None
    unit: str
    certified: float | None
    expanded_certified: float | None

    @property
    def e_n(self) -> float | None:
        """|measured - certified| / sqrt(U² + U²), at most 1 where both are right (ISO/IEC 17043, ISO 13528)."""
        if self.value is None or self.expanded is None or self.certified is None or self.expanded_certified is None:
            return None
        both = math.hypot(self.expanded, self.expanded_certified)
        return abs(self.value - self.certified) / both if both > 0.0 else math.inf


@dataclass(frozen=True, slots=True)
class MasterResult:
    """What came out of one master; `faults` are sentences, none where it is as it has to be."""

    master: CheckedMaster
    verdict: Verdict
    comparisons: tuple[Comparison, ...]
    faults: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether it came out as it had to."""
        return not self.faults


@dataclass(frozen=True, slots=True)
class ShiftCheckResult:
    """The whole check."""

    masters: tuple[MasterResult, ...]

    @property
    def passed(self) -> bool:
        """Whether the station may go on."""
        return all(result.passed for result in self.masters)

    @property
    def reason(self) -> str:
        """Why not, or nothing; at most three sentences."""
        faults = [fault for result in self.masters for fault in result.faults]
        more = f" And {len(faults) - 3} more." if len(faults) > 3 else ""
        return " ".join(faults[:3]) + more


def check_masters(
    masters: Sequence[CheckedMaster], instrument: Instrument, *, temperature_c: float | None, now: datetime
) -> ShiftCheckResult:
    """Measure every master and compare it with what has to come out.

    Raises:
        InputError: no good or no bad master, a reason or a certificate that its order does not know, no calibration or
            an expired one, a picture of another size.
    """
    if all(m.because for m in masters) or not any(m.because for m in masters):
        raise InputError("a shift check needs at least one good and one known-bad master")
    for master in masters:
        _check_known(master)
        check_fit(instrument, master.order, [master.picture], now)
    return ShiftCheckResult(tuple(_measured(master, instrument, temperature_c) for master in masters))


def check_payload(
    result: ShiftCheckResult, instrument: Instrument, *, by: str, now: datetime, valid_for: timedelta
) -> dict[str, Any]:
    """What the record says of a check: verdict, until when it counts, the calibration, every figure and picture."""
    calibration = instrument.calibration
    assert calibration is not None
    return {
        "passed": result.passed,
        "reason": result.reason,
        "by": by,
        "valid_until": utc_text(now + valid_for),
        "station": {"id": instrument.station.id, "software": instrument.station.software},
        "calibration": {"id": calibration.id, "sha256": sha256_hex(instrument.calibration_bytes or b"")},
        "masters": [_master_document(one) for one in result.masters],
    }


def _master_document(result: MasterResult) -> dict[str, Any]:
    master = result.master
    edges = with_kinds(master.order, master.certificates).geometry.edges
    return {
        "master": master.name,
        "order_id": master.order.order_id,
        "order_sha256": sha256_hex(master.order.document),
        **({"edges": edges} if edges else {}),
        "frames": [{"view": master.picture.view, "sha256": sha256_hex(master.picture.data)}],
        "expected": str(master.expected),
        "because": [str(one) for one in master.because],
        "verdict": str(result.verdict),
        "passed": result.passed,
        "reason": " ".join(result.faults),
        "characteristics": [
            {
                "id": c.id,
                "type": c.type,
                "features": list(c.features),
                "verdict": str(c.verdict),
                "value": c.value,
                "expanded_uncertainty": c.expanded,
                "unit": c.unit,
                "certified": c.certified,
                "certified_expanded_uncertainty": c.expanded_certified,
                "e_n": c.e_n,
            }
            for c in result.comparisons
        ],
    }


def _check_known(master: CheckedMaster) -> None:
    """Refuse a certificate or a reason that the master's order cannot answer for."""
    known = {c.id for c in master.order.characteristics}
    for because in master.because:
        if because.way and because.what not in known:
            raise InputError(f"the order has no characteristic {because.what!r}", place=master.name)
    with_kinds(master.order, master.certificates)
    asked = {c.features for c in master.order.characteristics if _certifiable(c.type)}
    for certificate in master.certificates:
        names = feature_names(certificate, master.order)
        if names not in asked and names[::-1] not in asked:
            raise InputError(
                f"no diameter or distance of the order {master.order.order_id} asks for {certificate.feature}",
                place=certificate.place,
            )


def _certifiable(kind: CharacteristicType) -> bool:
    return kind in (CharacteristicType.DIAMETER, CharacteristicType.DISTANCE)


def _measured(master: CheckedMaster, instrument: Instrument, temperature_c: float | None) -> MasterResult:
    assert instrument.calibration is not None
    order = with_kinds(master.order, master.certificates)
    plan = compile_plan(order, instrument.calibration)
    conditions = Conditions(temperature_c, order.part.cte_ppm_per_k)
    found = examine(order, plan, instrument.calibration, [master.picture], conditions)
    certified: Mapping[tuple[str, ...], Certificate] = {feature_names(c, master.order): c for c in master.certificates}
    comparisons = tuple(_compared(item, certified) for item in found.items)
    why = _why_not_bad(master, found) if master.because else _why_not_good(master, found)
    faults = [*why, *(f"{master.name}: {text}" for c in comparisons if (text := _beyond_certificate(c)))]
    return MasterResult(master, found.verdict, comparisons, tuple(faults))


def _compared(item: ItemResult, certified: Mapping[tuple[str, ...], Certificate]) -> Comparison:
    c = item.item.characteristic
    papers = certified.get(c.features) or certified.get(c.features[::-1]) if _certifiable(c.type) else None
    return Comparison(
        c.id,
        str(c.type),
        c.features,
        item.verdict,
        item.value,
        item.expanded,
        c.unit,
        None if papers is None else papers.value_mm,
        None if papers is None else COVERAGE_FACTOR * papers.u_mm,
    )


def _beyond_certificate(c: Comparison) -> str:
    if c.certified is None or c.expanded_certified is None:
        return ""
    if c.e_n is None or c.value is None or c.expanded is None:
        return f"characteristic {c.id} is certified and could not be measured."
    if c.e_n <= 1.0:
        return ""
    return (
        f"characteristic {c.id} is {with_uncertainty(c.value, c.expanded)} mm, certified "
        f"{with_uncertainty(c.certified, c.expanded_certified)} mm: E_n is {c.e_n:.2g}, more than 1."
    )


def _why_not_good(master: CheckedMaster, found: Examination) -> Iterator[str]:
    if found.verdict is not Verdict.PASS:
        yield f"The good master {master.name} is {found.verdict}: {found.reason}"


def _why_not_bad(master: CheckedMaster, found: Examination) -> Iterator[str]:
    """A known-bad master has to fail by what is wrong with it, that way, and by nothing else."""
    if found.verdict is not Verdict.FAIL:
        said = f": {found.reason}" if found.reason else "."
        yield f"The bad master {master.name} is {found.verdict}, not FAIL{said}"
        return
    failed = {item.item.characteristic.id: item for item in found.items if item.verdict is Verdict.FAIL}
    kinds = {f.kind for _, outcome in found.outcomes for f in outcome.findings if f.verdict is Verdict.FAIL}
    for because in master.because:
        if because.what not in failed and because.what not in kinds:
            yield f"The bad master {master.name} does not fail by {because}, but: {found.reason}"
        elif because.way and (way := _way(failed[because.what])) != because.way:
            yield f"The bad master {master.name} fails by {because.what} {way}, not {because.way}."
    own = {because.what for because in master.because}
    others = sorted((set(failed) | kinds) - own)
    if others:
        yield f"The bad master {master.name} also fails by {', '.join(others)}, which is not what is wrong with it."


def _way(item: ItemResult) -> str:
    upper = item.item.upper
    return TOO_LARGE if item.value is not None and upper is not None and item.value > upper else TOO_SMALL
