"""Masters in pictures: read, placed and measured as parts are, with edges where the geometry has them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from station.cycle.certificates import Certificate, feature_names
from station.cycle.edge_looks import EdgeSeen, edges_seen
from station.cycle.measure import measure_features, measure_track
from station.cycle.pictures import TakenPicture, read_picture
from station.cycle.sight import Sighting, sight
from station.errors import CalibrationError, ImageError
from station.metrology.calibration import Calibration, Clipping
from station.metrology.camera import CameraModel
from station.metrology.edge_kinds import DEFAULT
from station.metrology.features import MeasuredFeature
from station.order.geometry import signed_area_mm2
from station.order.model import Characteristic, CharacteristicType, Limits, Order
from station.plan.compile import compile_plan
from station.vision.field import decimation_for, look
from station.vision.picture import picture_from
from station.vision.pieces import choose_piece, pieces_of
from station.vision.refusal import Refusal


@dataclass(frozen=True, slots=True)
class MastersSeen:
    """What one picture of masters shows: where the part lies, its features, and how their edges look."""

    sighting: Sighting
    features: dict[str, MeasuredFeature]
    looks: tuple[EdgeSeen, ...]


def read_pictures(certificates: Sequence[Certificate], view: str) -> dict[Path, TakenPicture]:
    """Every picture of the table, once. Raises: ImageError with the row."""
    pictures: dict[Path, TakenPicture] = {}
    for certificate in certificates:
        if certificate.image not in pictures:
            try:
                pictures[certificate.image] = read_picture(certificate.image, view)
            except ImageError as error:
                raise ImageError(str(error), place=certificate.place) from error
    return pictures


def check_sizes(pictures: Mapping[Path, TakenPicture], camera: CameraModel) -> None:
    """Refuse pictures of several sizes, or of another than the camera's. Raises: CalibrationError with the picture."""
    first = next(iter(pictures))
    width, height = pictures[first].width_px, pictures[first].height_px
    for image, picture in pictures.items():
        if (picture.width_px, picture.height_px) != (width, height):
            raise CalibrationError("the masters' pictures differ in size", place=str(image))
    if (camera.width_px, camera.height_px) != (width, height):
        raise CalibrationError(
            f"the camera's calibration is for {camera.width_px} × {camera.height_px} pixels, the pictures have "
            f"{width} × {height}",
            place=str(first),
        )


def provisional_calibration(
    camera: CameraModel, made: datetime, valid_until: datetime, temperature_c: float
) -> Calibration:
    """What is believed before the masters tell: edges where the geometry has them."""
    return Calibration(
        id="provisional",
        created=made,
        valid_until=valid_until,
        camera=camera,
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


def measure_masters(
    wanted: Order, provisional: Calibration, pictures: Mapping[Path, TakenPicture], progress: Callable[[str], None]
) -> dict[Path, MastersSeen]:
    """The masters in every picture. Raises: CalibrationError with the picture that is refused."""
    plan = compile_plan(wanted, provisional)
    if plan.refusal:
        raise CalibrationError(f"the master cannot be measured: {plan.refusal}")
    seen: dict[Path, MastersSeen] = {}
    for image, picture in pictures.items():
        progress(image.name)
        found = sight(plan, provisional, picture_from(picture.pixels))
        if isinstance(found, Refusal):
            raise CalibrationError(found.sentence, place=str(image))
        track = measure_track(plan, provisional, found)
        looks = tuple(edge for edge in edges_seen(plan, found, track.edges) if math.isfinite(edge.spread_px))
        seen[image] = MastersSeen(found, measure_features(plan, provisional, found, track), looks)
    return seen


def rough_camera(order: Order, picture: TakenPicture) -> CameraModel:
    """A scale to start from: the part's nominal area against its area in the picture. Raises: CalibrationError."""
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


def asking_for(order: Order, certificates: Sequence[Certificate]) -> Order:
    """The master's order with exactly the certified features as characteristics, and all edges alike."""
    names: dict[str, None] = {}
    for certificate in certificates:
        for name in feature_names(certificate, order):
            names[name] = None
    characteristics = tuple(
        Characteristic(f"M{number}", CharacteristicType.RADIUS, (name,), (), Limits(None, None, None), "mm")
        for number, name in enumerate(names, start=1)
    )
    geometry = replace(order.geometry, edge=DEFAULT, edges={})
    return replace(order, geometry=geometry, characteristics=characteristics)
