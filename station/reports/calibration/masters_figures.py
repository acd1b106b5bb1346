"""The figures of a calibration from masters: errors with the certificates' U, against size, over the field."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.special import ndtr

from station.metrology.camera import CameraModel
from station.metrology.edge_look import EdgeLook
from station.reports.calibration.field import frame
from station.reports.calibration.masters_errors import Shown, SizeKind
from station.reports.document import Plot
from station.reports.drawing import BLUE, GREEN, GREY, ORANGE, WHOLE, Canvas, canvas

_LOOKS = {SizeKind.OUTER: (BLUE, "o"), SizeKind.INNER: (ORANGE, "s"), SizeKind.DISTANCE: (GREEN, "D")}
_MOST_NAMED = 60  # sizes with a line of their own
_NEAR = 0.02  # of the field's diagonal: closer sizes are drawn side by side


def each(errors: Sequence[Shown]) -> Plot:
    """The error of every size with its certificate's U."""
    with canvas(WHOLE, _height(errors)) as c:
        c.axis.axvline(0.0, color=GREY)
        for kind, (colour, marker) in _LOOKS.items():
            own = [(at, e) for at, e in enumerate(errors) if e.kind is kind]
            if own:
                c.axis.errorbar([e.error_um for _, e in own], [at for at, _ in own],
                                xerr=[e.expanded_um for _, e in own], fmt=marker, color=colour, capsize=2.5, lw=1.0,
                                label=str(kind))  # fmt: skip
        _name_rows(c, errors)
        c.figure.legend(loc="outside upper center", ncols=3)
        return c.plot("Error of every master", "Bars: U of the certificate; zero should lie within.", wide=True)


def by_size(errors: Sequence[Shown]) -> Plot:
    """Errors against the certified size; those of one size side by side."""
    largest = max(e.certified_mm for e in errors)
    places = _side_by_side([(e.certified_mm, 0.0) for e in errors], 0.003 * largest)
    with canvas(height=3.4) as c:
        c.axis.axhline(0.0, color=GREY)
        for kind, (colour, marker) in _LOOKS.items():
            own = [(x, e.error_um, e.expanded_um) for (x, _), e in zip(places, errors, strict=True) if e.kind is kind]
            if own:
                x, error, expanded = np.array(own).T
                c.axis.errorbar(x, error, expanded, fmt=marker, color=colour, ms=3.0, lw=0.7, label=str(kind))
        c.axis.set(xlabel="certified size, mm", ylabel="measured − certified, µm")
        c.figure.legend(loc="outside upper center", ncols=3)
        return c.plot("Error against size", "A slope is a scale that does not fit all sizes alike. Bars: the "
                      "certificates' U; equal sizes stand side by side.")  # fmt: skip


def over_field(errors: Sequence[Shown], camera: CameraModel) -> Plot:
    """Where in the picture every size was, and its error; and the error against the distance from the middle."""
    known = [(e, e.at_px) for e in errors if e.at_px is not None]
    reach = max((abs(e.error_um) for e, _ in known), default=0.0) or 1.0
    tall = 0.12 * camera.height_px / reach  # px per µm
    places = _side_by_side([at for _, at in known], _NEAR * float(np.hypot(camera.width_px, camera.height_px)))
    middle = (camera.width_px - 1) / 2.0, (camera.height_px - 1) / 2.0
    with canvas(WHOLE, 4.0, columns=2) as c:
        seen, away = c.axes
        frame(seen, camera.width_px, camera.height_px)
        away.axhline(0.0, color=GREY)
        shown = None
        for kind, (colour, marker) in _LOOKS.items():
            own = [(*place, *at, e.error_um) for place, (e, at) in zip(places, known, strict=True) if e.kind is kind]
            if not own:
                continue
            x, y, true_x, true_y, error = np.array(own).T
            seen.vlines(x, y, y - tall * error, color="#222222", lw=1.2)
            shown = seen.scatter(x, y, c=error, marker=marker, s=24, cmap="coolwarm", vmin=-reach, vmax=reach,
                                 edgecolor=GREY, linewidth=0.6, zorder=3)  # fmt: skip
            away.plot(np.hypot(true_x - middle[0], true_y - middle[1]), error, marker, color=colour, label=str(kind))
        if shown is not None:
            c.figure.colorbar(shown, ax=seen, label="measured − certified, µm", shrink=0.75)
        away.set(xlabel="distance from the middle of the picture, px", ylabel="measured − certified, µm")
        return c.plot(
            "Error over the field",
            f"Left: at the middle of each size (circle outer, square inner, diamond distance), as the picture lies; "
            f"lines up: too large, down: too small, the longest {reach:.2g} µm. Sizes about one place stand side by "
            "side. Right: errors that grow outwards are the lens.",
            wide=True,
        )


def _height(errors: Sequence[Shown]) -> float:
    return 1.0 + 0.17 * min(len(errors), _MOST_NAMED)


def _name_rows(c: Canvas, errors: Sequence[Shown]) -> None:
    """One line for each size, the first on top, by name where there is room."""
    if len(errors) <= _MOST_NAMED:
        c.axis.set_yticks(range(len(errors)), [e.name for e in errors], fontsize=7.5)
    else:
        c.axis.set_ylabel("row of the table below")
    c.axis.set_ylim(len(errors) - 0.3, -0.7)
    c.axis.set_xlabel("measured − certified, µm")


def _side_by_side(places: Sequence[tuple[float, float]], gap_px: float) -> list[tuple[float, float]]:
    """Places (px) with those that are closer than `gap_px` pulled apart along x."""
    groups: list[list[int]] = []
    for number, place in enumerate(places):
        near = (g for g in groups if np.hypot(place[0] - places[g[0]][0], place[1] - places[g[0]][1]) < gap_px)
        group = next(near, None)
        if group is None:
            groups.append([number])
        else:
            group.append(number)
    found = list(places)
    for group in groups:
        for turn, number in enumerate(group):
            x, y = places[group[0]]
            found[number] = (x + (turn - (len(group) - 1) / 2.0) * gap_px, y)
    return found


def edge_look(kind: str, look: EdgeLook, micron_per_px: float) -> Plot:
    """The step in the picture at the masters' edges: the sharpest, the median, the softest."""
    x = np.linspace(-4.0 * look.most_spread_px, 4.0 * look.most_spread_px, 200)
    with canvas(height=3.4) as c:
        c.axis.fill_between(x, 100.0 * ndtr(x / look.least_spread_px), 100.0 * ndtr(x / look.most_spread_px),
                            color=ORANGE, alpha=0.35, lw=0, label="sharpest to softest")  # fmt: skip
        c.axis.plot(x, 100.0 * ndtr(x / look.spread_px), color=BLUE, label="median")
        c.axis.set(xlabel=f"distance from the edge, px (1 px = {micron_per_px:.3g} µm)", ylabel="level, % of the step")
        c.figure.legend(loc="outside upper center", ncols=2)
        return c.plot(
            f"Look of the masters' edges{f' ({kind})' if kind else ''}",
            f"{look.n} edges: σ {look.spread_px:.3f} px, {look.least_spread_px:.3f} to {look.most_spread_px:.3f} px; "
            f"pixels lie {100.0 * look.misfit:.1f} % of the step off it, at most {100.0 * look.most_misfit:.1f} %. "
            "Edges of parts that look otherwise pay for it in U.",
        )


def before_and_after(errors: Sequence[Shown]) -> Plot:
    """Errors with this calibration beside those with the one before."""
    with canvas(WHOLE, _height(errors)) as c:
        at = np.arange(len(errors))
        now = np.array([e.error_um for e in errors])
        before = np.array([np.nan if e.before_um is None else e.before_um for e in errors])
        c.axis.axvline(0.0, color=GREY)
        c.axis.hlines(at, before, now, color="#cbd5e1", lw=2.0)
        c.axis.plot(before, at, "o", mfc="white", color=ORANGE, label="with the calibration before")
        c.axis.plot(now, at, "o", color=BLUE, label="with this one")
        _name_rows(c, errors)
        c.figure.legend(loc="outside upper center", ncols=2)
        return c.plot("Before and after", "The certificates are the judge of both.", wide=True)
