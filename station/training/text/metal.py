"""Bare machined faces to put marks on: ground, brushed, turned, cast, blasted, milled, lapped; and uneven light."""

from __future__ import annotations

from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

Face: TypeAlias = NDArray[np.float32]
_KINDS = ("ground", "brushed", "turned", "cast", "blasted", "milled", "plain", "lapped")
_OFTEN = (0.22, 0.2, 0.12, 0.1, 0.1, 0.1, 0.08, 0.08)


class Faces:
    """A store of textures, made once, from which faces are cut: a cut costs a hundredth of a new texture."""

    def __init__(self, rng: np.random.Generator, count: int = 96, size_px: int = 512) -> None:
        self._textures = [texture(rng, size_px) for _ in range(count)]

    def cut(self, rng: np.random.Generator, shape: tuple[int, int]) -> Face:
        """A face (h, w) of mean 1: a texture turned and sized at random, repeated by reflection where it is short."""
        chosen = self._textures[int(rng.integers(len(self._textures)))]
        strength = rng.choice([rng.uniform(0.005, 0.05), rng.uniform(0.03, 0.14)])
        angle, size = rng.uniform(0, 360), rng.uniform(0.6, 1.8)
        at = rng.uniform(0, chosen.shape[0], 2)
        turn = cv2.getRotationMatrix2D((shape[1] / 2, shape[0] / 2), angle, size)
        turn[:, 2] += at - np.array([shape[1] / 2, shape[0] / 2])
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        cut = cv2.warpAffine(chosen, turn, (shape[1], shape[0]), flags=flags, borderMode=cv2.BORDER_REFLECT_101)
        return np.asarray(1 + np.float32(strength) * cut, np.float32)


def texture(rng: np.random.Generator, size_px: int) -> Face:
    """One texture (size, size) of mean 0 and variance 1, its lay along x."""
    shape = (size_px, size_px)
    kind = rng.choice(_KINDS, p=_OFTEN)
    u = rng.uniform
    if kind == "ground":
        made = _streaks(rng, size_px, turned=False) + u(0.2, 1.2) * _noise(rng, shape, u(3, 12), 0.6)
    elif kind == "brushed":
        made = _noise(rng, shape, u(4, 30), u(0.4, 1.2)) + u(0, 0.8) * _noise(rng, shape, u(10, 60), u(1, 4))
    elif kind == "turned":
        made = _streaks(rng, size_px, turned=True) + u(0.2, 1.0) * _noise(rng, shape, 0.7, 0.7)
    elif kind == "cast":
        made = sum((_noise(rng, shape, s, s) * s ** u(0.2, 0.7) for s in (0.7, 1.5, 3, 6, 12)), np.zeros(shape))
    elif kind == "blasted":
        made = _noise(rng, shape, u(0.5, 2.2), u(0.5, 2.2))
    elif kind == "milled":
        y, x = np.mgrid[:size_px, :size_px]
        way = y if rng.random() < 0.5 else np.hypot(x - u(-2, 3) * size_px, y - u(-2, 3) * size_px)
        phase = 2 * np.pi * way / u(4, 25) + 0.5 * _noise(rng, shape, 20, 20)
        made = np.sin(phase) + u(0.2, 1.0) * _noise(rng, shape, u(1, 8), 0.7)
    elif kind == "lapped":
        made = _noise(rng, shape, u(8, 30), 0.7) + _noise(rng, shape, 0.7, u(8, 30))
    else:
        made = _noise(rng, shape, 0.7, 0.7) * 0.3 + u(0, 1) * _noise(rng, shape, 40, 40)
    made = made - made.mean()
    return np.asarray(made / (made.std() + 1e-6), np.float32)


def light(rng: np.random.Generator, shape: tuple[int, int], *, bad: bool) -> Face:
    """Illumination (h, w): a slope, a spot, a band; `bad` makes them strong, with a glare that saturates."""
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    x, y = x / shape[1] - 0.5, y / shape[1] - 0.5 * shape[0] / shape[1]
    turn = rng.uniform(0, 2 * np.pi)
    made = 1 + rng.uniform(0, 1.5 if bad else 0.5) * (x * np.cos(turn) + y * np.sin(turn))
    if rng.random() < 0.5:
        size = rng.uniform(0.2, 1.0)
        spot = np.exp(-0.5 * ((x - rng.uniform(-0.6, 0.6)) ** 2 + (y - rng.uniform(-0.2, 0.2)) ** 2) / size**2)
        made = made * (1 - rng.uniform(0, 0.8 if bad else 0.5) * (1 - spot))
    if bad and rng.random() < 0.5:
        turn = rng.normal(np.pi / 2, 0.5)
        way = x * np.sin(turn) + y * np.cos(turn) - rng.uniform(-0.4, 0.4)
        made = made + rng.uniform(0.3, 2.0) * np.exp(-0.5 * (way / rng.uniform(0.02, 0.15)) ** 2)
    return np.asarray(np.maximum(made, 0.05), np.float32)


def _noise(rng: np.random.Generator, shape: tuple[int, int], along: float, across: float) -> Face:
    made = cv2.GaussianBlur(rng.standard_normal(shape).astype(np.float32), (0, 0), along, sigmaY=across)
    return np.asarray(made / (made.std() + 1e-6), np.float32)


def _streaks(rng: np.random.Generator, size_px: int, *, turned: bool) -> Face:
    """Grooves of a tool along x, or around a point beside the texture, that come and go."""
    y, x = np.mgrid[:size_px, :size_px].astype(np.float32)
    way = y
    if turned:
        way = np.hypot(x - rng.uniform(-1.5, 2.5) * size_px, y - rng.uniform(-1.5, 2.5) * size_px)
        way = way - way.min()
    profile = np.zeros((1, int(way.max()) + 3), np.float32)
    places = rng.random(profile.shape[1]) < rng.uniform(0.02, 0.25)
    profile[0, places] = rng.standard_normal(int(places.sum())) * rng.exponential(1, int(places.sum()))
    smooth = cv2.GaussianBlur(profile, (0, 0), rng.uniform(0.5, 2.0))
    made = cv2.remap(smooth, way.astype(np.float32), np.zeros_like(way, np.float32), cv2.INTER_LINEAR)
    comes = 1 / (1 + np.exp(-2 * _noise(rng, (size_px, size_px), rng.uniform(10, 60), rng.uniform(1, 6))))
    made = made * comes
    return np.asarray(made / (made.std() + 1e-6), np.float32)
