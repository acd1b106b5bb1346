"""The commands of docs/api.md do what it says, and its tables name what there is."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from station.mes.facts import ApiFacts
from station.mes.guard import MAX_HEADERS, MAX_SMALL_BODY
from station.mes.tokens import Role

from .service import Api, order_bytes

DOCUMENT = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```sh\n(.*?)```", DOCUMENT, re.DOTALL)
needs_tools = pytest.mark.skipif(
    any(shutil.which(tool) is None for tool in ("curl", "jq", "sha256sum")), reason="needs curl, jq and sha256sum"
)


def shell(api: Api, commands: str, folder: Path, role: str = "mes") -> str:
    address = f'station=http://127.0.0.1:{api.port}/v1\nauth="Authorization: Bearer {api.secrets[role]}"\n'
    done = subprocess.run(
        ["sh", "-euc", address + commands], cwd=folder, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def block(start: str) -> str:
    return next(one for one in BLOCKS if one.startswith(start))


@needs_tools
def test_sending_following_and_saying_what_happened(api: Api, tmp_path: Path) -> None:
    (tmp_path / "order.json").write_bytes(order_bytes("MO-2026-000417", "RING-237-0001"))
    said = shell(api, block("curl -fsS -X PUT").splitlines()[0], tmp_path)
    assert '"created": true' in said
    follow = [line for line in block('curl -fsS "$station/orders').splitlines() if "/events" not in line]
    said = shell(api, "\n".join(follow), tmp_path)
    assert '"serial": "RING-237-0001"' in said
    assert '"opc_40100"' in said
    assert "HT-4711" in shell(api, block("curl -fsS -X POST"), tmp_path)


@needs_tools
def test_what_was_pulled_proves_itself(api: Api, tmp_path: Path) -> None:
    verify = block('curl -fsS "$station/entries.ndjson"')
    assert shell(api, verify, tmp_path) == ""
    lines = shell(api, 'curl -fsS "$station/entries.ndjson" -H "$auth"', tmp_path)
    (tmp_path / "pulled").write_text(lines.replace('"value":23.6684', '"value":23.6685', 1))
    spoilt = verify.replace('curl -fsS "$station/entries.ndjson" -H "$auth"', "cat pulled")
    assert shell(api, spoilt, tmp_path) == "1 BROKEN\n"


def test_the_tables_name_what_there_is(api: Api) -> None:
    for path in api.get("/openapi.json", "").json()["paths"]:
        name = path.removeprefix("/orders/{order_id}").replace("{", "").replace("}", "")
        assert name in DOCUMENT.replace("{", "").replace("}", ""), path
    for role in Role:
        assert f"| `{role}`" in DOCUMENT
    for name in ApiFacts.__dataclass_fields__:
        assert f"`{name}`" in DOCUMENT
    assert f"any other body {MAX_SMALL_BODY // 1024} KiB, a request {MAX_HEADERS} headers" in DOCUMENT
