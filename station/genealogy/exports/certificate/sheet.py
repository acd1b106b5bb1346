"""The paper of the certificate: A4, fonts, running head and foot, and the few things that are drawn on it.

The same content always gives the same bytes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import cast

import matplotlib
from fpdf import FPDF, ViewerPreferences
from fpdf.enums import DocumentCompliance, MethodReturnValue, OutputIntentSubType, XPos, YPos
from fpdf.fonts import TTFFont

from station.genealogy.exports.certificate.archive import srgb, xmp
from station.genealogy.exports.certificate.glyphs import shown

INK, SOFT, LINE, FAINT = (28, 35, 40), (89, 99, 108), (195, 200, 204), (238, 240, 241)
COLOURS = {"PASS": (63, 122, 90), "FAIL": (200, 22, 30), "UNDECIDED": (168, 100, 0), "ERROR": (31, 92, 158)}
SIGNS = {"PASS": "✓", "FAIL": "✗", "UNDECIDED": "?", "ERROR": "!"}  # as on the terminal and the pages
MARGIN = 20.0  # mm, left and right
WIDTH = 210.0 - 2 * MARGIN
LEADING = 1.32  # of the size of the letters
_POINT = 25.4 / 72.0
_HASH = re.compile(r"[0-9a-f]{64}|[0-9A-F]{2}(:[0-9A-F]{2})+")
_PAGES = "\ufdd0" * 4  # stands for the number of pages; no text from outside can hold it, see `glyphs`
_FONTS = {"": "DejaVuSans.ttf", "B": "DejaVuSans-Bold.ttf"}  # free licence; Latin, Greek, Cyrillic; with matplotlib


@dataclass(frozen=True, slots=True)
class Head:
    """What stands on every page: title, number, whose part, the words to warn with; and what files are told by."""

    title: str
    number: str
    serial: str
    marks: tuple[str, ...]
    page: str  # "Page {page} of"
    record: str
    author: str
    language: str
    at: datetime


class Sheet(FPDF):
    """Pages that grow from top to bottom. Text from outside goes through `shown` before it is measured or drawn."""

    def __init__(self, head: Head) -> None:
        super().__init__("portrait", "mm", "A4", enforce_compliance=DocumentCompliance.PDFA_3B)
        fonts = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
        for style, file in _FONTS.items():
            self.add_font("sans", style, fonts / file)
        self.add_font("mono", "", fonts / "DejaVuSansMono.ttf")
        sans = [font for key, font in self.fonts.items() if key.startswith("sans") and isinstance(font, TTFFont)]
        self._glyphs = frozenset.intersection(*(frozenset(font.cmap) for font in sans))
        self._head = head
        self._top = 0.0  # mm, where the content of this page begins
        self.table_head: tuple[tuple[float, str], ...] = ()  # repeated on each new page while it is set
        self.alias_nb_pages(_PAGES)
        self.set_margins(MARGIN, 12, MARGIN)
        self.set_auto_page_break(True, 20)
        self.c_margin = 0.0
        self.viewer_preferences = ViewerPreferences(display_doc_title=True)
        self._describe()
        self.add_page()

    def close(self) -> None:
        """Let go of the files of the fonts; nothing can be drawn afterwards."""
        for font in self.fonts.values():
            if isinstance(font, TTFFont):
                font.ttfont.close()

    def _describe(self) -> None:
        head = self._head
        title = self.shown(f"{head.title} {head.number}: {head.serial}")
        self.set_lang(head.language)
        self.set_creation_date(head.at)
        self.set_xmp_metadata(xmp(title, self.shown(head.author), head.language, head.at))
        self.add_output_intent(OutputIntentSubType.PDFA, "sRGB", dest_output_profile=srgb(), info="sRGB")

    def header(self) -> None:
        """Serial and number on each page, with what has to be said on every one of them."""
        head = self._head
        if head.marks:
            self._watermark(head.marks)
        top = self.get_y()
        self.pen(7, SOFT)
        self.block(MARGIN, f"{head.title} {head.number}", 78)
        left = self.get_y()
        self.set_y(top)
        self.pen(7, INK)
        self.block(MARGIN + 80, self.shown(head.serial), 90, align="R")
        self.set_y(max(left, self.get_y()) + 1)
        self.rule()
        if head.marks:
            self.set_y(self.get_y() + 2.5)
            self.pen(15, INK, "B")
            self.set_draw_color(*INK)
            self.set_line_width(0.5)
            with self.local_context(dash_pattern={"dash": 2.0, "gap": 1.4, "phase": 0.0}):
                self.rect(MARGIN, self.get_y(), WIDTH, 10)
            self.set_y(self.get_y() + 1.7)
            self.block(MARGIN, " · ".join(head.marks), WIDTH, align="C")
            self.set_y(self.get_y() + 1.5)
        self.set_y(self.get_y() + 5)
        self._top = self.get_y()
        if self.table_head:
            self.draw_table_head()

    def footer(self) -> None:
        """Which page of how many, and of which record."""
        self.set_y(-15)
        self.rule()
        self.set_y(-13)
        self.pen(7, SOFT)
        self.set_x(MARGIN)
        self.cell(60, 4, f"{self._head.page.format(page=self.page_no())} {_PAGES}")
        self.cell(WIDTH - 60, 4, self._head.record, align="R")

    def _watermark(self, words: tuple[str, ...]) -> None:
        for number, word in enumerate(words):
            self.pen(10, FAINT, "B")
            self.pen(10 * min(9.0, 200.0 / self.get_string_width(word)), FAINT, "B")
            middle = 148.5 + 62.0 * (number - (len(words) - 1) / 2)
            with self.rotation(40, 105, middle):
                self.text(105 - self.get_string_width(word) / 2, middle + 8, word)

    def pen(self, points: float, colour: tuple[int, int, int] = INK, style: str = "", family: str = "sans") -> None:
        """Letters from here on."""
        self.set_font(family, style, points)
        self.set_text_color(*colour)

    def shown(self, text: object) -> str:
        """Text from outside as these fonts can show it."""
        return shown(text, self._glyphs)

    def leading(self) -> float:
        """Height of a line of text in mm."""
        return float(self.font_size_pt * _POINT * LEADING)

    def block(self, x: float, text: str, width: float, align: str = "L") -> None:
        """Text in as many lines as it needs, broken over pages where it must be; goes on below."""
        self.set_x(x)
        self.multi_cell(width, self.leading(), text, align=align, new_x=XPos.LEFT, new_y=YPos.NEXT)

    def height_of(self, text: str, width: float) -> float:
        """Height in mm that `block` takes."""
        if not text:
            return 0.0
        height = self.multi_cell(width, self.leading(), text, dry_run=True, output=MethodReturnValue.HEIGHT)
        return cast(float, height)

    def room_for(self, height: float) -> None:
        """A new page where so many mm do not fit on this one."""
        if self.get_y() + height > self.page_break_trigger:
            self.add_page()

    def rule(self, colour: tuple[int, int, int] = LINE, width: float = 0.2) -> None:
        """A line across the page."""
        self.set_draw_color(*colour)
        self.set_line_width(width)
        self.line(MARGIN, self.get_y(), MARGIN + WIDTH, self.get_y())

    def heading(self, text: str, keep: float = 20.0) -> None:
        """The head of a section, on the same page as the next `keep` mm."""
        self.room_for(14 + keep)
        if self.get_y() > self._top:
            self.set_y(self.get_y() + 6)
        self.pen(10, INK, "B")
        self.block(MARGIN, text, WIDTH)
        self.set_y(self.get_y() + 1)
        self.rule(INK, 0.3)
        self.set_y(self.get_y() + 2)

    def paragraph(self, text: str, points: float = 8, colour: tuple[int, int, int] = INK, style: str = "") -> None:
        """Text over the whole width, with a little room below."""
        self.pen(points, colour, style)
        self.block(MARGIN, text, WIDTH)
        self.set_y(self.get_y() + 1.5)

    def draw_table_head(self) -> None:
        """The names of the columns."""
        y = self.get_y()
        self.pen(7, SOFT)
        for x, name in self.table_head:
            self.set_xy(x, y)
            self.cell(40, 4, name)
        self.set_y(y + 5)
        self.rule()
        self.set_y(y + 6.2)

    def symbol(self, verdict: str, x: float, y: float, r: float, colour: tuple[int, int, int]) -> None:
        """The verdict's shape with its sign in it, about (x, y), as on the pages: circle, octagon, diamond, square."""
        self.set_fill_color(*colour)
        match verdict:
            case "PASS":
                self.ellipse(x - r, y - r, 2 * r, 2 * r, style="F")
            case "FAIL":
                a, b = 0.414 * r, r
                corners = [(-a, -b), (a, -b), (b, -a), (b, a), (a, b), (-a, b), (-b, a), (-b, -a)]
                self.polygon([(x + dx, y + dy) for dx, dy in corners], style="F")
            case "UNDECIDED":
                self.polygon([(x, y - 1.15 * r), (x + 1.15 * r, y), (x, y + 1.15 * r), (x - 1.15 * r, y)], style="F")
            case _:
                self.rect(x - 0.9 * r, y - 0.9 * r, 1.8 * r, 1.8 * r, style="F")
        self.pen(r * 3.6, (255, 255, 255), "B")
        sign = SIGNS[verdict]
        self.text(x - self.get_string_width(sign) / 2, y + 0.36 * self.font_size_pt * _POINT, sign)

    def pairs(self, pairs: list[tuple[str, str]], label: float = 44.0) -> None:
        """Names and values, one below the other; hashes in letters of one width."""
        for name, value in pairs:
            self.pen(7.5, SOFT)
            height = self.height_of(self.shown(name), label - 3)
            self._value_pen(value)
            self.room_for(max(height, self.height_of(self.shown(value), WIDTH - label)))
            y = self.get_y()
            self.pen(7.5, SOFT)
            self.block(MARGIN, self.shown(name), label - 3)
            below = self.get_y()
            self._value_pen(value)
            self.set_y(y)
            self.block(MARGIN + label, self.shown(value), WIDTH - label)
            self.set_y(max(below, self.get_y()) + 0.7)

    def pairs_abreast(self, pairs: list[tuple[str, str]], label: float = 32.0) -> None:
        """Names and values in two columns, read from left to right."""
        half = WIDTH / 2
        for left_and_right in (pairs[n : n + 2] for n in range(0, len(pairs), 2)):
            self.pen(8.5)
            tallest = max(self.height_of(self.shown(value), half - label - 3) for _, value in left_and_right)
            self.room_for(max(tallest, 2 * self.leading()))
            y = below = self.get_y()
            for column, (name, value) in enumerate(left_and_right):
                self.pen(7.5, SOFT)
                self.set_y(y + 0.3)
                self.block(MARGIN + column * half, self.shown(name), label - 2)
                below = max(below, self.get_y())
                self.pen(8.5)
                self.set_y(y)
                self.block(MARGIN + column * half + label, self.shown(value), half - label - 3)
                below = max(below, self.get_y())
            self.set_y(below + 1.0)

    def _value_pen(self, value: str) -> None:
        if _HASH.fullmatch(value):
            self.pen(7 if len(value) == 64 else 6.2, INK, "", "mono")
        else:
            self.pen(8)
