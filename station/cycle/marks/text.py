"""A text, decided: the evidence that the expected string is there, from the strips in which it may be."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

import numpy as np
from numpy.typing import NDArray

from station.cycle.marks.answer import MarkAnswer, ModelUsed, SeenMark
from station.cycle.marks.patch import Grey, sampled
from station.cycle.marks.placing import Placement
from station.errors import ModelError
from station.metrology.decision import Verdict
from station.networks.load import Model
from station.networks.manifest import Manifest
from station.order.model import Characteristic, TextArc
from station.plan.plan import Item
from station.vision.text.alphabet import unknown
from station.vision.text.find import find_lines
from station.vision.text.lines import arc_line, straight_line
from station.vision.text.prepare import HEIGHT_PX, STRETCH
from station.vision.text.verify import LONGEST, Limits, Reading, TextEvidence, verify_among

Floats = NDArray[np.float64]

MODEL = "text"
_SHOWN = 60  # characters of a text in a sentence
_ARC_SHARES = (1.0, 0.8, 1.2)  # letters may be higher or lower than they fill the arc
# Where a line may be in a box whose letters' height nobody said: height and shift upwards, in heights of the box.
_IN_BOX = ((0.8, 0.0), (0.6, 0.0), (0.45, 0.0), (0.45, 0.2), (0.45, -0.2), (0.3, 0.0), (0.3, 0.25), (0.3, -0.25))
_BEYOND_CAPS = 1.2  # beside an arc whose place is not certain
_STEP_CAPS = 0.35  # between strips across a box, where the height is known
_MOST_STRIPS = 24
_NEAR = 0.6  # of two strings: the share of their characters that they have in common, in sequence


@dataclass(frozen=True, slots=True)
class TextSettings:
    """What a text model says of itself beside its thresholds: the characters it knows, in the order of its classes, the
    height of its strips, how many times they are lengthened, and how many of their columns make one of its answers."""

    alphabet: str
    height_px: int
    stretch: float
    column_px: int


def alphabet_of(manifest: Manifest) -> str:
    """The characters that a text model knows.

    Raises:
        ModelError: its settings are wrong, or it has learned strips of another shape than it would be given.
    """
    settings = manifest.settings_as(TextSettings)
    if (settings.height_px, settings.stretch) != (HEIGHT_PX, STRETCH):
        learned = f"strips {settings.height_px} px high and stretched {settings.stretch:g} times"
        here = f"this version of the station gives it {HEIGHT_PX} px and {STRETCH:g} times"
        raise ModelError(f"the model {manifest.name!r} must not be used: it has learned {learned}; {here}")
    return settings.alphabet


def limits_of(manifest: Manifest) -> Limits:
    """Where this model's evidence is enough. Raises: InputError when the manifest lacks one of the thresholds."""
    return Limits(manifest.threshold("accept"), manifest.threshold("reject"), manifest.threshold("certain"))


@dataclass(frozen=True, slots=True)
class _Strip:
    """A strip (h, w) in which the line may be, in each light, and where in the picture its pixels are, (h, w, 2)."""

    lights: tuple[Grey, ...]
    at_px: NDArray[np.float32]
    placement: Placement | None = None

    @property
    def border_px(self) -> Floats:
        """(4, 2): around the strip, in the picture."""
        return self.columns_px(0.0, float(self.at_px.shape[1]))

    def columns_px(self, first: float, last: float) -> Floats:
        """(n, 2): around the columns from `first` to before `last`, in the picture."""
        rows, width = self.at_px.shape[:2]
        left, right = (int(np.clip(column, 0, width - 1)) for column in (first, last - 1.0))
        along = np.unique(np.linspace(left, right, 24).astype(int))
        return np.concatenate([self.at_px[0, along], self.at_px[rows - 1, along[::-1]]]).astype(np.float64)


@dataclass(frozen=True, slots=True)
class TextPlace:
    """Where a text is looked for: on a part that lies as one of several `placements` says (`mm_per_px` is the scale of
    its strips), or anywhere in the picture but in its codes, (n, 2) px each. What is read where a single placement has
    it is what the order speaks of."""

    placements: tuple[Placement, ...]
    mm_per_px: float
    codes_px: tuple[Floats, ...] = ()


def decide_text(
    item: Item, lights: Sequence[Grey], place: TextPlace, view: str, label: str, model: Model
) -> tuple[MarkAnswer, Placement | None]:
    """PASS where the evidence is for the expected string, FAIL where it is for another one, else UNDECIDED; and how
    the part lies by it. `lights` are pictures (h, w) of the same scene under one lamp after the other, that of `view`
    first.

    Where the place is not certain, only what comes near the expected string is a wrong one of it.

    Raises:
        ModelError: the model failed.
        ValueError: there is no character to compare.
    """
    asked = item.characteristic
    alphabet = alphabet_of(model.manifest)
    if missing := unknown(asked.expected, alphabet):
        raise ValueError(f"the text model does not know {', '.join(repr(letter) for letter in missing[:5])}")
    if len(asked.expected) > LONGEST:
        raise ValueError(f"a line of text has at most {LONGEST} characters, this one {len(asked.expected)}")
    limits = limits_of(model.manifest)
    anywhere = item.mark is None or not item.mark.outline_mm or not place.placements
    if anywhere:
        strips = list(_anywhere(lights, place.codes_px))
    else:
        strips = [one for placement in place.placements for one in _strips(item, lights, placement, place)]
    if not strips:
        height, width = lights[0].shape
        border = np.array([[0.0, 0.0], [width - 1.0, 0.0], [width - 1.0, height - 1.0], [0.0, height - 1.0]])
        why = "nothing in the picture looks like a line of text"
        return MarkAnswer(Verdict.UNDECIDED, f"{label}: {why}.", SeenMark(view, border)), None
    number, evidence = verify_among([strip.lights for strip in strips], asked.expected, model.run, alphabet)
    certain = not anywhere and len(place.placements) == 1
    answer = _answer(asked, evidence, strips[number], limits, certain, view, label, model)
    return answer, strips[number].placement


def _answer(
    asked: Characteristic,
    evidence: TextEvidence,
    strip: _Strip,
    limits: Limits,
    certain: bool,
    view: str,
    label: str,
    model: Model,
) -> MarkAnswer:
    reading = evidence.reading(limits)
    if reading is Reading.OTHER and not certain and not _is_near(evidence.read, asked.expected):
        reading = Reading.UNCLEAR
    wrong = None
    if reading is not Reading.SAME and evidence.weakest_at_px is not None:
        wrong = strip.columns_px(*evidence.weakest_at_px)
    used = ModelUsed(model.name, model.sha256, evidence.log_ratio, limits.accept, high_is_good=True)
    read = asked.expected if reading is Reading.SAME else evidence.read
    seen = SeenMark(view, strip.border_px, read, model=used, wrong_px=wrong)
    if reading is Reading.SAME:
        return MarkAnswer(Verdict.PASS, "", seen)
    at = f" at {evidence.weakest!r}" if evidence.weakest else ""
    expected = _shown(asked.expected)
    if reading is Reading.OTHER:
        return MarkAnswer(Verdict.FAIL, f"{label}: it reads {_shown(evidence.read)}, not {expected}{at}.", seen)
    why = f"{expected} cannot be told from {_shown(evidence.rival)}{at}"
    return MarkAnswer(Verdict.UNDECIDED, f"{label}: {why}. Look at the mark and its light, and measure again.", seen)


def _anywhere(lights: Sequence[Grey], codes_px: tuple[Floats, ...]) -> Iterator[_Strip]:
    """Lines of text wherever they are in a picture, read from either end."""
    for line in find_lines(lights[0], codes_px):
        for turned in (False, True):
            yield _strip(line.points_px(turned=turned), lights)


def _is_near(read: str, expected: str) -> bool:
    """Whether a reading is rather the expected string with faults than another one."""
    wanted = "".join(expected.split())
    return SequenceMatcher(None, read, wanted, autojunk=False).ratio() >= _NEAR


def _strips(item: Item, lights: Sequence[Grey], placement: Placement, place: TextPlace) -> Iterator[_Strip]:
    """Strips in which the line may be, the likeliest first."""
    asked, mark = item.characteristic, item.mark
    assert mark is not None
    if asked.arc is None:
        direction = 180.0 - asked.direction_deg if placement.pose.mirrored else asked.direction_deg
        for points in _box_lines(direction, mark.height_mm, mark.outline_mm[0] * placement.reading, place.mm_per_px):
            yield _strip(_seen_at(points, placement), lights, placement)
        return
    assert mark.height_mm is not None
    arc = _as_read(asked.arc, placement)
    # A turn that contrast alone tells may be off along the arc: no letter is cut off at its ends.
    beyond = math.degrees(_BEYOND_CAPS * mark.height_mm / arc.radius_mm) if len(place.placements) > 1 else 0.0
    beyond = math.copysign(beyond, arc.end_deg - arc.start_deg)
    for share in _ARC_SHARES:
        height = share * mark.height_mm
        points = arc_line(
            arc.center, arc.radius_mm, arc.start_deg - beyond, arc.end_deg + beyond, height, place.mm_per_px
        )
        yield _strip(_seen_at(points, placement), lights, placement)


def _box_lines(
    direction_deg: float, height_mm: float | None, region_mm: Floats, mm_per_px: float
) -> Iterator[NDArray[np.float64]]:
    """Straight lines through a region (n, 2) in the direction of reading."""
    angle = math.radians(direction_deg)
    along, up = np.array([math.cos(angle), math.sin(angle)]), np.array([-math.sin(angle), math.cos(angle)])
    across, high = region_mm @ along, region_mm @ up
    middle = 0.5 * (across.min() + across.max()) * along + 0.5 * (high.min() + high.max()) * up
    length, room = float(np.ptp(across)), float(np.ptp(high))
    if height_mm is None:
        tried = [(share * room, shift * room) for share, shift in _IN_BOX]
    else:
        away = max(0.0, (room - height_mm) / 2.0)
        steps = min(int(away / (_STEP_CAPS * height_mm)), _MOST_STRIPS // 2)
        shifts = sorted(range(-steps, steps + 1), key=abs)
        tried = [(height_mm, away * step / max(steps, 1)) for step in shifts]
    for height, shift in tried:
        yield straight_line(
            (float(middle[0]), float(middle[1])), length, height, direction_deg, mm_per_px, shift_mm=shift
        )


def _seen_at(points_mm: Floats, placement: Placement) -> NDArray[np.float32]:
    """Where in the picture points (h, w, 2) of the face as it is read are."""
    rows, columns = points_mm.shape[:2]
    return placement.to_px(points_mm.reshape(-1, 2) * placement.reading).reshape(rows, columns, 2).astype(np.float32)


def _strip(at_px: NDArray[np.float32], lights: Sequence[Grey], placement: Placement | None = None) -> _Strip:
    return _Strip(tuple(sampled(grey, at_px) for grey in lights), at_px, placement)


def _as_read(arc: TextArc, placement: Placement) -> TextArc:
    """The arc in the frame in which the face is read: mirrored where the part shows the other one than the drawing."""
    if not placement.pose.mirrored:
        return arc
    return replace(
        arc, center=(-arc.center[0], arc.center[1]), start_deg=180.0 - arc.start_deg, end_deg=180.0 - arc.end_deg
    )


def _shown(text: str) -> str:
    return repr(text if len(text) <= _SHOWN else text[:_SHOWN] + "…")
