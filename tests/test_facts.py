"""Facts from TOML: a value that cannot be is an error with its place."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass

import pytest

from station.errors import InputError
from station.facts import facts_of


@dataclass(frozen=True, slots=True)
class Facts:
    """One number."""

    exposure_us: float = 1.0


@pytest.mark.parametrize("text", ["inf", "-inf", "nan", "1" + 400 * "0"])
def test_a_number_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(InputError, match=r"cell\.exposure_us: this must be a finite number"):
        facts_of(Facts, tomllib.loads(f"exposure_us = {text}"), "cell")


def test_a_whole_number_does_for_a_fraction() -> None:
    assert facts_of(Facts, {"exposure_us": 7}, "cell") == Facts(7.0)
