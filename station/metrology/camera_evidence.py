"""What a camera model rests on, kept with it for whoever asks later: views, residuals, coverage, spread.

`spread` is the covariance of the model as a sum of independent errors: each row (18,) is what one standard deviation
of one of them adds to the model's numbers (matrix 4, distortion 5, plane 9). Any length's uncertainty follows from it
without derivatives: the root sum of squares of what each row changes.
"""

from __future__ import annotations

from dataclasses import dataclass

Row18 = tuple[float, ...]

MOST_ACROSS, MOST_DOWN = 16, 12


@dataclass(frozen=True, slots=True)
class ViewEvidence:
    """How one picture of the board fits: points used and the rms of their distances from the model."""

    name: str
    points: int
    rms_px: float


@dataclass(frozen=True, slots=True)
class CameraEvidence:
    """What a fit used.

    Attributes:
        views: pictures used.
        refused: pictures left out, (name, reason).
        coverage: rows from the top of the picture, counts of points in each cell of the field.
        terms: what the lens model holds beyond scale and k1, by name.
        spread: (p, 18) see the module; without the board's certificate, which acts on every length alike.
        telecentricity_u_per_mm: standard uncertainty of the residual telecentricity; None where it was not measured.
    """

    views: tuple[ViewEvidence, ...]
    refused: tuple[tuple[str, str], ...]
    coverage: tuple[tuple[int, ...], ...]
    terms: tuple[str, ...] = ()
    spread: tuple[Row18, ...] = ()
    telecentricity_u_per_mm: float | None = None

    @property
    def points(self) -> int:
        """Points used in all views."""
        return sum(view.points for view in self.views)
