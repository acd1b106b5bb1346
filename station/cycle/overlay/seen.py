"""What was seen of marks, as the overlay draws it."""

from __future__ import annotations

from collections.abc import Sequence

from station.cycle.marks.answer import SeenDefect
from station.cycle.overlay.callouts import letter_of
from station.cycle.overlay.marks import DrawnMark, DrawnSpot, MarkKind
from station.cycle.results import ItemResult
from station.order.model import CharacteristicType

_KINDS = {
    CharacteristicType.CODE: MarkKind.CODE,
    CharacteristicType.TEXT: MarkKind.TEXT,
    CharacteristicType.SURFACE: MarkKind.SURFACE,
}


def drawn_marks(items: Sequence[ItemResult], view: str, first_letter: int) -> tuple[DrawnMark, ...]:
    """The marks that were looked for in one view; defects are lettered from the `first_letter` on."""
    found: list[DrawnMark] = []
    for item in items:
        if item.mark is None or item.mark.view != view:
            continue
        spots = tuple(_spot(one, letter_of(first_letter + n)) for n, one in enumerate(item.mark.defects))
        first_letter += len(spots)
        found.append(
            DrawnMark(
                kind=_KINDS[item.item.characteristic.type],
                label=item.item.characteristic.id,
                verdict=item.verdict,
                outlines_px=(item.mark.outline_px,),
                words="" if item.mark.read is None else item.mark.read,
                wrong_px=() if item.mark.wrong_px is None else (item.mark.wrong_px,),
                spots=spots,
            )
        )
    return tuple(found)


def _spot(defect: SeenDefect, letter: str) -> DrawnSpot:
    size = f"{defect.size_px:.0f} px" if defect.size_mm is None else f"{defect.size_mm:.2g} mm"
    return DrawnSpot(defect.outline_px, defect.verdict, letter, size)
