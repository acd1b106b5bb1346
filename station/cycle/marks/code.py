"""A code, decided: what it says against what the order expects."""

from __future__ import annotations

import numpy as np

from station.cycle.marks.answer import MarkAnswer, SeenMark
from station.cycle.marks.patch import Patch
from station.metrology.decision import Verdict
from station.order.contents import content_fault
from station.order.gs1 import elements_of
from station.order.model import Characteristic
from station.vision.codes import FoundCode, read_codes


def decide_code(asked: Characteristic, patch: Patch, region_px: np.ndarray, view: str, label: str) -> MarkAnswer:
    """PASS where a code in the patch says what is expected, FAIL where it says something else, UNDECIDED where none can
    be read."""
    found = read_codes(patch.grey, asked.symbology)
    if not found:
        why = (
            "no code of this symbology can be read there" if patch.seen > 0.99 else "the picture does not show it whole"
        )
        return MarkAnswer(
            Verdict.UNDECIDED,
            f"{label}: {why}. Look at the mark, its light and its focus, and measure again.",
            SeenMark(view, region_px, symbology=asked.symbology),
        )
    troubles = [content_fault(asked, code.content, is_gs1=code.is_gs1) for code in found]
    best = next((number for number, trouble in enumerate(troubles) if not trouble), 0)
    code, trouble = found[best], troubles[best]
    seen = SeenMark(
        view,
        patch.to_picture(code.corners_px),
        code.content,
        code.symbology,
        _elements(code),
        other_part=bool(trouble) and asked.identity,
    )
    if not trouble:
        return MarkAnswer(Verdict.PASS, "", seen)
    if asked.identity:
        return MarkAnswer(
            Verdict.ERROR,
            f"{label}: this is another part than the order's: {trouble}. Nothing seen of it says anything of that one.",
            seen,
        )
    return MarkAnswer(Verdict.FAIL, f"{label}: {trouble}.", seen)


def _elements(code: FoundCode) -> tuple[tuple[str, str], ...]:
    if not code.is_gs1:
        return ()
    try:
        return tuple((element.ai, element.value) for element in elements_of(code.content))
    except ValueError:
        return ()
