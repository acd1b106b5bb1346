"""`station accept`, `calibrations`, `rollback`: which calibration is in force."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from station.commands.options import Json
from station.errors import InputError


def accept(
    calibration: Annotated[Path, typer.Argument(metavar="CALIBRATION", help="The calibration file.")],
    camera: Annotated[str, typer.Option("--camera", help="Whose calibration this is.")] = "main",
    by: Annotated[str | None, typer.Option("--by", metavar="NAME", help="Who accepts it.")] = None,
    remark: Annotated[str, typer.Option("--remark", help="Why.")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Accept it in spite of what is odd about it.")] = False,
    as_json: Json = False,
) -> int:
    """Accept a calibration, after showing what it changes: inspections without --calibration use it from now on."""
    from station.app import accept_calibration, operator_name, propose_calibration
    from station.tables.basics import print_json
    from station.tables.calibration_life import print_proposal, proposal_document

    proposal = propose_calibration(calibration, camera=camera)
    asked = bool(proposal.doubts) and not yes
    if asked and (as_json or not sys.stdin.isatty()):
        raise InputError(
            f"this calibration is odd, nothing was accepted: {'; '.join(proposal.doubts)}. Say --yes to accept it all "
            "the same",
            place=str(calibration),
        )
    if not as_json:
        print_proposal(proposal)
    if asked and not typer.confirm("Accept it all the same?"):
        print("Nothing was accepted.")
        return 2
    accept_calibration(proposal, by=by or operator_name(), remark=remark)
    if as_json:
        print_json(proposal_document(proposal))
    else:
        made = proposal.calibration
        print(f"Accepted: {made.id}, valid until {made.valid_until:%Y-%m-%d}.")
    return 0


def calibrations(
    camera: Annotated[str | None, typer.Option("--camera", help="Only those of this camera.")] = None,
    as_json: Json = False,
) -> int:
    """Every calibration that was put in force, newest first, how it stands now, and the shift check of each camera."""
    from station.app import calibration_history
    from station.tables.basics import print_json
    from station.tables.calibration_life import history_document, print_history

    found, checks = calibration_history(camera)
    if as_json:
        print_json(history_document(found, checks))
    else:
        print_history(found, checks)
    return 0


def rollback(
    calibration: Annotated[
        str | None, typer.Argument(metavar="ID", help="Id, or first 8 digits of the hash (default: the previous one).")
    ] = None,
    reason: Annotated[str, typer.Option("--reason", help="Why.")] = "",
    camera: Annotated[str, typer.Option("--camera", help="Whose calibration.")] = "main",
    by: Annotated[str | None, typer.Option("--by", metavar="NAME", help="Who goes back.")] = None,
) -> int:
    """Put an earlier accepted calibration in force again; nothing is erased."""
    from station.app import operator_name, roll_back_calibration

    if not reason.strip():
        raise InputError("a rollback needs its reason in the record", place="--reason")
    found = roll_back_calibration(calibration, camera=camera, by=by or operator_name(), reason=reason)
    print(f"In force again: {found.id}, valid until {found.valid_until:%Y-%m-%d}.")
    return 0
