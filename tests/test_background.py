"""Work beside the thread that asks for it, and the memory of such threads."""

from __future__ import annotations

import platform
import subprocess
import sys
import threading

import pytest

from station.background import Beside, in_background

HEAPS = """
import ctypes, threading
from station.background import in_background, share_one_heap
if {shared}:
    share_one_heap()
together = threading.Barrier(6)
def work():
    kept = bytearray(100_000)  # more than Python has a pool of its own for
    together.wait()
for one in [in_background(work, "x") for _ in range(6)]:
    one.result()
libc = ctypes.CDLL(None)
libc.tmpfile.restype = ctypes.c_void_p
said = ctypes.c_void_p(libc.tmpfile())
libc.malloc_info(0, said)
libc.rewind(said)
text = ctypes.create_string_buffer(1_000_000)
libc.fread(text, 1, len(text), said)
print(text.value.count(b"<heap nr="))
"""

SIGNAL = """
import signal, threading
from station.background import set_by_signals
stop = threading.Event()
set_by_signals(stop, signal.SIGTERM)
with stop._cond:  # as the main thread does for a moment whenever it looks at the event
    signal.raise_signal(signal.SIGTERM)
assert stop.wait(10.0)
"""


def heaps(*, shared: bool) -> int:
    """How many heaps a program has whose threads all live at once."""
    program = HEAPS.format(shared=shared)
    return int(subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="about glibc")
def test_threads_share_one_heap_when_told_to() -> None:
    assert heaps(shared=False) > 4
    assert heaps(shared=True) == 1


def test_a_signal_that_comes_while_the_main_thread_holds_the_event_does_not_hang_it() -> None:
    subprocess.run([sys.executable, "-c", SIGNAL], check=True, timeout=60.0)


def test_what_work_raises_comes_out_of_its_future() -> None:
    def fail() -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        in_background(fail, "fails").result(5.0)


def test_one_piece_of_work_after_the_other() -> None:
    beside, go, done = Beside(), threading.Event(), []
    beside.do(lambda: done.append(go.wait(5.0)), "first")
    asked = in_background(lambda: beside.do(lambda: done.append("second"), "second"), "asks")
    assert not asked.done()
    go.set()
    asked.result(5.0)
    beside.wait()
    assert done == [True, "second"]
    beside.wait()  # nothing is going on any more
