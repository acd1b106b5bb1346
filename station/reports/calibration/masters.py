"""The page of a calibration from masters: how each is reproduced, against its size, over the field, and against the
calibration before."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from station.cycle.certificates import Certificate
from station.metrology.calibration import Calibration
from station.metrology.calibration_change import CalibrationChange, EdgeChange, compare
from station.metrology.masters import DOUBTFUL_P
from station.order.model import Order
from station.reports.calibration import masters_figures as figures
from station.reports.calibration.masters_errors import Shown, errors_of
from station.reports.document import (
    Document,
    Fact,
    Judgement,
    Section,
    Source,
    Table,
    Tone,
    facts_of,
    moment_text,
    numbers,
    source_of,
    words,
)

MICRON = 1e3
_IN_HEAD = ("id", "made from", "artefact", "made", "valid until")  # of the calibration in words


def masters_page(
    calibration: Calibration,
    order: Order,
    certificates: Sequence[Certificate],
    before: Calibration | None,
    *,
    rows: Sequence[tuple[str, str]],
    parameters: Sequence[tuple[str, str]],
    sources: Sequence[Source],
) -> Document:
    """The page; `rows` are the calibration in words, `parameters` what the person chose, `before` another calibration
    to hold it against."""
    errors = errors_of(calibration, order, certificates, before)
    camera = calibration.camera
    plots = [figures.each(errors), figures.over_field(errors, camera), figures.by_size(errors)]
    looks = [(kind.kind, kind.look) for kind in calibration.kinds if kind.look is not None]
    plots += [figures.edge_look(name, look, MICRON * camera.scale_mm_per_px()) for name, look in looks]
    sections = [
        Section("What it says", facts=facts_of([row for row in rows if row[0] not in _IN_HEAD])),
        Section("How the masters are reproduced", (_RESIDUALS,), plots=tuple(plots)),
        _table(errors),
    ]
    if before is not None:
        change = compare(before, calibration, calibration.created)
        sections.insert(2, _change(before, change, errors))
    return Document(
        title=f"Calibration from masters {calibration.id}",
        method=calibration.made_from,
        asked="What are scale and edge offset, and are the masters measured as their certificates say?",
        judgement=_judgement(calibration, errors),
        made_by=calibration.made_by,
        made_on=moment_text(calibration.created),
        about=_about(calibration, order),
        parameters=(Fact("coverage factor k", "2 (bars are U = 2 u)"), *facts_of(parameters)),
        notes=(),
        sections=tuple(sections),
        sources=tuple(sources),
    )


def sources_of(
    order: Path, table: Path, certificates: Sequence[Certificate], more: Sequence[tuple[Path | None, str]]
) -> tuple[Source, ...]:
    """The files that a calibration rests on; of `more` those that were given.

    Raises:
        InputError: one cannot be read.
    """
    pictures = dict.fromkeys(c.image for c in certificates)
    return (
        source_of(table, "certificates"),
        source_of(order, "order"),
        *(source_of(path, what) for path, what in more if path is not None),
        *(source_of(path, "picture") for path in pictures),
    )


_RESIDUALS = (
    "Measured with the new calibration, minus certified. Bars are the certificates' U. A slope against the size is a "
    "scale that does not fit all; outer sizes above and inner ones below (or the other way) are edges unlike each "
    "other; errors that grow towards a border are the lens, which a board tells."
)


def _judgement(c: Calibration, errors: Sequence[Shown]) -> Judgement:
    largest = max(errors, key=lambda e: abs(e.error_um))
    beyond = sum(e.beyond for e in errors)
    sentence = (
        f"{len(errors)} certified sizes; the largest error is {largest.error_um:+.2g} µm ({largest.name}); "
        f"{beyond or 'none'} lie{'s' if beyond == 1 else ''} further off than the certificate's U."
    )
    p = None if c.statistics is None else c.statistics.p_value
    if p is None:
        return Judgement(Tone.NONE, "calibrated", f"{sentence} They are too few to judge the certificates by.")
    if p < DOUBTFUL_P:
        more = f"Certificates and noise do not explain that (p {p:.2g}); the single edge's u pays for it."
        return Judgement(Tone.DOUBTFUL, "errors beyond the certificates", f"{sentence} {more}")
    return Judgement(
        Tone.GOOD, "explained by the certificates", f"{sentence} Certificates and noise explain that (p {p:.2g})."
    )


def _about(c: Calibration, order: Order) -> tuple[Fact, ...]:
    rows = [("master of", order.part.part_number or order.order_id)]
    if c.artefact is not None and (c.artefact.name or c.artefact.serial):
        rows.append(("artefact", f"{c.artefact.name} {c.artefact.serial}".strip()))
    if c.devices is not None:
        named = ((name, getattr(c.devices, name)) for name in ("camera", "lens", "lamp"))
        rows += [(name, serial) for name, serial in named if serial]
    rows.append(("valid until", moment_text(c.valid_until)))
    return facts_of(rows)


def _table(errors: Sequence[Shown]) -> Section:
    rows = []
    for e in errors:
        at = "–" if e.at_px is None else f"{e.at_px[0]:.0f}, {e.at_px[1]:.0f}"
        before = () if e.before_um is None else (f"{e.before_um:+.2f}",)
        rows.append(
            (e.image, e.feature, f"{e.kind} {e.edge}".strip(), f"{e.certified_mm:.5f}",
             f"{e.expanded_um:.2f}", f"{e.measured_mm:.5f}", f"{e.error_um:+.2f}", *before, at)
        )  # fmt: skip
    columns = numbers("Certified, mm", "its U, µm", "Measured, mm", "Error, µm")
    if any(e.before_um is not None for e in errors):
        columns += numbers("Before, µm")
    return Section(
        "Masters", table=Table((*words("Picture", "Feature", "Kind"), *columns, *numbers("At x, y, px")), tuple(rows))
    )


def _change(before: Calibration, change: CalibrationChange, errors: Sequence[Shown]) -> Section:
    rows = [
        ("before", f"{before.id}, made {before.created:%Y-%m-%d}"),
        ("scale", f"{change.scale_ppm:+.1f} ppm ({change.scale_in_u:+.1f} combined u)"),
        *(_edge_change(edge) for edge in change.edges),
    ]
    for length in change.lengths:
        changed, expanded = MICRON * length.change_mm, MICRON * length.expanded_mm
        rows.append((f"{length.length_mm:.3g} mm", f"{changed:+.2g} µm at most (U {expanded:.2g} µm)"))
    text = (
        "The same pictures with the scale and the edge offset of the calibration before (its lens model is taken to be "
        "the same)."
    )
    doubts = tuple(f"To be looked at: {doubt}." for doubt in change.doubts)
    plots = (figures.before_and_after(errors),)
    return Section("Against the calibration before", (text, *doubts), facts_of(rows), plots=plots)


def _edge_change(edge: EdgeChange) -> tuple[str, str]:
    name = f"edge offset ({edge.kind})" if edge.kind else "edge offset"
    if edge.change_px is None:
        return name, "known to one of both only"
    return name, f"{edge.change_px:+.4f} px ({edge.in_u:+.1f} combined u)"
