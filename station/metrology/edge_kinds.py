"""Kinds of edges (punched, turned, ground, …), each of which appears at its own place in the picture.

Thickness, burnish and breaks move an edge by parts of a pixel, so a calibration has one offset for each kind it was
made with. They were told from the same certificates and scale, and are kept with their correlations.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from station.errors import CalibrationError
from station.metrology.calibration_origin import number_from, text_from
from station.metrology.edge_look import EdgeLook, look_document, look_from

Floats = NDArray[np.float64]

DEFAULT = ""  # the kind of edges of which nobody says how they were made
MOST_KINDS = 50
_LEAST_EIGENVALUE = -1e-6  # of a correlation matrix: rounding leaves that much


@dataclass(frozen=True, slots=True)
class EdgeKind:
    """Edges of one kind appear `offset_px` out of the material, with the standard uncertainty `u_px`.

    `correlation` of that offset with the scale, then with the offset of each kind before it; `look` is how the masters'
    edges of this kind look.
    """

    kind: str
    offset_px: float
    u_px: float
    correlation: tuple[float, ...]
    look: EdgeLook | None = None

    @property
    def name(self) -> str:
        """What people call it."""
        return self.kind or "default"


def number_of(kinds: Sequence[EdgeKind], name: str) -> int | None:
    """Which of the kinds an edge called `name` is of; None if none of them.

    Where nobody says the kind it is the default one, or the only one that the masters had.
    """
    names = [kind.kind for kind in kinds]
    if name in names:
        return names.index(name)
    return 0 if name == DEFAULT and len(kinds) == 1 else None


def unknown_kind(kinds: Sequence[EdgeKind], name: str, feature: str) -> str:
    """Why a feature whose edge is of a kind that none of `kinds` is cannot be measured, and what to do."""
    known = ", ".join(repr(kind.kind) for kind in kinds if kind.kind)
    if name == DEFAULT:
        return (
            f"nobody says of which kind the edge of {feature} is, and the calibration knows edges by their kind "
            f"({known}): say it in the order ('edge')"
        )
    only = f"it knows {known}" if known else "it knows no kind by name"
    return (
        f"the edge of {feature} is of the kind {name!r}, which the calibration does not know ({only}): calibrate with "
        f"masters of such edges (column 'edge' of MASTERS.csv), or correct 'edge' in the order"
    )


def correlations(kinds: Sequence[EdgeKind]) -> Floats:
    """(n + 1, n + 1) of the scale and the offset of each kind."""
    found = np.eye(len(kinds) + 1)
    for row, kind in enumerate(kinds, start=1):
        found[row, :row] = found[:row, row] = kind.correlation
    return found


def kinds_from_covariance(
    names: Sequence[str], offsets_px: Floats, covariance: Floats, looks: Mapping[str, EdgeLook | None]
) -> tuple[EdgeKind, ...]:
    """Kinds whose offsets (n,) px have, after the scale, the covariance (n + 1, n + 1)."""
    u = np.sqrt(np.diagonal(covariance))
    matrix = np.clip(covariance / np.outer(u, u), -1.0, 1.0)
    return tuple(
        EdgeKind(name, float(offset), float(u[row]), tuple(matrix[row, :row].tolist()), looks.get(name))
        for row, (name, offset) in enumerate(zip(names, offsets_px, strict=True), start=1)
    )


def of_no_kind(kinds: Sequence[EdgeKind], u_scale: float) -> EdgeKind:
    """An edge of which nobody says the kind: of the default kind or the only one, else any of them.

    Then it is the mean of all, as uncertain as they differ. Good enough to look for an edge and to say that one is far
    off; a size is not measured with it.
    """
    known = {kind.kind: kind for kind in kinds}
    only = known.get(DEFAULT) or (kinds[0] if len(kinds) == 1 else None)
    if only is not None:
        return EdgeKind(DEFAULT, only.offset_px, only.u_px, only.correlation[:1], only.look)
    offsets, u = np.array([k.offset_px for k in kinds]), np.array([u_scale, *(k.u_px for k in kinds)])
    mean = np.concatenate([[0.0], np.full(len(kinds), 1.0 / len(kinds))])
    covariance = correlations(kinds) * np.outer(u, u)
    total = float(np.sqrt(mean @ covariance @ mean + offsets.var(ddof=1) * (1.0 + 1.0 / len(kinds))))
    with_scale = float(covariance[0] @ mean) / (u_scale * total) if u_scale * total > 0.0 else 0.0
    return EdgeKind(DEFAULT, float(offsets.mean()), total, (with_scale,))


def kinds_document(kinds: Sequence[EdgeKind]) -> list[dict[str, Any]]:
    """`kinds` as JSON."""
    return [
        {
            "kind": k.kind,
            "offset_px": k.offset_px,
            "u_px": k.u_px,
            "correlation": list(k.correlation),
            **({} if k.look is None else {"look": look_document(k.look)}),
        }
        for k in kinds
    ]


def kinds_from(document: object, place: str) -> tuple[EdgeKind, ...]:
    """The kinds that a document holds.

    Raises:
        CalibrationError: with the place: a number out of range, a kind twice, correlations that contradict each other.
    """
    if not isinstance(document, list) or not 0 < len(document) <= MOST_KINDS:
        raise CalibrationError(f"this must be a list of 1 to {MOST_KINDS} kinds of edges", place=place)
    kinds = tuple(_read(document, place))
    names = [kind.kind for kind in kinds]
    if len(set(names)) < len(names):
        raise CalibrationError("a kind of edge stands here twice", place=place)
    if np.linalg.eigvalsh(correlations(kinds))[0] < _LEAST_EIGENVALUE:
        raise CalibrationError("the correlations contradict each other", place=place)
    return kinds


def _read(document: Sequence[object], place: str) -> Iterator[EdgeKind]:
    keys = {"kind", "offset_px", "u_px", "correlation"}
    for number, row in enumerate(document):
        here = f"{place}[{number}]"
        if not isinstance(row, Mapping) or not keys <= set(row) <= keys | {"look"}:
            raise CalibrationError(
                f"this does not have exactly the keys {', '.join(sorted(keys))} and look", place=here
            )
        correlation = row["correlation"]
        if not isinstance(correlation, list) or len(correlation) != number + 1:
            raise CalibrationError(
                "correlation does not have one number for the scale and one for each kind before", place=here
            )
        yield EdgeKind(
            text_from(row["kind"], f"{here}.kind"),
            number_from(row["offset_px"], f"{here}.offset_px", low=-20.0, high=20.0),
            number_from(row["u_px"], f"{here}.u_px", low=0.0),
            tuple(number_from(r, f"{here}.correlation", low=-1.0, high=1.0) for r in correlation),
            look_from(row["look"], f"{here}.look") if "look" in row else None,
        )
