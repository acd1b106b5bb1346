"""Calibrate from pictures of parts of certified size: the same sight and probes as an inspection, then one fit."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

from station.cycle.certificates import Certificate, feature_names, kinds_in
from station.cycle.master_pictures import (
    MastersSeen,
    asking_for,
    check_sizes,
    measure_masters,
    provisional_calibration,
    read_pictures,
    rough_camera,
)
from station.errors import CalibrationError
from station.metrology.calibration import Calibration, Clipping, MasterResidual
from station.metrology.calibration_origin import Artefact, Devices, Section
from station.metrology.camera import CameraModel
from station.metrology.edge_kinds import DEFAULT, EdgeKind, kinds_from_covariance, of_no_kind
from station.metrology.edge_look import EdgeLook, edge_look
from station.metrology.features import Kind, MeasuredFeature
from station.metrology.masters import CertifiedSize, MasterFit, fit_masters
from station.order.model import Order

# How far an edge may lie from where geometry has it before anyone has calibrated it (one standard uncertainty).
PRIOR_EDGE_TELECENTRIC_PX = 0.30  # diffraction at a collimated backlight
PRIOR_EDGE_PX = 0.12  # an ordinary lens, whose scale a board has already given
CONTRADICTION_PX = 3.0  # no edge of a master is that far off: a typing error, or another part


@dataclass(frozen=True, slots=True)
class Origin:
    """What people say of a calibration beside its numbers; all of it may be left out."""

    made_by: str = ""
    software: str = ""
    artefact: Artefact = field(default_factory=Artefact)
    devices: Devices = field(default_factory=Devices)
    sections: tuple[Section, ...] = ()


def calibrate_from_masters(
    order: Order,
    certificates: Sequence[Certificate],
    *,
    camera: CameraModel | None,
    made: datetime,
    valid_for: timedelta,
    identity: str,
    temperature_c: float = 20.0,
    prior_edge_px: float | None = None,
    progress: Callable[[str], None] = lambda _: None,
    view: str = "backlight",
    origin: Origin | None = None,
) -> Calibration:
    """Scale, edge offset of each kind of edge and their covariance from certified sizes; `camera` is a board's
    calibration to build on.

    Raises:
        CalibrationError: a master's picture is refused, a feature is not of the order or its edge of two kinds, or the
            sizes say nothing.
    """
    if not -40.0 <= temperature_c <= 150.0:
        raise CalibrationError(f"{temperature_c:g} °C is no temperature to calibrate at")
    known = origin or Origin()
    kinds = kinds_in(certificates, order)
    pictures = read_pictures(certificates, view)
    images = list(pictures)
    start = camera if camera is not None else rough_camera(order, pictures[images[0]])
    check_sizes(pictures, start)
    provisional = provisional_calibration(start, made, made + valid_for, temperature_c)
    seen = measure_masters(asking_for(order, certificates), provisional, pictures, progress)
    pixel_mm = start.scale_mm_per_px()
    sizes = [_certified(c, feature_names(c, order), seen[c.image].features, kinds) for c in certificates]
    prior = PRIOR_EDGE_TELECENTRIC_PX if camera is None else PRIOR_EDGE_PX
    fit = fit_masters(sizes, (prior if prior_edge_px is None else prior_edge_px) * pixel_mm, pixel_mm)
    _check_agreement(fit, sizes, certificates, pixel_mm)
    edges = _edges(fit, pixel_mm, seen, kinds)
    u_scale = math.sqrt(fit.covariance[0, 0])
    whole, only_default = of_no_kind(edges, u_scale), fit.kinds == (DEFAULT,)
    return Calibration(
        id=identity,
        created=made,
        valid_until=made + valid_for,
        camera=start.scaled(fit.factor),
        u_scale=u_scale,
        edge_offset_px=whole.offset_px,
        u_edge_px=whole.u_px,
        correlation=whole.correlation[0],
        local_px=fit.local_mm / pixel_mm,
        psf_sigma_px=float(np.median([s.sighting.blur_px for s in seen.values()])),
        clipping=_clipping(seen.values()),
        temperature_c=temperature_c,
        made_from=f"masters of {order.part.part_number or order.order_id}: "
        f"{len(sizes)} certified sizes in {len(images)} pictures",
        residuals=tuple(
            MasterResidual(
                s.image, s.feature, s.certified_mm, float(value), s.u_certified_mm, _seen_at(c, order, seen, start)
            )
            for s, c, value in zip(sizes, certificates, fit.corrected_mm, strict=True)
        ),
        made_by=known.made_by,
        software=known.software,
        artefact=_artefact(known.artefact, certificates),
        devices=None if known.devices == Devices() else known.devices,
        statistics=fit.statistics,
        sections=known.sections,
        edge_look=whole.look if only_default else None,
        edges=() if only_default else edges,
    )


def _check_agreement(
    fit: MasterFit, sizes: Sequence[CertifiedSize], certificates: Sequence[Certificate], pixel_mm: float
) -> None:
    """Refuse certified sizes of which one must be a typing error."""
    if fit.local_mm <= CONTRADICTION_PX * pixel_mm:
        return
    errors = np.abs(fit.corrected_mm - np.array([s.certified_mm for s in sizes]))
    worst = int(errors.argmax())
    raise CalibrationError(
        f"the certified sizes contradict each other: {sizes[worst].feature} is off by {errors[worst]:.3g} mm, "
        "far more than its certificate and the picture allow; check the row",
        place=certificates[worst].place,
    )


def _edges(
    fit: MasterFit, pixel_mm: float, seen: Mapping[Path, MastersSeen], kinds: Mapping[tuple[Path, str], str]
) -> tuple[EdgeKind, ...]:
    """The kinds of edges that the masters had: where they appear, and how they look."""
    only = fit.kinds[0] if len(fit.kinds) == 1 else None
    looks: dict[str, EdgeLook | None] = {}
    for kind in fit.kinds:
        own = [edge for image, one in seen.items() for edge in one.looks if kinds.get((image, edge.id), only) == kind]
        looks[kind] = edge_look([e.spread_px for e in own], [e.misfit for e in own])
    to_px = np.array([1.0, *[1.0 / pixel_mm] * len(fit.kinds)])
    covariance = fit.covariance * np.outer(to_px, to_px)
    return kinds_from_covariance(fit.kinds, fit.edge_offsets_mm / pixel_mm, covariance, looks)


def _clipping(seen: Collection[MastersSeen]) -> Clipping:
    clipped = [one.sighting.field.clipped for one in seen]
    if any(clipped) and not all(clipped):
        raise CalibrationError(
            "some of the masters' pictures are clipped and some are not; take them all under one light"
        )
    return Clipping.CLIPPED if all(clipped) else Clipping.NONE


def _artefact(named: Artefact, certificates: Sequence[Certificate]) -> Artefact | None:
    """The artefact with the papers of every master in the table, each once."""
    papers = dict.fromkeys(c.papers for c in certificates if c.papers is not None)
    found = replace(named, masters=(*named.masters, *papers))
    return None if found == Artefact() else found


def _seen_at(
    c: Certificate, order: Order, seen: Mapping[Path, MastersSeen], camera: CameraModel
) -> tuple[float, float]:
    """Where in the picture (px) a size was measured: the middle of its features."""
    one = seen[c.image]
    middle = np.mean([one.features[name].center_mm for name in feature_names(c, order)], axis=0)
    x, y = camera.to_px(one.sighting.pose.to_plane(middle[None, :]))[0]
    return float(x), float(y)


def _certified(
    c: Certificate,
    names: tuple[str, ...],
    features: Mapping[str, MeasuredFeature],
    kinds: Mapping[tuple[Path, str], str],
) -> CertifiedSize:
    parts = [features[name] for name in names]
    for feature in parts:
        if feature.kind is not Kind.CIRCLE or not feature.params or len(feature.points_mm) < 0.6 * feature.expected:
            raise CalibrationError(f"the edge of {feature.id} was not found well enough", place=str(c.image))
    if len(parts) == 2:
        a, b = parts
        u = math.sqrt(float(a.covariance[0, 0] + a.covariance[1, 1] + b.covariance[0, 0] + b.covariance[1, 1]) / 2.0)
        distance = float(np.hypot(*(a.center_mm - b.center_mm)))
        return CertifiedSize(c.image.name, c.feature, c.value_mm, c.u_mm, distance, u, 0.0)
    feature = parts[0]
    size, edges = (2.0 * feature.radius_mm, 2.0)
    u = edges * math.sqrt(float(feature.covariance[2, 2]))
    kind = kinds[c.image, feature.id]
    return CertifiedSize(c.image.name, c.feature, c.value_mm, c.u_mm, size, u, edges * feature.outward, kind)
