"""The table of characteristics as it stands on the paper: aligned at the decimal point, what is not PASS marked."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from station.genealogy.exports.certificate.rows import Row
from station.genealogy.exports.certificate.sheet import COLOURS, FAINT, INK, MARGIN, SIGNS, SOFT, WIDTH, Sheet
from station.texts import Texts

_STARTS = (0.0, 12.0, 53.0, 92.0, 132.0, 139.0, WIDTH + 2.0)  # mm, of the columns; each ends 2 mm before the next
_X = tuple(MARGIN + start for start in _STARTS)
_W = tuple(after - start - 2.0 for start, after in pairwise(_STARTS))
_NUMBER, _WHAT, _ASKED, _FOUND, _FACTOR, _VERDICT = range(6)
_DETAILS = WIDTH - _STARTS[_WHAT]  # mm, width of the sentences below a row


def draw_table(sheet: Sheet, rows: Sequence[Row], texts: Texts) -> None:
    """Every row with a head on each page."""
    sheet.heading(texts("section.characteristics"), 26)
    if not rows:
        sheet.paragraph(texts("table.nothing"))
        return
    names = ("number", "what", "asked", "found", "factor", "verdict")
    sheet.table_head = tuple((x, texts(f"table.{name}")) for x, name in zip(_X, names, strict=False))
    sheet.draw_table_head()
    point = _X[_FOUND] + max((_before_point(sheet, row) for row in rows), default=0.0)
    for row in rows:
        _draw_row(sheet, row, point, texts)
    sheet.table_head = ()
    if any(row.details for row in rows):
        sheet.set_y(sheet.get_y() + 1)
        sheet.paragraph(texts("table.quoted"), 7, SOFT)


def draw_findings(sheet: Sheet, rows: Sequence[Row], texts: Texts) -> None:
    """What the picture shows and the order does not have; nothing where there is nothing."""
    if rows:
        sheet.heading(texts("section.findings"))
        for row in rows:
            _draw_row(sheet, row, _X[_FOUND], texts)


def _before_point(sheet: Sheet, row: Row) -> float:
    """Width in mm of what stands before the decimal point."""
    sheet.pen(8)
    return float(sheet.get_string_width(_whole(row.found))) if " ± " in row.found else 0.0


def _whole(found: str) -> str:
    return found.split(" ")[0].split(".")[0]


def _draw_row(sheet: Sheet, row: Row, point: float, texts: Texts) -> None:
    cells = ((_NUMBER, row.number, ""), (_WHAT, row.what, row.where), (_ASKED, row.asked, row.limits))
    word = texts(f"verdict.{row.verdict}")
    height = max(_height(sheet, *cell) for cell in (*cells, (_FOUND, row.found, ""), (_VERDICT, word, "")))
    details = [sheet.shown(text) for text in row.details]
    sheet.pen(7.5)
    sheet.room_for(min(80.0, height + sum(sheet.height_of(text, _DETAILS) + 1 for text in details) + 2))
    top, page = sheet.get_y(), sheet.page_no()
    low = [top]
    for column, first, second in cells:
        sheet.set_y(top)
        _draw_cell(sheet, column, first, second)
        low.append(sheet.get_y())
    low += [_draw_found(sheet, row, point, top), _draw_verdict(sheet, row.verdict, word, top)]
    sheet.set_y(max(low) + 0.5)
    for text in details:
        sheet.pen(7.5)
        sheet.block(_X[_WHAT], text, _DETAILS)
        sheet.set_y(sheet.get_y() + 0.5)
    sheet.set_y(sheet.get_y() + 0.6)
    if row.verdict != "PASS" and sheet.page_no() == page:
        sheet.set_fill_color(*COLOURS[row.verdict])
        sheet.rect(MARGIN - 3.2, top - 0.3, 1.2, sheet.get_y() - top - 0.2, style="F")
    sheet.rule(FAINT)
    sheet.set_y(sheet.get_y() + 1.2)


def _draw_cell(sheet: Sheet, column: int, first: str, second: str) -> None:
    sheet.pen(8)
    sheet.block(_X[column], sheet.shown(first), _W[column])
    if second:
        sheet.pen(7, SOFT)
        sheet.block(_X[column], sheet.shown(second), _W[column])


def _height(sheet: Sheet, column: int, first: str, second: str) -> float:
    sheet.pen(8, INK, "B")  # the widest that it may come to
    height = sheet.height_of(sheet.shown(first), _W[column])
    sheet.pen(7)
    return height + sheet.height_of(sheet.shown(second), _W[column])


def _draw_found(sheet: Sheet, row: Row, point: float, top: float) -> float:
    sheet.pen(8, INK, "" if row.verdict == "PASS" else "B")
    sheet.set_y(top)
    text = sheet.shown(row.found)
    x = point - sheet.get_string_width(_whole(row.found))
    if " ± " in row.found and x + sheet.get_string_width(text) < _X[_FACTOR] - 1:
        sheet.set_x(x)
        sheet.cell(None, sheet.leading(), text)
        low = top + sheet.leading()
    else:
        sheet.block(_X[_FOUND], text, _W[_FOUND])
        low = float(sheet.get_y())
    sheet.pen(8)
    sheet.set_xy(_X[_FACTOR], top)
    sheet.cell(_W[_FACTOR], sheet.leading(), row.factor)
    return low


def _draw_verdict(sheet: Sheet, verdict: str, word: str, top: float) -> float:
    colour = COLOURS[verdict]
    sheet.set_y(top)
    sheet.pen(8, colour, "B")
    sheet.set_x(_X[_VERDICT])
    sheet.cell(4, sheet.leading(), SIGNS[verdict])
    sheet.pen(7, colour, "" if verdict == "PASS" else "B")
    sheet.block(_X[_VERDICT] + 4, word, _W[_VERDICT] - 4)
    return float(sheet.get_y())
