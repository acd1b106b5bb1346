"""What people read on a terminal: the one formatter of all commands."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from station.cycle.camera import BoardReport
from station.genealogy.inspection import Inspection
from station.genealogy.report import VerifyReport
from station.metrology.calibration import Calibration
from station.metrology.rounding import decimals_for, with_uncertainty
from station.order.explain import AskedRow
from station.order.model import Order
from station.plan.plan import Plan
from station.plan.predict import Prediction

SYMBOLS = {"PASS": "✓", "FAIL": "✗", "UNDECIDED": "?", "ERROR": "!"}
STYLES = {"PASS": "green", "FAIL": "bold red", "UNDECIDED": "yellow", "ERROR": "bold magenta"}
UNITS = {"mm": "mm", "deg": "°", "1": ""}


def console() -> Console:
    """Standard output; wide enough for a table when it is not a terminal."""
    found = Console(highlight=False)
    return found if found.is_terminal else Console(highlight=False, width=140)


def verdict_text(verdict: str) -> Text:
    """Symbol, word and colour: never colour alone."""
    return Text(f"{SYMBOLS.get(verdict, '')} {verdict}", style=STYLES.get(verdict, ""))


def print_inspection(document: Mapping[str, Any]) -> None:
    """A committed inspection."""
    out = console()
    rows = table("", "Characteristic", "Value ± U", "Limits", "Verdict")
    for c in document["characteristics"]:
        rows.add_row(c["id"], c["type"], _value(c), _limits(c), verdict_text(c["verdict"]))
    out.print(rows)
    for finding in document.get("findings", []):
        if finding["reason"] in document["reason"]:
            continue
        out.print(verdict_text(finding["verdict"]), finding["reason"])
    out.print(verdict_text(document["verdict"]), Text(document["reason"]))
    out.print(
        Text(
            f"{document['order_id']}  {document['serial']}  attempt {document['attempt']}  record {document['id']}",
            "dim",
        )
    )


def order_document(order: Order, asked: Sequence[AskedRow]) -> dict[str, Any]:
    """What an order asks for, in words."""
    return {
        "order_id": order.order_id,
        "serial": order.part.serial,
        "part_number": order.part.part_number,
        "sha256": order.sha256,
        "features": sorted(order.geometry.features),
        "characteristics": [
            {
                "id": row.id,
                "type": row.type,
                "of": row.features,
                "nominal": None if row.nominal is None else float(row.nominal),
                "lower_limit": None if row.lower is None else float(row.lower),
                "upper_limit": None if row.upper is None else float(row.upper),
                "unit": row.unit,
                "sentence": row.sentence,
            }
            for row in asked
        ],
    }


def print_order(document: Mapping[str, Any]) -> None:
    """What an order asks for."""
    out = console()
    out.print(Text(f"{document['order_id']}: {document['serial']}", "bold"))
    rows = table("", "Asked", "Limits")
    for c in document["characteristics"]:
        rows.add_row(c["id"], c["sentence"], _limits(c))
    out.print(rows)


def plan_document(plan: Plan, predictions: Sequence[Prediction], order_id: str) -> dict[str, Any]:
    """A plan as JSON: what will be measured where, with which U, and what cannot be decided."""
    targets = {t.id: t for t in plan.targets}
    rows = []
    for item, prediction in zip(plan.items, predictions, strict=True):
        c, u = item.characteristic, prediction.u
        names = (*c.features, *item.question.datums)
        rows.append(
            {
                "id": c.id,
                "type": str(c.type),
                "features": list(c.features),
                "datums": list(item.question.datums),
                "nominal": None if c.limits.nominal is None else float(c.limits.nominal),
                "lower_limit": item.lower,
                "upper_limit": item.upper,
                "unit": c.unit,
                "points": sum(len(targets[n]) for n in names if n in targets),
                "predicted_standard_uncertainty": u,
                "predicted_expanded_uncertainty": None if u is None else 2.0 * u,
                "decidable": not (item.refusal or prediction.warning),
                "reason": item.refusal or prediction.warning,
            }
        )
    return {
        "schema": "plan/1",
        "order_id": order_id,
        "mm_per_px": plan.mm_per_px,
        "decidable": all(row["decidable"] for row in rows) and not plan.refusal,
        "reason": plan.refusal,
        "characteristics": rows,
    }


def print_plan(document: Mapping[str, Any]) -> None:
    """A plan, then by name what this station cannot decide."""
    out = console()
    rows = table("", "Characteristic", "of", "Limits", "Points", "Predicted U")
    for c in document["characteristics"]:
        of = " – ".join(c["features"]) + (f" | {' '.join(c['datums'])}" if c["datums"] else "")
        u = c["predicted_expanded_uncertainty"]
        shown = "–" if u is None else f"{u:.{decimals_for(u)}f} {UNITS.get(c['unit'], c['unit'])}"
        rows.add_row(c["id"], c["type"], of, _limits(c), str(c["points"] or "–"), shown)
    out.print(rows)
    undecided = [c for c in document["characteristics"] if not c["decidable"]]
    for c in undecided:
        out.print(Text(f"Cannot be decided here: {c['id']} ({c['type']}): {c['reason']}.", "yellow"))
    if not undecided:
        out.print("Everything this order asks for can be decided here.")


def print_records(document: Mapping[str, Any]) -> None:
    """A page of the record."""
    rows = table("Cursor", "Committed", "Order", "Serial", "Attempt", "Verdict", "Record")
    for r in document["records"]:
        row = (str(r["cursor"]), r["committed"], r["order_id"], r["serial"], str(r["attempt"]))
        rows.add_row(*row, verdict_text(r["verdict"]), r["id"])
    console().print(rows)


def print_explanation(document: Mapping[str, Any], c: Mapping[str, Any]) -> None:
    """The budget and the decision of one characteristic."""
    out = console()
    unit = UNITS.get(c["unit"], c["unit"])
    out.print(Text(f"{document['order_id']} {document['serial']}: characteristic {c['id']}, {c['type']}", "bold"))
    budget = c.get("budget", [])
    if budget:
        rows = table("Source", "u", "", "Sensitivity", f"Contribution ({unit})", "Share")
        total = sum(b["contribution"] ** 2 for b in budget) or 1.0
        for b in sorted(budget, key=lambda b: -b["contribution"]):
            share = f"{100 * b['contribution'] ** 2 / total:.0f} %"
            row = (b["source"], f"{b['standard_uncertainty']:.2g}", b["unit"], f"{b['sensitivity']:.4g}")
            rows.add_row(*row, f"{b['contribution']:.2g}", share)
        out.print(rows)
        out.print(
            f"u = {c['standard_uncertainty']:.2g} {unit}, k = {c['coverage_factor']:g}; scale and edge are correlated"
        )
    out.print(f"Value {_value(c)}, limits {_limits(c)}")
    if c["guard_band"] is not None:
        out.print(
            f"Guard band {c['guard_band']:.2g} {unit}, conformance probability {c['conformance_probability']:.4f}"
        )
    out.print(verdict_text(c["verdict"]), Text(c["reason"]))


def print_report(report: VerifyReport, place: Path) -> None:
    """What verification found."""
    out = console()
    for fault in report.faults:
        out.print(Text(f"✗ {fault.place}: {fault.sentence}", "bold red"))
    found = report.to_document()
    counts = ", ".join(
        f"{value} {key}" for key, value in found.items() if isinstance(value, int) and not isinstance(value, bool)
    )
    if report.is_intact:
        out.print(Text(f"✓ {place}: what is stored is what was committed ({counts}).", "green"))
    else:
        out.print(Text(f"✗ {place}: {len(report.faults)} faults ({counts}).", "bold red"))


class RunTable:
    """A run's results: a line as each part is done, a summary at the end."""

    def __init__(self, *, quiet: bool) -> None:
        self._out = Console(stderr=True, highlight=False) if quiet else console()
        self._quiet = quiet
        self._rows: list[Inspection] = []

    def say(self, sentence: str) -> None:
        """One sentence for the person who started it."""
        self._out.print(Text(sentence, "dim"))

    def add(self, inspection: Inspection) -> None:
        """A part is done and its record committed."""
        self._rows.append(inspection)
        if not self._quiet:
            self._out.print(
                verdict_text(inspection.verdict), Text(f" {inspection.serial}  {inspection.reason}"), soft_wrap=False
            )

    def close(self) -> None:
        """The table of all parts."""
        rows = table("Order", "Serial", "Characteristics", "Worst", "Verdict")
        for i in self._rows:
            worst = max(
                i.characteristics, key=lambda c: ("PASS", "UNDECIDED", "ERROR", "FAIL").index(c.verdict), default=None
            )
            shown = "" if worst is None or worst.verdict == "PASS" else f"{worst.id} {worst.type}"
            rows.add_row(i.order_id, i.serial, str(len(i.characteristics)), shown, verdict_text(i.verdict))
        self._out.print(rows)
        counts = {v: sum(1 for i in self._rows if i.verdict == v) for v in SYMBOLS}
        self._out.print(f"{len(self._rows)} parts: " + ", ".join(f"{n} {v}" for v, n in counts.items() if n))


@contextmanager
def working(sentence: str, *, quiet: bool) -> Iterator[None]:
    """A spinner on standard error while something takes its time; nothing where nobody looks."""
    err = Console(stderr=True)
    if quiet or not err.is_terminal:
        yield
        return
    with err.status(sentence):
        yield


class Bar:
    """A progress bar on standard error for anything that may take longer than two seconds."""

    def __init__(self, title: str, *, quiet: bool) -> None:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        self._progress = Progress(*columns, console=Console(stderr=True), transient=True, disable=quiet)
        self._task = self._progress.add_task(title, total=None)

    def update(self, done: int, total: int) -> None:
        """So many of so many are done."""
        self._progress.update(self._task, completed=done, total=total)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()


def table(*columns: str) -> Table:
    """A plain table with a bold head."""
    made = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        made.add_column(column, overflow="fold")
    return made


def _value(c: Mapping[str, Any]) -> str:
    if c["value"] is None:
        return "–"
    unit = UNITS.get(c["unit"], c["unit"])
    return f"{with_uncertainty(c['value'], c['expanded_uncertainty'] or 0.0)} {unit}".strip()


def _limits(c: Mapping[str, Any]) -> str:
    low, high = c["lower_limit"], c["upper_limit"]
    if low is None and high is None:
        return "–"
    if low is None:
        return f"≤ {high:g}"
    if high is None:
        return f"≥ {low:g}"
    return f"{low:g} … {high:g}" if low != high else f"{low:g}"


def print_json(document: Mapping[str, Any]) -> None:
    """One JSON document on standard output."""
    print(json.dumps(document, indent=1, ensure_ascii=False))


def calibration_rows(calibration: Calibration) -> list[tuple[str, str]]:
    """What a calibration says, in words."""
    scale = calibration.camera.scale_mm_per_px()
    return [
        ("id", calibration.id),
        ("made from", calibration.made_from),
        ("picture", f"{calibration.camera.width_px} × {calibration.camera.height_px} px"),
        ("scale", f"{scale:.9g} mm/px, u {calibration.u_scale:.2g} relative"),
        ("edge offset", f"{calibration.edge_offset_px:+.4f} px out of the material, u {calibration.u_edge_px:.4f} px"),
        ("single edge beyond both", f"u {calibration.local_px:.4f} px"),
        ("edge spread", "not known" if calibration.psf_sigma_px is None else f"{calibration.psf_sigma_px:.2f} px"),
        ("backlight", {"none": "not clipped", "clipped": "clipped", "any": "not calibrated"}[calibration.clipping]),
        ("valid until", f"{calibration.valid_until:%Y-%m-%d %H:%M %Z}"),
        ("sha256", calibration.sha256),
    ]


def print_calibration(calibration: Calibration, rows: list[tuple[str, str]], path: Path) -> None:
    """A calibration and how its masters are reproduced."""
    out = console()
    if calibration.residuals:
        shown = table("Picture", "Feature", "Certified mm", "Measured mm", "Error µm", "u of certificate µm")
        for r in calibration.residuals:
            sizes = (f"{r.certified_mm:.5f}", f"{r.measured_mm:.5f}")
            shown.add_row(r.image, r.feature, *sizes, f"{1e3 * r.error_mm:+.2f}", f"{1e3 * r.u_certified_mm:.2f}")
        out.print(shown)
    _print_rows(out, rows)
    out.print(f"Written to {path}.")


def print_camera(calibration: Calibration, report: BoardReport, path: Path) -> None:
    """A camera's calibration, and which pictures it rests on."""
    out = console()
    rows = table("Picture", "Corners", "rms px")
    for view in report.fit.views:
        rows.add_row(view.name, str(view.corners), f"{view.rms_px:.3f}")
    out.print(rows)
    for name, reason in report.refused:
        out.print(Text(f"not used: {name}: {reason}", "yellow"))
    model = calibration.camera
    distance = "not known" if model.distance_mm is None else f"{model.distance_mm:.4g} mm"
    lens = [
        ("focal length", f"{model.matrix[0]:.5g} px"),
        ("distortion", ", ".join(f"{d:.4g}" for d in model.distortion)),
        ("rms", f"{model.rms_px:.3f} px"),
        ("tilt, distance", f"{model.tilt_deg:.2f}°, {distance}"),
    ]
    _print_rows(out, calibration_rows(calibration) + lens)
    out.print(f"Written to {path}.")


def _print_rows(out: Console, rows: list[tuple[str, str]]) -> None:
    shown = Table(box=None, pad_edge=False, show_header=False)
    for name, value in rows:
        shown.add_row(Text(name, "dim"), value)
    out.print(shown)
