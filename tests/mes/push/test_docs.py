"""What docs/push.md shows is true: the checks find our signatures genuine, the settings are those there are."""

from __future__ import annotations

import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest

from station.facts import facts_of
from station.genealogy.store import Genealogy
from station.mes.push.messages import message_of
from station.mes.push.mqtt import MqttFacts
from station.mes.push.signing import key_of, signed_headers
from station.mes.push.webhook import WebhookFacts
from tests.genealogy.builders import at, draft, evidence

from .conftest import now
from .receiver import KEY_TEXT

TEXT = (Path(__file__).parents[3] / "docs/push.md").read_text("utf-8")
BODY = '{"é": 1}'.encode()


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", TEXT, re.S)


def test_ten_lines_of_python():
    (code,) = blocks("python")
    names: dict[str, Any] = {}
    exec(code, names)
    genuine = names["is_genuine"]
    other = "whsec_" + "B" * 40
    headers = signed_headers("id-1", BODY, [key_of(other, ""), key_of(KEY_TEXT, "")], now())
    assert genuine(KEY_TEXT, headers, BODY)
    assert not genuine(KEY_TEXT, headers, BODY + b" ")
    assert not genuine("whsec_" + "C" * 40, headers, BODY)
    assert not genuine(KEY_TEXT, {**headers, "webhook-id": "id-2"}, BODY)
    assert not genuine(KEY_TEXT, signed_headers("id-1", BODY, [key_of(KEY_TEXT, "")], at(0).replace(year=2020)), BODY)


def test_openssl(tmp_path: Path):
    if shutil.which("openssl") is None:
        pytest.skip("no openssl here")
    (tmp_path / "body.json").write_bytes(BODY)
    headers = signed_headers("id-1", BODY, [key_of(KEY_TEXT, "")], now())
    variables = {"secret": KEY_TEXT, "id": "id-1", "timestamp": headers["webhook-timestamp"]}
    (script,) = blocks("sh")
    command = ["sh", "-euc", script]
    shown = subprocess.run(command, env={"PATH": "/usr/bin:/bin", **variables}, cwd=tmp_path, capture_output=True)
    assert shown.stdout.decode().strip() == headers["webhook-signature"]


def test_making_a_secret(tmp_path: Path):
    if shutil.which("openssl") is None:
        pytest.skip("no openssl here")
    command = re.search(r"`(\(printf whsec_.*?)`", TEXT)
    assert command is not None
    subprocess.run(["sh", "-euc", command[1]], cwd=tmp_path, check=True)
    assert len(key_of((tmp_path / "mes.secret").read_text().strip(), "")) == 32


def test_settings_and_messages_as_they_are(genealogy: Genealogy):
    webhook, mqtt = (tomllib.loads(block) for block in blocks("toml"))
    facts_of(WebhookFacts, webhook["webhook"][0], "webhook")
    facts_of(MqttFacts, mqtt["mqtt"], "mqtt")
    record = genealogy.commit(draft(), evidence(1), committed=at(1))
    section = TEXT[TEXT.index("## 2.") : TEXT.index("## 3.")]
    for key in message_of(genealogy.entry(record.id), "")["data"]:
        assert f"`{key}`" in section, key
