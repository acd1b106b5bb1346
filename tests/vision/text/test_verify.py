"""Evidence for a string, from a recogniser whose scores are known."""

from __future__ import annotations

import numpy as np
import pytest

from station.vision.text.alphabet import ALPHABET, spoken, unknown
from station.vision.text.ctc import log_likelihoods
from station.vision.text.prepare import HEIGHT_PX
from station.vision.text.verify import (
    LONGEST,
    Limits,
    Reading,
    Recogniser,
    evidence,
    look,
    verify_among,
    verify_text,
)

LIMITS = Limits(accept=2.0, reject=2.0, certain=2.0)
STRIP = np.full((32, 160), 90, np.uint8)


def _scores(text: str, sure: float = 0.98, doubts: dict[int, tuple[str, float]] | None = None) -> np.ndarray:
    """(t, classes) of a recogniser that says each letter in every fourth column; `doubts`: another letter there, and
    the probability of the right one."""
    classes = len(ALPHABET) + 1
    p = np.full((4 * len(text) + 4, classes), (1 - sure) / (classes - 1))
    p[:, -1] = sure
    for number, letter in enumerate(text):
        row = p[4 * number + 2]
        other, share = (doubts or {}).get(number, ("", 1.0))
        row[-1] = (1 - sure) / (classes - 1)
        row[ALPHABET.index(letter)] = sure * share
        if other:
            row[ALPHABET.index(other)] = sure * (1 - share)
    return np.log(p)


def _saying(*scores: np.ndarray) -> Recogniser:
    """A recogniser that gives these scores, one after the other, over and over; each strip has two witnesses."""
    calls = [0]

    def recognise(strips: np.ndarray) -> np.ndarray:
        assert strips.shape[:3] == (1, 1, HEIGHT_PX)
        assert strips.dtype == np.float32
        calls[0] += 1
        return scores[(calls[0] - 1) // 2 % len(scores)][None].astype(np.float32)

    return recognise


def test_the_string_that_is_there_is_the_same() -> None:
    found = verify_text([STRIP], "ANNA 22.11.26", _saying(_scores("ANNA22.11.26")), ALPHABET)
    assert found.reading(LIMITS) is Reading.SAME
    assert found.read == "ANNA 22.11.26"


@pytest.mark.parametrize(("expected", "weakest"), [("ANMA22", "M"), ("ANNA23", "3"), ("BNNA22", "B")])
def test_one_wrong_letter_is_another_string_and_named(expected: str, weakest: str) -> None:
    found = verify_text([STRIP], expected, _saying(_scores("ANNA22")), ALPHABET)
    assert found.reading(LIMITS) is Reading.OTHER
    assert found.read == found.rival == "ANNA22"
    assert found.weakest == weakest
    assert found.weakest_at_px is not None
    place = expected.index(weakest) if expected != "ANNA23" else 5
    step = STRIP.shape[1] / (4 * 6 + 4)
    assert found.weakest_at_px[0] <= (4 * place + 3) * step
    assert found.weakest_at_px[1] >= (4 * place + 2) * step


@pytest.mark.parametrize("expected", ["ANNA2", "ANNA222", "NNA22", "AXNNA22"])
def test_a_letter_too_many_or_too_few_is_another_string(expected: str) -> None:
    found = verify_text([STRIP], expected, _saying(_scores("ANNA22")), ALPHABET)
    assert found.reading(LIMITS) is Reading.OTHER


@pytest.mark.parametrize("share", [0.3, 0.5, 0.7])
def test_a_doubtful_letter_is_unclear(share: float) -> None:
    found = verify_text([STRIP], "A8", _saying(_scores("A8", doubts={1: ("B", share)})), ALPHABET)
    assert found.reading(LIMITS) is Reading.UNCLEAR
    assert found.weakest == "8"
    assert found.log_ratio == pytest.approx(np.log(share / (1 - share)), abs=0.1)


@pytest.mark.parametrize(("there", "asked"), [("O0l1I", "00111"), ("0O1Il", "OOIII")])
def test_look_alikes_do_not_fail(there: str, asked: str) -> None:
    assert verify_text([STRIP], asked, _saying(_scores(there)), ALPHABET).reading(LIMITS) is Reading.SAME


def test_nothing_to_see_is_never_another_string() -> None:
    nothing = np.log(np.full((40, len(ALPHABET) + 1), 1e-6))
    nothing[:, -1] = np.log(1 - 1e-4)
    found = verify_text([STRIP], "ANNA", _saying(nothing), ALPHABET)
    assert found.reading(LIMITS) is Reading.UNCLEAR
    assert found.read == ""


def test_lights_that_disagree_are_unclear_and_their_logarithms_averaged() -> None:
    one, other = _scores("AB"), _scores("AE")
    found = verify_text([STRIP, STRIP], "AB", _saying(one, other), ALPHABET)
    assert found.reading(LIMITS) is Reading.UNCLEAR
    assert found.log_ratio == pytest.approx(0.0, abs=0.05)
    assert found.strips == 2


def test_a_light_in_which_nothing_is_seen_does_not_outvote_the_others() -> None:
    nothing = np.log(np.full((28, len(ALPHABET) + 1), 1e-5))
    nothing[:, -1] = np.log(1 - 1e-3)
    found = verify_text([STRIP, STRIP], "ANNA22", _saying(nothing, _scores("ANNA22")), ALPHABET)
    assert found.reading(LIMITS) is Reading.SAME


def test_the_ratio_is_that_of_the_likelihoods() -> None:
    scores = _scores("A8", 0.9, {1: ("B", 0.6)})
    a, b, e = (ALPHABET.index(letter) for letter in "A8B")
    right, wrong = log_likelihoods(scores, [(a, b), (a, e)])
    found = verify_text([STRIP], "A8", _saying(scores), ALPHABET)
    assert found.log_ratio == pytest.approx(right - wrong, abs=1e-3)  # scores are given as float32


def test_the_place_is_chosen_by_what_is_read_and_not_by_what_is_expected() -> None:
    clear, doubtful = _scores("ANNA"), _scores("ANMA", 0.5)
    index, found = verify_among([[STRIP], [STRIP]], "ANMA", _saying(doubtful, clear), ALPHABET)
    assert index == 1
    assert found.reading(LIMITS) is Reading.OTHER


@pytest.mark.parametrize("text", ["", "   ", "中文", "A" * (LONGEST + 1), "A" * 10_000, "שלום"])
def test_what_cannot_be_compared_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"character|know"):
        verify_text([STRIP], text, _saying(_scores("A")), ALPHABET)


def test_no_strip_is_refused() -> None:
    with pytest.raises(ValueError, match="no strip"):
        verify_text([], "A", _saying(_scores("A")), ALPHABET)
    with pytest.raises(ValueError, match="no place"):
        verify_among([], "A", _saying(_scores("A")), ALPHABET)


def test_a_strip_too_short_for_the_string_is_unclear_or_other_but_not_the_same() -> None:
    looked = look([STRIP], _saying(_scores("AB")), ALPHABET)
    found = evidence(looked, "ABCDEFGHIJKLMNOPQRST", ALPHABET)
    assert found.reading(LIMITS) is not Reading.SAME
    assert found.weakest_at_px is None


def test_spaces_and_composition_do_not_count() -> None:
    assert spoken("A B\u0308 O") == "AB\u03080" or spoken("A\u0308") == "Ä"
    assert spoken("A\u0308 l") == "Ä1"
    assert unknown("ANNA 22 中") == "中"
    assert unknown("ÄÖÜ äöü ß é | l") == ""
