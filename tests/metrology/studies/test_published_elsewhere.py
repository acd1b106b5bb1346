"""Published examples that are not among the shared reference values, each with its origin, run as a stranger would."""

import numpy as np
import pytest
from scipy import stats

from station.metrology.studies.anova import AnovaRow, Share
from station.metrology.studies.breakdown import Scale
from station.metrology.studies.crossed import crossed, sums_of_squares, without_operators
from station.metrology.studies.kappa import cohen, fleiss
from station.metrology.studies.mls import mls
from station.metrology.studies.nested import nested
from station.metrology.studies.ordinal import concordance, rank_correlation, tau_b, weighted
from station.metrology.studies.range_sd import from_mean_range, range_df, range_sd
from station.metrology.studies.summary import Interval

# Houf & Berman 1988, thermal impedance of a power module; Montgomery, Introduction to SQC; SAS PROC VARCOMP.
HOUF = """37 38 37 41 41 40 41 42 41
42 41 43 42 42 42 43 42 43
30 31 31 31 31 31 29 30 28
42 43 42 43 43 43 42 42 42
28 30 29 29 30 29 31 29 29
42 42 43 45 45 45 44 46 45
25 26 27 28 28 30 29 27 27
40 40 40 43 42 42 43 43 41
25 25 25 27 29 28 26 26 26
35 34 34 35 35 34 35 34 35"""
# qualityTools for R (Roth 2016), example of gageRR: measurement slowest, then part, then operator.
QUALITY_TOOLS = """23 22 22 22 22 25 23 22 23 22 20 22 22 22 24 25 27 28 23 24 23 24 24 22 22 22 24 23 22 24
20 20 25 24 22 24 21 20 21 22 21 22 21 21 24 27 25 27 23 22 25 23 23 22 22 23 25 21 24 23"""
# SPC for Excel, destructive gauge R&R, also JASP's nested example: batches 1 to 15, two parts each; operators A, B, C.
HARDNESS = """33.4 33.2 32.4 31.7 34.4 34.5 33.9 34.5 34.5 34.7
32.5 32.1 32.1 32.3 35.1 34.7 32.4 33.1 34.8 34.9
32.6 32.7 32.3 32.1 34.9 34.7 33 33.2 31.6 30.9"""
# JASP's attribute example of ordered ratings: 30 samples, what was agreed, and the raters A to D once each.
AGREED = "5 5 5 0 0 4 0 0 0 4 0 4 5 4 4 0 4 3 0 0 3 4 3 0 0 5 5 0 0 0"
RATERS = {
    "A": "5 5 5 0 0 5 0 0 0 0 0 4 5 4 3 0 0 5 0 0 0 4 0 0 0 6 6 0 0 0",
    "B": "4 5 5 0 0 3 0 0 0 4 0 0 4 4 4 0 4 0 0 0 4 4 4 0 0 4 4 0 0 0",
    "C": "6 5 4 0 0 4 0 0 0 0 4 0 5 4 4 0 4 5 0 6 4 4 3 0 0 5 6 0 5 0",
    "D": "4 5 4 0 0 4 0 0 0 0 0 4 5 0 4 0 0 0 0 0 0 4 0 0 0 4 4 0 0 0",
}


def numbers(text):
    return np.array(text.split(), dtype=float)


def houf():
    return numbers(HOUF).reshape(10, 3, 3)


def test_thermal_impedance():
    found = crossed(houf(), Scale())
    part, operator, both, error, _ = found.with_interaction
    assert [round(r.ss, 2) for r in (part, operator, both, error)] == [3935.96, 39.27, 48.51, 30.67]
    assert [round(r.f, 2) for r in (part, operator, both)] == [162.27, 7.28, 5.27]
    assert found.pooled is None
    assert round(found.breakdown.of("repeatability").variance, 2) == 0.51
    assert round(found.breakdown.of("part").variance, 2) == 48.29


def test_intervals_of_thermal_impedance_agree_with_generalized_ones():
    """Burdick, Borror & Montgomery 2003 give both for this table and find them alike; here by simulation."""
    values = houf()
    part, operator, both, error, _ = sums_of_squares(values)
    rng = np.random.default_rng(5)
    drawn = {row.source: row.ss / rng.chisquare(row.df, 200_000) for row in (part, operator, both, error)}
    for weights, rows in (
        ((1 / 9, -1 / 9), (part, both)),
        ((1 / 30, -1 / 30), (operator, both)),
        ((1 / 3, -1 / 3), (both, error)),
        ((1.0,), (error,)),
        ((1 / 30, 9 / 30, 2 / 3), (operator, both, error)),
    ):
        ours = Share(weights, rows).interval(0.95)
        sums = np.maximum(0.0, sum(w * drawn[r.source] for w, r in zip(weights, rows, strict=True)))
        low, high = np.quantile(sums, [0.025, 0.975])
        assert ours.low == pytest.approx(low, rel=0.05)
        assert ours.high == pytest.approx(high, rel=0.03)
    found = crossed(values, Scale()).breakdown
    assert found.of("part").interval.low == pytest.approx(22.69, abs=0.01)
    assert found.of("repeatability").interval.high == pytest.approx(30.6667 / stats.chi2.ppf(0.025, 60), rel=1e-5)


def test_mls_of_one_mean_square_is_exact_and_of_several_covers():
    assert mls([(4.0, 7)], 0.9).low == pytest.approx(4.0 * 7 / stats.chi2.ppf(0.95, 7))
    rng = np.random.default_rng(8)
    hits, runs = {"grr": 0, "reproducibility": 0, "part": 0, "operator": 0}, 600
    truth = {"grr": 1.8, "reproducibility": 0.8, "part": 16.0, "operator": 0.5}
    for _ in range(runs):
        y = rng.normal(0, 4, (8, 1, 1)) + rng.normal(0, 0.5**0.5, (1, 3, 1)) + rng.normal(0, 0.3**0.5, (8, 3, 1))
        found = crossed(y + rng.normal(0, 1, (8, 3, 2)), Scale(), alpha=1.0).breakdown
        for name, value in truth.items():
            hits[name] += found.of(name).interval.contains(value)
    assert {name: count / runs for name, count in hits.items()} == pytest.approx(dict.fromkeys(truth, 0.955), abs=0.03)


def test_quality_tools():
    values = numbers(QUALITY_TOOLS).reshape(2, 10, 3).transpose(1, 2, 0)
    found = crossed(values, Scale(tolerance=5.0))
    part, operator, both, error, _ = found.with_interaction
    assert [round(r.ss, 2) for r in (operator, part, both, error)] == [20.63, 107.07, 22.03, 36.00]
    assert [round(r.f, 3) for r in (both,)] == [1.020]
    assert round(both.p, 3) == 0.467
    by = {c.source: round(c.variance, 3) for c in found.breakdown.components}
    assert (by["grr"], by["repeatability"], by["operator"], by["part"]) == (1.664, 1.209, 0.455, 1.781)
    assert found.breakdown.ndc == 1


def test_hardness_nested():
    found = nested(numbers(HARDNESS).reshape(3, 5, 2), Scale(tolerance=8.0))
    operator, part, error, total = found.table
    assert (operator.f, operator.p) == pytest.approx((0.696059139499019, 0.51759708068839))
    assert (part.f, part.p) == pytest.approx((38.849173553719, 4.4622407258139e-09))
    assert [r.ss for r in found.table] == pytest.approx([4.36266666666668, 37.606, 1.21, 43.1786666666667])
    assert (part.df, error.df, total.df) == (12, 15, 29)
    shares = found.breakdown
    assert shares.of("grr").variance == pytest.approx(0.0806666666666667)
    assert shares.of("grr").percent_contribution == pytest.approx(5.01892466428164)
    assert shares.of("grr").percent_study == pytest.approx(22.4029566447861)
    assert shares.of("part").variance == pytest.approx(1.52658333333333)
    assert shares.of("part").study_variation == pytest.approx(7.41329886083112)
    assert shares.of("reproducibility").variance == 0.0


def test_negative_components_are_zero_with_an_interval_that_begins_there():
    """Minitab's GAGENEST prints 0 for a reproducibility whose mean square lies below that of the parts."""
    rows = (AnovaRow("operator", 0.0142, 2), AnovaRow("part", 22.0552, 12))
    share = Share((0.1, -0.1), rows)
    assert share.variance == 0.0
    assert share.interval(0.95) == Interval(0.0, 0.0)  # the operators differ less than chance lets them
    assert Share((0.5, -0.5), (rows[1], AnovaRow("repeatability", 19.34, 15))).variance == pytest.approx(
        0.2743, abs=5e-5
    )


def test_bias_by_the_control_chart():
    """AIAG MSA 4, III B: 20 subgroups of 5, mean 6.021, mean range 0.4779, reference 6.01."""
    found = from_mean_range(0.4779, 5, 20)
    assert round(found.sd, 4) == 0.2048
    assert round(found.df, 1) == 72.7
    assert round(stats.t.ppf(0.975, found.df), 3) == 1.993
    assert (6.021 - 6.01) / (found.sd / 10.0) == pytest.approx(0.5371, abs=2e-4)


@pytest.mark.parametrize(
    ("size", "groups", "df"), [(2, 1, 1.0), (5, 1, 3.8), (10, 1, 7.7), (5, 20, 72.7), (3, 20, 36.5)]
)
def test_degrees_of_freedom_of_ranges(size, groups, df):
    """AIAG MSA 4, appendix C."""
    assert round(range_df(size, groups), 1) == df


def test_ranges_estimate_what_they_should():
    rng = np.random.default_rng(2)
    estimates = [range_sd(rng.normal(5, 2, (8, 4)).tolist()) for _ in range(3000)]
    squares = np.array([e.sd**2 for e in estimates])
    assert squares.mean() == pytest.approx(4.0, rel=0.02)
    assert squares.var() == pytest.approx(2.0 * 16.0 / estimates[0].df, rel=0.1)
    assert range_df(2, 100_000) == pytest.approx(87_600, rel=1e-3)
    with pytest.raises(ValueError, match="all of one size"):
        range_sd([[1.0, 2.0], [1.0]])


def test_skin_condition():
    """SAS PROC FREQ's agreement study: kappa 0.3449, ASE 0.0724, 0.2030 to 0.4868; under H0 ASE 0.0612, z 5.6366."""
    table = np.array([[10, 4, 1, 0], [5, 10, 12, 2], [2, 4, 12, 5], [0, 2, 6, 13]])
    found = cohen(table)
    assert (round(found.kappa, 4), round(found.spread, 4)) == (0.3449, 0.0724)
    assert (round(found.standard_error, 4), round(found.z, 4)) == (0.0612, 5.6366)
    interval = found.interval(0.95)
    assert (round(interval.low, 4), round(interval.high, 4)) == (0.2030, 0.4868)


def test_errors_of_kappas_are_those_of_resampling():
    rng = np.random.default_rng(4)
    counts = rng.multinomial(6, [0.3, 0.3, 0.4], size=300)
    counts[::2] = [6, 0, 0]
    left_out = np.array([fleiss(np.delete(counts, i, axis=0)).overall.kappa for i in range(len(counts))])
    jackknife = np.sqrt((len(counts) - 1) / len(counts) * ((left_out - left_out.mean()) ** 2).sum())
    assert fleiss(counts).overall.spread == pytest.approx(jackknife, rel=0.01)


def test_kendall_and_kappas_of_ordered_ratings():
    agreed = numbers(AGREED)
    raters = {name: numbers(text) for name, text in RATERS.items()}
    with_standard = {"A": 0.790897539450037, "B": 0.818329173912156, "C": 0.573358877643966, "D": 0.763623484279901}
    for name, tau in with_standard.items():
        assert tau_b(raters[name], agreed) == pytest.approx(tau), name
    assert tau_b(raters["A"], raters["D"]) == pytest.approx(0.784579319887982)
    alike = {"A": 0.540816326530612, "B": 0.537671232876712, "C": 0.523052464228935, "D": 0.456521739130435}
    said = sorted({*agreed, *(v for r in raters.values() for v in r)})
    for name, kappa in alike.items():
        table = np.array([[np.sum((agreed == a) & (raters[name] == b)) for b in said] for a in said])
        assert cohen(table).kappa == pytest.approx(kappa), name
    counts = np.array([[sum(r[i] == c for r in raters.values()) for c in said] for i in range(30)])
    assert fleiss(counts).overall.kappa == pytest.approx(0.405850091407678)


def test_kendalls_errors_are_minitabs():
    """One trial of 15 essays: SE 0.192450; a tau of 0.87506 has z 4.49744, as Minitab's ESSAY example prints."""
    found = rank_correlation(np.arange(15.0)[:, None], np.arange(15.0))
    assert (found.tau, round(found.standard_error, 6)) == (1.0, 0.192450)
    assert (0.87506 - 2.0 / (15 * 14)) / found.standard_error == pytest.approx(4.49744, abs=5e-5)


def test_concordance_is_friedmans():
    rng = np.random.default_rng(9)
    ratings = rng.integers(1, 6, (12, 5)).astype(float)
    found = concordance(ratings)
    theirs = stats.friedmanchisquare(*ratings)
    assert (found.chi2, found.p) == pytest.approx((theirs.statistic, theirs.pvalue))
    same = concordance(np.repeat(np.arange(6.0)[:, None], 3, axis=1))
    assert same.w == pytest.approx(1.0)
    assert concordance(np.ones((4, 3))).w is None


def test_tau_b_is_scipys():
    rng = np.random.default_rng(10)
    for _ in range(50):
        a, b = rng.integers(0, 4, (2, 15)).astype(float)
        assert tau_b(a, b) == pytest.approx(stats.kendalltau(a, b).statistic)


def test_quadratic_kappa_is_the_intraclass_correlation():
    """Fleiss & Cohen 1973: with quadratic weights and large n, kappa is the intraclass correlation (n - 1 for n)."""
    rng = np.random.default_rng(12)
    truth = rng.integers(1, 6, 4000)
    said = np.clip(truth + rng.integers(-1, 2, 4000), 1, 5)
    table = np.array([[np.sum((truth == a) & (said == b)) for b in range(1, 6)] for a in range(1, 6)])
    both = np.stack([truth, said], axis=1).astype(float)
    n, mean = len(both), both.mean()
    rows = 2.0 * ((both.mean(axis=1) - mean) ** 2).sum()
    columns = n * ((both.mean(axis=0) - mean) ** 2).sum()
    rest = ((both - mean) ** 2).sum() - rows - columns
    msr, msc, mse = rows / (n - 1), columns, rest / (n - 1)
    icc = (msr - mse) / (msr + mse + 2.0 * (msc - mse) / n)
    assert weighted(table, range(1, 6), 2).kappa == pytest.approx(icc, abs=5e-4)
    assert weighted(table[:2, :2], [1, 2], 1).kappa == pytest.approx(cohen(table[:2, :2]).kappa)
    assert weighted(table[:2, :2], [1, 2], 1).standard_error == pytest.approx(cohen(table[:2, :2]).standard_error)


def test_one_way_intervals_begin_at_zero_where_parts_do_not_differ():
    values = np.array([[1.0, 2.0, 3.0], [1.5, 2.5, 3.1], [0.9, 2.1, 2.0]])
    found = without_operators(values, Scale()).breakdown
    assert found.of("part").variance == 0.0
    assert found.of("part").interval.low == 0.0
    assert 0.0 < found.of("part").interval.high < 5.0
