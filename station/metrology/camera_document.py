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
from station.metrology.camera_evidence import MOST_ACROSS, MOST_DOWN, CameraEvidence, ViewEvidence

MOST_ROWS = 1000


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
    for key in sorted(known - {"telecentric", "telecentricity_per_mm", "evidence"}):
        if key not in document:
            raise CalibrationError(f"the key {key!r} is missing", place=place)

    def number(value: object, key: str) -> float:
        return _number(value, f"{place}.{key}")

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
            number(document.get("telecentricity_per_mm", 0.0), "telecentricity_per_mm"),
            read_evidence(document["evidence"], f"{place}.evidence") if "evidence" in document else None,
        )
    except CalibrationError as error:
        raise CalibrationError(error.sentence, place=error.place or place) from error
    _check_invertible(model, place)
    return model


def evidence_document(evidence: CameraEvidence) -> dict[str, Any]:
    """What JSON can carry of what a model rests on."""
    return {
        "views": [{"name": v.name, "points": v.points, "rms_px": v.rms_px} for v in evidence.views],
        "refused": [{"name": name, "reason": reason} for name, reason in evidence.refused],
        "coverage": [list(row) for row in evidence.coverage],
        "terms": list(evidence.terms),
        "spread": [list(row) for row in evidence.spread],
        "telecentricity_u_per_mm": evidence.telecentricity_u_per_mm,
    }


def read_evidence(document: object, place: str) -> CameraEvidence:
    """The evidence a document holds.

    Raises:
        CalibrationError: one sentence with the place.
    """
    keys = {"views", "refused", "coverage", "terms", "spread", "telecentricity_u_per_mm"}
    content = _object(document, keys, place)
    u = content["telecentricity_u_per_mm"]
    coverage = tuple(
        tuple(int(_number(cell, f"{place}.coverage")) for cell in _list(row, f"{place}.coverage", MOST_ACROSS))
        for row in _list(content["coverage"], f"{place}.coverage", MOST_DOWN)
    )
    spread = tuple(
        tuple(_number(cell, f"{place}.spread") for cell in _list(row, f"{place}.spread", 18))
        for row in _list(content["spread"], f"{place}.spread", MOST_ROWS)
    )
    if any(len(row) != 18 for row in spread):
        raise CalibrationError("a row does not have 18 numbers", place=f"{place}.spread")
    views = [
        _object(v, {"name", "points", "rms_px"}, f"{place}.views") for v in _list(content["views"], place, MOST_ROWS)
    ]
    refused = [_object(r, {"name", "reason"}, f"{place}.refused") for r in _list(content["refused"], place, MOST_ROWS)]
    return CameraEvidence(
        tuple(
            ViewEvidence(
                str(v["name"]), int(_number(v["points"], f"{place}.views")), _number(v["rms_px"], f"{place}.views")
            )
            for v in views
        ),
        tuple((str(r["name"]), str(r["reason"])) for r in refused),
        coverage,
        tuple(str(term) for term in _list(content["terms"], f"{place}.terms", MOST_ROWS)),
        spread,
        None if u is None else _number(u, f"{place}.telecentricity_u_per_mm"),
    )


def _object(value: object, keys: set[str], place: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise CalibrationError("this is not an object", place=place)
    for key in value:
        if key not in keys:
            raise CalibrationError(f"the key {str(key)[:60]!r} is unknown", place=place)
    for key in sorted(keys):
        if key not in value:
            raise CalibrationError(f"the key {key!r} is missing", place=place)
    return value


def _list(value: object, place: str, most: int) -> list[Any]:
    if not isinstance(value, (list, tuple)) or len(value) > most:
        raise CalibrationError(f"this is not a list of at most {most}", place=place)
    return list(value)


def _number(value: object, place: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)) or not math.isfinite(value):
        raise CalibrationError("this is not a finite number", place=place)
    return float(value)


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
