"""What a stranger asks of the script beyond the plain cases: other names, one limit, ranges, ordered ratings, hostile
tables."""

import numpy as np
import pytest

from .builders import figures, run, write

HEAD = "part,operator,trial,value"


def rows(seed=1, parts=5, operators="ABC", trials=2):
    rng = np.random.default_rng(seed)
    return [(p, o, t, round(10 + p / 10 + rng.normal(0, 0.02), 4))
            for o in operators for p in range(1, parts + 1) for t in range(1, trials + 1)]  # fmt: skip


@pytest.fixture
def table(tmp_path):
    return write(tmp_path / "t.csv", HEAD, rows())


def test_other_names_of_options_mean_the_same(table):
    plain = figures("--kind", "grr", table, "--lower", 9, "--upper", 11, "--process-sd", 0.2, "--sigma", 5.15)
    other = figures("--kind", "grr", table, "--lsl", 9, "--usl", 11, "--process-variation", 1.03, "--multiplier", 5.15)
    assert other["parameters"].pop("process_sd") == pytest.approx(plain["parameters"].pop("process_sd"))
    assert other["percent_tolerance_grr"] == pytest.approx(plain["percent_tolerance_grr"])
    assert other["percent_process_grr"] == pytest.approx(plain["percent_process_grr"])
    assert figures("--kind", "grr", table, "--method", "crossed")["method"] == "crossed, analysis of variance"
    assert figures("--kind", "grr", table, "--method", "xbar-r")["ev"] > 0.0
    assert figures("--kind", "grr", table, "--method", "nested")["df_part"] == 12


def test_one_limit_halves_the_spread(table):
    """Minitab: with one limit, half the study variation over the distance from the mean to the limit."""
    found = figures("--kind", "grr", table, "--usl", 11)
    mean = np.mean([row[3] for row in rows()])
    assert found["percent_tolerance_grr"] == pytest.approx(100.0 * 3.0 * found["sd_grr"] / (11.0 - mean))


def test_tables_in_json_hold_the_same_figures(table):
    found = figures("--kind", "grr", table, "--tolerance", 1)
    components = {row["row"]: row for row in found["tables"][-2]["rows"]}
    assert components["grr"]["percent_tolerance"] == found["percent_tolerance_grr"]
    assert components["part"]["label"] == "Part to part"
    assert found["precision_to_tolerance"] == pytest.approx(found["percent_tolerance_grr"] / 100.0)
    share = found["percent_contribution_part"] / 100.0
    assert found["intraclass_correlation"] == pytest.approx(share)
    assert found["signal_to_noise"] == pytest.approx((2.0 * share / (1.0 - share)) ** 0.5)
    assert found["discrimination_ratio"] == pytest.approx((1.0 + share) / (1.0 - share))
    assert found["sd_ci_low_grr"] == pytest.approx(found["variance_ci_low_grr"] ** 0.5)


def test_bias_by_the_control_chart_method(tmp_path):
    rng = np.random.default_rng(6)
    values = rng.normal(6.02, 0.2, (20, 5)) + rng.normal(0.0, 0.3, (20, 1))
    readings = [(i, v, 6.01) for i, group in enumerate(values) for v in group]
    path = write(tmp_path / "b.csv", "shift,value,reference", readings)
    found = figures("--kind", "bias", path, "--method", "range")
    assert found["mean_range"] == pytest.approx(np.ptp(values, axis=1).mean())
    assert found["sd"] == pytest.approx(found["mean_range"] / 2.33394, rel=1e-5)
    assert (found["subgroups"], found["subgroup_size"], round(found["df"], 1)) == (20, 5, 72.7)
    assert found["t"] == pytest.approx(found["bias"] / (found["sd"] / 10.0))
    assert found["sd_all"] == pytest.approx(values.std(ddof=1))
    assert found["sd"] < found["sd_all"]
    alone = figures("--kind", "bias", path)
    assert (alone["df"], alone["sd"]) == (99, pytest.approx(values.std(ddof=1)))
    single = figures("--kind", "bias", write(tmp_path / "s.csv", "value,reference", [(v, 6) for v in range(5, 9)]),
                     "--method", "range")  # fmt: skip
    assert single["sd"] == pytest.approx(3.0 / 2.23887, rel=1e-4)  # d2* of four values, one sample


def test_linearity_by_ranges(tmp_path):
    rng = np.random.default_rng(7)
    readings = [(ref, ref + 0.01 * ref + rng.normal(0, 0.05), ref) for ref in (2, 4, 6, 8, 10) for _ in range(12)]
    path = write(tmp_path / "l.csv", "part,value,reference", readings)
    by_sd, by_range = (figures("--kind", "linearity", path, "--method", m) for m in ("sd", "range"))
    assert by_sd["slope"] == by_range["slope"]
    for p, q in zip(by_sd["part_p"], by_range["part_p"], strict=True):
        assert q == pytest.approx(p, abs=0.1)
    assert by_range["p_mean_bias"] != by_sd["p_mean_bias"]
    assert by_range["p_mean_bias"] == pytest.approx(by_sd["p_mean_bias"], abs=0.01)
    within = figures("--kind", "linearity", path, "--process-variation", 16.5368)
    assert within["part_percent_bias"][0] == pytest.approx(100.0 * abs(within["part_bias"][0]) / 16.5368)


def test_ordered_ratings_have_kendalls_coefficients(tmp_path):
    agreed = [-2, -1, 0, 1, 2, -2, 2, 0, 1, -1]
    rated = {"A": agreed, "B": [-2, -1, 0, 2, 2, -1, 2, 0, 1, -1]}
    judged = [(p, o, t, said[p], agreed[p]) for o, said in rated.items() for t in (1, 2) for p in range(10)]
    found = figures("--kind", "attribute", write(tmp_path / "o.csv", f"{HEAD},standard", judged))
    assert (found["kendall_tau_a"], found["weighted_kappa_quadratic_a"], found["kendall_w_within_a"]) == (1, 1, 1)
    assert 0.8 < found["kendall_tau_b"] < 1.0
    assert found["weighted_kappa_quadratic_b"] > found["weighted_kappa_linear_b"] > found["cohen_kappa_b"]
    assert found["kendall_tau_all"] == pytest.approx((found["kendall_tau_a"] + found["kendall_tau_b"]) / 2.0)
    assert found["fleiss_kappa_b_minus_1"] != found["fleiss_kappa_b_1"]
    assert found["cohen_kappa_ci_low_b"] < found["cohen_kappa_b"] < found["cohen_kappa_ci_high_b"]
    words = write(tmp_path / "w.csv", HEAD, [(p, o, 1, "good" if p % 2 else "bad") for p in range(6) for o in "AB"])
    assert "kendall_w_between" not in figures("--kind", "attribute", words)


def test_jasps_black_spots(tmp_path):
    """JASP's attribute example (yes/no, 15 parts, three appraisers, three trials) as its own tests print it."""
    good = "YNYYYNYNNYNYYYY"
    said = {
        "EG": ["YYY", "NNN", "YYY", "YNN", "YYY", "YYY", "YYY", "NNN", "NNN", "YYY", "NNN", "YYY", "YYY", "NNN", "YYY"],
        "BL": ["YYY", "NNN", "YYY", "YNN", "YYY", "YYY", "NNN", "NNN", "NNN", "YYY", "NNN", "YYY", "YYY", "NNN", "YYY"],
        "MH": ["YYY", "YYY", "YYY", "YYY", "YYY", "YYY", "YYY", "NNY", "YNN", "YYY", "YNY", "YYY", "YYY", "NNN", "YYY"],
    }
    names = {"Y": "Yes", "N": "No"}
    judged = [(p + 1, o, names[r], t + 1, names[good[p]])
              for o, parts in said.items() for p, trials in enumerate(parts) for t, r in enumerate(trials)]  # fmt: skip
    found = figures("--kind", "attribute", write(tmp_path / "j.csv", "Part,Operator,Results,Repeat,Reference", judged))
    want = {"eg": 0.612903225806452, "bl": 0.492307692307692, "mh": 0.264150943396226, "all": 0.466666666666667}
    for name, kappa in want.items():
        assert found[f"cohen_kappa_{name}"] == pytest.approx(kappa), name
    for name, kappa in {"eg": 0.612918660287081, "bl": 0.48608895977317, "mh": 0.220151828847481}.items():
        assert found[f"fleiss_kappa_{name}"] == pytest.approx(kappa), name
    for name, kappa in {"eg": 0.905462184873949, "bl": 0.91, "mh": 0.543918918918919}.items():
        assert found[f"fleiss_kappa_within_{name}"] == pytest.approx(kappa), name
    assert found["fleiss_kappa_all"] == pytest.approx(0.439719816302578)
    assert found["fleiss_kappa_between"] == pytest.approx(0.641666666666666)
    assert [round(v, 3) for v in found["system_effectiveness_ci"]] == [21.267, 73.414]
    assert [round(found[f"false_alarm_percent_{n}"], 2) for n in ("eg", "bl", "mh")] == [16.67, 26.67, 10.0]
    assert [round(found[f"miss_percent_{n}"], 2) for n in ("eg", "bl", "mh")] == [20.0, 20.0, 66.67]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda r: r[:7] + r[8:], "row 8, column value: part 4 has 1 reading by operator A, elsewhere there are 2"),
        (lambda r: [*r, r[3]], "row 32, column trial: trial 2 of part 2 by operator A appears twice (first in row 5)"),
        (lambda r: [(*x[:3], "n/a") if i == 7 else x for i, x in enumerate(r)], "row 9, column value: 'n/a' is not"),
        (lambda r: [(*x[:3], "") if i == 7 else x for i, x in enumerate(r)], "row 9, column value: the cell is empty"),
        (
            lambda r: [(*x[:3], f'"{x[3]}"'.replace(".", ",")) for x in r],
            "is not a number: write a decimal point, or ;",
        ),
        (lambda r: [(*x[:3], f"{x[3]}".replace(".", ",")) for x in r], "a decimal comma needs ; between columns"),
        (lambda r: [x for x in r if x[1] == "A"], "row 2, column operator: all readings are by one operator (A)"),
        (lambda r: [x for x in r if x[2] == 1], "row 2, column trial: every operator measured every part once"),
        (lambda r: [x for x in r if x[0] == 1], "row 2, column part: all readings are of one part (1)"),
    ],
)
def test_a_bad_table_gets_a_sentence_with_row_and_column(tmp_path, change, words):
    done = run("--kind", "grr", write(tmp_path / "t.csv", HEAD, change(rows())))
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr
    assert done.stderr.count("\n") == 1


def test_measurements_are_no_judgements_even_where_each_appears_twice(tmp_path):
    path = write(tmp_path / "m.csv", HEAD, [(p, o, 1, p / 7) for p in range(20) for o in "AB"])
    done = run("--kind", "attribute", path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "name 20 different categories; these look like measurements" in done.stderr


def test_readings_that_never_differ_are_not_called_capable(tmp_path):
    for value in (lambda p: 10.0, lambda p: 10.0 + p):
        path = write(tmp_path / "c.csv", HEAD, [(p, o, t, value(p)) for p, o, t, _ in rows()])
        found = figures("--kind", "grr", path, "--tolerance", 1)
        assert (found["verdict"], found["ndc"]) == ("stated", None)
        assert "resolution is too coarse" in found["sentence"]


def test_spaces_blank_lines_marks_and_further_columns_do_not_matter(table, tmp_path):
    plain = figures("--kind", "grr", table)
    text = (
        table.read_text().replace("\n", ",a remark \n\n").replace("value,a remark", " Value , lab").replace(",", " , ")
    )
    (tmp_path / "t2.csv").write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    other = figures("--kind", "grr", tmp_path / "t2.csv")
    assert {k: v for k, v in plain.items() if k != "sources"} == {k: v for k, v in other.items() if k != "sources"}
    sci = write(tmp_path / "s.csv", HEAD, [(*r[:3], f"{r[3]:.6e}") for r in rows()])
    assert figures("--kind", "grr", sci)["ss_part"] == pytest.approx(plain["ss_part"])


@pytest.mark.parametrize(
    ("kind", "more"),
    [("stability", ()), ("type1", ("--reference", 1, "--tolerance", 1)), ("capability", ("--usl", 2)),
     ("vda5", ("--reference", 1, "--tolerance", 1))],
)  # fmt: skip
def test_constant_readings_are_judged_by_nobody(tmp_path, kind, more):
    path = write(tmp_path / "c.csv", "value", [(1.0,)] * 30)
    found = figures("--kind", kind, path, *more)
    assert found["verdict"] == "stated"
    assert "scatter" in found["sentence"]


def test_without_operators_the_table_says_how(tmp_path):
    path = write(tmp_path / "n.csv", "part,trial,value", [(p, t, p + t / 9) for p in range(4) for t in (1, 2)])
    assert "--no-operator studies without" in run("--kind", "grr", path).stderr
    assert figures("--kind", "grr", path, "--no-operator")["df_repeatability"] == 4
