"""A budget beside the Monte Carlo of its sources."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.text import Text

from station.cycle.replay import Replayed
from station.metrology.budget_check import Agreement, BudgetCheck
from station.metrology.draws import DEVIATIONS
from station.metrology.rounding import decimals_for
from station.tables.basics import UNITS, console, table

_BARS = "▁▂▃▄▅▆▇█"


def check_document(row: Mapping[str, Any], replayed: Replayed, check: BudgetCheck) -> dict[str, Any]:
    """What `station explain --check --json` says beside the characteristic."""
    drawn = check.drawn
    return {
        "replay": {"exact": replayed.exact, "software": replayed.software[1], "sentence": replayed.sentence},
        "monte_carlo": {
            "value": check.value,
            "standard_uncertainty": check.u,
            "coverage": drawn.coverage,
            "interval": list(check.interval),
            "drawn": {
                "mean": drawn.mean,
                "standard_uncertainty": drawn.u,
                "symmetric": list(drawn.symmetric),
                "shortest": list(drawn.shortest),
                "trials": drawn.trials,
                "settled": drawn.stable,
                "conformance_probability": check.conformance_probability,
                "histogram": {"from": check.shown[0], "to": check.shown[1], "counts": list(check.histogram)},
            },
            "differences": list(check.off),
            "standard_uncertainties_of_differences": list(check.u_off),
            "compared": [{"digits": c.digits, "delta": c.delta, "agreement": str(c.agreement)} for c in check.compared],
            "validated": {Agreement.YES: True, Agreement.NO: False, Agreement.OPEN: None}[check.compared[0].agreement],
            "sentence": _sentence(row, check),
        },
    }


def print_check(row: Mapping[str, Any], replayed: Replayed, check: BudgetCheck) -> None:
    """The two beside each other, how the draws lie, and whether the budget is validated."""
    out, unit, drawn = console(), UNITS.get(row["unit"], row["unit"]), check.drawn
    places = decimals_for(2.0 * check.u) + 1

    def interval(ends: tuple[float, float]) -> str:
        return f"{ends[0]:.{places}f} … {ends[1]:.{places}f}"

    out.print()
    out.print(Text(replayed.sentence, "" if replayed.exact else "yellow"))
    rows = table("", f"Value ({unit})", "u", "95 % interval", "Shortest", "Conforms")
    rows.add_row(
        "Budget (GUM)",
        f"{check.value:.{places}f}",
        f"{check.u:.2g}",
        interval(check.interval),
        "",
        "–" if row["conformance_probability"] is None else f"{row['conformance_probability']:.4f}",
    )
    rows.add_row(
        f"Monte Carlo, {drawn.trials:,} trials",
        f"{drawn.mean:.{places}f}",
        f"{drawn.u:.2g}",
        interval(drawn.symmetric),
        interval(drawn.shortest),
        f"{check.conformance_probability:.4f}",
    )
    out.print(rows)
    most = max(max(check.histogram), 1)
    bars = "".join(_BARS[min(count * len(_BARS) // most, len(_BARS) - 1)] for count in check.histogram)
    out.print(Text(f"{check.shown[0]:.{places}f} {bars} {check.shown[1]:.{places}f}", "dim"))
    good = check.digits == 2
    out.print(Text(_sentence(row, check), "green" if good else "yellow"))


def _sentence(row: Mapping[str, Any], check: BudgetCheck) -> str:
    """Whether JCGM 101, clause 8, validates the budget; if not, how the ends lie."""
    unit, (two, one) = UNITS.get(row["unit"], row["unit"]), check.compared
    if two.agreement is Agreement.YES:
        return f"✓ The budget is validated (JCGM 101, clause 8): both ends agree within {two.delta:g} {unit}."
    ends = " and ".join(
        f"its {name} end {abs(off):.2g} {unit} {'above' if off > 0 else 'below'}"
        for name, off in zip(("lower", "upper"), check.off, strict=True)
        if off
    )
    where = f"{ends} that of the draws, δ {two.delta:g} {unit}"
    if two.agreement is Agreement.OPEN:
        said = f"? Whether the budget is validated (JCGM 101, clause 8) is not known with so many trials: {where}."
    else:
        said = f"✗ The budget is not validated (JCGM 101, clause 8): {where}."
    if one.agreement is Agreement.YES:
        said += f" To one significant digit of u it is (δ {one.delta:g} {unit})."
    if check.interval[0] < 0.0 <= check.drawn.shortest[0]:
        said += " So near zero a value cannot scatter both ways, as a linear budget has it."
    elif check.drawn.u > check.u + two.delta:
        said += " The draws scatter more than the budget has it."
    elif row["type"] in DEVIATIONS and check.drawn.mean > check.value + two.delta:
        said += " Noise makes an extreme larger, and draws have it twice: their u tells here, not where they lie."
    return said
