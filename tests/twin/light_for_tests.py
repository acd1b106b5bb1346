"""The renderer's light of plain shapes, and what it should be: closed forms and brute force, without the renderer."""

import math

import numpy as np
from scipy import ndimage
from scipy.special import erf

from station.order.model import Face
from station.twin.part import MadePart
from station.twin.render import render_ideal
from station.twin.scene import Optics, PlacedPart, Pose, Scene


def covered(silhouette, optics, pose=Pose(), face=Face.TOP, **made):  # noqa: B008
    """What the renderer makes of it."""
    return render_ideal(Scene(optics, parts=(PlacedPart(MadePart(silhouette, **made), pose, face),)))


def half_plane(distance_px, angle_deg, sigma_px):
    """Closed form along the normal, the pixel's square integrated by Gauss-Legendre quadrature."""
    nodes, weights = np.polynomial.legendre.leggauss(20)
    angle = math.radians(angle_deg)
    total = np.zeros_like(distance_px)
    for u, wu in zip(nodes / 2, weights / 2, strict=True):
        for v, wv in zip(nodes / 2, weights / 2, strict=True):
            shift = u * math.cos(angle) + v * math.sin(angle)
            total += wu * wv * 0.5 * (1 - erf((distance_px + shift) / (sigma_px * math.sqrt(2))))
    return total


def assert_brute_force_agrees(silhouette, hard, **made):
    """The light of a part against 16 x 16 sub-pixels of the `hard` shape (a function of x and y in the part's own
    frame), blurred on the fine grid, then averaged over each pixel."""
    optics, fine, pose = Optics(64, 48, 0.1, 1.0), 16, Pose(0.31, -0.22, 33.0)
    image = covered(silhouette, optics, pose, **made)
    x = ((np.arange(64 * fine) + 0.5) / fine - 0.5 - 31.5) * 0.1 - pose.x_mm
    y = (23.5 - ((np.arange(48 * fine) + 0.5) / fine - 0.5))[:, None] * 0.1 - pose.y_mm
    turn = math.radians(-pose.angle_deg)
    x, y = x * math.cos(turn) - y * math.sin(turn), x * math.sin(turn) + y * math.cos(turn)
    soft = ndimage.gaussian_filter(hard(x, y), fine * 1.0, truncate=6.0)
    expected = soft.reshape(48, fine, 64, fine).mean(axis=(1, 3))
    np.testing.assert_allclose(image, expected, atol=0.4 / 32 + 1e-3)  # half a sub-pixel times the steepest slope
    assert abs(image.sum() - expected.sum()) < 1.0
