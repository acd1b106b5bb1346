"""Every trouble that the twin can have, called up over a cell: what the station did, as the table of docs/faults.md."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from endurance.faults import line_of, row_of

from station.tables.progress import Bar
from station.twin.troubles import Trouble

HEAD = """| trouble | the station | recorded of a good part | it | a bad one | goes on | what it shows |
|---|---|---|---|---|---|---|"""


def main() -> int:
    """Prints the table; exit status 1 when a bad part left or the next one did not pass."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    well, lines = True, []
    with Bar("Troubles", quiet=False) as bar:
        for number, trouble in enumerate(Trouble):
            with tempfile.TemporaryDirectory(prefix="faults-") as folder:
                row = row_of(trouble, Path(folder))
            well = well and row.passes_after and not row.bad_left
            lines.append(line_of(row))
            bar.update(number + 1, len(Trouble))
    print("\n".join([HEAD, *lines]))
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
