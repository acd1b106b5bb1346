"""The errors of masters as a page shows them: by kind of size, with the calibration and with the one before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from station.cycle.certificates import Certificate, feature_names, kinds_in
from station.metrology.calibration import Calibration
from station.metrology.edge_kinds import DEFAULT, number_of
from station.metrology.uncertainty import COVERAGE_FACTOR
from station.order.geometry import ArcFeature, CircleFeature, Side
from station.order.model import Order

MICRON = 1e3


class SizeKind(StrEnum):
    """How a size follows the edge offset."""

    OUTER = "outer"
    INNER = "inner"
    DISTANCE = "distance"

    @property
    def per_edge(self) -> float:
        """Millimetres that the size grows per millimetre of growth of the material."""
        return {SizeKind.OUTER: 2.0, SizeKind.INNER: -2.0, SizeKind.DISTANCE: 0.0}[self]


@dataclass(frozen=True, slots=True)
class Shown:
    """One certified size: its certificate's U, the error now, and that with the calibration before, if one is given;
    `edge` is the kind of its edge, empty where nobody says it."""

    image: str
    feature: str
    kind: SizeKind
    edge: str
    certified_mm: float
    expanded_um: float
    measured_mm: float
    error_um: float
    before_um: float | None
    at_px: tuple[float, float] | None

    @property
    def name(self) -> str:
        """Feature and picture."""
        return f"{self.feature} in {self.image}"

    @property
    def beyond(self) -> bool:
        """Whether the error is larger than the certificate's U."""
        return abs(self.error_um) > self.expanded_um


def errors_of(
    calibration: Calibration, order: Order, certificates: Sequence[Certificate], before: Calibration | None
) -> tuple[Shown, ...]:
    """Every certified size, in the table's order.

    Raises:
        CalibrationError: a certificate speaks of no feature of the order.
    """
    found = []
    edges = kinds_in(certificates, order)
    for r, certificate in zip(calibration.residuals, certificates, strict=True):
        kind = _kind(certificate, order)
        edge = edges.get((certificate.image, certificate.feature), DEFAULT)
        earlier = None
        if before is not None:
            earlier = MICRON * (_as_before(r.measured_mm, kind, edge, calibration, before) - r.certified_mm)
        found.append(
            Shown(
                r.image,
                r.feature,
                kind,
                edge,
                r.certified_mm,
                COVERAGE_FACTOR * MICRON * r.u_certified_mm,
                r.measured_mm,
                MICRON * r.error_mm,
                earlier,
                r.at_px,
            )
        )
    return tuple(found)


def _kind(certificate: Certificate, order: Order) -> SizeKind:
    names = feature_names(certificate, order)
    feature = order.geometry.features[names[0]]
    if len(names) == 2 or not isinstance(feature, CircleFeature | ArcFeature):
        return SizeKind.DISTANCE
    return SizeKind.OUTER if feature.side is Side.OUTER else SizeKind.INNER


def _as_before(measured_mm: float, kind: SizeKind, edge: str, now: Calibration, before: Calibration) -> float:
    """The same edges in the picture with the scale and the offset before: size = scale (pixels - edges offset)."""
    pixels = measured_mm / now.camera.scale_mm_per_px() + kind.per_edge * _offset_px(now, edge)
    return before.camera.scale_mm_per_px() * (pixels - kind.per_edge * _offset_px(before, edge))


def _offset_px(calibration: Calibration, edge: str) -> float:
    """Of edges of this kind; where the calibration does not know it, that of edges of no kind."""
    number = number_of(calibration.kinds, edge)
    return calibration.edge_offset_px if number is None else calibration.kinds[number].offset_px
