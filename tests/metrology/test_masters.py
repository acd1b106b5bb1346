"""Scale and edge offset recovered from certified sizes whose truth is known."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from station.metrology.camera import telecentric
from station.metrology.masters import ASSUMED_LOCAL_PX, CertifiedSize, fit_masters
from station.metrology.uncertainty import Conditions, measure

from .calibrations_for_tests import exact_calibration
from .features_for_tests import circle, question

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
    assert fit.edge_offsets_mm[0] == pytest.approx(offset, abs=3e-7)
    assert fit.corrected_mm == pytest.approx([size for size, _ in SIZES], abs=1e-6)


def test_scatter_of_the_certificates_is_what_the_covariance_says():
    rng = np.random.default_rng(1)
    errors, predicted = [], []
    for _ in range(300):
        fit = fit_masters(sizes_of(1.003, 0.004, rng=rng), prior_edge_mm=0.01, pixel_mm=PIXEL)
        errors.append((math.log(fit.factor / 1.003), fit.edge_offsets_mm[0] - 0.004))
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
        assert fit.edge_offsets_mm[0] == pytest.approx(0.0, abs=1e-9)
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


@pytest.mark.parametrize("outward", [1.0, -1.0])
def test_the_budget_of_a_size_after_a_calibration_on_outer_diameters_alone_is_what_repeating_it_all_gives(outward):
    """Scale and edge offset were confused by the masters: that cancels for their like, and doubles for a bore."""
    rng = np.random.default_rng(3)
    prior, size = 0.003, 10.0
    errors = []
    for _ in range(2000):
        factor, offset = 1.0 + 0.001 * rng.standard_normal(), prior * rng.standard_normal()
        seen = size / factor + OUTER * offset
        fit = fit_masters([CertifiedSize("a", "OD", size, 1e-4, seen, 0.0, OUTER)], prior, PIXEL)
        errors.append(fit.factor * (size / factor + 2 * outward * (offset - fit.edge_offsets_mm[0])) - size)
    u = np.sqrt(np.diagonal(fit.covariance))
    known = exact_calibration(
        telecentric(1600, 1200, PIXEL),
        u_scale=float(u[0]),
        u_edge_px=float(u[1]) / PIXEL,
        correlation=float(fit.covariance[0, 1] / (u[0] * u[1])),
    )
    seen = circle("S", radius=size / 2, outward=outward, covariance=(0.0, 0.0, 0.0))
    result = measure(question("diameter", "S"), {"S": seen}, known, PIXEL, Conditions(20.0, 0.0))
    local = 2 * ASSUMED_LOCAL_PX * PIXEL  # what one master alone cannot show, and what these masters do not have
    assert result.u == pytest.approx(math.hypot(float(np.std(errors)), local), rel=0.05)


@pytest.mark.parametrize("separable", [True, False])
def test_the_p_value_of_honest_certificates_is_uniform_and_of_wrong_ones_small(separable):
    rng = np.random.default_rng(7)
    sizes = SIZES if separable else tuple((size, CENTRES) for size in (2.0, 3.0, 5.0, 7.0))
    good, loud = [], []
    for _ in range(400):
        honest = fit_masters(sizes_of(1.001, 0.001, sizes, rng=rng), prior_edge_mm=0.05, pixel_mm=PIXEL)
        good.append(honest.statistics.p_value)
        rough = [replace(s, u_certified_mm=0.0001) for s in sizes_of(1.001, 0.001, sizes, rng=rng)]
        loud.append(fit_masters(rough, prior_edge_mm=0.05, pixel_mm=PIXEL).statistics.p_value)
    assert honest.statistics.degrees_of_freedom == len(sizes) - (2 if separable else 1)
    assert stats.kstest(good, "uniform").pvalue > 0.01
    assert np.median(loud) < 0.001


def test_the_statistics_are_those_of_the_errors():
    sizes = sizes_of(1.002, 0.003, images=3)
    fit = fit_masters(sizes, prior_edge_mm=0.01, pixel_mm=PIXEL)
    errors = fit.corrected_mm - [s.certified_mm for s in sizes]
    found = fit.statistics
    assert (found.n, found.degrees_of_freedom) == (24, 6)
    assert found.mean_mm == pytest.approx(np.mean(errors))
    assert found.sd_mm == pytest.approx(np.std(errors, ddof=1))
    assert found.max_mm == pytest.approx(np.abs(errors).max())
    assert found.p_value == pytest.approx(stats.chi2.sf(found.chi2, 6))


def test_one_size_has_nothing_to_be_judged_by():
    one = fit_masters([CertifiedSize("a", "OD", 10.0, 0.001, 10.004, 0.0, OUTER)], 0.01, PIXEL).statistics
    assert (one.n, one.sd_mm, one.degrees_of_freedom, one.p_value) == (1, 0.0, 0, None)


KINDS = {"turned": 0.004, "punched": -0.002}
OF_KINDS = (
    (10.0, OUTER, "turned"), (3.0, BORE, "punched"), (0.6, BORE, "punched"), (1.5, BORE, "turned"),
    (6.0, CENTRES, ""), (4.0, OUTER, "punched"), (2.0, BORE, "turned"),
)  # fmt: skip


def sizes_of_kinds(factor, u=0.0003, noise=0.00002, rng=None, offsets=KINDS):
    rng = rng or np.random.default_rng(0)
    found = []
    for number, (size, per_edge, kind) in enumerate(OF_KINDS):
        measured = size / factor + per_edge * offsets.get(kind, 0.0) + noise * rng.standard_normal()
        certified = size + u * rng.standard_normal()
        found.append(CertifiedSize("0.png", f"F{number}", certified, u, measured, noise, per_edge, kind))
    return found


def test_every_kind_of_edge_gives_back_its_own_offset_and_all_one_scale():
    fit = fit_masters(sizes_of_kinds(1.002, u=1e-7, noise=1e-8), prior_edge_mm=1.0, pixel_mm=PIXEL)
    assert fit.kinds == ("punched", "turned")
    assert fit.factor == pytest.approx(1.002, abs=2e-7)
    assert fit.edge_offsets_mm == pytest.approx([-0.002, 0.004], abs=3e-7)
    assert fit.statistics.degrees_of_freedom == len(OF_KINDS) - 3


def test_distances_of_centres_help_the_scale_and_are_of_no_kind():
    with_distance = sizes_of_kinds(1.0)
    without = [size for size in with_distance if size.per_edge]
    one, other = (fit_masters(sizes, 0.01, PIXEL) for sizes in (with_distance, without))
    assert one.kinds == other.kinds == ("punched", "turned")
    assert one.covariance[0, 0] < other.covariance[0, 0]
    named = [replace(size, edge="ground") if not size.per_edge else size for size in with_distance]
    assert fit_masters(named, 0.01, PIXEL).kinds == ("punched", "turned")
    assert fit_masters([s for s in with_distance if not s.per_edge], 0.01, PIXEL).kinds == ("",)


def test_scatter_over_scale_and_all_kinds_is_what_their_covariance_says():
    rng = np.random.default_rng(4)
    errors, predicted = [], []
    for _ in range(400):
        fit = fit_masters(sizes_of_kinds(1.003, u=0.003, rng=rng), prior_edge_mm=0.05, pixel_mm=PIXEL)
        errors.append([math.log(fit.factor / 1.003), *(fit.edge_offsets_mm - [-0.002, 0.004])])
        predicted.append(fit.covariance)
    cover, mean = np.cov(np.array(errors).T), np.mean(predicted, axis=0)
    ratio = np.sqrt(np.diagonal(cover) / np.diagonal(mean))
    assert (ratio > 0.5).all()
    assert (ratio < 1.1).all()
    u, stated = np.sqrt(np.diagonal(cover)), np.sqrt(np.diagonal(mean))
    found, said = cover / np.outer(u, u), mean / np.outer(stated, stated)
    assert np.abs(found - said).max() < 0.25


def test_a_kind_with_one_size_only_takes_its_offset_from_the_scale_of_the_others():
    sizes = [size for size in sizes_of_kinds(1.0) if size.edge != "turned"]
    one = CertifiedSize("0.png", "OD", 10.0, 0.0003, 10.0 + OUTER * 0.004, 0.0, OUTER, "turned")
    fit = fit_masters([*sizes, one], prior_edge_mm=1.0, pixel_mm=PIXEL)
    assert fit.edge_offsets_mm[1] == pytest.approx(0.004, abs=3 * math.sqrt(fit.covariance[2, 2]))
    # What the scale is off by makes the offset of that size off: together they say of it no more than its certificate.
    correlation = fit.covariance[0, 2] / math.sqrt(fit.covariance[0, 0] * fit.covariance[2, 2])
    assert correlation > 0.5
    to_size = np.array([10.0, 0.0, -2.0])
    certificate = math.hypot(0.0003, 2 * fit.local_mm)
    assert math.sqrt(to_size @ fit.covariance @ to_size) == pytest.approx(certificate, rel=0.1)


def test_one_kind_by_any_name_is_the_same_fit():
    plain = sizes_of(1.001, 0.002)
    named = fit_masters([replace(size, edge="ground") for size in plain], 0.01, PIXEL)
    assert named.kinds == ("ground",)
    assert named.covariance == pytest.approx(fit_masters(plain, 0.01, PIXEL).covariance, rel=1e-12)
