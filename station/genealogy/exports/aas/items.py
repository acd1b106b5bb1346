"""The characteristics of one inspection as the submodel needs them: what the order asked, and what the record says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from station.genealogy.dossier import Dossier
from station.genealogy.exports.decided import decided
from station.order.model import MARKS, Characteristic, CharacteristicType

GEOMETRIC = {  # our types after ISO 1101: the template's word, without and with a datum
    CharacteristicType.STRAIGHTNESS: ("straightness", "straightness"),
    CharacteristicType.ROUNDNESS: ("roundness", "roundness"),
    CharacteristicType.PARALLELISM: ("parallelism", "parallelism"),
    CharacteristicType.PERPENDICULARITY: ("perpendicularity", "perpendicularity"),
    CharacteristicType.ANGULARITY: ("inclination", "inclination"),
    CharacteristicType.POSITION: ("position", "position"),
    CharacteristicType.CONCENTRICITY: ("concentricity", "concentricity"),
    CharacteristicType.SYMMETRY: ("symmetry", "symmetry"),
    CharacteristicType.LINE_PROFILE: ("line shape", "line profile location"),
    CharacteristicType.CIRCULAR_RUNOUT: ("circular runout", "circular runout"),  # the list has no word of its own
}
LINEAR_LIST, GEOMETRIC_LIST, ATTRIBUTIVE_LIST = "LinearFeaturesList", "GeometricFeaturesList", "AttributiveFeaturesList"


@dataclass(frozen=True, slots=True)
class Item:
    """One characteristic: as asked, as recorded, and its place in one of the template's three lists."""

    asked: Characteristic
    said: Mapping[str, Any]
    list_name: str
    index: int

    @property
    def is_measured(self) -> bool:
        """Whether there is a value."""
        return self.said["value"] is not None


def items_of(dossier: Dossier) -> list[Item]:
    """The characteristics in the order's sequence.

    An attempt that came to nothing has recorded none; the template wants them, so each stands there as the order asked
    for it, not measured.
    """
    count = {LINEAR_LIST: 0, GEOMETRIC_LIST: 0, ATTRIBUTIVE_LIST: 0}
    items = []
    for one in decided(dossier):
        if one.asked is not None:
            name = _list_of(one.asked.type)
            items.append(Item(one.asked, one.row, name, count[name]))
            count[name] += 1
    return items


def place_of_whole(items: list[Item]) -> int:
    """Where in the attributive list the verdict of the whole part stands: last."""
    return sum(item.list_name == ATTRIBUTIVE_LIST for item in items)


def _list_of(kind: CharacteristicType) -> str:
    if kind in MARKS:
        return ATTRIBUTIVE_LIST
    return GEOMETRIC_LIST if kind in GEOMETRIC else LINEAR_LIST
