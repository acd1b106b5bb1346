"""Whether an inspection stands: what people decided about it afterwards, and what follows for a certificate."""

from __future__ import annotations

from dataclasses import dataclass

from station.genealogy.dossier import Dossier
from station.genealogy.events import Event
from station.genealogy.family import part_family
from station.genealogy.pages import RecordSummary
from station.genealogy.parts import DISPOSITION, Decision, PartKey


@dataclass(frozen=True, slots=True)
class Standing:
    """What else the record says about an inspection and its part.

    `later` is the attempt that counts where it is a later one, `withdrawn` the event that took this one back. Each of
    `dispositions`, oldest first, has the event that takes it back. `materials` and `operations` are those that stand.
    """

    verdict: str
    simulated: bool
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
    def certifies(self) -> bool:
        """Whether conformity may be certified: a real `PASS` that stands, of a part that nobody holds back."""
        standing = [event for event, taken_back in self.dispositions if taken_back is None]
        released = not standing or standing[-1].payload["decision"] == Decision.USE_AS_IS
        return self.verdict == "PASS" and not self.simulated and self.stands and released

    @property
    def marks(self) -> tuple[str, ...]:
        """What has to be said on every page: of `simulated`, `withdrawn`, `superseded`."""
        said = {
            "simulated": self.simulated,
            "withdrawn": self.withdrawn is not None,
            "superseded": self.later is not None,
        }
        return tuple(name for name, holds in said.items() if holds)


def standing_of(dossier: Dossier) -> Standing:
    """What the record says about the inspection of a dossier beside its figures."""
    inspection = dossier.inspection
    family = part_family(dossier.reader, PartKey(inspection["order_id"], inspection["serial"]))
    own = next(attempt for attempt in family.attempts if attempt.record.id == inspection["id"])
    counts = next((attempt.record for attempt in family.attempts if attempt.stands), own.record)
    return Standing(
        verdict=inspection["verdict"],
        simulated=bool(inspection["station"]["simulated"]),
        later=counts if counts.cursor > own.record.cursor else None,
        withdrawn=own.withdrawn,
        dispositions=tuple(
            (event, family.corrected.get(event.id))
            for event in dossier.events
            if event.kind == DISPOSITION and event.subject == inspection["id"]
        ),
        materials=tuple(event for event in family.materials if event.id not in family.corrected),
        operations=tuple(event for event in family.operations if event.id not in family.corrected),
    )
