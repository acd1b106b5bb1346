"""The table of alarms for `docs/stage.md`: python -m station.devices.grbl.page."""

from __future__ import annotations

import sys

from station.devices.grbl.alarms import BY_DIALECT, COMMON
from station.devices.grbl.said import Dialect


def alarm_table() -> str:
    """One Markdown table of all alarms."""
    rows = ["| alarm | what happened | what you do |", "|---|---|---|"]
    rows += [f"| ALARM:{number} | {words.what}. | {words.do}. |" for number, words in COMMON.items()]
    for dialect in (Dialect.GRBLHAL, Dialect.FLUIDNC):
        others = {number: words for number, words in BY_DIALECT[dialect].items() if number not in COMMON}
        rows += [f"| {dialect} ALARM:{number} | {words.what}. | {words.do}. |" for number, words in others.items()]
    return "\n".join(rows) + "\n"


if __name__ == "__main__":
    sys.stdout.write(alarm_table())
