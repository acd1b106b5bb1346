"""Live studies: what is measured in which order, the table that survives a stop, and people who have to try again."""

from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from station.cycle.repeat import Answer
from station.errors import DeviceError, InputError
from station.reports.live.steps import Step, occasion_steps, study_steps
from station.reports.live.table import LiveTable, Taken, unfinished_occasion
from station.reports.live.take import Hands, take_readings
from station.reports.studies.readings import read_readings

SUBJECTS = ("rig twin", "order MO-1 sha256 12ab", "characteristic 1 diameter in mm")
BEGAN = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


def clock():
    ticks = count()
    return lambda: BEGAN + timedelta(seconds=next(ticks))


class Bench:
    """Readings that follow from part and trial, and what happened in order."""

    def __init__(self, bad=(), stops_after=None):
        self.history, self.bad, self.left = [], list(bad), stops_after

    def place(self, step, number):
        self.history.append(("place", step.part, number))

    def measure(self, step):
        if self.left == 0:
            raise KeyboardInterrupt
        self.left = None if self.left is None else self.left - 1
        self.history.append(("measure", step.part, step.trial))
        return Answer(None, "The part cannot be found.") if self.bad and self.bad.pop(0) else Answer(step.trial / 7)

    def hands(self, patient=False):
        return Hands(
            self.place, self.measure, lambda step, why: self.history.append(("failed", step.part, why)), patient
        )


def take(table, steps, bench, patient=False):
    references = {s.part: 10.0 for s in steps}
    shown = []
    taken = take_readings(
        table, steps, references, "CAL-1", bench.hands(patient), clock(), lambda d, n: shown.append(d)
    )
    assert shown == sorted(shown)
    return taken


def test_every_part_by_every_operator_equally_often_in_an_order_that_can_be_had_again():
    steps = study_steps("ABCDE", ("cold", "warm"), 3)
    assert len({s.key for s in steps}) == 30
    assert steps == study_steps("ABCDE", ("cold", "warm"), 3)
    assert all(s.placed for s in steps)
    assert [s.operator for s in steps] == ["cold"] * 15 + ["warm"] * 15
    rounds = {tuple(s.part for s in steps[i : i + 5]) for i in range(0, 30, 5)}
    assert all(set(r) == set("ABCDE") for r in rounds)
    assert len(rounds) > 1


def test_placed_once_per_operator():
    steps = study_steps("AB", ("1", "2"), 3, once=True)
    assert [s.placed for s in steps] == [True, False, False] * 4


def test_a_study_that_was_stopped_goes_on_where_it_was(tmp_path):
    table = LiveTable(tmp_path / "t.csv", SUBJECTS)
    steps = study_steps(("A", "B"), ("1", "2"), 2)
    with pytest.raises(KeyboardInterrupt):
        take(table, steps, Bench(stops_after=3))
    assert take(table, steps, bench := Bench()) == 5
    assert bench.history[0] == ("place", steps[3].part, 4)
    assert take(table, steps, Bench()) == 0
    found = read_readings(table.path)
    assert [(r.part, r.operator, r.trial) for r in found.rows] == [(s.part, s.operator, str(s.trial)) for s in steps]
    assert {r.reference for r in found.rows} == {"10.0"}


def test_who_goes_on_places_the_part_even_where_it_would_lie_still(tmp_path):
    table = LiveTable(tmp_path / "t.csv", SUBJECTS)
    steps = study_steps("A", ("1",), 4, once=True)
    with pytest.raises(KeyboardInterrupt):
        take(table, steps, first := Bench(stops_after=2))
    take(table, steps, second := Bench())
    assert [h[0] for h in first.history] == ["place", "measure", "measure"]
    assert [h[0] for h in second.history] == ["place", "measure", "measure"]


def test_a_row_that_a_power_cut_tore_is_taken_again(tmp_path):
    table = LiveTable(tmp_path / "t.csv", SUBJECTS)
    steps = study_steps("A", ("1",), 3)
    take(table, steps, Bench())
    text = table.path.read_text()
    table.path.write_text(text[:-9])
    assert take(table, steps, Bench()) == 1
    assert len(read_readings(table.path).rows) == 3


def test_names_with_commas_and_quotes_come_back(tmp_path):
    table = LiveTable(tmp_path / "t.csv", SUBJECTS)
    steps = study_steps(('R "4", left',), ("Ä",), 2)
    take(table, steps, Bench())
    assert {r.part for r in read_readings(table.path).rows} == {'R "4", left'}
    assert take(table, steps, Bench()) == 0


def test_another_subject_or_a_strange_file_is_refused(tmp_path):
    path = tmp_path / "t.csv"
    LiveTable(path, SUBJECTS).open()
    with pytest.raises(InputError, match=r"begun with another subject \(order MO-1 sha256 12ab\)"):
        LiveTable(path, (SUBJECTS[0], "order MO-1 sha256 other", SUBJECTS[2])).open()
    path.write_text("part,operator,trial,value\nA,1,1,3\n")
    with pytest.raises(InputError, match="not begun by a live study"):
        LiveTable(path, SUBJECTS).open()
    with pytest.raises(InputError, match="cannot be read and written"):
        LiveTable(tmp_path, SUBJECTS).open()
    LiveTable(path := tmp_path / "u.csv", SUBJECTS).open()
    path.write_text(path.read_text() + "A,1,one,3,,,,\n")
    with pytest.raises(InputError, match=r"u\.csv, row 5: this row is not as a live study writes it"):
        LiveTable(path, SUBJECTS).open()


def test_without_people_three_attempts_and_the_readings_are_kept(tmp_path):
    table = LiveTable(tmp_path / "t.csv", SUBJECTS)
    steps = study_steps("A", ("1",), 3)
    take(table, steps[:1], Bench(bad=[True, True, False]))
    with pytest.raises(DeviceError, match=r"reading 2, part A: The part cannot be found \(3 attempts\); the readings"):
        take(table, steps, Bench(bad=[True] * 3))
    assert len(table.open()) == 1


def test_people_try_until_it_works_and_place_the_part_each_time(tmp_path):
    table = LiveTable(tmp_path / "t.csv", SUBJECTS)
    take(table, study_steps("A", ("1",), 1), bench := Bench(bad=[True] * 5), patient=True)
    assert [h[0] for h in bench.history].count("failed") == 5
    assert [h[0] for h in bench.history].count("place") == 6


def test_an_occasion_that_was_left_unfinished_is_found():
    rows = [Taken(s, 1.0, None, "", "") for s in occasion_steps("M", "A", 3, ("mon", "tue"))]
    assert unfinished_occasion(rows, 3) == ""
    assert unfinished_occasion(rows[:5], 3) == "tue"
    assert unfinished_occasion((), 3) == ""
    assert Step("M", "A", 1, "mon").key != Step("M", "A", 1, "tue").key
