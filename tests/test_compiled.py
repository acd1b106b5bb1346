"""Who waits while functions are compiled hears of every one."""

from __future__ import annotations

import numba

from station.compiled import told_of_compiling


def test_every_function_that_is_compiled_is_told_once() -> None:
    @numba.njit
    def inner(x):  # type: ignore[no-untyped-def]
        return x + 1

    @numba.njit
    def outer(x):  # type: ignore[no-untyped-def]
        return 2 * inner(x)

    told: list[int] = []
    with told_of_compiling(lambda: told.append(len(told))):
        assert outer(1) == 4
        assert len(told) == 2
        assert outer(2) == 6
        assert len(told) == 2
        assert outer(1.5) == 5.0  # floating point: compiled anew
        assert len(told) == 4
    assert outer(True) == 4
    assert len(told) == 4
