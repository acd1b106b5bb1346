"""GS1 element strings, as a code on a part carries them: read, checked, compared.

Clauses: GS1 General Specifications, section 3 (application identifiers), 4.13 (which ones need or exclude each other),
7.9.1 (check digit), 7.12 (dates); the syntax of each identifier is biip's table of them.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from biip.gs1_application_identifiers import GS1ApplicationIdentifier

GROUP_SEPARATOR = "\x1d"  # how a reader hands over FNC1 between two elements
_READER_WORD = re.compile(r"\A\](?:C1|e0|d2|Q3|J1)")  # the reader's word that GS1 elements follow
_BRACKETED = re.compile(r"\((\d{2,4})\)", re.ASCII)

# How many digits at the beginning of the value end with a check digit.
_CHECKED = {
    **{"00": 18, "01": 14, "02": 14, "03": 14, "253": 13, "255": 13, "402": 17},
    **dict.fromkeys(("410", "411", "412", "413", "414", "415", "416", "417"), 13),
    **{"8003": 14, "8006": 14, "8017": 18, "8018": 18, "8026": 14},
}
_DATES = frozenset({"11", "12", "13", "15", "16", "17", "7003", "7006", "7007", "7011", "4324", "4325", "4326"})
_ITEM = ("01", "02", "03", "8006", "8026")
# What makes no sense alone: of each group one has to be there as well.
_NEEDS: dict[str, tuple[tuple[str, ...], ...]] = {
    "02": (("37",),),
    **dict.fromkeys(("10", "11", "13", "15", "16", "20", "240", "241", "242"), (_ITEM,)),
    "12": (("8020",),),
    "17": ((*_ITEM, "255"),),
    "21": (("01", "03", "8006"),),
    **dict.fromkeys(("22", "235", "243", "8001", "8200"), (("01",),)),
    **dict.fromkeys(("710", "711", "712", "713", "714", "715"), (("01",),)),
    "250": (("01", "8006"), ("21",)),
    "251": (("01", "03", "8006"),),
    "254": (("414",),),
    "37": (("00",), ("02", "8026")),
    "403": (("00",),),
    "8011": (("8010",),),
    "8012": (("01", "8006"),),
    "8019": (("8017", "8018"),),
    "8026": (("37",),),
}
_EXCLUDES = {"01": ("02", "03", "255", "37", "8006"), "02": ("03",), "21": ("235",), "8017": ("8018",)}


@dataclass(frozen=True, slots=True)
class Element:
    """One element: application identifier and value. `title`: what GS1 calls it ("SERIAL")."""

    ai: str
    value: str
    title: str = ""


def elements_of(content: str) -> tuple[Element, ...]:
    """The elements of a content in their sequence: "(01)07612345678900(21)A1", "010761234567890021A1" with group
    separators where they are needed, or what a reader hands over, with its symbology identifier in front or not.

    Raises:
        ValueError: one sentence that names the identifier: unknown, its value of the wrong form, a wrong check digit,
            no such date, said twice, without what it needs.
    """
    content = without_reader_word(content)
    found = tuple(_bracketed(content) if content.startswith("(") else _raw(content))
    if not found:
        raise ValueError("it holds no GS1 element")
    for element in found:
        _check(element)
    _check_together(found)
    return found


def without_reader_word(content: str) -> str:
    """A content without the symbology identifier (`]d2`) that some readers put in front."""
    return _READER_WORD.sub("", content, count=1)


def bracketed(elements: Sequence[Element]) -> str:
    """Elements as people read them: "(01)07612345678900(21)A1"."""
    return "".join(f"({element.ai}){element.value}" for element in elements)


def difference(asked: Sequence[Element], read: Sequence[Element]) -> str:
    """What of the elements read is not as asked, in words; empty where they mean the same. Their sequence does not
    count."""
    wanted, found = ({element.ai: element for element in elements} for elements in (asked, read))
    for ai, element in wanted.items():
        if ai not in found:
            return f"{_named(element)} is missing"
        if found[ai].value != element.value:
            return f"{_named(element)} is {found[ai].value!r}, not {element.value!r}"
    more = next((element for ai, element in found.items() if ai not in wanted), None)
    return "" if more is None else f"{_named(more)} is there and was not asked for"


def has_right_check_digit(digits: str) -> bool:
    """Whether the last digit is that of the ones before: weights 3 and 1 from the right, summing up to a ten."""
    weighted = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(reversed(digits)))
    return weighted % 10 == 0


def _named(element: Element) -> str:
    return f"({element.ai}) {element.title}".rstrip()


def _raw(content: str) -> Iterator[Element]:
    """Elements without brackets: those of a length that GS1 has fixed end by themselves, others at a separator."""
    rest = content.strip(GROUP_SEPARATOR)
    while rest:
        known = _identifier(rest)
        if known.separator_required:
            field, _, rest = rest.partition(GROUP_SEPARATOR)
        else:
            fixed = re.match(known.pattern.removesuffix("$"), rest, re.ASCII)
            field = fixed[0] if fixed else rest.partition(GROUP_SEPARATOR)[0]
            rest = rest[len(field) :]
        rest = rest.lstrip(GROUP_SEPARATOR)
        yield _element(known, field[len(known.ai) :])


def _bracketed(content: str) -> Iterator[Element]:
    """Elements with brackets around their identifiers; a value may hold brackets itself, but no known identifier."""
    content = "".join(content.replace(GROUP_SEPARATOR, "").split())
    marks = [mark for mark in _BRACKETED.finditer(content) if mark.start() == 0 or _is_known(mark[1])]
    if not marks or marks[0].start() > 0:
        raise ValueError(f"{content[:6]!r} is no GS1 application identifier")
    ends = [*(mark.start() for mark in marks[1:]), len(content)]
    for mark, end in zip(marks, ends, strict=True):
        if not _is_known(mark[1]):
            raise ValueError(f"({mark[1]}) is no GS1 application identifier")
        yield _element(_identifier(mark[1]), content[mark.end() : end])


def _is_known(ai: str) -> bool:
    try:
        return _identifier(ai).ai == ai
    except ValueError:
        return False


@lru_cache(maxsize=256)
def _found(start: str) -> GS1ApplicationIdentifier | None:
    # Imported here: an order without GS1 content needs none of it.
    from biip import ParseError
    from biip.gs1_application_identifiers import GS1ApplicationIdentifier

    try:
        return GS1ApplicationIdentifier.extract(start)
    except ParseError:
        return None


def _identifier(text: str) -> GS1ApplicationIdentifier:
    found = _found(text[:4])
    if found is None:
        raise ValueError(f"{text[:4]!r} is no GS1 application identifier")
    return found


def _element(known: GS1ApplicationIdentifier, value: str) -> Element:
    if re.fullmatch(known.pattern, known.ai + value, re.ASCII) is None:
        shown = value if len(value) <= 40 else value[:40] + "…"
        raise ValueError(f"({known.ai}) {known.data_title} has the form {known.format}, which {shown!r} has not")
    return Element(known.ai, value, known.data_title)


def _check(element: Element) -> None:
    digits = element.value[: _CHECKED.get(element.ai, 0)]
    if digits and not has_right_check_digit(digits):
        raise ValueError(f"the check digit of {_named(element)} {digits} is wrong")
    if element.ai in _DATES and not _is_date(element.value[:6]):
        raise ValueError(f"{_named(element)} {element.value} is no date")


def _is_date(yymmdd: str) -> bool:
    """Whether there is such a day; day 00 is the last of the month. 1900 and 2100 are out of reach of two digits."""
    year, month, day = (int(yymmdd[place : place + 2]) for place in (0, 2, 4))
    return 1 <= month <= 12 and day <= calendar.monthrange(2000 + year, month)[1]


def _check_together(elements: Sequence[Element]) -> None:
    by_ai: dict[str, Element] = {}
    for element in elements:
        if element.ai in by_ai:
            raise ValueError(f"{_named(element)} is there twice")
        by_ai[element.ai] = element
    for element in elements:
        for group in _NEEDS.get(element.ai, ()):
            if not any(ai in by_ai for ai in group):
                needed = " or ".join(f"({ai})" for ai in group)
                raise ValueError(f"{_named(element)} says nothing without {needed}")
        for other in _EXCLUDES.get(element.ai, ()):
            if other in by_ai:
                raise ValueError(f"{_named(element)} and {_named(by_ai[other])} exclude each other")
