"""A camera model read from a document as hostile input: see `CameraModel.from_document`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields
from decimal import Decimal
from typing import Any, cast

import numpy as np

from station.errors import CalibrationError
from station.metrology.camera import CameraModel, Matrix3


def read_camera(document: Mapping[str, Any], place: str) -> CameraModel:
    """The model `document` describes.

    Raises:
        CalibrationError: one sentence with the place.
    """
    if not isinstance(document, Mapping):
        raise CalibrationError("the camera model is not an object", place=place)
    known = {field.name for field in fields(CameraModel)}
    for key in document:
        if key not in known:
            raise CalibrationError(f"the key {str(key)[:60]!r} is unknown", place=place)
    for key in sorted(known - {"telecentric"}):
        if key not in document:
            raise CalibrationError(f"the key {key!r} is missing", place=place)

    def number(value: object, key: str) -> float:
        if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)) or not math.isfinite(value):
            raise CalibrationError("this is not a finite number", place=f"{place}.{key}")
        return float(value)

    def row(value: object, key: str, length: int) -> tuple[float, ...]:
        if not isinstance(value, (list, tuple)) or len(value) != length:
            raise CalibrationError(f"this is not a list of {length} numbers", place=f"{place}.{key}")
        return tuple(number(item, key) for item in value)

    def whole(key: str) -> int:
        value = number(document[key], key)
        if value != int(value):
            raise CalibrationError("this is not a whole number", place=f"{place}.{key}")
        return int(value)

    rows = document["plane"]
    if not isinstance(rows, (list, tuple)) or len(rows) != 3:
        raise CalibrationError("this is not a list of three rows", place=f"{place}.plane")
    flag = document.get("telecentric", False)
    if not isinstance(flag, bool):
        raise CalibrationError("this is neither true nor false", place=f"{place}.telecentric")
    distance = document["distance_mm"]
    try:
        model = CameraModel(
            whole("width_px"),
            whole("height_px"),
            cast(tuple[float, float, float, float], row(document["matrix"], "matrix", 4)),
            cast(tuple[float, float, float, float, float], row(document["distortion"], "distortion", 5)),
            cast(Matrix3, tuple(row(item, "plane", 3) for item in rows)),
            number(document["rms_px"], "rms_px"),
            None if distance is None else number(distance, "distance_mm"),
            number(document["tilt_deg"], "tilt_deg"),
            flag,
        )
    except CalibrationError as error:
        raise CalibrationError(error.sentence, place=error.place or place) from error
    _check_invertible(model, place)
    return model


def _check_invertible(model: CameraModel, place: str) -> None:
    """Refuse a map that folds, is mirrored, or reaches the horizon within the picture (checked on a grid)."""
    x, y = np.meshgrid(np.linspace(-0.5, model.width_px - 0.5, 17), np.linspace(-0.5, model.height_px - 0.5, 17))
    grid = np.column_stack([x.ravel(), y.ravel()])
    with np.errstate(all="ignore"):
        try:
            ideal = model.undistorted(grid)
            depth = ideal @ np.array(model.plane[2][:2]) + model.plane[2][2]
            determinant = np.linalg.det(model.mm_per_px(grid))
            miss = np.abs(model.to_px(model.to_mm(grid)) - grid).max()
        except np.linalg.LinAlgError as error:
            raise CalibrationError("the map to the plane has no inverse", place=place) from error
    same_side = bool((depth * np.sign(model.plane[2][2]) > 0).all())
    if not (same_side and bool((determinant < 0).all()) and miss < 1e-6):
        raise CalibrationError("the map from pixels to the plane folds or is mirrored within the picture", place=place)
