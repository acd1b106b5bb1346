"""Which attempt at a part counts, and what people said about it: the one reading that pages and exports share.

The attempt that counts is the last that nobody withdrew. A withdrawal is never taken back; any other event about a part
can be, by a `correction`, and then does not count.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from station.genealogy.dossier import Dossier
from station.genealogy.events import Event
from station.genealogy.pages import RecordSummary
from station.genealogy.parts import CORRECTION, DISPOSITION, MATERIAL_CONSUMED, OPERATION_DONE, WITHDRAWN, Decision


@dataclass(frozen=True, slots=True)
class Attempt:
    """One inspection of a part; `withdrawn` is the event that took it back, `dispositions` what people decided after
    it, newest last. `stands` says that it is the one that counts: the last that nobody withdrew."""

    record: RecordSummary
    withdrawn: Event | None
    dispositions: tuple[Event, ...]
    stands: bool


def corrections(events: Iterable[Event]) -> dict[str, Event]:
    """What was taken back: the id of each such event, and the event that says so."""
    return {event.payload["corrects"]: event for event in events if event.kind == CORRECTION}


def attempts_of(records: Sequence[RecordSummary], events: Iterable[Event]) -> tuple[Attempt, ...]:
    """The attempts at a part (oldest first), from the events about the part and about them."""
    about = tuple(events)
    gone = corrections(about)
    withdrawn = {event.subject: event for event in reversed(about) if event.kind == WITHDRAWN}
    counts = next((record.id for record in reversed(records) if record.id not in withdrawn), None)
    return tuple(
        Attempt(
            record,
            withdrawn.get(record.id),
            tuple(
                event
                for event in about
                if event.kind == DISPOSITION and event.subject == record.id and event.id not in gone
            ),
            record.id == counts,
        )
        for record in records
    )


@dataclass(frozen=True, slots=True)
class Standing:
    """What else the record says about an inspection and its part.

    `later` is the attempt that counts where it is a later one, `withdrawn` the event that took this one back. Each of
    `dispositions`, oldest first, has the event that takes it back. `materials` and `operations` are those that stand.
    `grounds` are reasons in the record itself why a `PASS` shows nothing to others: of `simulated`, `no_rule`,
    `no_calibration`, `expired`.
    """

    verdict: str
    grounds: tuple[str, ...]
    later: RecordSummary | None
    withdrawn: Event | None
    dispositions: tuple[tuple[Event, Event | None], ...]
    materials: tuple[Event, ...]
    operations: tuple[Event, ...]

    @property
    def stands(self) -> bool:
        """Whether nobody took it back and no later attempt counts."""
        return self.withdrawn is None and self.later is None

    @property
    def disposition(self) -> Event | None:
        """What people decided last, as far as it was not taken back."""
        return next((event for event, taken_back in reversed(self.dispositions) if taken_back is None), None)

    @property
    def simulated(self) -> bool:
        """Whether no real part was in front of a camera."""
        return "simulated" in self.grounds

    @property
    def certifies(self) -> bool:
        """Whether conformity may be certified: a `PASS` that stands, without a ground against it, of a part that nobody
        holds back."""
        decided = self.disposition
        released = decided is None or decided.payload["decision"] == Decision.USE_AS_IS
        return self.verdict == "PASS" and not self.grounds and self.stands and released

    @property
    def marks(self) -> tuple[str, ...]:
        """What must be said wherever the verdict is: of `simulated`, `withdrawn`, `superseded`."""
        said = {
            "simulated": self.simulated,
            "withdrawn": self.withdrawn is not None,
            "superseded": self.later is not None,
        }
        return tuple(name for name, holds in said.items() if holds)


def standing_of(dossier: Dossier) -> Standing:
    """What the record says about the inspection of a dossier beside its figures."""
    inspection, events = dossier.inspection, dossier.events
    attempts = attempts_of(dossier.attempts, events)
    own = next(attempt for attempt in attempts if attempt.record.id == inspection["id"])
    counts = next((attempt.record for attempt in attempts if attempt.stands), own.record)
    gone = corrections(events)
    mine = [event for event in events if event.subject == inspection["serial"] and event.id not in gone]
    return Standing(
        verdict=inspection["verdict"],
        grounds=_grounds(inspection),
        later=counts if counts.cursor > own.record.cursor else None,
        withdrawn=own.withdrawn,
        dispositions=tuple(
            (event, gone.get(event.id))
            for event in events
            if event.kind == DISPOSITION and event.subject == inspection["id"]
        ),
        materials=tuple(event for event in mine if event.kind == MATERIAL_CONSUMED),
        operations=tuple(event for event in mine if event.kind == OPERATION_DONE),
    )


def _grounds(inspection: Mapping[str, Any]) -> tuple[str, ...]:
    used = inspection["calibration"]
    numbers = any(row["standard_uncertainty"] for row in inspection["characteristics"])
    found = {
        "simulated": bool(inspection["station"]["simulated"]),
        "no_rule": inspection.get("decision") is None,
        "no_calibration": used is None and numbers,
        "expired": used is not None and _is_over(used["valid_until"], inspection["finished"]),
    }
    return tuple(name for name, holds in found.items() if holds)


def _is_over(valid_until: str | None, finished: str) -> bool:
    """Whether a calibration had ended by then; an end that cannot be read counts as one, none at all does not."""
    if valid_until is None:
        return False
    try:
        return datetime.fromisoformat(valid_until) < datetime.fromisoformat(finished)
    except (ValueError, TypeError):
        return True
