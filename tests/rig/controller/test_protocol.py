"""The firmware holds to hw/firmware/PROTOCOL.md, and survives what is no line."""

import random

import pytest

from tests.peers.controller import AMBER, BLUE, GATE, GREEN, LAMPS, RED, crc16, frame


def test_the_crc_is_the_named_one():
    assert crc16(b"123456789") == 0x29B1


def test_it_says_what_it_is_and_why_it_started(emulator, host):
    words = host.ask("version").split()
    assert words[:4] == ["ok", "station-controller", "firmware=1.0.0", "protocol=1"]
    assert words[5] == "reset=power-on"


@pytest.mark.parametrize("cause", ["external", "brown-out", "power-on"])
def test_a_reset_is_announced_with_its_cause(emulator, host, cause):
    emulator.ask(f"reset {cause}")
    emulator.run_ms(100)
    boot = host.lines()[-1]
    assert boot.startswith("! 0 boot firmware=1.0.0 protocol=1 build=")
    assert boot.endswith(f" reset={cause} well=1")
    assert host.ask("ping") == "error session"


def test_restart_is_a_reset_by_the_watchdog(emulator, host):
    host.write(frame(f"{host.number + 1} restart"))
    emulator.run_ms(400)
    assert any("reset=watchdog" in line for line in host.lines())


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("hello", "ok"),
        ("hello 1", "error arguments"),
        ("light", "ok 0 0 0 0 0 0 0 0"),
        ("lamps 1 2 3 4 5 6 7 255", "ok"),
        ("lamps 1 2 3 4 5 6 7 256", "error range"),
        ("lamps 1 2 3", "error arguments"),
        ("lamps 1 2 3 4 5 6 7 8 9", "error arguments"),
        ("lamps 1  2 3 4 5 6 7 8", "error arguments"),
        ("lamps 1 2 3 4 5 6 7 -8", "error arguments"),
        ("lamps 1 2 3 4 5 6 7 8 ", "error arguments"),
        ("pass 10000", "ok"),
        ("pass 0", "error range"),
        ("pass 10001", "error range"),
        ("pass 99999999999", "error arguments"),
        ("pass", "error arguments"),
        ("reject", "ok"),
        ("tower 0 1 2 3", "ok"),
        ("tower 0 1 2 4", "error range"),
        ("strobe 9 100 10 0 0", "error range"),
        ("strobe 257 100 10 0 0", "error range"),
        ("strobe 1 79 10 0 0", "error range"),
        ("strobe 1 100 0 0 0", "error range"),
        ("strobe 1 100 100001 0 0", "error range"),
        ("strobe 1 100 10 100 19", "error range"),
        ("strobe 1 100 10 79 20", "error range"),
        ("strobe 0 0 0 0 0", "error range"),
        ("strobe 0 0 0 100 20", "ok"),
        ("strobe 1 100 10 129 20", "error too-close"),
        ("strobe 1 100 10 130 20", "ok"),
        ("arm 1 1000000 100000 0 0", "ok"),
        ("disarm", "ok"),
        ("gat", "error unknown"),
        ("Reject", "error unknown"),
        ("rejected", "error unknown"),
        ("rejectrejectreject", "error arguments"),
    ],
)
def test_commands_and_their_refusals(host, command, answer):
    assert host.ask(command) == answer


def test_a_shot_keeps_its_lamp_for_itself(host):
    assert host.ask("lamps 9 0 0 0 0 0 0 0") == "ok"
    assert host.ask("arm 1 100 10 0 0") == "error busy"
    assert host.ask("arm 2 100 10 0 0") == "ok"
    assert host.ask("arm 2 100 10 0 0") == "error busy"
    assert host.ask("lamps 0 9 0 0 0 0 0 0") == "error busy"
    assert host.ask("lamps 9 0 9 0 0 0 0 0") == "ok"


def test_lamps_and_tower_are_at_their_pins(emulator, host):
    for at, pin in enumerate(LAMPS):
        levels = ["255" if one == at else "0" for one in range(8)]
        assert host.ask("lamps " + " ".join(levels)) == "ok"
        emulator.run_ms(3)
        assert [emulator.level(one) for one in LAMPS] == [int(one == pin) for one in LAMPS]
    for at in range(4):
        assert host.ask("tower " + " ".join("1" if one == at else "0" for one in range(4))) == "ok"
        emulator.run_ms(3)
        assert [emulator.level(one) for one in (RED, AMBER, GREEN, BLUE)] == [int(one == at) for one in range(4)]


def test_without_a_session_nothing_comes_on(emulator, host):
    emulator.run_ms(600)
    for command in ("ping", "pass 100", "lamps 1 1 1 1 1 1 1 1", "tower 1 1 1 1", "strobe 1 100 10 0 0", "disarm"):
        assert host.ask(command) == "error session"
    for command in ("reject", "inputs", "light", "status"):
        assert host.ask(command).startswith("ok")


def test_the_same_line_again_is_answered_again_and_not_carried_out_again(emulator, host):
    assert host.ask("pass 50") == "ok"
    line = frame(f"{host.number} pass 50")
    emulator.run_ms(100)
    assert emulator.level(GATE) == 0
    emulator.edges()
    for _ in range(3):
        host.write(line)
        assert host.answer(host.number) == "ok"
    assert emulator.edges(GATE) == []


def test_a_number_out_of_order_does_nothing(emulator, host):
    emulator.edges()
    for number in (host.number - 1, host.number, host.number + 2, host.number + 30000):
        assert host.ask("pass 500", number % 65536) == "error sequence"
    assert emulator.edges(GATE) == []
    assert host.ask("pass 500") == "ok"  # the right one still counts


def test_numbers_wrap(host):
    assert host.ask("hello", 65535) == "ok"
    assert host.ask("ping", 0).startswith("ok")


def test_no_flipped_bit_gets_through(emulator, host):
    """Every line that differs from a good one in one bit: none is carried out."""
    good = frame(f"{host.number + 1} pass 5000")
    emulator.edges()
    for at in range(len(good)):
        for bit in range(8):
            line = bytearray(good)
            line[at] ^= 1 << bit
            host.write(bytes(line) + b"\n")
        emulator.wait_until_read()
        said = host.lines()
        assert said
        assert all(line[0] in "?!" for line in said), said  # no answer; "silent" where this machine stood still
        assert host.ask("hello", host.number) == "ok"  # life; the good line's number stays the next one
    assert emulator.edges(GATE) == []
    bad = host.value("status", "bad")
    assert bad >= len(good) * 7
    assert host.ask("hello") == "ok"
    assert host.ask("pass 5000") == "ok"
    assert emulator.level(GATE) == 1  # the same without a flipped bit


@pytest.mark.parametrize(
    ("bytes_", "complaint"),
    [
        (b"1 ping\n", "? crc"),
        (b"1 ping*0000\n", "? crc"),
        (b"*\n", "? crc"),
        (frame("1 ping").replace(b"*", b"#"), "? crc"),
        (frame("1 ping").lower(), "? crc"),
        (frame("ping"), "? number"),
        (frame("99999 ping"), "? number"),
        (frame("1"), "? number"),
        (b"x" * 120 + b"\n", "? too-long"),
        (b"x" * 1500 + b"\n", "? too-long"),
    ],
)
def test_what_is_no_line_is_complained_about_once(host, bytes_, complaint):
    host.write(bytes_)
    host.write(b"\r\n\n")  # empty lines are nothing
    assert host.lines(0.2) == [complaint]
    assert host.ask("inputs").startswith("ok")


def test_noise_opens_nothing_and_breaks_nothing(emulator, host):
    dice = random.Random(20261123)
    emulator.edges()
    for _ in range(8):
        host.write(dice.randbytes(2000))
        host.write(bytes(dice.choice(b"0123456789 pas*ABCDEF\n") for _ in range(1000)))
        host.lines(0.1)
    host.write(b"\n")
    emulator.wait_until_read()
    host.lines()
    assert host.ask("status").startswith("ok")
    assert {edge.pin for edge in emulator.edges()} <= {AMBER}
    assert host.ask("self-test").startswith("ok ram=1")


def test_the_self_test_finds_a_spoilt_program_and_a_shorted_output(emulator, host):
    answer = dict(word.split("=") for word in host.ask("self-test").split()[1:])
    assert answer["ram"] == "1"
    assert answer["flash"] == answer["expected"]
    assert answer["pins"] == "0"
    emulator.ask("short B2 1")
    assert host.ask("self-test").endswith(" pins=1")
    emulator.ask("short B2 -")
    emulator.ask("flash 1f00 5A")  # behind the program: not its business
    assert host.ask("self-test").endswith(" pins=0")
    emulator.ask("flash 20 5A")  # a vector that nobody uses
    answer = dict(word.split("=") for word in host.ask("self-test").split()[1:])
    assert answer["flash"] != answer["expected"]
    emulator.ask("reset external")
    emulator.run_ms(100)
    assert any(line.endswith("well=0") for line in host.lines())
    assert host.ask("hello") == "error self-test"
    assert host.ask("pass 100") == "error session"
