"""The script from outside, on the published tables: JSON names, parameters, pages, exit status."""

import json
import re

import pytest

from ...metrology.reference_for_tests import published
from .builders import crossed_rows, figures, run, run_alone, write

HEAD = "part,operator,trial,value"


@pytest.fixture
def aiag(tmp_path):
    return write(tmp_path / "aiag.csv", HEAD, crossed_rows(published("grr_aiag_10x3x3")["measurements"]))


def test_gauge_rr_by_anova(aiag):
    found = figures("--kind", "grr", aiag, "--tolerance", 8)
    assert (round(found["percent_contribution_grr"], 2), found["ndc"]) == (7.76, 4)
    assert round(found["percent_study_variation_grr"], 2) == 27.86
    assert round(found["percent_tolerance_grr"], 2) == 22.68
    assert round(found["ss_part"], 4) == 88.3619
    assert (found["df_interaction"], round(found["p_interaction"], 3)) == (18, 0.974)
    assert found["df_repeatability_pooled"] == 78
    assert found["parameters"] == {"sigma_multiplier": 6.0, "alpha": 0.05, "tolerance": 8.0, "alpha_pool": 0.05}
    assert found["variance_ci_low_repeatability"] < found["variance_repeatability"]
    assert len(found["sources"][0]["sha256"]) == 64


def test_the_same_table_with_semicolons_and_commas_has_the_same_figures(aiag, tmp_path):
    text = aiag.read_text().replace(",", ";").replace(".", ",")
    other = tmp_path / "other.csv"
    other.write_bytes(b"\xef\xbb\xbf" + text.upper().replace("\n", "\r\n").encode())
    a, b = figures("--kind", "grr", aiag), figures("--kind", "grr", other)
    assert {k: v for k, v in a.items() if k != "sources"} == {k: v for k, v in b.items() if k != "sources"}


def test_pooling_at_another_alpha_is_said(aiag):
    kept = figures("--kind", "grr", aiag, "--alpha-pool", 1)
    assert (kept["interaction_pooled"], kept["parameters"]["alpha_pool"]) == (False, 1.0)
    assert "ss_interaction" in kept
    assert "df_repeatability_pooled" not in kept


def test_average_and_range(aiag):
    found = figures("--kind", "grr", aiag, "--method", "range", "--sigma", 5.15)
    assert (round(found["ev"], 5), round(found["av"], 5), round(found["grr"], 5)) == (0.20186, 0.22967, 0.30577)
    assert (found["ndc"], found["k1"], found["parameters"]["sigma_multiplier"]) == (5, 0.5908, 5.15)
    assert found["study_variation_grr"] == pytest.approx(5.15 * found["grr"])


def test_nested_and_without_operators(aiag):
    assert figures("--kind", "grr", aiag, "--nested")["df_part"] == 27
    jasp = figures("--kind", "grr", aiag, "--no-operator")
    assert (jasp["df_repeatability"], "variance_reproducibility" in jasp) == (80, False)


def test_one_reading_each_is_the_short_range_method(tmp_path):
    case = published("msa_range_method_aiag")
    rows = [(i, o, 1, v) for o in "AB" for i, v in enumerate(case[f"appraiser_{o}"])]
    found = figures("--kind", "grr", write(tmp_path / "s.csv", HEAD, rows), "--method", "range", "--process-sd", 0.0777)
    assert round(found["grr"], 4) == 0.0588
    assert round(found["percent_process_grr"], 1) == pytest.approx(75.7, abs=0.11)


def test_type_1(tmp_path):
    case = published("type1_jasp")
    path = write(tmp_path / "t.csv", "trial,value", enumerate(case["readings"], start=1))
    found = figures("--kind", "type1", path, "--reference", -4, "--tolerance", 15, "--p", 15, "--k", 4)
    assert (round(found["cg"], 2), round(found["cgk"], 2)) == (1.34, 1.27)
    assert (found["parameters"]["p"], found["parameters"]["k"]) == (0.15, 4.0)
    wide = figures("--kind", "type1", path, "--reference", -4, "--lower", -11.5, "--upper", 3.5)
    assert (round(wide["cg"], 2), round(wide["cgk"], 2), wide["df"]) == (1.19, 1.15, 49)
    assert wide["bias_ci"] == pytest.approx(case["expected_default"]["ci_bias"], abs=1e-12)


def test_bias_and_linearity(tmp_path):
    case = published("bias_aiag_independent")
    rows = [(1, "A", i, v, 6) for i, v in enumerate(case["readings"])]
    found = figures("--kind", "bias", write(tmp_path / "b.csv", f"{HEAD},reference", rows), "--process-sd", 2.5)
    assert (round(found["t"], 2), found["df"], round(found["percent_ev"], 1)) == (0.12, 14, 8.5)
    assert found["verdict"] == "acceptable"
    case = published("linearity_aiag_5x12")
    pairs = zip(case["reference"], case["readings"], strict=True)
    rows = [(ref, "A", i, v, ref) for ref, readings in pairs for i, v in enumerate(readings)]
    found = figures("--kind", "linearity", write(tmp_path / "l.csv", f"{HEAD},Master", rows))
    assert round(found["slope"], 6) == -0.131667
    assert round(found["p_mean_bias"], 4) == 0.0899
    assert found["part_bias"] == pytest.approx(case["expected"]["bias_by_part"], abs=1e-12)
    assert found["verdict"] == "not acceptable"


def test_stability(tmp_path):
    case = published("nelson_jasp_individuals")
    path = write(tmp_path / "s.csv", HEAD, [(1, "A", i, v) for i, v in enumerate(case["values"], start=1)])
    found = figures("--kind", "stability", path, "--run", 7, "--trend", 7)
    assert found["ucl"] == pytest.approx(case["UCL"])
    assert found["rule_2"] == case["expected_I"]["rule2"]
    assert found["rule_5"] == case["expected_I"]["rule4"]
    assert found["spread_rule_1"] == case["expected_MR"]["rule1"]
    assert found["verdict"] == "out of control"
    few = figures("--kind", "stability", path, "--rules", "1")
    assert ("rule_2" in few, few["parameters"]["rules"]) == (False, [1])


@pytest.mark.parametrize(
    ("head", "by"),
    [("part,operator,trial,value", "trial"), ("part,trial,operator,value", "operator"), ("x,date,trial,value", "date")],
)
def test_a_check_standard_measured_five_times_a_shift(tmp_path, head, by):
    """25 occasions of 5 readings, whichever column tells the occasion; replicates may be numbered or not."""
    rows = [("M1", *((o, r) if by != "operator" else (r, o)), 10 + ((o * 7 + r * 3) % 5) / 100)
            for o in range(25) for r in range(5)]  # fmt: skip
    if by == "trial":
        rows = [(p, r % 1, o, v) for p, o, r, v in rows]
    found = figures("--kind", "stability", write(tmp_path / "s.csv", head, rows))
    assert (found["points"], found["subgroup_size"], found["parameters"]["subgroups"]) == (25, 5, by)
    assert found["method"] == "mean and range"
    by_s = figures("--kind", "stability", tmp_path / "s.csv", "--method", "xbar-s")
    assert by_s["method"] == "mean and s"


def test_attribute_agreement(tmp_path):
    case = published("attribute_aiag_50x3x3")
    rows = [
        (p, "ABC"[o], t, rating, case["reference"][p], case["reference_value"][p])
        for p, by_operator in enumerate(case["ratings"])
        for o, trials in enumerate(by_operator)
        for t, rating in enumerate(trials)
    ]
    path = write(tmp_path / "a.csv", "part,appraiser,trial,rating,reference,reference_value", rows)
    found = figures("--kind", "attribute", path, "--lower", 0.45, "--upper", 0.55)
    assert {n: round(found[f"cohen_kappa_{n}"], 2) for n in ("a", "b", "c")} == {"a": 0.88, "b": 0.92, "c": 0.77}
    assert {n: round(found[f"cohen_kappa_{n}"], 2) for n in ("a_b", "a_c", "b_c")} == {
        "a_b": 0.86, "a_c": 0.78, "b_c": 0.79}  # fmt: skip
    assert (found["effectiveness_percent_a"], round(found["miss_percent_c"], 1)) == (84.0, 12.5)
    assert (found["system_effectiveness_percent"], round(found["d"], 7)) == (78.0, 0.0237915)


def test_measuring_system_from_one_file_and_from_two(tmp_path):
    case = published("iso22514_7_annexA_process")
    pairs = enumerate(zip(case["A1_reference"], case["A1_readings"], strict=True))
    masters = [(f"M{i}", "A", t, v, ref) for i, (ref, values) in pairs for t, v in enumerate(values)]
    parts = [(*row, "") for row in crossed_rows(case["A4"])]
    both = write(tmp_path / "both.csv", f"{HEAD},reference", masters + parts)
    options = ("--tolerance", 9, "--u-cal", 0.005, "--resolution", 0.005)
    found = figures("--kind", "vda5", both, *options)
    assert (round(found["q_ms"], 1), round(found["q_mp"], 1)) == (3.7, 9.3)
    assert (round(found["c_ms"], 2), round(found["c_mp"], 2)) == (5.38, 4.30)
    assert round(found["u_evr"], 4) == 0.0641
    first = write(tmp_path / "m.csv", f"{HEAD},reference", masters)
    second = write(tmp_path / "p.csv", HEAD, crossed_rows(case["A4"]))
    again = figures("--kind", "vda5", first, "--process", second, *options)
    assert (again["q_mp"], len(again["sources"])) == (found["q_mp"], 2)
    more = figures("--kind", "vda5", first, *options, "--u", "temperature=0.1", "--method", "largest")
    assert (more["u_temperature"], "q_mp" in more, more["u_lin"]) == (0.1, False, 0.0)


def test_short_runs(tmp_path):
    case = published("dnom_lecture8_short_run")
    rows = [(r["part"], t, v, r["T"], i) for i, r in enumerate(case["rows"]) for t, v in enumerate(r["m"])]
    path = write(tmp_path / "d.csv", "part,trial,value,nominal,subgroup", rows)
    found = figures("--kind", "shortrun", path, "--method", "standardised")
    assert found["values"] == pytest.approx([r["xbar_std"] for r in case["rows"]], abs=6e-3)
    dnom = figures("--kind", "shortrun", path, "--method", "dnom", "--subgroup", "subgroup")
    assert dnom["ucl"] == pytest.approx(case["dnom_limits_recomputed"]["UCLx"])
    zmr = figures("--kind", "shortrun", path)
    assert (zmr["class"], zmr["class_n"], len(zmr["values"])) == (["A", "B", "C"], [12, 20, 16], 48)
    q = published("qchart_formula_vectors")
    path = write(tmp_path / "q.csv", "value,nominal", [(v, 0) for v in q["x"]])
    assert figures("--kind", "shortrun", path, "--method", "q")["q"] == pytest.approx(q["Q_both_unknown"])


def test_capability(tmp_path):
    path = write(tmp_path / "c.csv", "value", [(14,), (16,), (18,), (15,), (17,)])
    found = figures("--kind", "capability", path, "--lower", 8, "--upper", 20)
    assert found["pp"] == pytest.approx(12.0 / (6.0 * 2.5**0.5))
    assert found["ppk"] == pytest.approx(4.0 / (3.0 * 2.5**0.5))


KINDS = {
    "grr": ["--tolerance", "8"], "type1": ["--tolerance", "9", "--reference", "0", "--title", "<b>Q&A</b>"],
    "stability": [], "capability": ["--lower", "-9", "--upper", "9"], "shortrun": ["--target", "0"],
    "bias": ["--reference", "0"], "vda5": ["--tolerance", "30", "--reference", "0"],
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_is_complete_and_the_same_each_time(kind, aiag, tmp_path):
    table = aiag
    if kind in ("type1", "vda5"):
        table = write(tmp_path / "one.csv", HEAD, [(1, "A", i, i % 7 / 10) for i in range(25)])
    first, second = tmp_path / "1.html", tmp_path / "2.html"
    for page in (first, second):
        done = run("--kind", kind, table, *KINDS[kind], "--page", page, "--about", "instrument=<cell & 3>")
        assert (done.returncode, done.stderr) == (0, "")
        assert "Written to" in done.stdout
    html = first.read_text(encoding="utf-8")
    assert html == second.read_text(encoding="utf-8")
    assert "&lt;cell &amp; 3&gt;" in html
    assert "<b>Q&A</b>" not in html
    assert html.count("<svg") >= 1
    assert "<script" not in html
    assert not re.search(r'(?:src|href)="(?!#)', html.replace("xlink:", ""))
    assert json.loads(run("--kind", kind, table, *KINDS[kind], "--json").stdout)["sources"][0]["sha256"] in html
    ids = re.findall(r'\bid="([^"]*)"', html)
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--kind", "grr", "none.csv"], "none.csv: there is no such file"),
        (["--kind", "grr"], "give either a FILE or --from-records"),
        (["--kind", "grr", "TABLE", "--method", "zmr"], "--method zmr is none of grr"),
        (["--kind", "type1", "TABLE"], "needs the tolerance"),
        (["--kind", "type1", "TABLE", "--tolerance", "-3"], "--tolerance has to be positive"),
        (["--kind", "type1", "TABLE", "--tolerance", "3"], "lacks the column reference"),
        (["--kind", "type1", "TABLE", "--tolerance", "3", "--reference", "1"], "row 5, column part: a type 1 study"),
        (["--kind", "linearity", "TABLE"], "lacks the column reference; it has part, operator, trial, value"),
        (["--kind", "capability", "TABLE"], "give --lower and --upper"),
        (["--kind", "capability", "TABLE", "--lower", "3", "--upper", "2"], "--lower has to be below --upper"),
        (["--kind", "shortrun", "TABLE"], "needs the nominal of each reading"),
        (["--kind", "vda5", "TABLE", "--tolerance", "1"], "no row has a reference"),
        (["--kind", "attribute", "TABLE"], "these look like measurements"),
        (["--kind", "stability", "TABLE", "--subgroup-size", "7"], "cannot be divided into subgroups of 7"),
        (["--kind", "grr", "TABLE", "--page", "no/where.html"], "this file cannot be written"),
        (["--kind", "grr", "TABLE", "--p", "x"], "invalid"),
        (["--kind", "grr", "TABLE", "--rules", "9"], "not a list of Nelson's rules"),
        (["--kind", "taste", "TABLE"], "invalid choice"),
    ],
)
def test_bad_input_is_one_sentence_and_status_2(aiag, arguments, words):
    done = run(*[str(aiag) if a == "TABLE" else a for a in arguments])
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr.replace(str(aiag.parent), "")
    assert "Traceback" not in done.stderr
    if done.stderr.startswith("gauge_study:"):
        assert done.stderr.count("\n") == 1


def test_the_same_in_a_process_of_its_own(aiag):
    alone, here = run_alone("--kind", "grr", aiag, "--json"), run("--kind", "grr", aiag, "--json")
    assert (alone.returncode, alone.stderr) == (0, "")
    assert alone.stdout == here.stdout


def test_an_empty_record_says_so(tmp_path, monkeypatch):
    monkeypatch.setenv("STATION_HOME", str(tmp_path / "no"))
    done = run("--kind", "grr", "--from-records", "1")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("gauge_study: ")
    assert done.stderr.count("\n") == 1
