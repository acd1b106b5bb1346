"""The registers of the line handshake over Modbus TCP; addresses count from 0, as requests have them.

The PLC reads, the station writes:

    discrete input 0…5     ready, busy, result valid, OK, NOK, fault
    input register 0       heartbeat: counts up ten times a second while the station lives
    input register 1       the same six signals as bits 0…5, for a PLC that reads everything in one request
    input register 2       verdict of the result: 0 none, 1 OK, 2 NOK
    input register 3       request number the result or the busy is for: what holding register 1 was at the trigger
    input register 4       version of this map: 1
    input register 5       characters of the serial number
    input register 6…37    serial number the result is for, UTF-8, two characters a register, the first in the high byte

The PLC writes:

    coil 0                 trigger
    holding register 0     heartbeat: another value at least once in `plc_silent_s`
    holding register 1     request number, free for the PLC: another one for each part
    holding register 2…33  serial number of the part that lies in the station, as above, ended by 0 (may stay 0)

It lowers the trigger when it starts (the station must have seen it low). Then, for each part, it writes number and
serial, raises the trigger only while ready is on and result valid is off, and takes the part as rejected unless, within
its window, result valid and OK are on, NOK and fault are off **and the request number is its own**. It reads registers
0…3 in one request: one request never mixes two moments.
"""

from __future__ import annotations

from dataclasses import dataclass

from station.devices.line_signals import Signals

VERSION = 1
TEXT_REGISTERS = 32
PLC_HEARTBEAT, PLC_REQUEST, PLC_SERIAL = 0, 1, 2
HOLDING_REGISTERS = PLC_SERIAL + TEXT_REGISTERS
INPUT_REGISTERS = 6 + TEXT_REGISTERS


@dataclass(frozen=True, slots=True)
class Request:
    """What the PLC asked for: its number and the part's serial number, if it gave one."""

    number: int = 0
    serial: str = ""


def signal_bits(signals: Signals) -> int:
    """The six signals as bits 0 to 5."""
    names = (signals.ready, signals.busy, signals.result_valid, signals.ok, signals.nok, signals.fault)
    return sum(1 << at for at, on in enumerate(names) if on)


def input_registers(signals: Signals, heartbeat: int, request: Request) -> list[int]:
    """All input registers at one moment."""
    verdict = (1 if signals.ok else 2) if signals.result_valid else 0
    head = [heartbeat & 0xFFFF, signal_bits(signals), verdict, request.number, VERSION]
    return [*head, len(request.serial), *text_registers(request.serial)]


def text_registers(text: str) -> list[int]:
    """A text in 32 registers, two bytes each; what is longer is cut at a character."""
    data = text.encode()[: 2 * TEXT_REGISTERS].decode(errors="ignore").encode().ljust(2 * TEXT_REGISTERS, b"\0")
    return [int.from_bytes(data[at : at + 2], "big") for at in range(0, len(data), 2)]


def register_text(registers: list[int]) -> str:
    """The text up to its first 0; bytes that are no UTF-8 become "\N{REPLACEMENT CHARACTER}", which matches nothing."""
    data = b"".join(one.to_bytes(2, "big") for one in registers)
    return data.partition(b"\0")[0].decode(errors="replace").strip()
