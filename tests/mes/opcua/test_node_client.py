"""A client of another house (node-opcua, npm): it shares no code with the server or with its library."""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from station.cycle.transitions import Event
from station.mes.opcua.facts import NAMESPACE
from tests.mes.opcua.world import TOKEN, USER, World, order_sha256, serving

PEER = Path(__file__).parents[2] / "peers" / "opcua"
VERDICTS = ("PASS", "FAIL", "ERROR")

pytestmark = [
    pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed"),
    pytest.mark.skipif(not (PEER / "node_modules").is_dir(), reason="the client is not installed: scripts/test_opcua"),
]


class Heard:
    """What the client said, by kind, in sequence."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.lines: list[dict[str, Any]] = []
        self._more = threading.Condition()
        self._process = process
        self._ended = False
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            with self._more:
                if line.startswith("{"):
                    self.lines.append(json.loads(line))
                self._more.notify_all()
        with self._more:
            self._ended = True
            self._more.notify_all()

    def all(self, what: str) -> list[dict[str, Any]]:
        return [line for line in self.lines if line["what"] == what]

    def wait(self, what: str, count: int = 1) -> list[dict[str, Any]]:
        with self._more:
            self._more.wait_for(lambda: len(self.all(what)) >= count or self._ended, 60)
        assert len(self.all(what)) >= count, (what, self.lines)
        return self.all(what)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Heard, World, list[str]]]:
    """Three parts measured while the client listens; what it heard."""
    folder = tmp_path_factory.mktemp("opcua")
    with serving(folder) as world:
        world.board.happens(Event.UNLOCK)
        command = ["node", str(PEER / "client.mjs"), world.endpoint, str(folder / "pki"), USER, TOKEN, "3"]
        with (
            (folder / "errors").open("w") as errors,
            subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True, cwd=PEER) as process,
        ):
            try:
                heard = Heard(process)
                heard.wait("listening")
                ids = []
                for number, verdict in enumerate(VERDICTS):
                    world.begin(f"P-{number}")
                    heard.wait("job", number + 1)
                    done = world.commit(f"P-{number}", verdict=verdict)
                    ids.append(done.id)
                    world.decide(f"P-{number}", done)
                    heard.wait("result", number + 1)
                heard.wait("done")
                assert process.wait(20) == 0, (folder / "errors").read_text()
            finally:
                process.kill()
        yield heard, world, ids


def test_who_has_no_token_does_not_come_in(told: tuple[Heard, World, list[str]]) -> None:
    heard, _, _ = told
    for what in ("wrong token", "anonymous", "plain"):
        assert heard.all(what)[0]["message"], what
    assert "BadUserAccessDenied" in heard.all("wrong token")[0]["message"]


def test_every_policy_is_understood(told: tuple[Heard, World, list[str]]) -> None:
    heard, _, _ = told
    assert [(one["policy"], one["message"]) for one in heard.all("policy")] == [
        ("Aes128_Sha256_RsaOaep", ""),
        ("Aes256_Sha256_RsaPss", ""),
    ]


def test_it_finds_a_vision_system_of_the_official_type(told: tuple[Heard, World, list[str]]) -> None:
    heard, _, _ = told
    assert heard.all("namespace")[0]["index"] > 0, NAMESPACE
    found = heard.all("system")[0]
    assert found["type"].endswith(";i=1003")
    assert set(found["typeTree"]) <= set(found["tree"])
    assert {"VisionStateMachine", "ResultManagement", "RecipeManagement", "ConfigurationManagement"} <= set(
        found["tree"]
    )
    machine = found["tree"]["VisionStateMachine"]
    assert {"CurrentState", "AutomaticModeStateMachine", "Halt", "Reset"} <= set(machine)
    assert set(machine["Halt"]) == {"InputArguments", "OutputArguments"}


def test_it_reads_the_state(told: tuple[Heard, World, list[str]]) -> None:
    heard, _, _ = told
    assert heard.all("state")[0]["text"] == "Operational"
    assert heard.all("state")[0]["id"].endswith(";i=5031")


def test_what_would_command_the_station_is_refused(told: tuple[Heard, World, list[str]]) -> None:
    heard, _, _ = told
    assert heard.all("start")[0]["status"] == "BadNotExecutable"
    assert heard.all("halt")[0]["status"] == "BadNotExecutable"
    assert heard.all("write")[0]["status"] == "BadNotWritable"


def test_it_hears_of_every_job_result_and_state(told: tuple[Heard, World, list[str]]) -> None:
    heard, world, ids = told
    jobs = [f"MO-1/P-{number}/1" for number in range(3)]
    assert [one["id"] for one in heard.all("job")] == jobs
    assert [(one["id"], one["job"]) for one in heard.all("result")] == list(zip(ids, jobs, strict=True))
    for one, verdict, id in zip(heard.all("result"), VERDICTS, ids, strict=True):
        assert one["content"][0] == verdict
        assert one["content"][1].encode() == world.genealogy.entry(id).body
    ways = [tuple(one["way"]) for one in heard.all("changed")][:4]
    assert (
        ways
        == [
            ("Ready", "SingleExecution", "ReadyToSingleExecutionAuto"),
            ("SingleExecution", "Ready", "SingleExecutionToReadyAuto"),
        ]
        * 2
    )


def test_it_gets_each_result_by_its_id(told: tuple[Heard, World, list[str]]) -> None:
    heard, world, ids = told
    for one, verdict, id in zip(heard.all("by id"), VERDICTS, ids, strict=True):
        document = world.genealogy.inspection(id)
        assert (one["status"], one["error"], one["id"]) == ("Good", 0, id)
        assert one["state"] == (4 if verdict == "ERROR" else 1)
        assert one["hash"] == document["order_sha256"] == order_sha256("MO-1")
        assert (one["part"], one["recipe"], one["configuration"]) == (document["serial"], "MO-1", "CAL-7")
        assert (one["simulated"], one["partial"]) == (True, False)
        assert one["started"] == document["started"]
        assert one["content"] == [verdict, world.genealogy.entry(id).body.decode()]
    assert len({one["handle"] for one in heard.all("by id")}) == 3


def test_an_id_that_does_not_exist_is_an_error_of_the_method(told: tuple[Heard, World, list[str]]) -> None:
    heard, _, _ = told
    one = heard.all("no such id")[0]
    assert (one["status"], one["error"], one["state"], one["content"]) == ("Good", -1, 0, [])
