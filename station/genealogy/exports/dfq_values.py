"""What a value of the record may be taken for in a `.dfq`: counted, shown, or an empty place.

Only a PASS reads as good. What is UNDECIDED, withdrawn or superseded is shown and not counted; what was not measured
holds no number which could pass for a value, for readers who overlook the attribute too.
"""

from __future__ import annotations

from dataclasses import dataclass

from station.genealogy.dossier import Dossier
from station.genealogy.exports.decided import WHOLE as WHOLE_ID
from station.genealogy.exports.decided import Decided, decided
from station.genealogy.exports.dfq_lines import moment, name, number
from station.genealogy.standing import Standing, standing_of

COUNTED, SHOWN, EMPTY = "0", "129", "255"  # K0002; 256 would delete a value when the file is read
NO_NUMBER = 999_999_999.0  # in an empty place: outside every limit
SAMPLE_OF_ONE = "1000"  # K0020 counts in thousandths
NO_ENTRY = "0"  # of a catalogue: only the plant has those of its cavities, operators, machines and gages


@dataclass(frozen=True, slots=True)
class Column:
    """A characteristic of the file. Parts that ask for other limits have columns of their own."""

    id: str
    type: str
    unit: str = ""
    nominal: float | None = None
    lower: float | None = None
    upper: float | None = None
    is_zone: bool = False
    is_mark: bool = False

    def is_inside(self, value: float) -> bool:
        """Whether a reader who knows nothing of uncertainty takes `value` for good."""
        return (self.lower is None or self.lower <= value) and (self.upper is None or value <= self.upper)


@dataclass(frozen=True, slots=True)
class Inspected:
    """A part of the series: its dossier, what people said, and its answers by column."""

    dossier: Dossier
    after: Standing
    answers: dict[Column, Decided]

    @property
    def counts(self) -> bool:
        """Whether this inspection is what stands about its part."""
        return self.after.stands


WHOLE = Column(WHOLE_ID, "part", is_mark=True)  # the verdict of the part, which findings have a say in


def inspected(dossier: Dossier) -> Inspected:
    """The answers of one inspection, and its verdict."""
    record = dossier.inspection
    whole = {"verdict": record["verdict"], "value": None, "measured": record["verdict"] != "ERROR"}
    answers = {_column(one): one for one in decided(dossier)}
    answers[WHOLE] = Decided(None, {"id": WHOLE.id, "type": WHOLE.type, "reason": record["reason"], **whole})
    return Inspected(dossier, standing_of(dossier), answers)


def _column(one: Decided) -> Column:
    row = one.row
    if one.is_mark:
        return Column(row["id"], row["type"], is_mark=True)
    is_zone = one.asked is not None and one.asked.limits.source == "zone"
    limits = (row["nominal"], row["lower_limit"], row["upper_limit"])
    return Column(row["id"], row["type"], row["unit"], *limits, is_zone=is_zone)


def attribute(column: Column, answer: Decided, *, counts: bool) -> str:
    """K0002 of a value: 0 only where good or bad was shown and the value, held against the limits, says the same."""
    verdict, value = answer.row["verdict"], answer.value
    if verdict == "ERROR" or (value is None and not column.is_mark):
        return EMPTY
    reads_good = verdict == "PASS" if column.is_mark else isinstance(value, float | int) and column.is_inside(value)
    agrees = (verdict == "PASS" and reads_good) or (verdict == "FAIL" and not reads_good)
    return COUNTED if counts and agrees else SHOWN


def cell(column: Column, part: Inspected) -> list[str]:
    """The fields of one value: an empty place where the part was not asked for this."""
    answer = part.answers.get(column)
    kind = EMPTY if answer is None else attribute(column, answer, counts=part.counts)
    lots = [event.payload["lot"] for event in part.after.materials]
    lot = name(lots[0], 13) if len(lots) == 1 else ""
    when = moment(part.dossier.inspection["finished"])
    events, cavity, operator, machine, parameters, gage = "", NO_ENTRY, NO_ENTRY, NO_ENTRY, "", NO_ENTRY
    rest = [kind, when, events, f"#{lot}", cavity, operator, machine, parameters, gage]
    if column.is_mark:
        errors = "0" if answer is not None and answer.row["verdict"] == "PASS" else "1"
        return [SAMPLE_OF_ONE, errors, "0", *rest]
    below = column.upper is None and column.lower is not None
    value = answer.value if answer is not None and kind != EMPTY else None
    return [number(value if isinstance(value, float | int) else -NO_NUMBER if below else NO_NUMBER), *rest]
