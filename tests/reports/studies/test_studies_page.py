"""docs/studies.md: its example gives the figures it prints, and every name it promises is there."""

import re
from pathlib import Path

from .builders import ROOT, figures

TEXT = (ROOT / "docs" / "studies.md").read_text(encoding="utf-8")


def test_the_example_has_the_figures_it_prints(tmp_path: Path):
    (rows,) = re.findall(r"```csv\n(.*?)```", TEXT, flags=re.S)
    table = tmp_path / "ring.csv"
    table.write_text(rows, encoding="utf-8")
    found = figures("--kind", "grr", table, "--tolerance", 0.05)
    for source, label in (("grr", "Gauge R&R"), ("repeatability", "  Repeatability"), ("part", "Part to part")):
        (printed,) = re.findall(rf"^{label} +(.*)$", TEXT, flags=re.M)
        columns = ("variance", "percent_contribution", "sd", "study_variation", "percent_study_variation",
                   "percent_tolerance")  # fmt: skip
        for column, text in zip(columns, printed.split(), strict=True):
            assert abs(found[f"{column}_{source}"] / float(text) - 1.0) < 6e-3, (source, column)
    assert found["sentence"] in TEXT
    for name in re.findall(r"`([a-z_0-9 ]+)`", re.findall(r"^\| `grr` \| (`ss_part.*)$", TEXT, flags=re.M)[0]):
        for one in name.split():
            if one not in ("ev", "av", "grr", "pv", "tv", "k1", "k2", "k3", "mean_range"):
                assert one in found, one
