"""The commands in docs/record.md do what the page says, on a sound home and on a broken one."""

from __future__ import annotations

import re
import shutil
import sqlite3
import subprocess
from pathlib import Path

import pytest

from station.genealogy.calibrations import accept
from station.genealogy.home import StationHome
from station.genealogy.store import Genealogy

from .builders import at, draft, evidence

PAGE = Path(__file__).parents[2] / "docs" / "record.md"
TOOLS = ("bash", "sqlite3", "sha256sum", "xxd", "jq")

pytestmark = pytest.mark.skipif(
    not all(shutil.which(tool) for tool in TOOLS), reason=f"needs {', '.join(TOOLS)} on the path"
)


@pytest.fixture
def filled(home: StationHome) -> StationHome:
    with Genealogy.open(home) as genealogy:
        accept(genealogy, b"{}", at=at(0), by="ann")
        for number in range(3):
            record = genealogy.commit(draft(), evidence(number), committed=at(number))
            genealogy.add_overlay(record.id, b"overlay %d" % number, at=at(number))
    return home


def by_hand(home: StationHome) -> str:
    page = PAGE.read_text(encoding="utf-8").partition("## 6. ")[0]  # what follows is about bundles
    script = "\n".join(re.findall(r"```sh\n(.*?)```", page, re.DOTALL))
    done = subprocess.run(["bash", "-eu", "-c", script], cwd=home.path, capture_output=True, text=True)
    return done.stdout + done.stderr


def test_a_sound_home(filled: StationHome):
    output = by_hand(filled)
    assert "BROKEN" not in output
    assert [f"chain {cursor} ok" in output for cursor in range(1, 9)] == 7 * [True] + [False]
    assert output.count(": OK") == 6
    assert len(re.findall(r"document \w+ ok", output)) == 4
    assert len(re.findall(r"document \w+ there", output)) == 3
    assert '"value": 23.6684' in output


def test_a_broken_home(filled: StationHome):
    connection = sqlite3.connect(filled.database)
    connection.execute("DROP TRIGGER chain_no_update")
    connection.execute("UPDATE chain SET body = CAST(replace(body, '23.6684', '23.7') AS BLOB) WHERE cursor = 2")
    connection.commit()
    connection.close()
    changed, missing = sorted(filled.frames.glob("??/*"))[:2]
    changed.write_bytes(b"x")
    missing.unlink()
    output = by_hand(filled)
    assert "chain 2 BROKEN" in output
    assert f"{changed.name} BROKEN" in output
    assert f"frame {missing.stem} BROKEN" in output
    assert output.count("BROKEN") == 3
