"""The calibration reader against anything: it gives a calibration or a CalibrationError, and nothing else."""

import copy

from hypothesis import given, settings
from hypothesis import strategies as st

from station.errors import CalibrationError
from station.metrology.calibration import Calibration, calibration_from

from .test_calibration import LEAVES, document, signed

ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.just("2026-11-22T09:30:00+00:00"),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


def read(found: object) -> None:
    try:
        made = calibration_from(found, "cal.json")
    except CalibrationError as error:
        sentence = str(error)
    else:
        assert isinstance(made, Calibration)
        return
    assert sentence.startswith("cal.json")


@given(ANYTHING)
@settings(deadline=None, max_examples=200)
def test_anything_is_read_or_refused(found: object) -> None:
    read(found)


@given(ANYTHING)
@settings(deadline=None, max_examples=100)
def test_anything_that_calls_itself_a_calibration_is_refused(found: object) -> None:
    read({"schema": "calibration/1", "id": found, "created": found, "sha256": "0" * 64})


@given(st.sampled_from(LEAVES), ANYTHING)
@settings(deadline=None, max_examples=400)
def test_any_entry_replaced_under_a_right_hash_is_read_or_refused(path: tuple[object, ...], value: object) -> None:
    changed = copy.deepcopy(document())
    place = changed
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    try:
        made = signed(changed)
    except ValueError:  # what canonical JSON cannot carry has no hash to be right
        return
    read(made)
