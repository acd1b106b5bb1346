"""How sharp edges are over the field: the slanted edge of ISO 12233 wherever a silhouette has one."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from station.cycle.series import read_frame
from station.cycle.signed import Signed
from station.errors import CalibrationError
from station.metrology.estimate import Estimate
from station.metrology.sections import InputFile
from station.metrology.sharpness import Psf, PsfPlace, PsfSummary
from station.vision.field import decimation_for, look
from station.vision.picture import Picture, picture_from
from station.vision.refusal import Refusal
from station.vision.slanted import SlantedEdge, slanted_edge
from station.vision.stretches import LEAST_PX, Stretch, stretches_of

CELLS = (3, 4)  # rows and columns of the field; in each, edges of both directions are looked at
_TRIES = 3
_SAGITTA_PX = 1.5  # of the piece of a bent edge that is looked at
_MISFIT_PERCENT = 1.0  # of the contrast beyond noise: the Gaussian step is not what the lens does
_DISAGREE = 0.05  # of the edge spread, between slanted edge and core


@dataclass(frozen=True, slots=True)
class PsfFound:
    """The document, and beside each of its places the curves that are too long for it."""

    psf: Psf
    edges: tuple[SlantedEdge, ...]


def measure_psf(images: Sequence[Path], signed: Signed, progress: Callable[[str], None] = lambda _: None) -> PsfFound:
    """The document `psf/1` of pictures of silhouettes with edges in several places.

    Raises:
        ImageError: a picture cannot be read.
        CalibrationError: no edge that can be looked at.
    """
    inputs: list[InputFile] = []
    found: list[tuple[PsfPlace, SlantedEdge]] = []
    refused: list[str] = []
    shape: tuple[int, ...] | None = None
    for path in images:
        progress(path.name)
        taken, file = read_frame(path, str(path))
        inputs.append(file)
        picture = picture_from(taken.pixels)
        if shape is not None and picture.grey.shape != shape:
            raise CalibrationError("the pictures differ in size", place=str(path))
        shape = picture.grey.shape
        field = look(picture, decimation_for(picture, None))
        if isinstance(field, Refusal):
            refused.append(f"{path.name}: {field.sentence}")
            continue
        stretches, _ = stretches_of(picture, field)
        here = _places(picture, stretches, path.name, refused)
        if not here and not stretches:
            refused.append(f"{path.name}: there is no smooth edge of {LEAST_PX} pixels or more.")
        found += here
    if not found or shape is None:
        raise CalibrationError(f"no edge can be looked at ({refused[0] if refused else 'there are no pictures'})")
    places = [place for place, _ in found]
    summary = _summary(places)
    psf = Psf(
        made=signed.made_from(inputs),
        width_px=shape[1],
        height_px=shape[0],
        summary=summary,
        places=tuple(places),
        notes=tuple(_remarks(summary, refused)),
    )
    return PsfFound(psf, tuple(edge for _, edge in found))


def _places(
    picture: Picture, stretches: Sequence[Stretch], name: str, refused: list[str]
) -> list[tuple[PsfPlace, SlantedEdge]]:
    """One edge of each direction in each part of the field: the straightest and longest that can be looked at."""
    groups: dict[tuple[int, int, bool], list[Stretch]] = {}
    for s in stretches:
        cell = int(CELLS[0] * s.y_px / picture.height_px), int(CELLS[1] * s.x_px / picture.width_px)
        groups.setdefault((*cell, _runs_across(s.normal_deg)), []).append(s)
    found = []
    for _, group in sorted(groups.items()):
        for stretch in sorted(group, key=lambda s: -_length(s))[:_TRIES]:
            edge = _looked_at(picture, stretch)
            if isinstance(edge, Refusal):
                where = f"({stretch.x_px:.0f}, {stretch.y_px:.0f})"
                refused.append(f"{name}, at pixel {where}: {edge.sentence}")
                continue
            found.append((_place(name, stretch, edge), edge))
            break
    return found


def _length(stretch: Stretch) -> float:
    """The length of which a bent edge keeps within `_SAGITTA_PX` of its chord."""
    bend = max(abs(stretch.curvature_per_px), 1e-9)
    return min(stretch.length_px, math.sqrt(8.0 * _SAGITTA_PX / bend))


def _looked_at(picture: Picture, s: Stretch) -> SlantedEdge | Refusal:
    half = min(max(8.0, 5.0 * s.sigma_px + 4.0), s.free_px - 3.0 * s.sigma_px)
    return slanted_edge(picture, s.x_px, s.y_px, s.normal_deg, _length(s), max(half, 3.0 * s.sigma_px + 2.0))


def _place(name: str, s: Stretch, edge: SlantedEdge) -> PsfPlace:
    return PsfPlace(
        image=name,
        x_px=s.x_px,
        y_px=s.y_px,
        normal_deg=s.normal_deg,
        length_px=_length(s),
        sigma_px=Estimate(edge.sigma_px, edge.u_sigma_px),
        core_sigma_px=s.sigma_px,
        mtf50=Estimate(edge.mtf50, edge.u_mtf50) if math.isfinite(edge.mtf50) else None,
        mtf_nyquist=Estimate(edge.mtf_nyquist, edge.u_mtf_nyquist),
        misfit_percent=100.0 * edge.misfit,
        noise_percent=100.0 * edge.noise,
        mtf=tuple(round(float(v), 4) for v in edge.mtf),
    )


def _runs_across(normal_deg: float) -> bool:
    return abs(math.cos(math.radians(normal_deg))) >= math.sqrt(0.5)


def _summary(places: Sequence[PsfPlace]) -> PsfSummary:
    sigmas = [p.sigma_px.value for p in places]
    halves = [p.mtf50.value for p in places if p.mtf50 is not None]
    beyond = [math.sqrt(max(p.misfit_percent**2 - p.noise_percent**2, 0.0)) for p in places]
    return PsfSummary(
        places=len(places),
        sigma_px=_median(sigmas),
        core_sigma_px=float(np.median([p.core_sigma_px for p in places])),
        across_px=_median_of([p for p in places if _runs_across(p.normal_deg)]),
        down_px=_median_of([p for p in places if not _runs_across(p.normal_deg)]),
        least_px=min(sigmas),
        largest_px=max(sigmas),
        mtf50=float(np.median(halves)) if halves else None,
        mtf_nyquist=float(np.median([p.mtf_nyquist.value for p in places])),
        misfit_percent=float(np.median(beyond)),
    )


def _median_of(places: Sequence[PsfPlace]) -> Estimate | None:
    return _median([p.sigma_px.value for p in places]) if places else None


def _median(values: Sequence[float]) -> Estimate:
    """With the standard uncertainty that the values' own scatter gives a median."""
    middle = float(np.median(values))
    spread = 1.4826 * float(np.median(np.abs(np.array(values) - middle)))
    return Estimate(middle, 1.2533 * spread / math.sqrt(len(values)))


def _remarks(summary: PsfSummary, refused: Sequence[str]) -> list[str]:
    notes = [f"Not used: {sentence}" for sentence in refused[:8]]
    if len(refused) > 8:
        notes.append(f"… and {len(refused) - 8} more were not used.")
    if summary.misfit_percent > _MISFIT_PERCENT:
        notes.append(
            f"Edges differ from a Gaussian step by {summary.misfit_percent:.1f} % of the contrast beyond noise: the "
            "lens's point spread is not Gaussian (defocus, aberration, motion, sharpening). The core's places stay "
            "right as long as it is symmetric; its edge spread is that of the nearest Gaussian."
        )
    off = summary.core_sigma_px / summary.sigma_px.value - 1.0
    if abs(off) > _DISAGREE:
        notes.append(
            f"The vision core sees edges {100.0 * abs(off):.0f} % {'wider' if off > 0 else 'narrower'} than the "
            "slanted edge does: they are no Gaussian steps, and each method weighs the tails differently."
        )
    return notes
