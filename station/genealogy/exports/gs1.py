"""GS1 element strings, as a code on a part carries them, into the one form that names the part on the web.

Clauses: GS1 General Specifications, section 3 (application identifiers); GS1 Digital Link URI Syntax, section 4 (the
canonical form on ``id.gs1.org``).
"""

from __future__ import annotations

import re
from urllib.parse import quote

from station.order.gs1 import GROUP_SEPARATOR, has_right_check_digit, without_reader_word

_GTIN = re.compile(r"01(\d{14})", re.ASCII)
_FIXED = re.compile(r"(?:1[1-35-7]\d{6}|20\d\d)*", re.ASCII)  # elements of fixed length: dates and the variant
_SERIAL = re.compile(r"21(?!\.{1,2}\Z)([!\"%-?A-Z_a-z]{1,20})")  # character set 82; "." and ".." are no path segments


def digital_link(text: str) -> str | None:
    """The Digital Link of a part whose code holds GTIN and serial number (AI 01, then 21); None for any other text.

    The GTIN's check digit must be right. Dates and a variant may stand between, further elements only behind a group
    separator: without one, a serial number goes on to the end of the text, and has at most 20 characters.
    """
    first, *others = without_reader_word(text).lstrip(GROUP_SEPARATOR).split(GROUP_SEPARATOR)
    found = _GTIN.match(first)
    if found is None or not has_right_check_digit(found[1]):
        return None
    for elements in (first[found.end() :], *others):
        if serial := _SERIAL.fullmatch(_FIXED.sub("", elements, count=1)):
            return f"https://id.gs1.org/01/{found[1]}/21/{quote(serial[1], safe='')}"
    return None
