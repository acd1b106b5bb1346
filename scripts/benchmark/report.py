"""The document: `docs/benchmarks.md`, for people first, and the summary on the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from station.tables.basics import console, table

TITLES = {
    "circles": "Circles",
    "lines": "Straight edges",
    "contours": "Arcs, slots, teeth, free contours",
    "pose": "Where the part lies",
    "blur": "A blur that is assumed wrongly",
    "hard": "What real pictures bring",
    "speed": "Times",
    "parallel": "The second core",
    "stream": "One distinct order after the other",
    "memory": "Memory",
    "peers": "What people would use instead",
    "renderer": "The ground under it: the renderer",
    "commits": "What a commit costs",
    "api": "Pulling the record",
}
INTRODUCTIONS = {
    "circles": "Discs of random size, place and rotation. The part's whole inspection is run; the diameter is the "
    "value of its characteristic, the centre is where the measured circle lies in the picture. *std* is the scatter, "
    "*CRLB* the Cramér-Rao bound: the smallest scatter that any unbiased method can have on these pictures, with "
    "diameter, centre, both levels and the blur unknown, computed from the renderer's own derivatives. *U95 covers* is "
    "the share of stated intervals that hold the truth; 95 % is honest, more is timid, less is false.",
    "lines": "Four edges of one part. *Offset* is how far the measured line passes from the middle of the true edge.",
    "contours": "Every measured point of an outline against the true outline, across it. The bound of a point is "
    "that of the mean offset of one pixel's length of contour, levels and blur known from its surroundings: points "
    "that reach it average to an offset of the whole that reaches the bound of the whole.",
    "pose": "From nothing, at any rotation. A part with symmetry may be found at any of its equal rotations; a disc "
    "has none.",
    "blur": "A measurement that depends on an exact PSF is worth as much as the knowledge of it.",
    "hard": "Discs of R = 60 px under PSF σ 1, each time with one thing wrong that real pictures bring. The bound is "
    "that of the clean picture.",
    "speed": "One blur is one single-threaded 5 × 5 Gaussian blur of the same picture by OpenCV, timed before and "
    "after every run: ratios to it hold on other machines far better than seconds do. Everything runs in one thread.",
    "parallel": "The whole inspection of 300 characteristics, once alone and twice at the same time.",
    "stream": "Lot size one: every order has sizes, places and a serial of its own, is parsed and compiled anew and "
    "asked for three to twelve characteristics; the pictures come from a pool. A copy of the process, put to sleep "
    "before the first order, inspects its first thousand while the last thousand are, in turns: so the machine's own "
    "drift is in both.",
    "memory": "A fresh process, ready to inspect; its peak while one order with 300 characteristics is compiled, its "
    "picture loaded and decided.",
    "peers": "The same pictures for all. Every peer is told where each circle lies to a pixel and looks only at its "
    "surroundings, which most of them are not made for but all gain by. Lengths are those of the diameter. "
    "Not measured: vision-metrology, which the package index no longer has, and gaugefit, whose licence is for an "
    "evaluation of ninety days.",
    "renderer": "All of this rests on pictures whose truth is known. The renderer integrates along the outline and "
    "shares no code with the core; here it is held against brute force: points inside the outline, a sampled Gaussian, "
    "the pixel's mean.",
    "commits": "An inspection of ten characteristics with their budgets, without pictures, committed to the record "
    "(WAL, synchronous=FULL), in turn with one row of the same bytes in a bare database with the same settings on the "
    "same file system.",
    "api": "The API in a process of its own. The dump is `sqlite3` printing the same rows as JSON lines, the pages are "
    "spread evenly over the record and asked for in turn.",
}
PLOTS = {"circles": ("scatter", "bias"), "contours": ("contours",), "peers": ("times",)}
ALT = {
    "scatter": "Scatter over the Cramér-Rao bound by radius and blur",
    "bias": "Bias of the diameter by radius and blur",
    "contours": "Error of contour points over their bound, outline by outline",
    "times": "Time for 300 circles, the station and its peers",
}


def holds(value: bool | None) -> str:
    """In a word, never by colour alone."""
    return {True: "yes", False: "no", None: "not shown"}[value]


def print_summary(document: dict[str, Any]) -> None:
    """Every row of the summary, and the tables."""
    out = console()
    for name, part in document["parts"].items():
        for one in part["tables"]:
            shown = table(*one["columns"])
            for line in one["lines"]:
                shown.add_row(*line)
            out.print(f"\n{TITLES[name]}: {one['title']}")
            out.print(shown)
            if one["note"]:
                out.print(one["note"])
    shown = table("What", "Target", "Reached", "Holds")
    for row in rows_of(document):
        shown.add_row(row["what"], row["target"], row["reached"], holds(row["holds"]))
    out.print("\nSummary")
    out.print(shown)


def rows_of(document: dict[str, Any]) -> list[dict[str, Any]]:
    """The summary's rows, part by part."""
    return [row for part in document["parts"].values() for row in part["rows"]]


def write(document: dict[str, Any], folder: Path, plots: Sequence[str]) -> Path:
    """`benchmarks.md` in the folder; `plots` are the files that were drawn to `benchmarks/`."""
    path = folder / "benchmarks.md"
    path.write_text(markdown(document, plots), encoding="utf-8")
    return path


def markdown(document: dict[str, Any], plots: Sequence[str]) -> str:
    """The whole document."""
    rows = rows_of(document)
    held, judged = sum(row["holds"] is True for row in rows), len(rows)
    seconds, quick = document["seconds"], document["size"] != "full"
    text = [
        "# Benchmarks",
        "",
        "How accurate and how fast the vision core is: against the physical limit, against its targets, and against "
        "what people would use instead. `scripts/bench.py` measures all of it and writes this page; nothing here is "
        "written by hand.",
        "",
        f"{held} of {judged} targets hold in this run. *Not shown*: the run was too short, or a peer is missing.",
        "",
    ]
    if quick:
        text += ["**This is a quick run: its figures are rough.**", ""]
    text += [
        "## Summary",
        "",
        *_table(
            ("what", "target", "reached", "holds"),
            [(row["what"], row["target"], row["reached"], holds(row["holds"])) for row in rows],
        ),
        "",
        "## How it is measured",
        "",
        "Pictures are rendered by the station's own twin, exactly but for rounding (last section): levels 20 and 220 "
        "of 255, full well 10 500 electrons, read noise 2.3 electrons, 8 bits, a Gaussian PSF followed by the pixel's "
        "box. What the station says is read from its public results: the values of characteristics, the points of "
        "features, the pose. Lengths are pixels, mostly thousandths of one.",
        "",
        *_table(
            ("this run", ""),
            [
                *document["machine"].items(),
                ("pictures per cell of the accuracy tables", f"{document['sizes']['samples']}"),
                ("it took", f"{seconds / 60:.0f} minutes"),
            ],
        ),
        "",
        "## Reproduce it",
        "",
        "```sh",
        ".venv/bin/pip install --require-hashes -r requirements-bench.lock   # the peers, once",
        ".venv/bin/python scripts/bench.py --write                           # all of it, this page and its plots",
        ".venv/bin/python scripts/bench.py --quick                           # about a minute, also without the peers",
        ".venv/bin/python scripts/bench.py --only circles peers              # some parts",
        ".venv/bin/python scripts/bench.py --only stream --orders 100000 --stream-minutes 600",
        "```",
        "",
        "`--json` prints every number. The same seed gives the same pictures; times are ratios to a blur timed beside "
        "them, and still best taken on a machine that does nothing else.",
        "",
    ]
    for name, part in document["parts"].items():
        text += [f"## {TITLES[name]}", "", INTRODUCTIONS[name], ""]
        for plot in PLOTS.get(name, ()):
            if f"{plot}.svg" in plots:
                text += [f"![{ALT[plot]}](benchmarks/{plot}.svg)", ""]
        for one in part["tables"]:
            text += [f"**{one['title']}**", "", *_table(one["columns"], one["lines"]), ""]
            if one["note"]:
                text += [one["note"], ""]
    return "\n".join(text).rstrip("\n") + "\n"


def _table(columns: Sequence[str], lines: Sequence[Sequence[str]]) -> list[str]:
    def line(cells: Sequence[str]) -> str:
        return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"

    return [line(columns), "|" + "---|" * len(columns), *(line(cells) for cells in lines)]
