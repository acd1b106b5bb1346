"""How much larger one picture shows a silhouette than another: a similarity between edges here and there."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from station.vision.edges import find_edges
from station.vision.field import Field
from station.vision.picture import Picture
from station.vision.probe import Probes

Floats = NDArray[np.float64]

_SEARCH_PX = 12.0
_LEAST_PROBES = 60
_ROUNDS = 3


def size_against(picture: Picture, field: Field, sigma_px: float, reference: Probes, seen: Field) -> float | None:
    """The size of what `picture` shows, relative to the picture where the probes `reference` stand on the edges and
    `seen` is the first look; None where too few of these edges are found, or all look the same way."""
    (area, middle), (area_0, middle_0) = _extent(field), _extent(seen)
    if area <= 0.0 or area_0 <= 0.0:
        return None
    about = reference.points_px.mean(axis=0)
    scale, shift = (area / area_0) ** 0.5, middle - middle_0
    turn = np.eye(2)
    for _ in range(_ROUNDS):
        points = about + shift + scale * (reference.points_px - about) @ turn.T
        normals = reference.normals @ turn.T
        probes = replace(reference, points_px=np.ascontiguousarray(points), normals=np.ascontiguousarray(normals))
        edges = find_edges(picture, field, probes, sigma_px, _SEARCH_PX)
        used = edges.found & edges.clear
        if used.sum() < _LEAST_PROBES:
            return None
        arm = (points - about - shift)[used]
        n = normals[used]
        rows = np.column_stack([(n * arm).sum(axis=1), n[:, 1] * arm[:, 0] - n[:, 0] * arm[:, 1], n])
        reach = float(np.abs(arm).max())
        rows[:, :2] /= reach
        if np.linalg.cond(rows) > 1e3:
            return None
        offset = edges.offset_px[used]
        near = np.abs(offset - np.median(offset)) < max(6.0 * 1.4826 * float(np.median(np.abs(offset))), 0.5)
        growth, angle, *by = np.linalg.lstsq(rows[near], offset[near], rcond=None)[0]
        scale *= 1.0 + float(growth) / reach
        a = float(angle) / reach
        turn = np.array([[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]]) @ turn
        shift = shift + np.array(by)
    return float(scale)


def _extent(field: Field) -> tuple[float, Floats]:
    """Area (px²) and middle (px) of all material."""
    rows, columns = np.nonzero(field.material)
    k = field.decimation
    if not len(rows):
        return 0.0, np.zeros(2)
    return float(len(rows) * k * k), np.array([columns.mean(), rows.mean()]) * k + 0.5 * (k - 1)
