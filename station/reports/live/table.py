"""The table of a live study: begun with what is studied, a row for each reading the moment it is taken, so that a study
can be stopped, or lose its power, and be continued."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from station.errors import InputError
from station.reports.live.steps import Step

COLUMNS = ("part", "operator", "trial", "value", "reference", "subgroup", "taken_at", "calibration")
BEGIN = "# live study "


@dataclass(frozen=True, slots=True)
class Taken:
    """One reading as a row of the table. `reference` is None where nothing certified is known."""

    step: Step
    value: float
    reference: float | None
    taken_at: str
    calibration: str


@dataclass(frozen=True, slots=True)
class LiveTable:
    """A table on disk. `subjects` are sentences of what is studied; a table that was begun with others is refused."""

    path: Path
    subjects: tuple[str, ...]

    def open(self) -> tuple[Taken, ...]:
        """The readings that are there already; a table that is not there is begun. A last row that a power cut tore is
        cut off: that reading is taken again.

        Raises:
            InputError: it cannot be written, is no table of a live study, or of another one.
        """
        try:
            text = self.path.read_text(encoding="utf-8") if self.path.exists() else ""
            whole = text[: text.rfind("\n") + 1]
            if not whole:
                whole = "".join(f"{BEGIN}{line}\n" for line in self.subjects) + ",".join(COLUMNS) + "\n"
            if whole != text:
                self.path.write_text(whole, encoding="utf-8", newline="\n")
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"the table cannot be read and written ({error})", place=str(self.path)) from error
        lines = whole.splitlines()
        begun = tuple(line.removeprefix(BEGIN) for line in lines if line.startswith(BEGIN))
        if not begun or ",".join(COLUMNS) not in lines:
            raise InputError("this file was not begun by a live study: name a new one", place=str(self.path))
        if begun != self.subjects:
            other = next((b for b in begun if b not in self.subjects), begun[0])
            raise InputError(f"this table was begun with another subject ({other}): name a new one",
                             place=str(self.path))  # fmt: skip
        return tuple(self._row(i, line) for i, line in enumerate(lines, start=1) if _is_row(line))

    def append(self, taken: Taken) -> None:
        """Add a reading; it is on the disk when this returns.

        Raises:
            InputError: the disk does not take it.
        """
        step, reference = taken.step, "" if taken.reference is None else repr(taken.reference)
        cells = (step.part, step.operator, step.trial, repr(taken.value), reference, step.subgroup, taken.taken_at,
                 taken.calibration)  # fmt: skip
        line = io.StringIO()
        csv.writer(line, lineterminator="\n").writerow(cells)
        try:
            with self.path.open("a", encoding="utf-8", newline="\n") as file:
                file.write(line.getvalue())
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise InputError(f"the reading cannot be kept ({error.strerror})", place=str(self.path)) from error

    def _row(self, number: int, line: str) -> Taken:
        cells = next(csv.reader([line]))
        try:
            part, operator, trial, value, reference, subgroup, taken_at, calibration = cells
            step = Step(part, operator, int(trial), subgroup)
            return Taken(step, float(value), float(reference) if reference else None, taken_at, calibration)
        except ValueError:
            raise InputError("this row is not as a live study writes it",
                             place=f"{self.path.name}, row {number}") from None  # fmt: skip


def _is_row(line: str) -> bool:
    return bool(line.strip()) and not line.startswith("#") and line != ",".join(COLUMNS)


def unfinished_occasion(taken: Sequence[Taken], trials: int) -> str:
    """The last occasion, if it has fewer than `trials` readings; empty otherwise."""
    if not taken:
        return ""
    last = taken[-1].step.subgroup
    return last if sum(t.step.subgroup == last for t in taken) < trials else ""
