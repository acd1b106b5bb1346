"""Camera and lamp from a series of frames: read, counted, fitted, one document."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from station.cycle.light_series import LightSeries, Region, cut, look_through, read_pixels
from station.cycle.series import LightFrame
from station.cycle.signed import Signed
from station.errors import ImageError
from station.metrology.dark import Level
from station.metrology.estimate import Estimate
from station.metrology.light import LampState, Light, PixelDifferences, changed
from station.metrology.photon_transfer import PhotonTransfer, photon_transfer
from station.vision.flat import FlatField, falloff, flat_field
from station.vision.frames import FrameStack, stack
from station.vision.nonuniformity import DEFECT_LIMITS, DefectLimits, SpatialVariance, find_defects, spatial_variance

ADVISED_FRAMES = 16  # for differences between pixels
_WELL_LIT = (0.2, 0.8)  # of saturation: where differences between pixels are read
_FALLOFF_MATTERS = 5.0  # percent


@dataclass(frozen=True, slots=True)
class LightAsked:
    """How to look: `bits` of the camera (None: from the pictures), photons per pixel and µs if known, a region, a
    correction that is `smooth` or pixel by pixel, what counts as a defect."""

    bits: int | None = None
    photons_per_us: Estimate | None = None
    region: Region | None = None
    smooth: bool = True
    limits: DefectLimits = DEFECT_LIMITS


@dataclass(frozen=True, slots=True)
class LightFound:
    """The document, and the correction that is too large for it."""

    light: Light
    flat: FlatField


def measure_light(
    frames: Sequence[LightFrame],
    asked: LightAsked,
    signed: Signed,
    accepted: Light | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> LightFound:
    """The document `light/1` of a series of frames.

    Raises:
        ImageError: a frame cannot be read, or is not like the others.
        CalibrationError: too few frames, or they say nothing.
    """
    series = look_through(frames, asked.region, asked.bits, progress)
    full = float(2**series.bits - 1)

    def stacked(group: list[LightFrame]) -> FrameStack:
        progress(group[0].path.name)
        return stack((cut(read_pixels(f)[0], asked.region) >> series.shift for f in group), full)

    levels: dict[bool, list[Level]] = {False: [], True: []}
    wander: list[tuple[float, float, int]] = []  # level, variance of the frames' means, degrees of freedom
    for dark, groups in ((True, series.dark), (False, series.bright)):
        for exposure, group in sorted(groups.items()):
            found = stacked(group)
            levels[dark].append(_level(exposure, found))
            if not dark and found.at_full == 0.0:
                noise = found.temporal_variance / found.average.size
                wander.append((found.mean, float(found.frame_means.var(ddof=1)) - noise, found.count - 1))
    black = min(levels[True], key=lambda level: level.exposure_us).mean_dn
    flicker = _flicker(wander, black)
    # Two frames hardly tell how much frames differ; all exposures together do.
    lit = [replace(level, u_mean_dn=_u_mean(level, level.mean_dn - black, flicker)) for level in levels[False]]
    transfer = photon_transfer(lit, levels[True], asked.photons_per_us)
    exposure = _best_lit(series, transfer)
    nearest = min(series.dark, key=lambda at: abs(math.log(at / exposure)))
    bright, dark_stack = stacked(series.bright[exposure]), stacked(series.dark[nearest])
    flat = flat_field(bright, dark_stack, smooth=asked.smooth)
    lamp = _lamp(exposure, bright, dark_stack, transfer, flat, flicker)
    differences = _differences(exposure, bright, dark_stack, transfer, asked.limits)
    notes = [*series.notes, *_remarks(lamp, differences)]
    light = Light(
        made=signed.made_from(series.inputs),
        width_px=series.width_px,
        height_px=series.height_px,
        bit_depth=series.bits,
        transfer=transfer,
        pixels=differences,
        lamp=lamp,
        change=None,
        notes=tuple(notes),
    )
    if accepted is not None:
        light = replace(light, change=changed(lamp, accepted.lamp))
    return LightFound(light, flat)


def _level(exposure_us: float, found: FrameStack) -> Level:
    noise = found.temporal_variance, found.u_temporal_variance
    mean = found.mean, found.u_mean, math.sqrt(found.temporal_variance / (found.count * found.average.size))
    return Level(exposure_us, *mean, *noise, found.count, found.at_zero, found.at_full)


def _u_mean(level: Level, signal_dn: float, flicker: Estimate) -> float:
    """Of a level's mean: the pixels' noise and the lamp's flicker, each frame's own."""
    frames = 0.01 * flicker.value * signal_dn / math.sqrt(level.frames)
    return math.hypot(frames, level.u_noise_dn)


def _best_lit(series: LightSeries, transfer: PhotonTransfer) -> float:
    """The exposure with most frames among those well lit; of equals the one nearest to half of saturation."""
    share = {p.exposure_us: p.signal_dn / transfer.saturation_dn for p in transfer.points}
    lit = [at for at in series.bright if _WELL_LIT[0] <= share[at] <= _WELL_LIT[1]] or list(series.bright)
    return max(lit, key=lambda at: (len(series.bright[at]), -abs(share[at] - 0.5)))


def _flicker(wander: Sequence[tuple[float, float, int]], black_dn: float) -> Estimate:
    """Percent from frame to frame, pooled over the exposures."""
    free = sum(n for _, _, n in wander)
    if not free:
        return Estimate(0.0, 0.0)
    pooled = sum(n * variance / (level - black_dn) ** 2 for level, variance, n in wander) / free
    value = 100.0 * math.sqrt(max(pooled, 0.0))
    return Estimate(value, value / math.sqrt(2.0 * free))


def _lamp(
    exposure: float, bright: FrameStack, dark: FrameStack, transfer: PhotonTransfer, flat: FlatField, flicker: Estimate
) -> LampState:
    shape = falloff(bright, dark)
    return LampState(
        exposure_us=exposure,
        center_dn=shape.center_dn,
        center_dn_per_us=shape.center_dn / exposure,
        center_share=shape.center_dn / transfer.saturation_dn,
        falloff_percent=shape.percent,
        flicker_percent=flicker,
        correction_noise=math.hypot(
            flat.gain_rms, flat.map_noise * shape.center_dn / math.sqrt(bright.temporal_variance)
        ),
        cells=tuple(tuple(round(float(value), 5) for value in row) for row in shape.cells),
    )


def _differences(
    exposure: float, bright: FrameStack, dark: FrameStack, transfer: PhotonTransfer, limits: DefectLimits
) -> PixelDifferences:
    in_dark, lit = spatial_variance(dark), spatial_variance(bright)
    electrons = 1.0 / transfer.gain_dn_per_e.value
    percent = 100.0 / (bright.mean - dark.mean)

    def both(name: str) -> tuple[Estimate, Estimate]:
        one, other = _variance(in_dark, name), _variance(lit, name)
        more = Estimate(other.value - one.value, math.hypot(one.u, other.u))
        return one.root().times(electrons), more.root().times(percent)

    (dsnu, prnu), (dsnu_rows, prnu_rows) = both("total"), both("rows")
    (dsnu_columns, prnu_columns), (dsnu_pixels, prnu_pixels) = both("columns"), both("pixels")
    defects = find_defects(bright, dark, transfer.saturation_dn, limits)
    return PixelDifferences(
        exposure_us=exposure,
        frames=bright.count,
        dark_frames=dark.count,
        dsnu_e=dsnu,
        dsnu_rows_e=dsnu_rows,
        dsnu_columns_e=dsnu_columns,
        dsnu_pixels_e=dsnu_pixels,
        prnu_percent=prnu,
        prnu_rows_percent=prnu_rows,
        prnu_columns_percent=prnu_columns,
        prnu_pixels_percent=prnu_pixels,
        hot_count=defects.hot_count,
        dead_count=defects.dead_count,
        hot=defects.hot,
        dead=defects.dead,
    )


def _variance(found: SpatialVariance, name: str) -> Estimate:
    return Estimate(float(getattr(found, name)), float(getattr(found, f"u_{name}")))


def _remarks(lamp: LampState, pixels: PixelDifferences) -> list[str]:
    found = []
    if min(pixels.frames, pixels.dark_frames) < ADVISED_FRAMES:
        found.append(
            f"Differences between pixels rest on {pixels.frames} bright and {pixels.dark_frames} dark frames; "
            f"{ADVISED_FRAMES} of one exposure at half of saturation tell them better."
        )
    if lamp.falloff_percent > _FALLOFF_MATTERS:
        found.append(
            f"The light falls off by {lamp.falloff_percent:.0f} % over what was looked at: the brightest place "
            "saturates first, and the capacity comes out up to as much too small. Look at the middle with --region."
        )
    return found


def write_maps(folder: Path, flat: FlatField) -> list[Path]:
    """The correction as two float TIFF pictures, offset.tif (DN) and gain.tif.

    Raises:
        ImageError: they cannot be written.
    """
    written = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, level in (("offset.tif", flat.offset), ("gain.tif", flat.gain)):
            path = folder / name
            done, data = cv2.imencode(".tif", level.astype(np.float32))
            if not done:
                raise ImageError("the map cannot be stored as TIFF", place=str(path))
            path.write_bytes(data.tobytes())
            written.append(path)
    except OSError as error:
        raise ImageError(f"the map cannot be written ({error.strerror})", place=str(folder)) from error
    return written
