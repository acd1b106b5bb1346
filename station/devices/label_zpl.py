"""Labels on a ZPL II printer over TCP (port 9100): order, serial, verdict, and the inspection's id as a Data Matrix.

Sources: Zebra's ZPL II Programming Guide, ^BX, ^FH, ^CI, ~HS. Nothing is ever sent twice by itself: a label that may
have been printed is not printed again.
"""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass

from station.errors import DeviceError, InputError, LostDeviceError

_DOTS_PER_MM = {203: 8, 300: 12, 600: 24}
_MODULES = 26  # of a Data Matrix ECC 200 with 44 codewords (ISO/IEC 16022, table 7): an id is 36 characters at most
_STATUS = re.compile(rb"\x02([^\x02\x03]*)\x03\r\n")
_SHAPE = 0.6  # width of a character of font 0 in its height, on the generous side
_LEAST_MM = 1.5  # of a character that people still read


@dataclass(frozen=True, slots=True)
class LabelPrinterFacts:
    """`host` and the size of its labels. `answers`: whether it tells its status (not all that imitate Zebra do)."""

    host: str
    port: int = 9100
    width_mm: float = 50.0
    height_mm: float = 25.0
    dpi: int = 203
    module_mm: float = 0.375
    answers: bool = True
    timeout_s: float = 3.0
    print_s: float = 10.0


@dataclass(frozen=True, slots=True)
class Label:
    """What stands on a label."""

    order_id: str
    serial: str
    verdict: str
    inspection_id: str


def zpl(label: Label, facts: LabelPrinterFacts) -> bytes:
    """The label in ZPL II, UTF-8.

    Raises:
        InputError: the label is too small for it, or the id is none.
    """
    place = f"label {facts.host}"
    if not re.fullmatch(r"[A-Za-z0-9.:/-]{1,36}", label.inspection_id):
        raise InputError(f"the id {label.inspection_id!r} cannot be a Data Matrix on a label", place=place)
    dots = _DOTS_PER_MM[facts.dpi]
    module = max(round(facts.module_mm * dots), 1)
    code_mm = _MODULES * module / dots
    left_mm, top_mm = 2.0 + code_mm + 2.0, 2.0
    room_mm = facts.width_mm - left_mm - 2.0
    if code_mm + 4.0 > facts.height_mm or room_mm < 5.0:
        raise InputError(f"a label of {facts.width_mm:g} × {facts.height_mm:g} mm is too small", place=place)
    height_mm = (facts.height_mm - 4.0) / 4.0
    parts = [f"^XA^CI28^PW{round(facts.width_mm * dots)}^LL{round(facts.height_mm * dots)}^LH0,0"]
    parts.append(f"^FO{2 * dots},{2 * dots}^BXN,{module},200^FD{label.inspection_id}^FS")
    for text, share in ((label.verdict, 1.6), (label.serial, 1.2), (label.order_id, 1.2)):
        size_mm = min(share * height_mm * 0.8, room_mm / (_SHAPE * max(len(text), 1)))
        if size_mm < _LEAST_MM:
            raise InputError(f"{text!r} does not fit on a label of {facts.width_mm:g} mm", place=place)
        at = f"{round(left_mm * dots)},{round(top_mm * dots)}"
        parts.append(f"^FO{at}^A0N,{round(size_mm * dots)},0^FH_^FD{_field(text)}^FS")
        top_mm += share * height_mm
    return "".join([*parts, "^PQ1^XZ"]).encode()


def _field(text: str) -> str:
    """Field data after ^FH_: what ZPL would take for a command or an escape is written in hexadecimal."""
    plain = "".join(one if one.isprintable() else "?" for one in text)
    return plain.replace("_", "_5F").replace("^", "_5E").replace("~", "_7E")


class LabelPrinter:
    """One connection for each label: print servers drop those that are idle."""

    def __init__(
        self,
        facts: LabelPrinterFacts,
        place: str = "label",
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Connects to nothing yet. Raises: InputError."""
        if facts.dpi not in _DOTS_PER_MM or not 0 < facts.port <= 65535 or not 0.1 <= facts.module_mm <= 2.0:
            raise InputError("dpi is 203, 300 or 600, port 1 to 65535, module_mm 0.1 to 2", place=place)
        self._facts, self._clock, self._sleep = facts, clock, sleep
        self._place = f"{place} {facts.host}:{facts.port}"

    def print(self, label: Label) -> None:
        """Prints one label; returns when the printer has none left to print (or at once, where it does not answer).

        Raises:
            InputError: it does not fit.
            LostDeviceError: the printer is not there.
            DeviceError: it cannot print; whether it has printed this label must be looked at.
        """
        data = zpl(label, self._facts)
        with self._connect() as line:
            if self._facts.answers:
                self._check_status(line)
            self._send(line, data)
            if not self._facts.answers:
                return
            deadline_s = self._clock() + self._facts.print_s
            while self._check_status(line):
                if self._clock() >= deadline_s:
                    raise DeviceError("the label was sent and is not printed", place=self._place)
                self._sleep(0.1)

    def check(self) -> str:
        """What it is. Raises: DeviceError when it cannot print."""
        with self._connect() as line:
            if self._facts.answers:
                self._check_status(line)
        return f"label printer, {self._facts.width_mm:g} × {self._facts.height_mm:g} mm, {self._facts.dpi} dpi"

    def close(self) -> None:
        """Nothing to let go of."""

    def _connect(self) -> socket.socket:
        try:
            return socket.create_connection((self._facts.host, self._facts.port), self._facts.timeout_s)
        except OSError as error:
            why = error.strerror or str(error)
            raise LostDeviceError(f"the label printer cannot be reached ({why})", place=self._place) from error

    def _send(self, line: socket.socket, data: bytes) -> None:
        try:
            line.sendall(data)
        except OSError as error:
            raise LostDeviceError(f"the label printer is gone ({error})", place=self._place) from error

    def _check_status(self, line: socket.socket) -> int:
        """Labels that wait to be printed. Raises: DeviceError with what keeps it from printing."""
        self._send(line, b"~HS")
        first, second = self._status(line)
        try:
            flags = {"the label printer has no paper": first[1], "the label printer is paused": first[2]}
            flags |= {"the label printer is too cold": first[10], "the label printer is too hot": first[11]}
            flags |= {"the label printer's head is open": second[2], "the label printer has no ribbon": second[3]}
            for trouble, flag in flags.items():
                if int(flag):
                    raise DeviceError(trouble, place=self._place)
            return int(first[4]) + int(second[8])
        except (IndexError, ValueError) as error:
            raise LostDeviceError("the label printer's status is garbled", place=self._place) from error

    def _status(self, line: socket.socket) -> tuple[list[bytes], list[bytes]]:
        """Fields of the first two strings of ~HS. Zebra's own do not answer without paper or ribbon or with an open
        head."""
        data, deadline_s = b"", self._clock() + self._facts.timeout_s
        while len(strings := _STATUS.findall(data)) < 3:
            try:
                line.settimeout(max(deadline_s - self._clock(), 0.001))
                more = line.recv(1024)
            except OSError as error:
                sentence = "the label printer does not answer: no paper, no ribbon, or its head is open?"
                raise LostDeviceError(sentence, place=self._place) from error
            if not more or len(data) > 4096:
                raise LostDeviceError("the label printer's status is garbled", place=self._place)
            data += more
        return strings[0].split(b","), strings[1].split(b",")
