"""The side panel: the verdict, whose part this is, and its characteristics, worst first."""

from __future__ import annotations

from station.cycle.measure import Outcome
from station.cycle.overlay.bar import draw_bar
from station.cycle.overlay.callouts import letter_of
from station.cycle.overlay.canvas import BOLD, MEDIUM, REGULAR, Canvas
from station.cycle.overlay.palette import INK, QUIET, RULE, STYLES
from station.cycle.overlay.symbols import draw_balloon, draw_symbol
from station.cycle.overlay.wording import limits_of, name_of, tally, value_of, worst_first
from station.cycle.results import ItemResult
from station.metrology.decision import Verdict
from station.order.model import Order

MARGIN = 20
BLOCK = 136
ROW = 72
FINDING_ROW = 54
PLAIN_ROW = 54
_MOST_FINDINGS = 3
_ROOM = 46.0  # for the text of a balloon
_LIMITS = 220.0  # room for limits
_VALUE = 290.0  # room for a value with its uncertainty


def draw_panel(canvas: Canvas, order: Order, outcome: Outcome) -> None:
    """Everything beside the picture, from top to bottom."""
    draw_verdict(canvas.part(0, 0, canvas.width, BLOCK), outcome.verdict)
    width = canvas.width - 2 * MARGIN
    y = float(BLOCK + 36)
    canvas.text(MARGIN, y, canvas.cut(order.part.serial, 28, width, BOLD), 28, INK, BOLD)
    y += 32
    words = f"Order {order.order_id}"
    canvas.text(MARGIN, y, canvas.cut(words, 22, width), 22, QUIET)
    y += 18
    y = _draw_findings(canvas, outcome, y)
    items = worst_first(outcome.items)
    nothing = bool(items) and all(
        item.value is None and item.read is None and item.verdict is Verdict.ERROR for item in items
    )
    if nothing:
        canvas.text(MARGIN, y + 34, "Nothing was measured", 24, INK, MEDIUM)
        y += 52
    high, draw = (PLAIN_ROW, draw_plain_row) if nothing else (ROW, draw_row)
    room = int((canvas.height - y) // high)
    if len(items) > room:
        room = int((canvas.height - y - 36) // high)
    for item in items[:room]:
        draw(canvas, item, y)
        y += high
    if items[room:]:
        canvas.line([(MARGIN, y), (canvas.width - MARGIN, y)], RULE, 1)
        canvas.text(MARGIN, y + 27, tally(items[room:]), 22, QUIET, MEDIUM)


def draw_verdict(canvas: Canvas, verdict: Verdict) -> None:
    """The block that is read from a metre away: colour, symbol and word."""
    style = STYLES[verdict]
    canvas.box(0, 0, canvas.width, canvas.height, style.block)
    middle = canvas.height / 2.0
    radius = 37.0 if verdict is Verdict.UNDECIDED else 42.0  # a diamond reaches farther
    draw_symbol(canvas, verdict, MARGIN + 46, middle, radius, style.block, style.on_block)
    left, size = MARGIN + 112, 92
    while canvas.measure(verdict, size, 700) > canvas.width - left - MARGIN:
        size -= 2
    canvas.text(left, middle + 0.36 * size, verdict, size, style.on_block, 700)


def draw_row(canvas: Canvas, item: ItemResult, y: float) -> None:
    """One characteristic: balloon, name, value ± U; below a bar and the limits."""
    quiet = item.verdict is Verdict.PASS
    right = canvas.width - MARGIN
    canvas.line([(MARGIN, y), (right, y)], RULE, 1)
    draw_balloon(canvas, item.verdict, MARGIN + 24, y + ROW / 2.0, item.item.characteristic.id, room=_ROOM)
    left = MARGIN + 62
    room = _LIMITS if item.read is None else right - left - canvas.measure(name_of(item), 22) - 14
    taken = canvas.text(right, y + 28, canvas.cut(limits_of(item), 20, room), 20, QUIET, REGULAR, 1.0)
    canvas.text(left, y + 28, canvas.cut(name_of(item), 22, right - taken - left - 14), 22, INK)
    weight = REGULAR if quiet else BOLD
    value = canvas.cut(value_of(item), 25, right - left, weight)
    taken = canvas.text(right, y + 60, value, 25, INK, weight, 1.0)
    draw_bar(canvas, item, left, y + 52, right - max(taken, _VALUE) - left - 16)


def draw_plain_row(canvas: Canvas, item: ItemResult, y: float) -> None:
    """One characteristic of a picture in which nothing was measured: what it asks for, without colour."""
    right = canvas.width - MARGIN
    canvas.line([(MARGIN, y), (right, y)], RULE, 1)
    draw_balloon(
        canvas, item.verdict, MARGIN + 24, y + PLAIN_ROW / 2.0, item.item.characteristic.id, hollow=True, room=_ROOM
    )
    base = y + PLAIN_ROW / 2.0 + 8.0
    taken = canvas.text(right, base, canvas.cut(limits_of(item), 20, _LIMITS), 20, QUIET, REGULAR, 1.0)
    canvas.text(MARGIN + 62, base, canvas.cut(name_of(item), 22, right - taken - MARGIN - 76), 22, QUIET)


def _draw_findings(canvas: Canvas, outcome: Outcome, y: float) -> float:
    """Findings as short rows; returns where the next thing goes."""
    for number, finding in enumerate(outcome.findings[:_MOST_FINDINGS]):
        canvas.line([(MARGIN, y), (canvas.width - MARGIN, y)], RULE, 1)
        draw_balloon(canvas, finding.verdict, MARGIN + 24, y + FINDING_ROW / 2.0, letter_of(number))
        words = canvas.cut(f"{finding.kind}, {finding.size_mm:.2g} mm", 22, canvas.width - 2 * MARGIN - 62, MEDIUM)
        canvas.text(MARGIN + 62, y + FINDING_ROW / 2.0 + 8.0, words, 22, INK, MEDIUM)
        y += FINDING_ROW
    rest = len(outcome.findings) - _MOST_FINDINGS
    if rest > 0:
        canvas.text(MARGIN + 62, y + 22, f"+ {rest} more places", 20, QUIET)
        y += 32
    return y
