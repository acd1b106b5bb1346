"""The line to the controller: all that a real Grbl said, in the pieces in which it came, and in any other pieces."""

import os
import random
import threading
import time
import tty

import pytest

from station.devices.grbl.facts import GrblFacts
from station.devices.grbl.link import GrblLink
from station.devices.grbl.said import Alarm, Banner, Noise
from station.errors import LostDeviceError, StoppedError
from tests.devices.grbl.bench import Bench
from tests.twin.grbl.transcript import events, lines, needs_transcript


@pytest.fixture
def link(monkeypatch):
    """A link on a pseudo-terminal that nobody has answered on yet, and the other end."""
    monkeypatch.setattr(GrblLink, "_await_life", lambda self: None)
    monkeypatch.setattr(GrblLink, "reset", lambda self: None)
    master, slave = os.openpty()
    tty.setraw(slave)
    one = GrblLink(GrblFacts(os.ttyname(slave)))
    yield one, master
    one.close()
    os.close(master)
    os.close(slave)


def heard(link: GrblLink) -> list:
    said = []
    while (one := link.next(0.3)) is not None:
        said.append(one)
    return said


@needs_transcript
@pytest.mark.parametrize("seed", [None, 1, 2])
def test_all_that_a_real_one_said_is_understood_however_it_is_cut(link, seed):
    one, master = link
    chunks = [event.data for event in events() if event.kind == "<"]
    if seed is not None:
        rng, whole, chunks = random.Random(seed), b"".join(chunks), []
        while whole:
            size = rng.randint(1, 40)
            chunks.append(whole[:size])
            whole = whole[size:]

    def write() -> None:
        for chunk in chunks:
            os.write(master, chunk)
            time.sleep(0.001)

    writer = threading.Thread(target=write)
    writer.start()
    said = heard(one)
    writer.join()
    assert not [it for it in said if isinstance(it, Noise)]
    assert len(said) == len([line for _, line in lines() if line])
    assert sum(isinstance(it, Banner) for it in said) == 4
    assert [it.number for it in said if isinstance(it, Alarm)] == [1]
    assert one.version == "1.1h"
    with pytest.raises(StoppedError, match="ALARM:1"):
        one.heed()


def test_a_line_with_its_end_still_to_come_is_kept(link):
    one, master = link
    os.write(master, b"<Idle|MPos:0.000,0.0")
    assert one.next(0.05) is None
    os.write(master, b"00,0.000|FS:0,0>\r\nok\r\n")
    assert [type(it).__name__ for it in heard(one)] == ["Status", "Ok"]


def test_no_line_is_sent_while_another_ones_answer_is_owed(link):
    one, master = link
    with pytest.raises(LostDeviceError, match="gave no answer"):
        one.ask("G4P0", 0.05)
    sent = os.read(master, 4096)
    assert sent.startswith(b"G4P0\n")
    with pytest.raises(LostDeviceError, match="cannot be sent now"):
        one.ask("G4P0", 0.05)
    with pytest.raises(LostDeviceError, match="cannot be sent now"):
        one.ask("G" * 80, 0.05)


def test_work_positions_need_their_offset_once(monkeypatch):
    bench = Bench()
    bench.memory.values[10] = 0.0
    bench.memory.systems["G54"] = (1.0, 2.0, 3.0)
    stage = bench.stage(monkeypatch)
    assert stage.position_mm() == (0.0, 0.0, 0.0)
    assert stage.position_mm() == (0.0, 0.0, 0.0)
