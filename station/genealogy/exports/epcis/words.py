"""Which words of the Core Business Vocabulary 2.0 ours become, and which unit codes of UN/CEFACT (Recommendation 20).

Only a PASS is `conformant`. UNDECIDED is `non_sellable_other` ("not sellable pending further evaluation"), ERROR
`unknown` ("an object's condition is not known"); a decision about a part never says `conformant` or `non_conformant`,
which are outcomes of inspections.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from station.genealogy.parts import Decision
from station.order.model import CharacteristicType

Json = dict[str, Any]

DISPOSITIONS = {
    "PASS": "conformant",
    "FAIL": "non_conformant",
    "UNDECIDED": "non_sellable_other",
    "ERROR": "unknown",
}
EXCEPTIONS = {"FAIL": "ALARM_CONDITION", "ERROR": "ERROR_CONDITION"}
DECISIONS = {  # bizStep, disposition
    Decision.USE_AS_IS: ("inspecting", "available"),
    Decision.REWORK: ("inspecting", "unavailable"),
    Decision.SCRAP: ("inspecting", "disposed"),
    Decision.RETURN: ("inspecting", "returned"),
    Decision.HOLD: ("holding", "non_sellable_other"),
}
MEASUREMENTS = {"mm": ("Length", "MMT"), "deg": ("Angle", "DD"), "1": ("Count", "C62")}  # type, unit code
READ = frozenset({CharacteristicType.CODE, CharacteristicType.TEXT})  # their value is what was read
AMOUNTS = {
    "kg": "KGM",
    "g": "GRM",
    "mg": "MGM",
    "m": "MTR",
    "cm": "CMT",
    "mm": "MMT",
    "l": "LTR",
    "ml": "MLT",
    "pcs": "H87",
    "piece": "H87",
    "pieces": "H87",
}


def extension(values: Mapping[str, Any]) -> Json:
    """`values` in our own vocabulary and its spelling (`lower_limit` is `station:lowerLimit`), empty ones left out."""
    return {f"station:{_camel(key)}": value for key, value in values.items() if value not in (None, "", [], {})}


def _camel(key: str) -> str:
    first, *others = key.split("_")
    return first + "".join(word.capitalize() for word in others)
