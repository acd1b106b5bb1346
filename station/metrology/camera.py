"""Where a picture's pixels lie on the measuring plane, in millimetres, and back.

One class serves both kinds of lens: a pinhole camera with Brown-Conrady distortion looking at a plane, and a
telecentric lens, which is a similarity. The plane's frame has x to the right and y up as the camera sees it (pixel
y runs down), so a part seen from its top face is turned and moved in it, never mirrored.

Sources: D. C. Brown, "Close-range camera calibration" (1971); Z. Zhang, "A flexible new technique for camera
calibration" (2000), for a plane's pose from its homography.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias, cast

import numpy as np
from numpy.typing import ArrayLike

from station.compiled import compiled
from station.errors import CalibrationError
from station.metrology.camera_evidence import CameraEvidence, Row18
from station.metrology.distortion import Floats, distort, distortion_jacobian, undistort

Row: TypeAlias = tuple[float, float, float]
Matrix3: TypeAlias = tuple[Row, Row, Row]

MAX_SIDE_PX = 65_536


@dataclass(frozen=True, slots=True)
class CameraModel:
    """A calibrated view of one measuring plane.

    Attributes:
        width_px, height_px: size of the pictures it is valid for.
        matrix: (fx, fy, cx, cy) in pixels; an integer coordinate is a pixel's centre.
        distortion: Brown-Conrady (k1, k2, p1, p2, k3), in OpenCV's order.
        plane: 3x3 homography, rows first, from undistorted normalised coordinates ((x - cx) / fx, (y - cy) / fy) to mm.
        rms_px: root mean square distance of the calibration's points from the model, both coordinates together.
        distance_mm: camera to plane along the optical axis; None if unknown (one frontal view cannot tell it).
        tilt_deg: angle between the optical axis and the plane's normal.
        telecentric: the scale does not depend on the distance.
        telecentricity_per_mm: by how much it does so after all: relative growth of the picture per mm towards the
            camera; 0 where it was not measured. Telecentric lenses only.
        evidence: what the model rests on; None where it was not kept.

    Raises:
        CalibrationError: when a figure is not finite or makes no sense.
    """

    width_px: int
    height_px: int
    matrix: tuple[float, float, float, float]
    distortion: tuple[float, float, float, float, float]
    plane: Matrix3
    rms_px: float = 0.0
    distance_mm: float | None = None
    tilt_deg: float = 0.0
    telecentric: bool = False
    telecentricity_per_mm: float = 0.0
    evidence: CameraEvidence | None = None

    def __post_init__(self) -> None:
        numbers = [*self.matrix, *self.distortion, *(n for row in self.plane for n in row), self.rms_px, self.tilt_deg]
        numbers.append(self.telecentricity_per_mm)
        if not all(map(math.isfinite, numbers)):
            raise CalibrationError("the camera model holds a number that is not finite")
        if not (0 < self.width_px <= MAX_SIDE_PX and 0 < self.height_px <= MAX_SIDE_PX):
            raise CalibrationError(f"a picture of {self.width_px} x {self.height_px} pixels makes no sense")
        if self.matrix[0] <= 0 or self.matrix[1] <= 0:
            raise CalibrationError("a focal length is not positive")
        if self.rms_px < 0 or not 0 <= self.tilt_deg < 90:
            raise CalibrationError("the camera model's residual or tilt is out of range")
        if self.distance_mm is not None and not 0 < self.distance_mm < math.inf:
            raise CalibrationError("the distance of the measuring plane is not positive")

    @classmethod
    def similarity(cls, width_px: int, height_px: int, mm_per_px: float, *, telecentric: bool = False) -> CameraModel:
        """No distortion, the same scale everywhere, origin at the picture's centre."""
        if not 0 < mm_per_px < math.inf:
            raise CalibrationError(f"a scale of {mm_per_px} mm per pixel makes no sense")
        scale = float(mm_per_px)
        return cls(
            width_px,
            height_px,
            (1.0, 1.0, (width_px - 1) / 2, (height_px - 1) / 2),
            (0.0, 0.0, 0.0, 0.0, 0.0),
            ((scale, 0.0, 0.0), (0.0, -scale, 0.0), (0.0, 0.0, 1.0)),
            telecentric=telecentric,
        )

    @property
    def affine(self) -> Floats | None:
        """(2, 3): pixels to mm as one affine map where the model is one (the cheap path), else None."""
        (a, b, c), (d, e, f), (g, h, i) = self.plane
        if any(self.distortion) or g or h:
            return None
        fx, fy, cx, cy = self.matrix
        a, b, c, d, e, f = a / i / fx, b / i / fy, c / i, d / i / fx, e / i / fy, f / i
        return np.array([[a, b, c - a * cx - b * cy], [d, e, f - d * cx - e * cy]])

    def to_mm(self, points_px: ArrayLike) -> Floats:
        """(n, 2) pixels to (n, 2) mm on the plane; NaN where the distortion has no inverse (far off the picture)."""
        points = _points(points_px)
        affine = self.affine
        if affine is not None:
            # about the principal point, so that rounding does not grow with the picture
            centre = np.array(self.matrix[2:])
            affine[:, 2] += affine[:, :2] @ centre
            return _mapped(affine, points, centre)
        return _projected(np.array(self.plane), self.undistorted(points))

    def to_px(self, points_mm: ArrayLike) -> Floats:
        """(n, 2) mm on the plane to (n, 2) pixels: the inverse of `to_mm`."""
        ideal = distort(_projected(_inverse(self.plane), _points(points_mm)), self.distortion)
        fx, fy, cx, cy = self.matrix
        return _mapped(np.array([[fx, 0.0, cx], [0.0, fy, cy]]), ideal, np.zeros(2))

    def undistorted(self, points_px: ArrayLike) -> Floats:
        """(n, 2) pixels to (n, 2) undistorted normalised coordinates."""
        fx, fy, cx, cy = self.matrix
        return undistort((_points(points_px) - (cx, cy)) / (fx, fy), self.distortion)

    def mm_per_px(self, points_px: ArrayLike) -> Floats:
        """(n, 2) pixels to (n, 2, 2): the Jacobian d(mm) / d(px) there, analytic; rows are mm, columns pixels."""
        points = _points(points_px)
        affine = self.affine
        if affine is not None:
            return np.broadcast_to(affine[:, :2], (len(points), 2, 2)).copy()
        ideal = self.undistorted(points)
        plane = np.array(self.plane)
        homogeneous = ideal @ plane[:, :2].T + plane[:, 2]
        w = homogeneous[:, 2, None, None]
        outer = homogeneous[:, :2, None] / w * plane[None, None, 2, :2]
        to_plane = (plane[None, :2, :2] - outer) / w
        bend = distortion_jacobian(ideal, self.distortion)
        det = bend[:, 0, 0] * bend[:, 1, 1] - bend[:, 0, 1] * bend[:, 1, 0]
        unbend = np.empty_like(bend)
        unbend[:, 0, 0], unbend[:, 1, 1] = bend[:, 1, 1] / det, bend[:, 0, 0] / det
        unbend[:, 0, 1], unbend[:, 1, 0] = -bend[:, 0, 1] / det, -bend[:, 1, 0] / det
        return cast(Floats, to_plane @ unbend / np.array(self.matrix[:2]))

    def scale_mm_per_px(self) -> float:
        """Square root of the area of the central pixel on the plane, in mm."""
        centre = [((self.width_px - 1) / 2, (self.height_px - 1) / 2)]
        return math.sqrt(abs(float(np.linalg.det(self.mm_per_px(centre)[0]))))

    def scaled(self, factor: float) -> CameraModel:
        """The same view with every length on the plane multiplied by `factor`.

        Seen through a pinhole this is the parallel plane at `factor` times the distance; so the distance goes along.
        """
        if not 0 < factor < math.inf:
            raise CalibrationError(f"a scale factor of {factor} makes no sense")
        plane = np.diag([factor, factor, 1.0]) @ np.array(self.plane)
        distance = None if self.distance_mm is None else self.distance_mm * factor
        grown = np.concatenate([np.ones(9), np.full(6, factor), np.ones(3)])
        evidence = self._evidence(lambda row: (np.asarray(row) * grown).tolist())
        return replace(self, plane=as_matrix3(plane), distance_mm=distance, evidence=evidence)

    def raised_by(self, offset_mm: float) -> CameraModel:
        """The plane parallel to this one, nearer to the camera by `offset_mm` along its normal.

        The origin moves along the normal. A telecentric view stays as it is, but for what telecentricity it lacks.
        What the model's covariance was is not carried along.

        Raises:
            CalibrationError: when the distance is not known, or the plane would reach the camera.
        """
        if offset_mm == 0 or (self.telecentric and not self.telecentricity_per_mm):
            return self
        if self.telecentric:
            growth = 1.0 + self.telecentricity_per_mm * offset_mm
            if growth <= 0.0:
                raise CalibrationError(f"a plane {offset_mm} mm above the calibrated one would reach the camera")
            return self.scaled(1.0 / growth)
        if self.distance_mm is None:
            raise CalibrationError(
                "the scale of a plane beside the calibrated one needs the camera's distance, which a single frontal "
                "view of a board cannot tell: calibrate with several tilted views or give the focal length"
            )
        ideal_from_mm, normal = self._lifted()
        ideal_from_mm[:, 2] += offset_mm * normal
        distance = float(normal @ ideal_from_mm[:, 2] / normal[2])
        if ideal_from_mm[2, 2] <= 0 or distance <= 0:
            raise CalibrationError(f"a plane {offset_mm} mm above the calibrated one would reach the camera")
        plane = np.linalg.inv(ideal_from_mm)
        evidence = self._evidence(None)
        return replace(self, plane=as_matrix3(plane / plane[2, 2]), distance_mm=distance, evidence=evidence)

    def _evidence(self, carried: Callable[[Row18], Sequence[float]] | None) -> CameraEvidence | None:
        """The evidence with its spread carried to another plane, or without it."""
        if self.evidence is None:
            return None
        rows = () if carried is None else tuple(tuple(carried(row)) for row in self.evidence.spread)
        return replace(self.evidence, spread=rows)

    def pose(self) -> tuple[Floats, Floats]:
        """Rotation (3, 3) and translation (3,) in mm from the plane's frame (z towards the camera) to the camera's.

        Only as true as the focal length is. Method: Zhang (2000), section 3.1.
        """
        ideal_from_mm, normal = self._lifted()
        u, _, vt = np.linalg.svd(np.column_stack([ideal_from_mm[:, :2], normal]))
        return cast(Floats, u @ vt), ideal_from_mm[:, 2]

    def _lifted(self) -> tuple[Floats, Floats]:
        """(3, 3) map from the plane's mm to the camera's frame in mm; (3,) the normal towards the camera."""
        lifted = _inverse(self.plane)
        lengths = np.linalg.norm(lifted[:, :2], axis=0)
        lifted = lifted / math.copysign(math.sqrt(float(lengths[0] * lengths[1])), float(lifted[2, 2]))
        normal = np.cross(lifted[:, 0], lifted[:, 1])
        return lifted, normal / float(np.linalg.norm(normal))

    def to_document(self) -> dict[str, Any]:
        """What JSON can carry; `from_document` gives an equal model back. What is not known has no key."""
        from station.metrology.camera_document import evidence_document

        more: dict[str, Any] = {}
        if self.telecentricity_per_mm:
            more["telecentricity_per_mm"] = self.telecentricity_per_mm
        if self.evidence is not None:
            more["evidence"] = evidence_document(self.evidence)
        return {
            "width_px": self.width_px,
            "height_px": self.height_px,
            "matrix": list(self.matrix),
            "distortion": list(self.distortion),
            "plane": [list(row) for row in self.plane],
            "rms_px": self.rms_px,
            "distance_mm": self.distance_mm,
            "tilt_deg": self.tilt_deg,
            "telecentric": self.telecentric,
            **more,
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any], place: str = "camera") -> CameraModel:
        """The model a document describes, read as hostile input.

        Raises:
            CalibrationError: unknown or missing key, wrong shape, not finite, or a map that folds within the picture.
        """
        from station.metrology.camera_document import read_camera

        return read_camera(document, place)


def telecentric(width_px: int, height_px: int, mm_per_px: float) -> CameraModel:
    """A telecentric lens without distortion: a similarity about the picture's centre."""
    return CameraModel.similarity(width_px, height_px, mm_per_px, telecentric=True)


def on_plane(camera: CameraModel, ideal_from_mm: Floats) -> CameraModel:
    """`camera` measuring on another plane, with its distance and tilt.

    `ideal_from_mm` (3, 3) takes (x, y, 1) in mm on the plane to homogeneous undistorted normalised coordinates; for
    a known pose its columns are the first two of the rotation and the translation.
    """
    plane = np.linalg.inv(ideal_from_mm)
    moved = replace(camera, plane=as_matrix3(plane / plane[2, 2]))
    lifted, normal = moved._lifted()
    distance = float(normal @ lifted[:, 2] / normal[2])
    if lifted[2, 2] <= 0 or distance <= 0:
        raise CalibrationError("the measuring plane would lie behind the camera")
    tilt = math.degrees(math.acos(min(1.0, abs(float(normal[2])))))
    return replace(moved, distance_mm=distance, tilt_deg=tilt)


def as_matrix3(matrix: Floats) -> Matrix3:
    """A (3, 3) array as nested tuples of plain floats."""
    (a, b, c), (d, e, f), (g, h, i) = matrix.tolist()
    return (a, b, c), (d, e, f), (g, h, i)


def _points(points: ArrayLike) -> Floats:
    array = np.ascontiguousarray(points, dtype=np.float64)
    if array.ndim != 2 or array.shape[1] != 2:
        raise ValueError(f"points have the shape (n, 2), not {array.shape}")
    return array


def _inverse(plane: Matrix3) -> Floats:
    return np.linalg.inv(np.array(plane))


# Plain loops: a product of a long array with a tiny matrix would wake the threads of the linear algebra library.


@compiled
def _projected(homography: Floats, points: Floats) -> Floats:
    """(n, 2) images of points (n, 2) under a homography (3, 3)."""
    h, found = homography, np.empty_like(points)
    for i in range(len(points)):
        x, y = points[i, 0], points[i, 1]
        w = h[2, 0] * x + h[2, 1] * y + h[2, 2]
        found[i, 0] = (h[0, 0] * x + h[0, 1] * y + h[0, 2]) / w
        found[i, 1] = (h[1, 0] * x + h[1, 1] * y + h[1, 2]) / w
    return found


@compiled
def _mapped(affine: Floats, points: Floats, origin: Floats) -> Floats:
    """(n, 2) images under an affine map (2, 3) of points (n, 2) as seen from an origin (2,)."""
    found = np.empty_like(points)
    for i in range(len(points)):
        x, y = points[i, 0] - origin[0], points[i, 1] - origin[1]
        found[i, 0] = affine[0, 0] * x + affine[0, 1] * y + affine[0, 2]
        found[i, 1] = affine[1, 0] * x + affine[1, 1] * y + affine[1, 2]
    return found
