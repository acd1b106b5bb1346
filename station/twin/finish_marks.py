"""What good faces carry besides their finish: ends of strokes, chamfers, smears, specks, glare, uneven light.

None of it is a defect. Every function takes a gain (h, w) and gives another; contrasts stay below what flaws_surface.py
draws, or the form is one that no defect has: straight along the lay, or parallel to the part's side.
"""

from __future__ import annotations

import math

import numpy as np

from station.twin.grain import Floats, Shape, along_lay, cloudy, coordinates, soft, streaks
from station.twin.strokes import blob, cover_path, cover_polygon, wander


def stroke_lines(rng: np.random.Generator, gain: Floats, grain: float, lay_rad: float) -> Floats:
    """Single strong lines along the lay, straight and long, that fade out where the stroke ends."""
    x, y = coordinates(gain.shape)
    side = max(gain.shape)
    cos, sin = math.cos(lay_rad), math.sin(lay_rad)
    along = (x - gain.shape[1] / 2) * cos + (y - gain.shape[0] / 2) * sin
    across = (y - gain.shape[0] / 2) * cos - (x - gain.shape[1] / 2) * sin
    broken = 1.0 + 0.4 * along_lay(rng, gain.shape, rng.uniform(3.0, 20.0), 0.5, lay_rad)
    sum_of_lines = np.zeros(gain.shape, np.float32)
    for _ in range(int(rng.poisson(rng.choice([1, 4, 12])))):
        at, begin = rng.uniform(-0.75, 0.75) * side, rng.uniform(-0.6, 0.6) * side
        half, end, sigma = rng.uniform(0.15, 1.2) * side, rng.uniform(5.0, 60.0), rng.lognormal(-0.1, 0.5)
        contrast = min(0.6, rng.exponential(1.2) * grain + rng.uniform(0.0, 0.05))
        if rng.random() < 0.5:  # lines glint; dark ones are fainter
            contrast *= -0.6
        ends = 1.0 / (1.0 + np.exp(np.minimum((np.abs(along - begin) - half) / end * 4.0, 60.0)))
        sum_of_lines += contrast * ends * np.exp(-0.5 * ((across - at) / sigma) ** 2)
    return _positive(gain * (1.0 + sum_of_lines * broken))


def glare(rng: np.random.Generator, gain: Floats, lay_rad: float) -> Floats:
    """A soft patch along the lay, brighter or darker, in which the texture shows more: the lamp's mirror image."""
    x, y = coordinates(gain.shape)
    side = max(gain.shape)
    cos, sin = math.cos(lay_rad), math.sin(lay_rad)
    u, v = x - rng.uniform(-0.1, 1.1) * gain.shape[1], y - rng.uniform(-0.1, 1.1) * gain.shape[0]
    along = (u * cos + v * sin) / (rng.uniform(0.1, 0.7) * side)
    across = (v * cos - u * sin) / (rng.uniform(0.05, 0.3) * side)
    patch = np.exp(-0.5 * (along**2 + across**2))
    smooth = soft(gain, 2.0)
    return _positive(gain + (gain - smooth) * patch * rng.uniform(0.0, 2.5) + smooth * patch * rng.uniform(-0.2, 0.6))


def chamfers(rng: np.random.Generator, gain: Floats, pad_px: int) -> Floats:
    """Bands along one or two of the sides, of another brightness, with a texture and an edge of their own.

    `pad_px` is what will be cut off around the picture: bands begin beyond it.
    """
    x, y = coordinates(gain.shape)
    height, width = gain.shape
    for side in rng.permutation(4)[: int(rng.integers(1, 3))]:
        inward = np.broadcast_to((x, width - 1 - x, y, height - 1 - y)[side], gain.shape)
        along = np.broadcast_to(y if side < 2 else x, gain.shape)
        wide = rng.uniform(0.0, rng.choice([6.0, 18.0, 40.0])) + pad_px
        edge = wide + rng.uniform(-0.04, 0.04) * (along - along.mean())
        if rng.random() < 0.3:
            edge = edge + rng.uniform(0.0, 1.2) * np.sin(along / rng.uniform(30.0, 200.0) + rng.uniform(0.0, 6.3))
        band = 1.0 / (1.0 + np.exp(np.clip((inward - edge) / rng.lognormal(0.2, 0.7), -60.0, 60.0)))
        level = np.exp(rng.normal(0.0, 0.45)) * np.ones_like(gain)
        if rng.random() < 0.5:
            level *= 1.0 + rng.uniform(-0.5, 0.5) * np.clip(inward / wide, 0.0, 1.0)
        own = 1.0 + rng.uniform(0.0, 0.12) * streaks(rng, gain.shape, math.pi / 2 if side < 2 else 0.0, None)
        gain = gain * (1.0 - band) + band * 0.5 * (gain + soft(gain, 3.0)) * level * own
        if rng.random() < 0.5:  # the edge itself shines, or lies in shadow, here more and there less
            line = np.exp(-0.5 * ((inward - edge) / rng.uniform(0.6, 2.5)) ** 2)
            here = 0.6 + 0.4 * np.tanh(along_lay(rng, gain.shape, 25.0, 25.0, 0.0) + rng.uniform(-1.0, 1.0))
            gain = gain * (1.0 + rng.choice([-1.0, 1.0]) * rng.uniform(0.05, 0.5) * line * here)
        gain = _positive(gain)
    return gain


def background(rng: np.random.Generator, gain: Floats, pad_px: int) -> Floats:
    """The dark field beyond one side of the part, straight or slightly bowed, where the region was drawn too wide."""
    x, y = coordinates(gain.shape)
    height, width = gain.shape
    side = int(rng.integers(0, 4))
    inward = np.broadcast_to((x, width - 1 - x, y, height - 1 - y)[side], gain.shape)
    length = height if side < 2 else width
    along = (np.broadcast_to(y if side < 2 else x, gain.shape) - length / 2) / length
    depth = pad_px + rng.uniform(-2.0, rng.choice([4.0, 12.0])) + rng.normal(0.0, 5.0) * along
    depth = depth + rng.normal(0.0, 14.0) * along**2
    beyond = 1.0 / (1.0 + np.exp(np.clip((inward - depth) / rng.uniform(0.3, 1.5), -60.0, 60.0)))
    field = rng.uniform(0.0, 0.4) * (1.0 + rng.uniform(0.0, 0.15) * cloudy(rng, gain.shape, 1.5))
    return _positive(gain * (1.0 - beyond) + field * beyond)


def hairlines(rng: np.random.Generator, gain: Floats, grain: float) -> Floats:
    """Faint fine lines in any direction, from handling: every face has some."""
    for _ in range(int(rng.poisson(rng.choice([0.3, 2.0, 5.0])))):
        path = wander(rng, rng.uniform(0.05, 0.6) * max(gain.shape), rng.uniform(0.0, 0.15), _anywhere(rng, gain.shape))
        contrast = min(rng.uniform(0.2, 0.8) * grain + rng.uniform(0.0, 0.02), 0.08)
        gain = gain * (1.0 + rng.choice([-1.0, 1.0]) * contrast * cover_path(gain.shape, path, rng.uniform(0.4, 1.0)))
    return _positive(gain)


def specks(rng: np.random.Generator, gain: Floats, grain: float) -> Floats:
    """Dust and glints: points no wider than the lens resolves, faint beside what a pit is."""
    for _ in range(int(rng.poisson(rng.choice([0.5, 4.0, 15.0])))):
        contrast = rng.choice([-1.0, 1.0]) * min(rng.uniform(0.3, 2.0) * grain + 0.02, 0.12)
        spot = blob(rng, rng.uniform(0.5, 1.4), 0.1, 1.0, _anywhere(rng, gain.shape))
        gain = gain * (1.0 + contrast * cover_polygon(gain.shape, spot))
    return _positive(gain)


def smears(rng: np.random.Generator, gain: Floats) -> Floats:
    """Soft, faint patches that wiping and oxide leave: no edge, and less contrast than a stain."""
    for _ in range(int(rng.integers(1, 4))):
        patch = blob(rng, rng.lognormal(2.6, 0.6), 0.3, rng.uniform(1.0, 4.0), _anywhere(rng, gain.shape))
        cover = soft(cover_polygon(gain.shape, patch), rng.uniform(4.0, 12.0))
        gain = gain * (1.0 + rng.choice([-1.0, 1.0], p=[0.75, 0.25]) * rng.uniform(0.02, 0.12) * cover)
    return _positive(gain)


def illumination(rng: np.random.Generator, shape: Shape) -> Floats:
    """The light over the patch: a slope, a spot, a rounded side, a curved face."""
    x, y = coordinates(shape)
    x, y = x / shape[1] - 0.5, y / shape[0] - 0.5
    turn = rng.uniform(0.0, 2.0 * math.pi)
    light = 1.0 + rng.uniform(0.0, 0.5) * (x * math.cos(turn) + y * math.sin(turn))
    if rng.random() < 0.6:
        far = ((x - rng.uniform(-0.6, 0.6)) ** 2 + (y - rng.uniform(-0.6, 0.6)) ** 2) / rng.uniform(0.25, 1.2) ** 2
        light = light * (1.0 - rng.uniform(0.0, 0.6) * (1.0 - np.exp(-0.5 * far)))
    if rng.random() < 0.35:
        for coordinate in (x, y):
            away = 0.5 - coordinate if rng.random() < 0.5 else coordinate + 0.5
            if rng.random() < 0.5:
                light = light * (1.0 - rng.uniform(0.1, 0.8) * np.exp(-away / rng.uniform(0.02, 0.25)))
    if rng.random() < 0.4:
        turn = rng.uniform(0.0, math.pi)
        off = np.abs(x * math.cos(turn) + y * math.sin(turn) - rng.uniform(-0.2, 0.2)) / rng.uniform(0.3, 0.7)
        light = light * (1.0 - rng.uniform(0.0, 0.6) * np.clip(off**2, 0.0, 1.0))
    return np.maximum(light, 0.05).astype(np.float32)


def _anywhere(rng: np.random.Generator, shape: Shape) -> tuple[float, float]:
    return float(rng.uniform(0, shape[1])), float(rng.uniform(0, shape[0]))


def _positive(gain: Floats) -> Floats:
    return np.maximum(gain, 0.01).astype(np.float32)
