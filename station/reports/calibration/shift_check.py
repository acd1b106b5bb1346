"""The page of a shift check: every master, every value beside its certificate, E_n against 1."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from station.metrology.rounding import with_uncertainty
from station.reports.document import Document, Fact, Judgement, Plot, Section, Source, Table, Tone, numbers, words
from station.reports.drawing import BLUE, GREY, ORANGE, RED, canvas

MICRON = 1e3


@dataclass(frozen=True, slots=True)
class _Compared:
    """A certified size of a master, in µm; `good` whether the master is."""

    name: str
    good: bool
    deviation_um: float
    expanded_um: float
    certified_expanded_um: float
    e_n: float


def shift_check_page(
    document: Mapping[str, Any], sources: Sequence[Source], *, made_on: str, recorded: bool
) -> Document:
    """The page of a check as it stands in the record; `sources` are tables that were read beside it."""
    compared = _compared(document)
    plots = (_e_n(compared), _deviations(compared)) if compared else ()
    tried = () if recorded else ("Tried only: nothing was recorded, and the station is not locked by it.",)
    calibration = document["calibration"]
    return Document(
        title="Shift check",
        method="shift-check/1 · E_n after ISO/IEC 17043 and ISO 13528",
        asked="Does a good master pass within its certificate, and a known-bad one fail for the right reason?",
        judgement=_judgement(document, compared),
        made_by=document["by"],
        made_on=made_on,
        about=(
            Fact("station", document["station"]["id"]),
            Fact("calibration", f"{calibration['id']}, sha256 {calibration['sha256'][:12]}…"),
            *((Fact("counts until", f"{document['valid_until'][:16].replace('T', ' ')} UTC"),) if recorded else ()),
        ),
        parameters=(Fact("E_n allowed", "1"), Fact("coverage factor k", "2, of both U")),
        notes=tried,
        sections=(
            *((Section("Against the certificates", plots=plots),) if plots else ()),
            _table(document),
            *(Section(f"Why {m['master']} did not pass", (m["reason"],)) for m in document["masters"] if m["reason"]),
        ),
        sources=(*sources, *_sources(document)),
        software=f"station {document['station']['software']}",
    )


def _judgement(document: Mapping[str, Any], compared: Sequence[_Compared]) -> Judgement:
    if not document["passed"]:
        return Judgement(Tone.BAD, "failed", document["reason"])
    masters = document["masters"]
    good = sum(not m["because"] for m in masters)
    largest = f"; the largest E_n is {max(c.e_n for c in compared):.2f}" if compared else ""
    sentence = f"{good} good and {len(masters) - good} known-bad masters came out as they have to{largest}."
    return Judgement(Tone.GOOD, "passed", sentence)


def _compared(document: Mapping[str, Any]) -> list[_Compared]:
    return [
        _Compared(
            f"{master['master']}: {c['id']} {c['type']}",
            not master["because"],
            MICRON * (c["value"] - c["certified"]),
            MICRON * c["expanded_uncertainty"],
            MICRON * c["certified_expanded_uncertainty"],
            c["e_n"],
        )
        for master in document["masters"]
        for c in master["characteristics"]
        if c["e_n"] is not None
    ]


def _e_n(compared: Sequence[_Compared]) -> Plot:
    with canvas(height=1.3 + 0.24 * len(compared)) as c:
        at = np.arange(len(compared))
        for good, colour, hatch, label in ((True, BLUE, "", "good master"), (False, ORANGE, "//", "known-bad master")):
            own = [(i, one.e_n) for i, one in enumerate(compared) if one.good is good]
            if own:
                places, values = zip(*own, strict=True)
                c.axis.barh(places, values, 0.62, color=colour, hatch=hatch, edgecolor="white", label=label)
        for i, one in enumerate(compared):
            c.axis.annotate(f"{one.e_n:.2f}", (one.e_n, i), (3, 0), textcoords="offset points", va="center", fontsize=8)
        c.axis.axvline(1.0, color=RED, ls="--")
        c.axis.set_yticks(at, [one.name for one in compared], fontsize=8)
        c.axis.set_xlim(0.0, max(1.15, 1.15 * max(one.e_n for one in compared)))
        c.axis.invert_yaxis()
        c.axis.set_xlabel("E_n")
        c.axis.grid(visible=False, axis="y")
        c.figure.legend(loc="outside upper center", ncols=2)
        return c.plot("E_n", "Dashed: 1, beyond which value and certificate contradict each other.")


def _deviations(compared: Sequence[_Compared]) -> Plot:
    with canvas(height=1.3 + 0.24 * len(compared)) as c:
        at = np.arange(len(compared))
        deviations = [one.deviation_um for one in compared]
        c.axis.axvline(0.0, color=GREY)
        c.axis.errorbar(np.zeros(len(compared)), at + 0.14, xerr=[one.certified_expanded_um for one in compared],
                        fmt="none", ecolor=GREY, capsize=3, label="certificate, U")  # fmt: skip
        c.axis.errorbar(deviations, at - 0.14, xerr=[one.expanded_um for one in compared], fmt="o", color=BLUE,
                        capsize=3, label="measured, U")  # fmt: skip
        c.axis.set_yticks(at, [one.name for one in compared], fontsize=8)
        c.axis.set_ylim(len(compared) - 0.5, -0.5)
        c.axis.set_xlabel("measured − certified, µm")
        c.figure.legend(loc="outside upper center", ncols=2)
        return c.plot("Deviation from the certificate", "Both with their U (k = 2).")


def _table(document: Mapping[str, Any]) -> Section:
    rows = []
    for master in document["masters"]:
        because = f" ({', '.join(master['because'])})" if master["because"] else ""
        head = (
            f"{'✓' if master['passed'] else '✗'} {master['master']}",
            master["expected"] + because,
            master["verdict"],
        )
        for c in master["characteristics"]:
            rows.append((*head, f"{c['id']} {c['type']}", *_cells(c), c["verdict"]))
            head = ("", "", "")
    columns = (
        *words("Master", "Expected", "Is", "Characteristic"),
        *numbers("Measured", "Certified", "E_n"),
        *words("Verdict"),
    )
    return Section("Masters", table=Table(columns, tuple(rows)))


def _cells(c: Mapping[str, Any]) -> tuple[str, str, str]:
    value, certified, e_n = c["value"], c["certified"], c["e_n"]
    unit = {"deg": "°", "1": ""}.get(c["unit"], f" {c['unit']}")
    return (
        "–" if value is None else with_uncertainty(value, c["expanded_uncertainty"] or 0.0) + unit,
        "–" if certified is None else f"{with_uncertainty(certified, c['certified_expanded_uncertainty'])} mm",
        "–" if e_n is None else f"{e_n:.2f}",
    )


def _sources(document: Mapping[str, Any]) -> list[Source]:
    masters = document["masters"]
    orders = {Source(f"order {m['order_id']}", m["order_sha256"], "order"): None for m in masters}
    return [
        *orders,
        *(Source(f"{f['view']} of {m['master']}", f["sha256"], "picture") for m in masters for f in m["frames"]),
    ]
