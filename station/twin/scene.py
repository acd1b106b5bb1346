"""Everything the simulated camera looks at, and through what: lens, lamp, parts, dust."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from station.order.geometry import Point
from station.order.model import Face
from station.twin.finish import Finish
from station.twin.part import MadePart


@dataclass(frozen=True, slots=True)
class Optics:
    """Lens and sensor. Integer pixel coordinate = pixel centre, (x, y) = (column, row).

    The blur is a Gaussian of `psf_sigma_px` followed by the pixel's box; `blur_slope` is what it grows by per pixel of
    x and y away from the origin, as where a part lies tilted. `edge_offset_px` grows every part by that much per edge,
    as coherent diffraction does. A point at the distance r from the centre is imaged at r·(1 + k1·r²).
    """

    width_px: int = 1600
    height_px: int = 1200
    mm_per_px: float = 0.010
    psf_sigma_px: float = 1.0
    defocus_sigma_px: float = 0.0  # added in quadrature
    blur_slope: Point = (0.0, 0.0)
    k1_per_mm2: float = 0.0
    center_px: Point | None = None  # None: the middle of the picture
    edge_offset_px: float = 0.0

    @property
    def origin_px(self) -> Point:
        """Where the camera plane's origin (0, 0) mm is imaged."""
        return self.center_px if self.center_px is not None else ((self.width_px - 1) / 2, (self.height_px - 1) / 2)

    @property
    def blur_sigma_px(self) -> float:
        """The whole Gaussian blur at the origin, without the pixel's box."""
        return float((self.psf_sigma_px**2 + self.defocus_sigma_px**2) ** 0.5)

    @property
    def worst_sigma_px(self) -> float:
        """The largest Gaussian blur in the picture."""
        (x, y), (across, down) = self.origin_px, self.blur_slope
        away_x, away_y = (max(at, side - 1 - at) for at, side in ((x, self.width_px), (y, self.height_px)))
        return self.blur_sigma_px + abs(across) * away_x + abs(down) * away_y


class Polarity(StrEnum):
    """Which of part and field is bright."""

    BACKLIT = "backlit"  # dark part on a bright field
    FRONTLIT = "frontlit"  # bright part on a dark field


@dataclass(frozen=True, slots=True)
class Lamp:
    """Light and sensor noise. Levels are fractions of full scale, which is `full_well_e` electrons.

    What is not level is shown by its slopes: `steep` is by how much of the part's level a slope of 1 is brighter from
    whatever side, `slant` by how much more where it faces `from_deg` (counter-clockwise from the picture's right).
    """

    field_level: float = 220 / 255
    part_level: float = 20 / 255
    polarity: Polarity = Polarity.BACKLIT
    uneven: float = 0.0  # how much darker, as a fraction, the worst corner is than the best place
    full_well_e: float = 10_500.0
    read_noise_e: float = 2.3
    bit_depth: int = 8  # 8, or 10, 12, 16 in uint16
    clip_gain: float = 1.0  # multiplies the signal before it is clipped at full scale
    steep: float = -1.0
    slant: float = 0.2
    from_deg: float = 120.0

    @property
    def full_scale(self) -> int:
        """The largest grey level."""
        return int(2**self.bit_depth - 1)


@dataclass(frozen=True, slots=True)
class Pose:
    """Part frame to camera plane: turn by `angle_deg` counter-clockwise, then move (mm, x right, y up)."""

    x_mm: float = 0.0
    y_mm: float = 0.0
    angle_deg: float = 0.0


@dataclass(frozen=True, slots=True)
class Scratch:
    """A line on a front-lit surface; `contrast` < 0 is darker than the surface, as a fraction of it."""

    path_mm: tuple[Point, ...]
    width_mm: float
    contrast: float


@dataclass(frozen=True, slots=True)
class Surface:
    """What a front-lit face looks like: the grain of its finish along `lay_deg` of the part, and scratches. With a
    `finish` it is the face that the `seed` makes, the same in every picture; without one each has its own grain."""

    grain: float = 0.0  # standard deviation as a fraction of the part's level
    lay_deg: float = 0.0
    lay_length_px: float = 8.0
    scratches: tuple[Scratch, ...] = ()
    finish: Finish | None = None
    seed: int = 0


@dataclass(frozen=True, slots=True)
class PlacedPart:
    """A part lying in the field; `BOTTOM` shows it mirrored (x becomes -x before the pose)."""

    part: MadePart
    pose: Pose = Pose()
    face: Face = Face.TOP
    surface: Surface = Surface()


@dataclass(frozen=True, slots=True)
class Dust:
    """A speck or fibre on the lamp's glass, in the camera plane: it dims the field, never the part."""

    outline_mm: tuple[Point, ...]
    opacity: float = 0.6
    blur_px: float = 2.5


@dataclass(frozen=True, slots=True)
class Scene:
    """What one picture shows."""

    optics: Optics = Optics()
    lamp: Lamp = Lamp()
    parts: tuple[PlacedPart, ...] = ()
    dust: tuple[Dust, ...] = ()
