"""All marks of one view, in the sequence in which one helps the next: codes, texts, surfaces.

Where an outline leaves open how the part lies turned, the first mark that was read where it belongs tells it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from station.cycle.marks.answer import MarkAnswer, SeenMark
from station.cycle.marks.code import decide_code
from station.cycle.marks.patch import Patch, eight_bits, region_patch, whole_patch
from station.cycle.marks.placing import Placement
from station.cycle.marks.rim import NO_RIM, Rim, look_at_rim
from station.cycle.marks.surface import MODEL as SURFACE_MODEL
from station.cycle.marks.surface import decide_surface
from station.cycle.marks.text import MODEL as TEXT_MODEL
from station.cycle.marks.text import TextPlace, decide_text
from station.cycle.marks.turned import likely_turns
from station.errors import ModelError
from station.metrology.decision import Verdict
from station.networks.load import Model
from station.order.model import CharacteristicType, Order
from station.plan.plan import Item, Plan
from station.plan.symmetry import Symmetry, symmetry_of
from station.vision.picture import Picture

Floats = NDArray[np.float64]
Models = Callable[[str], Model]  # raises ModelError

SAME_PX = 2.0  # edges that lie nearer together do not say how a part lies turned
_ARM_PX = 20.0  # a code nearer to the centre says nothing of the angle
_SEQUENCE = (CharacteristicType.CODE, CharacteristicType.TEXT, CharacteristicType.SURFACE)


def look_at_marks(
    order: Order,
    plan: Plan,
    items: Sequence[Item],
    view: str,
    picture: Picture,
    placement: Placement | None,
    rim: Rim | None,
    models: Models,
    lit: Mapping[str, Sequence[Picture]] | None = None,
) -> dict[str, MarkAnswer]:
    """What is said of these marks of the plan in the picture of their view, by the characteristics' ids.

    `placement` is where the part lies; None for an order without geometry, of whose pictures no scale is known. `rim`
    is its outline, as the best picture of it shows it. `lit` are more pictures of the same size for some ids, in which
    the part lies alike under other lights.
    """
    look = _Look(order, plan, view, picture, placement, rim, models, lit or {})
    return {
        item.characteristic.id: look.at(item)
        for item in sorted(items, key=lambda one: _SEQUENCE.index(one.characteristic.type))
    }


class _Look:
    """One view of one part; what it finds out of the part's turn it keeps."""

    def __init__(
        self,
        order: Order,
        plan: Plan,
        view: str,
        picture: Picture,
        placement: Placement | None,
        rim: Rim | None,
        models: Models,
        lit: Mapping[str, Sequence[Picture]],
    ) -> None:
        self._lit = lit
        self._order, self._plan, self._view, self._models = order, plan, view, models
        self._grey, self._placement, self._rim = eight_bits(picture), placement, rim
        self._codes_px: list[Floats] = []
        self._symmetry = symmetry_of(plan.outer, plan.openings, SAME_PX * plan.mm_per_px)

    def at(self, item: Item) -> MarkAnswer:
        """One mark."""
        c = item.characteristic
        label = f"Characteristic {c.id} ({c.type})"
        try:
            match c.type:
                case CharacteristicType.CODE:
                    return self._code(item, label)
                case CharacteristicType.TEXT:
                    return self._text(item, label)
                case _:
                    return self._surface(item, label)
        except (ModelError, ValueError) as error:
            return MarkAnswer(
                Verdict.ERROR, f"{label} could not be looked at: {error}.", SeenMark(self._view, self._all())
            )

    def _code(self, item: Item, label: str) -> MarkAnswer:
        c = item.characteristic
        if self._symmetry.known or self._placement is None:
            patch, region = self._patch(item)
        else:  # it can be anywhere on the face, and where it is says how the part lies
            face = (*self._plan.outer, *self._plan.openings)
            patch = region_patch(self._grey, self._placement, face, self._plan.mm_per_px)
            region = self._placement.to_px(face[0])
        answer = decide_code(c, patch, region, self._view, label)
        if answer.seen.read is not None:
            self._codes_px.append(answer.seen.outline_px)
            if c.region is not None and item.mark is not None:
                self._settle(item.mark.outline_mm[0].mean(axis=0), answer.seen.outline_px)
        return answer

    def _text(self, item: Item, label: str) -> MarkAnswer:
        model = self._models(TEXT_MODEL)
        assert item.mark is not None
        placement, region, scale = self._placement, item.mark.outline_mm, self._plan.mm_per_px
        placements: tuple[Placement, ...] = () if placement is None else (placement,)
        if placement is not None and region and not self._symmetry.known:
            stroke_px = 0.15 * (item.mark.height_mm or float(np.ptp(region[0], axis=0).min())) / scale
            likely = likely_turns(self._grey, placement, self._symmetry, region[0], stroke_px)
            placements = tuple(placement.turned(turn, self._symmetry.center_mm) for turn in likely)
        place = TextPlace(placements, scale, tuple(self._codes_px))
        more = [eight_bits(picture) for picture in self._lit.get(item.characteristic.id, ())]
        answer, found = decide_text(item, [self._grey, *more], place, self._view, label, model)
        if answer.verdict is Verdict.PASS and found is not None:
            self._placement, self._symmetry = found, Symmetry(1, (0.0, 0.0))
        return answer

    def _surface(self, item: Item, label: str) -> MarkAnswer:
        assert item.mark is not None
        if item.mark.outline_mm and not self._symmetry.known and not self._is_same_turned(item.mark.outline_mm):
            why = "the part's outline does not say how it lies turned, and no code or text that was read does"
            return MarkAnswer(Verdict.UNDECIDED, f"{label}: {why}.", SeenMark(self._view, self._all()))
        patch, _ = self._patch(item)
        rule, rim = self._order.decision, NO_RIM
        if self._rim is not None and self._placement is not None and item.upper is not None:
            local_px = self._placement.calibration.local_px
            rim = look_at_rim(self._rim, item.mark.outline_mm, self._placement, local_px, item.upper, rule)
        return decide_surface(item, patch, self._view, label, self._models(SURFACE_MODEL), rule, rim)

    def _patch(self, item: Item) -> tuple[Patch, Floats]:
        """The region of a mark as a flat picture, and its border in the camera's."""
        assert item.mark is not None
        region = item.mark.outline_mm
        if self._placement is None or not region:
            return whole_patch(self._grey, self._placement), self._all()
        patch = region_patch(self._grey, self._placement, region, self._plan.mm_per_px)
        return patch, self._placement.to_px(region[0])

    def _settle(self, ordered_mm: Floats, found_px: Floats) -> None:
        """The part lies turned so that what was ordered at one place is seen at another."""
        if self._symmetry.known or self._placement is None:
            return
        center = np.array(self._symmetry.center_mm)
        (x, y), (u, v) = ordered_mm - center, self._placement.to_part(found_px).mean(axis=0) - center
        if min(math.hypot(x, y), math.hypot(u, v)) < _ARM_PX * self._plan.mm_per_px:
            return
        turn = math.atan2(v, u) - math.atan2(y, x)
        if self._symmetry.folds:
            step = 2.0 * math.pi / self._symmetry.folds
            turn = step * round(turn / step)
        self._placement = self._placement.turned(turn, self._symmetry.center_mm)
        self._symmetry = Symmetry(1, (0.0, 0.0))

    def _is_same_turned(self, region: Sequence[Floats]) -> bool:
        """Whether a region looks the same however the part lies."""
        own = symmetry_of(region[:1], region[1:], SAME_PX * self._plan.mm_per_px)
        off = math.dist(own.center_mm, self._symmetry.center_mm)
        if off > SAME_PX * self._plan.mm_per_px:
            return False
        folds = self._symmetry.folds
        return own.folds == 0 if folds == 0 else own.folds % folds == 0

    def _all(self) -> Floats:
        """The border of the picture."""
        height, width = self._grey.shape
        return np.array([[0.0, 0.0], [width - 1.0, 0.0], [width - 1.0, height - 1.0], [0.0, height - 1.0]])
