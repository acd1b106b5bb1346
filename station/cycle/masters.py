"""Calibrate from pictures of parts of certified size: the same sight and probes as an inspection, then one fit."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

from station.cycle.edge_looks import EdgeSeen, edges_seen
from station.cycle.measure import measure_features, measure_track
from station.cycle.pictures import TakenPicture, read_picture
from station.cycle.sight import Sighting, sight
from station.documents import read_limited
from station.errors import CalibrationError, ImageError, InputError
from station.metrology.calibration import Calibration, Clipping, MasterResidual
from station.metrology.calibration_origin import Artefact, Devices, MasterPapers, Section, day_from
from station.metrology.camera import CameraModel
from station.metrology.edge_look import edge_look
from station.metrology.features import Kind, MeasuredFeature
from station.metrology.masters import CertifiedSize, fit_masters
from station.order.geometry import ArcFeature, CircleFeature, signed_area_mm2
from station.order.model import Characteristic, CharacteristicType, Limits, Order
from station.plan.compile import compile_plan
from station.vision.field import decimation_for, look
from station.vision.picture import picture_from
from station.vision.pieces import choose_piece, pieces_of
from station.vision.refusal import Refusal

# How far an edge may lie from where geometry has it before anyone has calibrated it (one standard uncertainty).
PRIOR_EDGE_TELECENTRIC_PX = 0.30  # diffraction at a collimated backlight
PRIOR_EDGE_PX = 0.12  # an ordinary lens, whose scale a board has already given
CONTRADICTION_PX = 3.0  # no edge of a master is that far off: a typing error, or another part
MAX_ROWS = 2000


@dataclass(frozen=True, slots=True)
class Certificate:
    """One row of MASTERS.csv: a feature's certified size, or the centre distance of two (`A-B`), and whose."""

    image: Path
    feature: str
    value_mm: float
    u_mm: float
    place: str  # file and row, for sentences
    papers: MasterPapers | None = None


@dataclass(frozen=True, slots=True)
class Origin:
    """What people say of a calibration beside its numbers; all of it may be left out."""

    made_by: str = ""
    software: str = ""
    artefact: Artefact = field(default_factory=Artefact)
    devices: Devices = field(default_factory=Devices)
    sections: tuple[Section, ...] = ()


def read_certificates(path: Path) -> list[Certificate]:
    """MASTERS.csv: image, feature, value_mm, u_mm, and where known whose: master, certificate, issuer, date, due.

    Raises:
        InputError: with the row.
    """
    text = read_limited(path).decode("utf-8-sig", errors="replace")
    reader = csv.DictReader(io.StringIO(text))
    needed = {"image", "feature", "value_mm", "u_mm"}
    reader.fieldnames = [(name or "").strip() for name in (reader.fieldnames or [])]
    columns = set(reader.fieldnames)
    if not needed <= columns:
        raise InputError(f"the table lacks the columns {', '.join(sorted(needed - columns))}", place=str(path))
    rows = []
    for number, row in enumerate(reader, start=2):
        place = f"{path}, row {number}"
        if number > MAX_ROWS:
            raise InputError(f"the table has more than {MAX_ROWS} rows", place=str(path))
        try:
            value, u = float(row["value_mm"]), float(row["u_mm"])
        except (TypeError, ValueError) as error:
            raise InputError("value_mm and u_mm have to be numbers", place=place) from error
        if not (math.isfinite(value) and value > 0.0 and math.isfinite(u) and u >= 0.0):
            raise InputError(f"value_mm = {value:g}, u_mm = {u:g} is not a certified size", place=place)
        if not (row["image"] or "").strip() or not (row["feature"] or "").strip():
            raise InputError("image and feature must not be empty", place=place)
        rows.append(
            Certificate(
                path.parent / row["image"].strip(), row["feature"].strip(), value, u, place, _papers(row, place)
            )
        )
    if not rows:
        raise InputError("the table has no rows", place=str(path))
    return rows


def _papers(row: dict[str, str | None], place: str) -> MasterPapers | None:
    """What the further columns say of the master's certificate, if anything."""
    master, certificate, issuer, dated, due = (
        (row.get(name) or "").strip() for name in ("master", "certificate", "issuer", "date", "due")
    )
    if not (master or certificate or issuer or dated or due):
        return None
    try:
        return MasterPapers(master, certificate, issuer, day_from(dated, "date"), day_from(due, "due"))
    except CalibrationError as error:
        raise InputError(f"{error.place}: {error.sentence}", place=place) from error


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
    """Scale, edge offset and their covariance from certified sizes; `camera` is a board's calibration to build on.

    Raises:
        CalibrationError: a master's picture is refused, a feature is not of the order, or the sizes say nothing.
    """
    if not -40.0 <= temperature_c <= 150.0:
        raise CalibrationError(f"{temperature_c:g} °C is no temperature to calibrate at")
    known = origin or Origin()
    pictures: dict[Path, TakenPicture] = {}
    for certificate in certificates:
        feature_names(certificate, order)
        if certificate.image not in pictures:
            try:
                pictures[certificate.image] = read_picture(certificate.image, view)
            except ImageError as error:
                raise ImageError(str(error), place=certificate.place) from error
    images = list(pictures)
    first = pictures[images[0]]
    for image, picture in pictures.items():
        if (picture.width_px, picture.height_px) != (first.width_px, first.height_px):
            raise CalibrationError("the masters' pictures differ in size", place=str(image))
    start = camera if camera is not None else _rough_camera(order, first)
    if (start.width_px, start.height_px) != (first.width_px, first.height_px):
        raise CalibrationError(
            f"the camera's calibration is for {start.width_px} × {start.height_px} pixels, the pictures have "
            f"{first.width_px} × {first.height_px}",
            place=str(images[0]),
        )
    provisional = Calibration(
        id="provisional",
        created=made,
        valid_until=made + valid_for,
        camera=start,
        u_scale=0.02,
        edge_offset_px=0.0,
        u_edge_px=0.5,
        correlation=0.0,
        local_px=0.0,
        psf_sigma_px=None,
        clipping=Clipping.ANY,
        temperature_c=temperature_c,
        made_from="",
    )
    wanted = _questions(order, certificates)
    plan = compile_plan(wanted, provisional)
    if plan.refusal:
        raise CalibrationError(f"the master cannot be measured: {plan.refusal}")
    pixel_mm = plan.mm_per_px
    seen: dict[Path, tuple[Sighting, dict[str, MeasuredFeature]]] = {}
    looks: list[EdgeSeen] = []
    for image in images:
        progress(image.name)
        found = sight(plan, provisional, picture_from(pictures[image].pixels))
        if isinstance(found, Refusal):
            raise CalibrationError(found.sentence, place=str(image))
        track = measure_track(plan, provisional, found)
        looks += [edge for edge in edges_seen(plan, found, track.edges) if math.isfinite(edge.spread_px)]
        seen[image] = (found, measure_features(plan, provisional, found, track))
    sizes = [_certified(c, feature_names(c, order), seen[c.image][1]) for c in certificates]
    prior = (
        prior_edge_px if prior_edge_px is not None else (PRIOR_EDGE_TELECENTRIC_PX if camera is None else PRIOR_EDGE_PX)
    )
    fit = fit_masters(sizes, prior * pixel_mm, pixel_mm)
    u_scale, u_edge = math.sqrt(fit.covariance[0, 0]), math.sqrt(fit.covariance[1, 1])
    if fit.local_mm > CONTRADICTION_PX * pixel_mm:
        errors = np.abs(fit.corrected_mm - np.array([s.certified_mm for s in sizes]))
        worst = int(errors.argmax())
        raise CalibrationError(
            f"the certified sizes contradict each other: {sizes[worst].feature} is off by {errors[worst]:.3g} mm, "
            "far more than its certificate and the picture allow; check the row",
            place=certificates[worst].place,
        )
    clipped = [s.field.clipped for s, _ in seen.values()]
    if any(clipped) and not all(clipped):
        raise CalibrationError(
            "some of the masters' pictures are clipped and some are not; take them all under one light"
        )
    return Calibration(
        id=identity,
        created=made,
        valid_until=made + valid_for,
        camera=start.scaled(fit.factor),
        u_scale=u_scale,
        edge_offset_px=fit.edge_offset_mm / pixel_mm,
        u_edge_px=u_edge / pixel_mm,
        correlation=float(fit.covariance[0, 1]) / (u_scale * u_edge),
        local_px=fit.local_mm / pixel_mm,
        psf_sigma_px=float(np.median([s.blur_px for s, _ in seen.values()])),
        clipping=Clipping.CLIPPED if all(clipped) else Clipping.NONE,
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
        edge_look=edge_look([e.spread_px for e in looks], [e.misfit for e in looks]),
    )


def _artefact(named: Artefact, certificates: Sequence[Certificate]) -> Artefact | None:
    """The artefact with the papers of every master in the table, each once."""
    papers = dict.fromkeys(c.papers for c in certificates if c.papers is not None)
    found = replace(named, masters=(*named.masters, *papers))
    return None if found == Artefact() else found


def _seen_at(
    c: Certificate, order: Order, seen: dict[Path, tuple[Sighting, dict[str, MeasuredFeature]]], camera: CameraModel
) -> tuple[float, float]:
    """Where in the picture (px) a size was measured: the middle of its features."""
    sighting, features = seen[c.image]
    middle = np.mean([features[name].center_mm for name in feature_names(c, order)], axis=0)
    x, y = camera.to_px(sighting.pose.to_plane(middle[None, :]))[0]
    return float(x), float(y)


def _rough_camera(order: Order, picture: TakenPicture) -> CameraModel:
    """A scale to start from: the part's nominal area against its area in the picture."""
    silhouette = order.geometry.silhouette
    if silhouette is None:
        raise CalibrationError("the order's geometry does not close to a silhouette; masters need a whole part")
    area_mm2 = sum(abs(signed_area_mm2(o)) for o in silhouette.outer)
    grey = picture_from(picture.pixels)
    field = look(grey, decimation_for(grey, None))
    if isinstance(field, Refusal):
        raise CalibrationError(field.sentence, place=picture.name)
    piece = choose_piece(pieces_of(field, 6.0 * field.decimation**2), None)
    if isinstance(piece, Refusal):
        raise CalibrationError(piece.sentence, place=picture.name)
    return CameraModel.similarity(picture.width_px, picture.height_px, math.sqrt(area_mm2 / piece.area_px))


def _questions(order: Order, certificates: Sequence[Certificate]) -> Order:
    """The master's order with exactly the certified features as characteristics."""
    names: dict[str, None] = {}
    for certificate in certificates:
        for name in feature_names(certificate, order):
            names[name] = None
    characteristics = tuple(
        Characteristic(f"M{number}", CharacteristicType.RADIUS, (name,), (), Limits(None, None, None), "mm")
        for number, name in enumerate(names, start=1)
    )
    return replace(order, characteristics=characteristics)


def feature_names(certificate: Certificate, order: Order) -> tuple[str, ...]:
    """The one or two features of the order that a certificate speaks of. Raises: CalibrationError with its row."""
    features = order.geometry.features
    name = certificate.feature
    if name in features:
        if not isinstance(features[name], CircleFeature | ArcFeature):
            raise CalibrationError(
                f"{name} has no size: masters are circles, arcs, or distances A-B of two circles",
                place=certificate.place,
            )
        return (name,)
    for cut in range(1, len(name)):
        pair = (name[:cut], name[cut + 1 :])
        if name[cut] in "-:" and all(part in features for part in pair):
            return pair
    raise CalibrationError(f"the order's geometry has no feature {name!r}", place=certificate.place)


def _certified(c: Certificate, names: tuple[str, ...], features: dict[str, MeasuredFeature]) -> CertifiedSize:
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
    return CertifiedSize(c.image.name, c.feature, c.value_mm, c.u_mm, size, u, edges * feature.outward)
