"""Schemathesis against the API as it is served: every check it has, with a token of each role and with none.

What its expectations have to be told is in `_CONFIG`, each with its reason. Run by scripts/test_mes.
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from station.documents import sha256_hex

from .service import AT_ONCE, OTHER_ID, Api, order_bytes, served, two_orders

pytestmark = pytest.mark.skipif(os.environ.get("STATION_FUZZ") != "1", reason="takes minutes: run scripts/test_mes")
EXAMPLES = os.environ.get("STATION_FUZZ_EXAMPLES", "25")
BRIEF = replace(AT_ONCE, stream_s=0.1, body_s=5.0)  # streams that end: a fuzzer waits for the end of an answer

_CONFIG = """
# Too large, too long and too many is refused too.
[checks.negative_data_rejection]
expected-statuses = ["400", "401", "403", "404", "405", "408", "409", "410", "413", "414", "415", "422", "429", "431"]

# A cursor that looks like one and was never given out is 400, one of another record 410; a schema cannot tell.
[[operations]]
include-path-regex = "^/(records|records.ndjson|entries.ndjson|events)$"
checks.positive_data_acceptance.expected-statuses = ["2xx", "400", "401", "403", "404", "410"]

# Most documents of the right shape are no order that could be measured, and a form can hold anything.
[[operations]]
include-path = "/orders/{order_id}"
include-method = "PUT"
checks.positive_data_acceptance.expected-statuses = ["2xx", "400", "401", "403", "404", "409", "422"]

# A name that cannot be printed, a part built into itself, a second correction: right in shape, wrong in sense.
[[operations]]
include-method = "POST"
checks.positive_data_acceptance.expected-statuses = ["2xx", "401", "403", "404", "422"]
"""
_THERE = """
[parameters]
"path.order_id" = "{order_id}"
"path.serial" = "{serial}"
"path.format" = "echo"
"path.sha256" = "{sha256}"
"path.id" = "{id}"
"""


@pytest.mark.parametrize("role", ["nobody", "operator", "quality", "mes", "customer"])
def test_the_fuzzer_finds_nothing_among_made_up_names(tmp_path: Path, role: str) -> None:
    with served(tmp_path / "home", BRIEF, fill=two_orders) as api:
        _fuzz(api, role, tmp_path, _CONFIG, "examples,coverage,fuzzing,stateful")


@pytest.mark.parametrize("role", ["quality", "mes", "customer"])
def test_the_fuzzer_finds_nothing_among_what_is_there(tmp_path: Path, role: str) -> None:
    with served(tmp_path / "home", BRIEF, fill=two_orders) as api:
        line = api.genealogy.records().records[0]
        frame = api.genealogy.inspection(line.id)["frames"][0]["sha256"]
        there = _THERE.format(order_id=line.order_id, serial=line.serial, sha256=frame, id=line.id)
        _fuzz(api, role, tmp_path, there + _CONFIG, "examples,coverage,fuzzing")


def _fuzz(api: Api, role: str, folder: Path, config: str, phases: str) -> None:
    settings = folder / "schemathesis.toml"
    settings.write_text(config)
    token = [] if role == "nobody" else ["--header", f"Authorization: Bearer {api.secrets[role]}"]
    command = [
        *(str(Path(sys.executable).with_name("schemathesis")), "--config-file", str(settings), "run"),
        *(f"http://127.0.0.1:{api.port}/v1/openapi.json", *token, "--checks", "all", "--phases", phases),
        *("--max-examples", EXAMPLES, "--request-timeout", "20", "--no-color", "--warnings", "off"),
    ]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-2000:]
    assert "No issues found" in done.stdout, done.stdout[-2000:]


def test_what_is_fuzzed_is_what_is_there(tmp_path: Path) -> None:
    with served(tmp_path / "home", BRIEF, fill=two_orders) as api:
        assert api.get("/orders/MO-1").headers["ETag"] == f'"{sha256_hex(order_bytes())}"'
        assert api.get(f"/orders/{OTHER_ID.replace('/', '%2F')}").status_code == 200
