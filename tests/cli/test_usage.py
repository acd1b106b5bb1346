"""Wrong usage: exit 2 and one sentence on standard error; help is help."""

from __future__ import annotations

import pytest

from .conftest import World

COMMANDS = ("inspect", "plan", "run", "records", "explain", "verify", "accept", "calibrations", "rollback", "schema")


@pytest.mark.parametrize(
    "arguments",
    [
        ("frobnicate",),
        ("inspect",),
        ("inspect", "order.json"),
        ("inspect", "order.json", "--image", "backlight=a.png", "--frobnicate"),
        ("inspect", "order.json", "--image", "backlight=a.png", "--temperature", "warm"),
        ("inspect", "order.json", "--image", "backlight=a.png", "--temperature", "nan"),
        ("inspect", "order.json", "--image", "backlight=a.png", "--temperature", "1000"),
        ("plan",),
        ("explain", "id"),
        ("records", "--limit", "0"),
        ("records", "--limit", "many"),
        ("run", "--port", "http"),
        ("verify", "a", "b"),
    ],
)
def test_wrong_usage_is_one_sentence(world: World, arguments: tuple[str, ...]) -> None:
    assert world.run(*arguments).sentence.startswith("station: ")
    assert not world.home.exists()


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(world: World, command: str) -> None:
    done = world.run(command, "--help")
    assert (done.status, done.err) == (0, "")
    assert "Usage:" in done.out


def test_help_names_every_command(world: World) -> None:
    done = world.run("--help")
    assert done.status == 0
    assert all(command in done.out for command in COMMANDS)


def test_without_a_command_there_is_help_and_exit_2(world: World) -> None:
    done = world.run()
    assert done.status == 2
    assert "Usage:" in done.out + done.err
    assert "Traceback" not in done.err


def test_the_schema_is_that_of_orders(world: World) -> None:
    assert "characteristics" in world.run("schema").document["properties"]
