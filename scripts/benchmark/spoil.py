"""What real pictures bring, rendered with known truth: each case changes the scene, or how the camera takes it.

Dirt, burrs, chamfers and tilt change what there is to see; motion, a colour sensor and JPEG change the frame. Every
case leaves the part's truth alone, so what a measurement of it is off by is the spoiling's doing. Lengths in pixels.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from station.order.geometry import Point
from station.twin import flaws
from station.twin.made import made_polygons
from station.twin.part import Chamfer, MadePart
from station.twin.render import expose, lamp_evenness, render, scene_light
from station.twin.scene import Dust, PlacedPart, Scene

Rng: TypeAlias = np.random.Generator
Pixels: TypeAlias = NDArray[Any]
Rgb: TypeAlias = tuple[float, float, float]

# A colour sensor's answer to a lamp (red, green, blue pixels), and the camera's white balance for it.
WHITE: tuple[Rgb, Rgb] = ((0.55, 1.0, 0.60), (1 / 0.55, 1.0, 1 / 0.60))
GREEN: tuple[Rgb, Rgb] = ((0.12, 1.0, 0.18), (1.0, 1.0, 1.0))
RED: tuple[Rgb, Rgb] = ((1.0, 0.10, 0.03), (1.0, 1.0, 1.0))
_MOTION_NODES = 4


@dataclass(frozen=True, slots=True)
class Case:
    """One way to spoil a picture: `change` the scene, then `take` the picture (h, w) or (h, w, 3) BGR."""

    name: str
    story: str
    change: Callable[[Scene, Rng], Scene] = lambda scene, _: scene
    take: Callable[[Scene, Rng], Pixels] = render


def cases() -> tuple[Case, ...]:
    """All cases, `clean` first."""
    return (
        Case("clean", "nothing is wrong"),
        Case("light-10", "backlight uneven by ±10 %", uneven(0.10)),
        Case("light-20", "backlight uneven by ±20 %", uneven(0.20)),
        Case("specks", "3 half-transparent specks of 6-20 px on the contour", specks(3, 0.5)),
        Case("specks-opaque", "the same, opaque", specks(3, 1.0)),
        Case("fibre", "a half-transparent fibre, 3 px by 80 px, across the contour", fibres(1, 0.5)),
        Case("fibre-opaque", "the same, opaque", fibres(1, 1.0)),
        *(Case(f"chamfer-{w}", f"the outermost {w} px at 60 % of the contrast", chamfer(w, 0.6)) for w in (1, 2, 4, 6)),
        Case("chamfer-4-faint", "the outermost 4 px at 30 % of the contrast", chamfer(4, 0.3)),
        Case("burrs", "4 burrs, 8-25 px long, up to 2-6 px high", burrs(4)),
        Case("tilt", "tilted: blur 0.8 px on one side, 2.5 px on the other", tilted(0.8, 2.5)),
        Case("blur-2.5", "out of focus all over: blur 2.5 px", blurred(2.5)),
        Case("bayer-white", "colour sensor, white light, demosaiced", take=colour(*WHITE)),
        Case("bayer-green", "colour sensor, green light, demosaiced", take=colour(*GREEN)),
        Case("bayer-red", "colour sensor, red light, demosaiced", take=colour(*RED)),
        Case("mosaic", "its raw mosaic taken as grey, balanced to ±3 %", take=mosaic((0.97, 1.0, 1.03))),
        Case("mosaic-raw", "its raw mosaic taken as grey, white light, not balanced", take=mosaic(WHITE[0])),
        *(Case(f"jpeg-{q}", f"JPEG of quality {q}", take=jpeg(q)) for q in (95, 85, 70)),
        *(Case(f"bits-{b}", f"{b}-bit data", depth(b)) for b in (10, 12)),
        *(Case(f"noise-{k}", f"{k} times the noise", noise(k)) for k in (2, 4)),
        Case("motion", "moved by 1 px during the exposure", take=moving(1.0)),
        Case("ghost", "30 % of the light 1.2 px aside: an asymmetric blur", take=ghost(1.2, 0.3)),
    )


def uneven(half: float) -> Callable[[Scene, Rng], Scene]:
    """Light between 1 - half and 1 + half of its mean level, over the picture."""
    least = (1.0 - half) / (1.0 + half)

    def change(scene: Scene, _: Rng) -> Scene:
        best = float(lamp_evenness(scene.optics, 1.0).max())  # even the best place is not quite the lamp's full light
        return replace(scene, lamp=replace(scene.lamp, uneven=(1.0 - least) / (1.0 - least * (1.0 - best))))

    return change


def noise(times: float) -> Callable[[Scene, Rng], Scene]:
    """Shot and read noise of `times` the standard deviation: fewer electrons."""

    def change(scene: Scene, _: Rng) -> Scene:
        lamp = scene.lamp
        fewer = replace(lamp, full_well_e=lamp.full_well_e / times**2, read_noise_e=lamp.read_noise_e / times)
        return replace(scene, lamp=fewer)

    return change


def depth(bits: int) -> Callable[[Scene, Rng], Scene]:
    """The same light, finer levels."""
    return lambda scene, _: replace(scene, lamp=replace(scene.lamp, bit_depth=bits))


def blurred(sigma_px: float) -> Callable[[Scene, Rng], Scene]:
    """The whole field out of focus."""
    return lambda scene, _: replace(scene, optics=replace(scene.optics, psf_sigma_px=sigma_px))


def tilted(low_px: float, high_px: float) -> Callable[[Scene, Rng], Scene]:
    """Blur growing linearly over the part from one side to the other, in any direction."""

    def change(scene: Scene, rng: Rng) -> Scene:
        outlines = made_polygons(scene.parts[0].part, 1e-3)
        span_px = 2.0 * max(float(np.hypot(*points.T).max()) for points in outlines) / scene.optics.mm_per_px
        slope, angle = (high_px - low_px) / span_px, float(rng.uniform(0.0, 2.0 * math.pi))
        grows = (slope * math.cos(angle), slope * math.sin(angle))
        return replace(scene, optics=replace(scene.optics, psf_sigma_px=0.5 * (low_px + high_px), blur_slope=grows))

    return change


def chamfer(width_px: float, shade: float) -> Callable[[Scene, Rng], Scene]:
    """A chamfer along every edge."""

    def change(scene: Scene, _: Rng) -> Scene:
        return _with_part(scene, chamfer=Chamfer(width_px * scene.optics.mm_per_px, shade))

    return change


def burrs(count: int) -> Callable[[Scene, Rng], Scene]:
    """Ragged lips standing out from the contour."""

    def change(scene: Scene, rng: Rng) -> Scene:
        found, pixel = [], scene.optics.mm_per_px
        for _ in range(count):
            at, heading = _edge_place(scene.parts[0].part, rng)
            length, height = float(rng.uniform(8.0, 25.0)) * pixel, float(rng.uniform(2.0, 6.0)) * pixel
            found.append(flaws.burr(at, math.degrees(heading), length, height, rng))
        return _with_part(scene, flaws=tuple(found))

    return change


def specks(count: int, opacity: float) -> Callable[[Scene, Rng], Scene]:
    """Specks on the lamp's glass, each where the contour is."""

    def change(scene: Scene, rng: Rng) -> Scene:
        found, pixel = [], scene.optics.mm_per_px
        for _ in range(count):
            (x, y), _ = _in_field(*_edge_place(scene.parts[0].part, rng), scene.parts[0])
            radii = float(rng.uniform(3.0, 10.0)) * pixel * rng.uniform(0.7, 1.3, 12)
            turns = np.arange(12) * math.pi / 6
            corners = zip(x + radii * np.cos(turns), y + radii * np.sin(turns), strict=True)
            found.append(Dust(tuple((float(a), float(b)) for a, b in corners), opacity, 1.5))
        return replace(scene, dust=tuple(found))

    return change


def fibres(count: int, opacity: float) -> Callable[[Scene, Rng], Scene]:
    """Bent fibres across the contour, from nearly along it to square to it."""

    def change(scene: Scene, rng: Rng) -> Scene:
        found, pixel = [], scene.optics.mm_per_px
        for _ in range(count):
            (x, y), heading = _in_field(*_edge_place(scene.parts[0].part, rng), scene.parts[0])
            heading += float(rng.uniform(-1.4, 1.4))
            bend = float(rng.uniform(-0.015, 0.015)) / pixel
            along = np.linspace(-40.0, 40.0, 41) * pixel
            turn = heading + bend * along
            step = along[1] - along[0]
            path = np.column_stack([np.cumsum(np.cos(turn)), np.cumsum(np.sin(turn))]) * step
            path += (x, y) - path[len(path) // 2]
            side = 1.5 * pixel * np.column_stack([-np.sin(turn), np.cos(turn)])
            outline = np.concatenate([path + side, (path - side)[::-1]])
            found.append(Dust(tuple((float(a), float(b)) for a, b in outline), opacity, 1.0))
        return replace(scene, dust=tuple(found))

    return change


def moving(length_px: float) -> Callable[[Scene, Rng], Pixels]:
    """Even motion in any direction during the exposure; the place is that of its middle."""
    nodes, weights = np.polynomial.legendre.leggauss(_MOTION_NODES)
    return _smeared(tuple(0.5 * length_px * nodes), tuple(0.5 * weights))


def ghost(aside_px: float, share: float) -> Callable[[Scene, Rng], Pixels]:
    """A second, fainter image aside; the place is the mean of both."""
    return _smeared((-share * aside_px, (1.0 - share) * aside_px), (1.0 - share, share))


def _smeared(shifts_px: tuple[float, ...], shares: tuple[float, ...]) -> Callable[[Scene, Rng], Pixels]:
    def take(scene: Scene, rng: Rng) -> Pixels:
        angle = float(rng.uniform(0.0, 2.0 * math.pi))
        x, y = scene.optics.origin_px
        light = np.zeros((scene.optics.height_px, scene.optics.width_px))
        for shift, share in zip(shifts_px, shares, strict=True):
            there = (x + shift * math.cos(angle), y + shift * math.sin(angle))
            light += share * scene_light(replace(scene, optics=replace(scene.optics, center_px=there)))
        return expose(light, scene.lamp, rng)

    return take


def colour(response: Rgb, gains: Rgb) -> Callable[[Scene, Rng], Pixels]:
    """An RGGB sensor read out with 12 bits, balanced, demosaiced bilinearly by OpenCV, delivered as 8-bit BGR."""

    def take(scene: Scene, rng: Rng) -> Pixels:
        raw = _mosaic_frame(scene, response, 12, rng) * _bayer(scene, gains)
        balanced = np.clip(np.rint(raw), 0, 4095).astype(np.uint16)
        bgr = cv2.cvtColor(balanced, cv2.COLOR_BayerRGGB2BGR)
        return np.asarray(np.clip(np.rint(bgr * (255.0 / 4095.0)), 0, 255).astype(np.uint8))

    return take


def mosaic(response: Rgb) -> Callable[[Scene, Rng], Pixels]:
    """An RGGB sensor's 8-bit mosaic as if it were grey."""
    return lambda scene, rng: _mosaic_frame(scene, response, scene.lamp.bit_depth, rng)


def jpeg(quality: int) -> Callable[[Scene, Rng], Pixels]:
    """The frame compressed and read back."""

    def take(scene: Scene, rng: Rng) -> Pixels:
        _, data = cv2.imencode(".jpg", render(scene, rng), [cv2.IMWRITE_JPEG_QUALITY, quality])
        return np.asarray(cv2.imdecode(data, cv2.IMREAD_UNCHANGED))

    return take


def _mosaic_frame(scene: Scene, response: Rgb, bits: int, rng: Rng) -> Pixels:
    return expose(scene_light(scene) * _bayer(scene, response), replace(scene.lamp, bit_depth=bits), rng)


def _bayer(scene: Scene, rgb: Rgb) -> NDArray[np.float64]:
    """One factor per pixel (height, width) in the order RGGB."""
    factors = np.full((scene.optics.height_px, scene.optics.width_px), rgb[1])
    factors[0::2, 0::2], factors[1::2, 1::2] = rgb[0], rgb[2]
    return factors


def _with_part(scene: Scene, **changes: Any) -> Scene:
    placed = scene.parts[0]
    return replace(scene, parts=(replace(placed, part=replace(placed.part, **changes)), *scene.parts[1:]))


def _edge_place(part: MadePart, rng: Rng) -> tuple[Point, float]:
    """A place anywhere along the part's outlines (mm, its own frame), and the direction (rad) out of the material."""
    outlines = made_polygons(part, 1e-3)
    starts = np.concatenate(outlines)
    sides = np.concatenate([np.roll(points, -1, axis=0) - points for points in outlines])
    lengths = np.hypot(sides[:, 0], sides[:, 1])
    chosen = int(rng.choice(len(sides), p=lengths / lengths.sum()))
    x, y = starts[chosen] + float(rng.random()) * sides[chosen]
    return (float(x), float(y)), math.atan2(-sides[chosen, 0], sides[chosen, 1])


def _in_field(at_mm: Point, heading: float, placed: PlacedPart) -> tuple[Point, float]:
    """The same place and direction in the camera plane."""
    turn, pose = math.radians(placed.pose.angle_deg), placed.pose
    cos, sin = math.cos(turn), math.sin(turn)
    moved = (pose.x_mm + cos * at_mm[0] - sin * at_mm[1], pose.y_mm + sin * at_mm[0] + cos * at_mm[1])
    return moved, heading + turn
