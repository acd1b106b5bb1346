"""Measured features made by hand, and the questions about them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from station.metrology.characteristics import Answer, Question, evaluate
from station.metrology.features import Kind, MeasuredFeature
from station.order.geometry import CircleFeature, Feature, LineFeature, Side
from station.order.model import CharacteristicType

Pair = tuple[float, float]


def circle(
    name: str,
    center: Pair = (0.0, 0.0),
    radius: float = 1.0,
    *,
    outward: float = 1.0,
    covariance: Sequence[float] = (0.0, 0.0, 0.0),
    count: int = 360,
    form: np.ndarray | None = None,
    u_mm: float = 0.0,
) -> MeasuredFeature:
    """A circle whose points stand on it, plus `form` (count,) along the radius; `covariance` is a diagonal."""
    angle = np.linspace(0.0, 2.0 * math.pi, count, endpoint=False)
    away = np.column_stack([np.cos(angle), np.sin(angle)])
    ideal = np.asarray(center) + radius * away
    points = ideal + (np.zeros(count) if form is None else form)[:, None] * away
    return MeasuredFeature(
        name, Kind.CIRCLE, points, ideal, outward * away, np.full(count, u_mm), 2 * math.pi * radius / count, True,
        (*center, radius), np.diag(covariance), outward, count, np.ones(count, bool), 0.0, (0.0, 0.0),
    )  # fmt: skip


def line(
    name: str,
    start: Pair,
    end: Pair,
    *,
    covariance: Sequence[float] = (0.0, 0.0),
    count: int = 200,
    form: np.ndarray | None = None,
    u_mm: float = 0.0,
) -> MeasuredFeature:
    """A line with its material on the left; `form` (count,) out of the material; `covariance` of angle and offset."""
    a, b = np.asarray(start, float), np.asarray(end, float)
    length = float(np.hypot(*(b - a)))
    direction = (b - a) / length
    normal = np.array([direction[1], -direction[0]])
    ideal = a + np.linspace(0.0, 1.0, count)[:, None] * (b - a)
    points = ideal + (np.zeros(count) if form is None else form)[:, None] * normal
    middle = (a + b) / 2
    params = (math.atan2(normal[1], normal[0]), float(normal @ middle), float(direction @ middle))
    return MeasuredFeature(
        name, Kind.LINE, points, ideal, np.tile(normal, (count, 1)), np.full(count, u_mm), length / count, False,
        params, np.diag(covariance), 1.0, count, np.ones(count, bool), 0.0, (0.0, 0.0),
    )  # fmt: skip


def contour(
    name: str, nominal: np.ndarray, normals: np.ndarray, points: np.ndarray, u_mm: float = 0.0
) -> MeasuredFeature:
    count = len(nominal)
    return MeasuredFeature(
        name, Kind.CONTOUR, points, nominal, normals, np.full(count, u_mm), 0.01, True,
        (), np.zeros((0, 0)), 1.0, count, np.ones(count, bool), 0.0, (0.0, 0.0),
    )  # fmt: skip


def rectangle(width: float, height: float, per_mm: float = 40.0) -> tuple[np.ndarray, np.ndarray]:
    """Points along a rectangle about the origin and their outward normals, corners left out."""
    points, normals = [], []
    for turn in range(4):
        wide, high = (width, height) if turn % 2 == 0 else (height, width)
        run = np.linspace(-0.48, 0.48, int(wide * per_mm)) * wide
        side = np.column_stack([run, np.full(len(run), -high / 2)])
        c, s = round(math.cos(turn * math.pi / 2)), round(math.sin(turn * math.pi / 2))
        points.append(side @ np.array([[c, -s], [s, c]]).T)
        normals.append(np.tile(np.array([[c, -s], [s, c]]) @ [0.0, -1.0], (len(run), 1)))
    return np.concatenate(points), np.concatenate(normals)


def ellipse(long: float, short: float, count: int = 1600) -> tuple[np.ndarray, np.ndarray]:
    """Points on an ellipse about the origin, half axes `long` and `short`, and their outward normals."""
    angle = np.linspace(0.0, 2.0 * math.pi, count, endpoint=False)
    across = np.column_stack([np.cos(angle) / long, np.sin(angle) / short])
    points = np.column_stack([long * np.cos(angle), short * np.sin(angle)])
    return points, across / np.hypot(across[:, 0], across[:, 1])[:, None]


def moved(feature: MeasuredFeature, turn: float, dx: float, dy: float) -> MeasuredFeature:
    """The same feature of a part that lies elsewhere; the drawing (nominal points, their normals) stays."""
    c, s = math.cos(turn), math.sin(turn)
    rotation, shift = np.array([[c, -s], [s, c]]), np.array([dx, dy])
    params: tuple[float, ...] = ()
    if feature.kind is Kind.CIRCLE:
        params = (*(rotation @ np.asarray(feature.params[:2]) + shift).tolist(), feature.params[2])
    elif feature.kind is Kind.LINE:
        middle = rotation @ feature.center_mm + shift
        angle = feature.params[0] + turn
        normal = np.array([math.cos(angle), math.sin(angle)])
        params = (angle, float(normal @ middle), float(np.array([-normal[1], normal[0]]) @ middle))
    return replace(feature, points_mm=feature.points_mm @ rotation.T + shift, params=params)


def nominal_circle(
    name: str, center: Pair = (0.0, 0.0), diameter: float = 2.0, side: Side = Side.INNER
) -> CircleFeature:
    return CircleFeature(name, side, center, diameter)


def nominal_line(name: str, start: Pair, end: Pair) -> LineFeature:
    return LineFeature(name, start, end, True)


def question(
    kind: str,
    features: Sequence[str] | str,
    datums: Sequence[str] = (),
    nominal: float | None = None,
    geometry: Sequence[Feature] = (),
) -> Question:
    named = (features,) if isinstance(features, str) else tuple(features)
    return Question("1", CharacteristicType(kind), named, tuple(datums), nominal, {f.id: f for f in geometry})


def as_drawn(one: Question, features: Sequence[MeasuredFeature]) -> Question:
    """The question with a nominal line wherever none was given: as long as its points are."""
    drawn = dict(one.geometry)
    for f in features:
        if f.kind is Kind.LINE and f.id not in drawn and f.params:
            (ax, ay), (bx, by) = f.nominal_mm[0].tolist(), f.nominal_mm[-1].tolist()
            drawn[f.id] = LineFeature(f.id, (ax, ay), (bx, by), True)
    return replace(one, geometry=drawn)


def ask(one: Question, *features: MeasuredFeature) -> Answer:
    return evaluate(as_drawn(one, features), {f.id: f for f in features})


def value(one: Question, *features: MeasuredFeature) -> float:
    return ask(one, *features).value
