"""What accepting a calibration changes, and what was accepted when."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.table import Table
from rich.text import Text

from station.cycle.calibration_life import Lived, Proposal, Standing
from station.genealogy.shift_checks import CheckState, CheckStatus
from station.metrology.calibration import Calibration
from station.metrology.calibration_change import CalibrationChange, EdgeChange
from station.tables.basics import console, print_rows, table
from station.tables.calibrations import calibration_rows

_STYLES = {
    Standing.ACTIVE: ("✓", "green"),
    Standing.SUPERSEDED: ("–", "dim"),
    Standing.EXPIRED: ("!", "bold magenta"),
    Standing.TAMPERED: ("✗", "bold red"),
}


def proposal_document(proposal: Proposal) -> dict[str, Any]:
    """Before, after, change and doubts as JSON."""
    change = proposal.change
    return {
        "camera": proposal.camera,
        "before": None if proposal.before is None else _named(proposal.before),
        "after": _named(proposal.calibration),
        "change": None if change is None else _change_document(change),
        "doubts": list(proposal.doubts),
    }


def _named(calibration: Calibration) -> dict[str, Any]:
    return {
        "id": calibration.id,
        "sha256": calibration.sha256,
        "created": calibration.created.isoformat(),
        "valid_until": calibration.valid_until.isoformat(),
        "scale_mm_per_px": calibration.camera.scale_mm_per_px(),
        "u_scale": calibration.u_scale,
        "edge_offset_px": calibration.edge_offset_px,
        "edges": [{"kind": k.kind, "offset_px": k.offset_px, "u_px": k.u_px} for k in calibration.kinds],
        "u_edge_px": calibration.u_edge_px,
        "local_px": calibration.local_px,
        "psf_sigma_px": calibration.psf_sigma_px,
    }


def _change_document(change: CalibrationChange) -> dict[str, Any]:
    return {
        "scale_ppm": change.scale_ppm,
        "scale_in_u": _finite(change.scale_in_u),
        "edge_px": change.edge_px,
        "edge_in_u": _finite(change.edge_in_u),
        "edges": [
            {"kind": e.kind, "edge_px": e.change_px, "edge_in_u": None if e.in_u is None else _finite(e.in_u)}
            for e in change.edges
        ],
        "lengths": [
            {"length_mm": c.length_mm, "change_mm": c.change_mm, "expanded_uncertainty_mm": c.expanded_mm}
            for c in change.lengths
        ],
    }


def _finite(value: float) -> float | None:
    return value if abs(value) < 1e300 else None


def print_proposal(proposal: Proposal) -> None:
    """Before and after, side by side, what it means for lengths, and every doubt."""
    out, new, before, change = console(), proposal.calibration, proposal.before, proposal.change
    if before is None or change is None:
        print_rows(out, calibration_rows(new))
        out.print("There is no calibration in force to compare it with.")
    else:
        rows = table("", "In force", "New", "Change")
        rows.add_row("id", before.id, new.id, "")
        rows.add_row("made", f"{before.created:%Y-%m-%d %H:%M}", f"{new.created:%Y-%m-%d %H:%M}", "")
        rows.add_row("valid until", f"{before.valid_until:%Y-%m-%d %H:%M}", f"{new.valid_until:%Y-%m-%d %H:%M}", "")
        scales = [f"{c.camera.scale_mm_per_px():.8g}" for c in (before, new)]
        rows.add_row("scale, mm/px", *scales, f"{change.scale_ppm:+.3g} ppm, {change.scale_in_u:+.1f} u")
        rows.add_row(
            "u of the scale", f"{before.u_scale:.2g}", f"{new.u_scale:.2g}", _ratio(before.u_scale, new.u_scale)
        )
        for edge in change.edges:
            _add_edge(rows, edge)
        local = [f"{c.local_px:.4f}" for c in (before, new)]
        rows.add_row("single edge, px", *local, _ratio(before.local_px, new.local_px))
        spread = ["not known" if c.psf_sigma_px is None else f"{c.psf_sigma_px:.3f}" for c in (before, new)]
        rows.add_row("edge spread, px", *spread, _ratio(before.psf_sigma_px or 0.0, new.psf_sigma_px or 0.0))
        out.print(rows)
        for c in change.lengths:
            out.print(
                f"A length of {c.length_mm:.4g} mm will measure {1e3 * c.change_mm:+.2f} µm otherwise at most; "
                f"U by the new calibration alone is {1e3 * c.expanded_mm:.2f} µm."
            )
    for doubt in proposal.doubts:
        out.print(Text(f"? {doubt[0].upper()}{doubt[1:]}.", "yellow"))


def _add_edge(rows: Table, edge: EdgeChange) -> None:
    """The edge offset of one kind of edge, before and after."""
    of, both = f" ({edge.kind})" if edge.kind else "", (edge.before, edge.new)
    change = "" if edge.change_px is None else f"{edge.change_px:+.4f} px, {edge.in_u:+.1f} u"
    rows.add_row(f"edge offset{of}, px", *("not known" if k is None else f"{k.offset_px:+.4f}" for k in both), change)
    u = [0.0 if k is None else k.u_px for k in both]
    rows.add_row(f"u of the edge offset{of}, px", *("" if k is None else f"{k.u_px:.4f}" for k in both), _ratio(*u))


def _ratio(before: float, new: float) -> str:
    return f"× {new / before:.2f}" if before > 0.0 and new > 0.0 else ""


def history_document(found: tuple[Lived, ...], checks: Mapping[str, CheckStatus]) -> dict[str, Any]:
    """The history as JSON, newest first."""
    return {
        "calibrations": [
            {
                "id": None if one.calibration is None else one.calibration.id,
                "sha256": one.event.sha256,
                "camera": one.event.camera,
                "event": "rolled back" if one.event.rollback else "accepted",
                "accepted": one.event.accepted,
                "by": one.event.by,
                "remark": one.event.remark,
                "made": None if one.calibration is None else one.calibration.created.isoformat(),
                "valid_until": None if one.calibration is None else one.calibration.valid_until.isoformat(),
                "state": str(one.standing),
                "in_force": one.in_force,
                "edges": [] if one.calibration is None else [kind.kind for kind in one.calibration.kinds],
            }
            for one in found
        ],
        "shift_checks": [
            {
                "camera": camera,
                "state": str(status.state),
                "at": status.at or None,
                "valid_until": status.valid_until or None,
                "by": status.by,
                "reason": status.reason,
            }
            for camera, status in checks.items()
        ],
    }


def print_history(found: tuple[Lived, ...], checks: Mapping[str, CheckStatus]) -> None:
    """What was put in force when, by whom, why, and how it stands; then the shift checks."""
    out = console()
    if not found:
        out.print("No calibration was ever accepted at this station.")
        return
    rows = table("State", "Id", "Camera", "Made", "Edges", "Event", "By", "Valid until", "Remark")
    for one in found:
        symbol, style = _STYLES[one.standing]
        state = f"{symbol} {one.standing}" + (" (in force)" if one.in_force and one.standing != Standing.ACTIVE else "")
        known, event = one.calibration, one.event
        rows.add_row(
            Text(state, style),
            event.sha256[:12] + "…" if known is None else known.id,
            event.camera,
            "" if known is None else f"{known.created:%Y-%m-%d}",
            "" if known is None else ", ".join(kind.name for kind in known.kinds),
            f"{'rolled back' if event.rollback else 'accepted'} {event.accepted[:16]}Z",
            event.by,
            "" if known is None else f"{known.valid_until:%Y-%m-%d %H:%M}",
            event.remark,
        )
    out.print(rows)
    for camera, status in checks.items():
        bad = status.state is CheckState.FAILED
        out.print(Text(f"{camera}: {'LOCKED. ' if bad else ''}{status.sentence}", "bold red" if bad else ""))
