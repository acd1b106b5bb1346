"""The three sheets: power and safety chain, the controller, the Pi's own header."""

from __future__ import annotations

from .pins import BOARD, CONTROLLER_IN, CONTROLLER_OUT, HEADER_IN, HEADER_OUT, Wire
from .svg import Sheet

GREY = "#f0f0f0"

SAFETY_NOTES = """\
Drawn with the power off, the door shut and the emergency stop not pressed. Both channels must open and close \
together, or the relay does not start again.
The relay starts by its reset button only, never by software. K1 and K2: contactors with linked contacts; their break \
contacts watch them in the reset circuit.
24 V S moves things: stage, valve. 24 V stays: camera, lamps, Pi, so that the station can say what is wrong."""

CONTROLLER_NOTES = """\
D0, D1 are the serial line
of the USB chip: leave free.

Every output has its own
10 kΩ to 0 V: while the chip
resets, its pins float.

Gate: D10 high lets through.
It falls to reject when the
Pi is silent for 500 ms and
at the end of its time.

D13 flickers at reset (boot
loader): only a lamp there.

Inputs with more than 1 m of
wire: 1 kΩ in series, 4.7 kΩ
to 5 V, 10 nF to 0 V (D8:
100 pF), or optocouplers."""

HEADER_NOTES = """\
0 V: pins 6, 9, 14, 20, 25,
30, 34, 39. Never 5 V or 24 V
on a pin.

Outputs are GPIO9 to 27: they
are pulled down until the
station runs. GPIO0 to 8 are
pulled up: inputs only.

/boot/firmware/config.txt:
dtparam=strict_gpiod

Watchdog relay: a level that
stands, high or low, is hold;
it opens while GPIO17 toggles
(kick_hz in the rig's file).

Lamps here are software PWM:
no strobes, no exposures
under a millisecond."""


def sheets() -> dict[str, str]:
    """Name and SVG of each."""
    return {
        "safety": _safety().svg(),
        "controller": _controller().svg(),
        "header": _header().svg(),
    }


def _safety() -> Sheet:
    sheet = Sheet("Power and safety chain", "sheet 1 of 3")
    _channels(sheet)
    _power(sheet)
    sheet.lines(12.0, 187.0, SAFETY_NOTES.splitlines(), size=3.1)
    return sheet


def _channels(sheet: Sheet) -> None:
    """24 V, through stop and door, to the relay's two channels."""
    sheet.text(30.0, 30.0, "24 V", bold=True)
    sheet.line([(30.0, 32.0), (75.0, 32.0)], width=0.7)
    for x, channel in ((38.0, "1"), (67.0, "2")):
        sheet.dot(x, 32.0)
        sheet.line([(x, 32.0), (x, 40.0)])
        sheet.closed_contact(x, 40.0)
        sheet.line([(x, 48.0), (x, 60.0)])
        sheet.closed_contact(x, 60.0)
        sheet.line([(x, 68.0), (x, 84.0)])
        sheet.text(x + 2.0, 81.0, f"channel {channel}", size=3.0)
    for y, words in (
        (45.0, ["S1 emergency stop", "red on yellow, stays"]),
        (65.0, ["S2 door switch", "forced opening"]),
    ):
        sheet.line([(40.0, y - 1.0), (69.0, y - 1.0)], dashed=True, width=0.25)
        sheet.lines(76.0, y - 1.5, words, size=3.1)
    sheet.box(26.0, 84.0, 56.0, 22.0, ["safety relay", "two channels, watched reset", "ISO 13849-1 PL d"], fill=GREY)
    sheet.line([(26.0, 95.0), (17.0, 95.0), (17.0, 100.0)])
    sheet.open_contact(17.0, 100.0)
    sheet.line([(17.0, 108.0), (17.0, 114.0), (30.0, 114.0), (30.0, 106.0)])
    sheet.lines(12.0, 119.0, ["S3 reset (blue),", "in series with", "break contacts", "of K1 and K2"], size=3.1)
    for x, name in ((50.0, "K1"), (70.0, "K2")):
        sheet.line([(x, 106.0), (x, 132.0)])
        sheet.box(x - 6.0, 132.0, 12.0, 9.0, [name])
        sheet.line([(x, 141.0), (x, 148.0)])
    sheet.line([(42.0, 148.0), (80.0, 148.0)], width=0.7)
    sheet.text(42.0, 153.0, "0 V", bold=True)
    sheet.line([(82.0, 95.0), (100.0, 95.0), (100.0, 160.0), (108.0, 160.0)])
    sheet.lines(84.0, 89.5, ["signal", "contact"], size=3.0)
    sheet.box(108.0, 153.0, 78.0, 12.0, ["controller D7, or GPIO6: emergency stop", "closed = the relay is on"])
    sheet.box(108.0, 169.0, 78.0, 12.0, ["controller D4, or GPIO5: door", "closed = shut"])
    sheet.line([(100.0, 175.0), (108.0, 175.0)])
    sheet.text(98.0, 176.1, "S2, third contact", size=3.0, anchor="end")


def _power(sheet: Sheet) -> None:
    """Mains to 24 V, and 24 V S behind the contactors."""
    sheet.box(118.0, 26.0, 40.0, 14.0, ["main switch, fuse"])
    sheet.box(118.0, 47.0, 40.0, 14.0, ["24 V supply, SELV", "0 V to earth"])
    sheet.line([(138.0, 40.0), (138.0, 47.0)])
    sheet.text(112.0, 34.5, "L, N", anchor="end")
    sheet.line([(113.0, 33.0), (118.0, 33.0)])
    sheet.line([(158.0, 54.0), (186.0, 54.0), (186.0, 34.0)], width=0.7)
    sheet.text(166.0, 52.0, "24 V", bold=True)
    fed = [
        "Pi 5: 24 V to 5 V 5 A, to USB-C",
        "camera",
        "lamps, through their drivers",
        "tower, 24 V",
        "line handshake (PLC's own 24 V)",
    ]
    sheet.line([(186.0, 34.0), (186.0, 78.0)], width=0.7)
    for at, words in enumerate(fed):
        y = 34.0 + 11.0 * at
        sheet.dot(186.0, y)
        sheet.line([(186.0, y), (205.0, y)])
        sheet.box(205.0, y - 4.2, 80.0, 8.4, [words])
    sheet.line([(186.0, 78.0), (186.0, 92.0)], width=0.7)
    sheet.open_contact(186.0, 92.0)
    sheet.text(190.0, 97.5, "K1")
    sheet.line([(186.0, 100.0), (186.0, 104.0)], width=0.7)
    sheet.open_contact(186.0, 104.0)
    sheet.text(190.0, 109.5, "K2")
    sheet.line([(186.0, 112.0), (186.0, 140.0)], width=0.7)
    sheet.text(166.0, 122.0, "24 V S", bold=True)
    for at, words in enumerate(
        ["stage: drivers of the motors (not their logic)", "valve of the gate: spring returns to reject"]
    ):
        y = 126.0 + 14.0 * at
        sheet.dot(186.0, y)
        sheet.line([(186.0, y), (205.0, y)])
        sheet.box(205.0, y - 4.2, 80.0, 8.4, [words])
    sheet.lines(
        205.0,
        157.0,
        [
            "Stop category 0 (EN 60204-1): power goes at",
            "once. The stage stands still, a vertical axis by",
            "its brake; it must be homed again.",
        ],
        size=3.1,
    )
    sheet.text(205.0, 148.5, "switched on its 0 V side by controller D10 (or GPIO17)", size=2.9)


def _controller() -> Sheet:
    sheet = Sheet("Light and I/O controller (Arduino Uno or Nano, ATmega328P)", "sheet 2 of 3")
    sheet.box(12.0, 26.0, 34.0, 24.0, ["Raspberry Pi 5", "USB"], fill=GREY)
    sheet.line([(46.0, 38.0), (70.0, 38.0)], width=0.7)
    sheet.text(58.0, 36.0, "USB, 5 V", size=3.0, anchor="middle")
    _rows(sheet, 70.0, CONTROLLER_OUT, CONTROLLER_IN, "controller, 5 V", {})
    sheet.lines(12.0, 62.0, CONTROLLER_NOTES.splitlines(), size=3.1)
    return sheet


def _header() -> Sheet:
    sheet = Sheet("The same on the Pi's own header, without a controller", "sheet 3 of 3")
    _rows(
        sheet, 70.0, HEADER_OUT, HEADER_IN, "Raspberry Pi 5, header, 3.3 V", {f"GPIO{n[4:]}": BOARD[n] for n in BOARD}
    )
    sheet.lines(12.0, 30.0, HEADER_NOTES.splitlines(), size=3.1)
    return sheet


def _rows(
    sheet: Sheet, x: float, outputs: tuple[Wire, ...], inputs: tuple[Wire, ...], name: str, board: dict[str, int]
) -> None:
    """A board as a tall box with a row for each pin, its driver, and what hangs on it."""
    count = len(outputs) + len(inputs) + 1
    step = (201.0 - 29.0) / count
    sheet.box(x, 26.0, 58.0, 202.0 - 26.0, [])
    sheet.text(x + 29.0, 30.5, name, size=3.1, anchor="middle")
    sheet.text(x + 97.0, 27.5, "through", size=3.0, anchor="middle")
    sheet.text(x + 140.0, 27.5, "to", size=3.0)
    for at, wire in enumerate([*outputs, *inputs]):
        y = 28.5 + step * (at + 1) + (1.5 if at >= len(outputs) else 0.0)
        sheet.text(x + 3.0, y + 1.2, wire.role, size=3.2)
        pin = f"{wire.pin} = {board[wire.pin]}" if board else wire.pin
        sheet.text(x + 56.0, y + 1.2, pin, size=3.2, anchor="end", bold=True)
        sheet.line([(x + 58.0, y), (x + 66.0, y)])
        sheet.box(x + 66.0, y - 0.36 * step, 62.0, 0.72 * step, [])
        sheet.text(x + 97.0, y + 1.2, wire.through, size=3.1, anchor="middle")
        sheet.line([(x + 128.0, y), (x + 138.0, y)])
        arrow = [(x + 135.5, y - 1.0), (x + 138.0, y), (x + 135.5, y + 1.0)]
        if at >= len(outputs):
            arrow = [(x + 62.5, y - 1.0), (x + 60.0, y), (x + 62.5, y + 1.0)]
        sheet.line(arrow)
        sheet.text(x + 140.0, y + 1.2, wire.to, size=3.2)
