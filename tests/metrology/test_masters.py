"""Scale and edge offset recovered from certified sizes whose truth is known."""

import math

import numpy as np
import pytest

from station.metrology.masters import ASSUMED_LOCAL_PX, CertifiedSize, fit_masters

PIXEL = 0.01
OUTER, BORE, CENTRES = 2.0, -2.0, 0.0
SIZES = ((10.0, OUTER), (3.0, BORE), (0.6, BORE), (1.0, BORE), (1.5, BORE), (2.0, BORE), (6.0, CENTRES), (4.0, OUTER))


def sizes_of(factor, offset, true=SIZES, u=0.0003, noise=0.00002, rng=None, images=1):
    """What a station with this scale error and edge offset measures of masters of `true` (size, edges)."""
    rng = rng or np.random.default_rng(0)
    found = []
    for number, (size, per_edge) in enumerate(true):
        certified = size + u * rng.standard_normal()
        for image in range(images):
            measured = size / factor + per_edge * offset + noise * rng.standard_normal()
            found.append(CertifiedSize(f"{image}.png", f"F{number}", certified, u, measured, noise, per_edge))
    return found


@pytest.mark.parametrize(("factor", "offset"), [(1.0, 0.0), (1.001, 0.002), (0.998, -0.003), (1.02, 0.006)])
def test_exact_sizes_give_back_scale_and_edge(factor, offset):
    fit = fit_masters(sizes_of(factor, offset, u=1e-7, noise=1e-8), prior_edge_mm=1.0, pixel_mm=PIXEL)
    assert fit.factor == pytest.approx(factor, abs=2e-7)
    assert fit.edge_offset_mm == pytest.approx(offset, abs=3e-7)
    assert fit.corrected_mm == pytest.approx([size for size, _ in SIZES], abs=1e-6)


def test_scatter_of_the_certificates_is_what_the_covariance_says():
    rng = np.random.default_rng(1)
    errors, predicted = [], []
    for _ in range(300):
        fit = fit_masters(sizes_of(1.003, 0.004, rng=rng), prior_edge_mm=0.01, pixel_mm=PIXEL)
        errors.append((math.log(fit.factor / 1.003), fit.edge_offset_mm - 0.004))
        predicted.append(fit.covariance)
    cover = np.cov(np.array(errors).T)
    mean = np.mean(predicted, axis=0)
    # The spread of the residuals is a part of the weights, so what is stated is on the safe side, not wildly.
    ratio = np.sqrt(np.diagonal(cover) / np.diagonal(mean))
    assert (ratio > 0.5).all()
    assert (ratio < 1.1).all()
    assert np.sign(cover[0, 1]) == np.sign(mean[0, 1])
    assert abs(np.mean(errors, axis=0)) == pytest.approx([0.0, 0.0], abs=3 * math.sqrt(cover.max() / 300))


def test_one_size_alone_leaves_the_edge_to_the_prior():
    one = [CertifiedSize("a.png", "OD", 10.0, 0.0003, 10.004, 0.0, OUTER)]
    narrow = fit_masters(one, prior_edge_mm=0.001, pixel_mm=PIXEL)
    wide = fit_masters(one, prior_edge_mm=0.01, pixel_mm=PIXEL)
    for fit, prior in ((narrow, 0.001), (wide, 0.01)):
        assert fit.edge_offset_mm == pytest.approx(0.0, abs=1e-9)
        assert fit.factor == pytest.approx(10.0 / 10.004, abs=1e-6)
        assert math.sqrt(fit.covariance[1, 1]) == pytest.approx(prior, rel=1e-3)
        # The edge's doubt is the scale's doubt: two edges over the whole size, fully correlated for a wide prior.
        certificate = math.hypot(0.0003, 2 * ASSUMED_LOCAL_PX * PIXEL)
        assert math.sqrt(fit.covariance[0, 0]) == pytest.approx(math.hypot(2 * prior, certificate) / 10.004, rel=1e-2)
    correlation = wide.covariance[0, 1] / math.sqrt(wide.covariance[0, 0] * wide.covariance[1, 1])
    assert correlation > 0.99
    # Together they must still say of the very same size no more than its certificate and one assumed local edge.
    jacobian = np.array([10.0, -2.0])
    assert math.sqrt(jacobian @ wide.covariance @ jacobian) == pytest.approx(certificate, rel=0.02)


def test_few_sizes_do_not_show_that_edges_repeat_perfectly():
    fit = fit_masters(sizes_of(1.0, 0.0, SIZES[:3], u=1e-7, noise=1e-8), prior_edge_mm=0.01, pixel_mm=PIXEL)
    assert fit.local_mm >= ASSUMED_LOCAL_PX * PIXEL


def test_pictures_of_one_certificate_do_not_shrink_its_uncertainty():
    once = fit_masters(sizes_of(1.001, 0.002), prior_edge_mm=0.01, pixel_mm=PIXEL)
    rng = np.random.default_rng(0)
    often = fit_masters(sizes_of(1.001, 0.002, rng=rng, images=50, noise=1e-9), prior_edge_mm=0.01, pixel_mm=PIXEL)
    assert len(often.corrected_mm) == 50 * len(once.corrected_mm)
    assert np.sqrt(np.diagonal(often.covariance)) == pytest.approx(np.sqrt(np.diagonal(once.covariance)), rel=0.3)
    same = [s for s in sizes_of(1.001, 0.002) for _ in range(30)]
    many = fit_masters(same, prior_edge_mm=0.01, pixel_mm=PIXEL)
    assert np.diagonal(many.covariance) == pytest.approx(np.diagonal(once.covariance), rel=0.1)


def test_the_noise_of_pictures_does_average():
    loud, quiet = (
        fit_masters(sizes_of(1.0, 0.0, u=1e-7, noise=0.001, images=n), prior_edge_mm=0.01, pixel_mm=PIXEL)
        for n in (1, 25)
    )
    ratio = math.sqrt(loud.covariance[0, 0] / quiet.covariance[0, 0])
    assert 2.5 < ratio < 8.0


def test_a_wrong_master_widens_what_the_station_says_of_an_edge():
    honest = sizes_of(1.0, 0.0)
    wrong = [*honest[:-1], CertifiedSize("x", "X", 4.01, 0.0003, 4.0, 0.0, OUTER)]
    assert (
        fit_masters(wrong, prior_edge_mm=0.01, pixel_mm=PIXEL).local_mm
        > 5 * fit_masters(honest, prior_edge_mm=0.01, pixel_mm=PIXEL).local_mm
    )


def test_no_sizes_are_refused():
    with pytest.raises(ValueError, match="no certified size"):
        fit_masters([], prior_edge_mm=0.01, pixel_mm=PIXEL)
