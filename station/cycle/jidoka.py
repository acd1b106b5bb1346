"""When a line that nobody watches stops by itself and calls: going on would only make more of what is abnormal."""

from __future__ import annotations

from dataclasses import dataclass

from station.genealogy.inspection import Inspection


@dataclass(frozen=True, slots=True)
class Jidoka:
    """The line stops after so many parts in a row that were held (`held`), or that could not be measured (`errors`)."""

    held: int = 3
    errors: int = 1


@dataclass(slots=True)
class Streak:
    """What the last parts were."""

    rule: Jidoka | None
    held: int = 0
    errors: int = 0

    def add(self, inspection: Inspection | None) -> str:
        """One more part (None: nothing could be recorded of it); why the line has to stop now, empty if it need not."""
        verdict = "ERROR" if inspection is None else inspection.verdict
        self.held = 0 if verdict == "PASS" else self.held + 1
        self.errors = self.errors + 1 if verdict == "ERROR" else 0
        if self.rule is None:
            return ""
        if self.errors >= self.rule.errors:
            return "The line stands: " + _parts(self.errors, "could not be measured") + "."
        if self.held >= self.rule.held:
            return "The line stands: " + _parts(self.held, "held") + "."
        return ""

    def begin_anew(self) -> None:
        """Somebody looked."""
        self.held = self.errors = 0


def _parts(count: int, what: str) -> str:
    if count == 1:
        return f"a part {what}" if what.startswith("could") else f"a part was {what}"
    return f"{count} parts in a row {what}" if what.startswith("could") else f"{count} parts in a row were {what}"
