"""Is the expected string there? Its likelihood against that of the best other reading, from every strip of the line.

The rivals are every string with one character replaced or left out, and what a search reads by itself; spaces are not
compared. Several strips (lights, heights) are several witnesses of the same letters: the logarithms of their
likelihoods are averaged, so that two are not two proofs; each counts as it is certain of what it reads, whatever that
is, so that one who sees nothing does not outvote the others.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from station.vision.text.alphabet import LOOK_ALIKES, spoken
from station.vision.text.ctc import NEVER, aligned, log_likelihoods, merged, prefix_beam
from station.vision.text.prepare import Gray, witnesses
from station.vision.text.rivals import with_one_replaced

Recogniser: TypeAlias = Callable[[NDArray[np.float32]], NDArray[np.float32]]
"""Strips (n, 1, 48, w) to ln of the probability (n, t, classes) of each character, the last class "nothing"."""

Floats: TypeAlias = NDArray[np.float64]
LONGEST = 80  # characters
MOST = 1000.0  # of a log ratio that is stated


class Reading(Enum):
    """What the evidence shows."""

    SAME = "same"
    OTHER = "other"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class Limits:
    """Where evidence is enough: the expected string is there from a `log_ratio` of `accept` on, another one from
    -`reject` down, where its own ratio is at least `certain`."""

    accept: float
    reject: float
    certain: float


@dataclass(frozen=True, slots=True)
class TextEvidence:
    """What the strips say of the expected string.

    Attributes:
        read: the likeliest string: the expected one as it was written where that is it, without spaces otherwise.
        expected: as it was given.
        log_ratio: ln of the likelihood of the expected string over that of the best other one; negative: another one
            is likelier. Of the mean over the strips.
        rival: the best other reading, without spaces; look-alikes stand as the first of their class.
        rival_ratio: the same ratio for it, where it is likelier than the expected string; otherwise 0.
        weakest: the character of `expected` with the least evidence, and `weakest_at_px` its columns [first, after
            last) in the first strip; None where the strip is too short for the string.
        strips: how many witnesses there were.
    """

    read: str
    expected: str
    log_ratio: float
    rival: str
    rival_ratio: float
    weakest: str
    weakest_at_px: tuple[float, float] | None
    strips: int

    def reading(self, limits: Limits) -> Reading:
        """What this evidence shows under these limits; another string is shown only by one that is itself read for
        certain, never by seeing no letter at all."""
        if self.log_ratio >= limits.accept:
            return Reading.SAME
        if self.rival and -self.log_ratio >= limits.reject and self.rival_ratio >= limits.certain:
            return Reading.OTHER
        return Reading.UNCLEAR


@dataclass(frozen=True, slots=True, eq=False)
class Looked:
    """What the recogniser makes of the strips of one line, before anybody asks for a string: `columns` (t, classes) of
    ln p for each witness, look-alikes merged, and the strings that it `found`; `certainties` are ln p of the
    likeliest of them that says anything, for each witness."""

    columns: tuple[Floats, ...]
    found: frozenset[tuple[int, ...]]
    certainties: tuple[float, ...]
    width_px: int
    strips: int

    def weights(self) -> Floats:
        """What each witness counts, as it is certain of what it reads, the most certain 1."""
        return np.asarray(np.exp(np.array(self.certainties) - max(self.certainties)))


def look(strips: Sequence[Gray], recognise: Recogniser, alphabet: str) -> Looked:
    """Run the recogniser over strips (h, w), uint8, of the same line, its letters upright.

    Raises:
        ValueError: there is no strip.
    """
    if not strips:
        raise ValueError("there is no strip of the line")
    groups = look_alike_classes(alphabet)
    views = [view for strip in strips for view in witnesses(strip)]
    columns = [merged(recognise(view[None, None])[0], groups) for view in views]
    return looked_at(columns, alphabet, strips[0].shape[1], len(strips))


def looked_at(columns: Sequence[Floats], alphabet: str, width_px: int, strips: int) -> Looked:
    """Scores of witnesses (t, classes), look-alikes merged, with what they read by themselves."""
    canonical = canonical_classes(alphabet)
    read = [prefix_beam(_thinned(one, canonical)) for one in columns]
    sure = tuple(max((value for text, value in beam if text), default=-MOST) for beam in read)
    found = frozenset(text for beam in read for text, _ in beam)
    return Looked(tuple(columns), found, sure, width_px, strips)


def evidence(looked: Looked, expected: str, alphabet: str) -> TextEvidence:
    """What was looked at, as evidence for `expected`.

    Raises:
        ValueError: nothing to compare, too long, or characters that are not in `alphabet`.
    """
    string = _classes(expected, alphabet)
    ratio, rival, place = _against_rivals(looked, string, (), alphabet)
    rival_ratio = 0.0
    if ratio < 0 and rival:
        rival_ratio, _, _ = _against_rivals(looked, rival, (string,), alphabet)
    spans, _ = aligned(looked.columns[0], string)
    scale = looked.width_px / len(looked.columns[0])
    named = [letter for letter in unicodedata.normalize("NFC", expected) if not letter.isspace()]
    rival_text = "".join(alphabet[c] for c in rival)
    return TextEvidence(
        expected if ratio > 0 else rival_text,
        expected,
        ratio,
        rival_text,
        rival_ratio,
        named[place],
        _between_neighbours(spans, place, scale) if spans else None,
        looked.strips,
    )


def _between_neighbours(spans: Sequence[tuple[int, int]], place: int, px: float) -> tuple[float, float]:
    """Where a character is, [first, after last) px: between the middles of the next ones, for nothing says where in a
    strip a character is that is not there."""
    middles = [0.5 * px * (first + last) for first, last in spans]
    if len(middles) == 1:
        return spans[0][0] * px, spans[0][1] * px
    before = middles[place - 1] if place > 0 else 2.0 * middles[0] - middles[1]
    after = middles[place + 1] if place + 1 < len(middles) else 2.0 * middles[-1] - middles[-2]
    return 0.75 * before + 0.25 * after, 0.25 * before + 0.75 * after


def _against_rivals(
    looked: Looked, string: tuple[int, ...], more: tuple[tuple[int, ...], ...], alphabet: str
) -> tuple[float, tuple[int, ...], int]:
    """ln of the likelihood of a string over that of the best other one, that one, and the string's weakest place."""
    canonical = canonical_classes(alphabet)
    others = sorted((looked.found | set(more)) - {string})
    weights = looked.weights()
    likely = np.average([log_likelihoods(one, [string, *others]) for one in looked.columns], axis=0, weights=weights)
    replaced = np.average([_replaced(one, string, canonical) for one in looked.columns], axis=0, weights=weights)
    place, by = (int(index) for index in np.unravel_index(int(replaced.argmax()), replaced.shape))
    rival, best = _without(string, place, by, len(alphabet)), float(replaced[place, by])
    if others and likely[1:].max() > best:
        rival, best = others[int(likely[1:].argmax())], float(likely[1:].max())
    return float(np.clip(float(likely[0]) - best, -MOST, MOST)), rival, place


def verify_text(strips: Sequence[Gray], expected: str, recognise: Recogniser, alphabet: str) -> TextEvidence:
    """Evidence for `expected` from strips (h, w), uint8, of the same line, its letters upright.

    Raises:
        ValueError: no strip, nothing to compare, too long, or characters that are not in `alphabet`.
    """
    _classes(expected, alphabet)
    return evidence(look(strips, recognise, alphabet), expected, alphabet)


def verify_among(
    places: Iterable[Sequence[Gray]], expected: str, recognise: Recogniser, alphabet: str
) -> tuple[int, TextEvidence]:
    """Evidence from the place, of several where the line may be, that reads most certainly whatever it reads: which one
    (counted from 0), and the evidence there. `places` are the strips of each.

    The place is not chosen by the expected string: of many tries for it one may succeed by chance.

    Raises:
        ValueError: as `verify_text`, or no place.
    """
    _classes(expected, alphabet)
    looked = [look(strips, recognise, alphabet) for strips in places]
    if not looked:
        raise ValueError("there is no place where the line may be")
    best = max(range(len(looked)), key=lambda number: max(looked[number].certainties))
    return best, evidence(looked[best], expected, alphabet)


def _classes(expected: str, alphabet: str) -> tuple[int, ...]:
    """The classes of a string, each look-alike as the first of its class."""
    text = spoken(expected)
    if not text:
        raise ValueError("there is no character to compare")
    if len(text) > LONGEST:
        raise ValueError(f"a line of text has at most {LONGEST} characters")
    index = {spoken(letter): number for number, letter in reversed(list(enumerate(alphabet)))}
    missing = sorted({letter for letter in text if letter not in index})
    if missing:
        raise ValueError(f"the recogniser does not know {' '.join(missing)}")
    return tuple(index[letter] for letter in text)


def look_alike_classes(alphabet: str) -> list[list[int]]:
    """The classes that are merged, group by group."""
    members = [[alphabet.index(letter) for letter in group if letter in alphabet] for group in LOOK_ALIKES]
    return [group for group in members if len(group) > 1]


def canonical_classes(alphabet: str) -> NDArray[np.intp]:
    """For each class the first of its group; "nothing" stays itself."""
    first = np.arange(len(alphabet) + 1)
    for group in look_alike_classes(alphabet):
        first[group] = min(group)
    return first


def _thinned(log_p: Floats, canonical: NDArray[np.intp]) -> Floats:
    """Only the first of each group is left to be said."""
    return np.where(canonical == np.arange(len(canonical)), log_p, NEVER)


def _replaced(log_p: Floats, string: tuple[int, ...], canonical: NDArray[np.intp]) -> Floats:
    """(n, classes) as `with_one_replaced`, leaving out included (last class); the string itself is NEVER."""
    out = with_one_replaced(log_p, string)
    same = canonical[np.array(string)][:, None] == canonical[None, :]
    out[same] = NEVER
    out[:, -1] = log_likelihoods(log_p, [string[:n] + string[n + 1 :] for n in range(len(string))])
    return out


def _without(string: tuple[int, ...], place: int, by: int, blank: int) -> tuple[int, ...]:
    return (*string[:place], *(() if by == blank else (by,)), *string[place + 1 :])
