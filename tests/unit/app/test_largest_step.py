"""The search for the largest step: what it finds, and what it measures for that."""

from __future__ import annotations

import itertools
import math
from collections.abc import Collection, Sequence

from hypothesis import given
from hypothesis import strategies as st

from onward.app.changes.git_history import Commit
from onward.app.releases.course import Point
from onward.app.reproducing.largest_step import largest_step

VALUES = st.lists(st.integers(-50, 50).map(float), min_size=1, max_size=40)


class Metric:
    """A course of a metric, which counts what is measured of it."""

    def __init__(self, values: Sequence[float | None], known: Collection[int] = ()) -> None:
        self.values = values
        self.measured: list[int] = []
        self.points = [Point(str(place), Commit(str(place), "")) for place in range(len(values))]
        for place in known:
            self._fill(place)

    def measure(self, point: Point) -> None:
        place = int(point.label)
        assert place not in self.measured, "nothing is measured twice"
        self.measured.append(place)
        self._fill(place)

    def _fill(self, place: int) -> None:
        self.points[place].value = self.values[place]
        self.points[place].problem = "it does not build" if self.values[place] is None else None

    def largest(self) -> float:
        """Of the steps between what can be measured."""
        built = [value for value in self.values if value is not None]
        return max((abs(after - before) for before, after in itertools.pairwise(built)), default=0.0)

    def width(self, gap: tuple[int, int] | None) -> float:
        if gap is None:
            return 0.0
        before, after = (self.values[place] for place in gap)
        assert before is not None
        assert after is not None
        return abs(after - before)


@given(VALUES.map(sorted), st.booleans())
def test_where_the_metric_moves_one_way_the_largest_step_of_all_is_found(values: list[float], is_falling: bool) -> None:
    metric = Metric(values[::-1] if is_falling else values)
    found = largest_step(metric.points, metric.measure)
    assert metric.width(found) == metric.largest()
    if found is not None:
        assert found[1] == found[0] + 1


@given(VALUES)
def test_with_everything_measured_it_is_found_in_any_course(values: list[float]) -> None:
    metric = Metric(values)
    found = largest_step(metric.points, metric.measure, everything=True)
    assert len(metric.measured) == len(values)
    assert metric.width(found) == metric.largest()


@given(VALUES, st.data())
def test_what_is_found_is_as_large_as_every_gap_that_is_left(values: list[float], data: st.DataObject) -> None:
    known = data.draw(st.sets(st.integers(0, len(values) - 1)))
    metric = Metric(values, known)
    found = largest_step(metric.points, metric.measure)
    measured = [place for place, point in enumerate(metric.points) if point.value is not None]
    assert metric.width(found) == max(map(metric.width, itertools.pairwise(measured)), default=0)
    assert known.isdisjoint(metric.measured)


@given(st.floats(-9, 9), st.lists(st.one_of(st.integers(-9, 9).map(float), st.none()), max_size=25), st.floats(-9, 9))
def test_what_does_not_build_is_stepped_over_and_never_taken_for_a_value(
    first: float, between: list[float | None], last: float
) -> None:
    metric = Metric([first, *between, last])
    found = largest_step(metric.points, metric.measure, everything=True)
    assert metric.width(found) == metric.largest()
    if found is not None:
        assert all(metric.values[place] is None for place in range(found[0] + 1, found[1]))


def test_one_jump_among_many_commits_costs_few_measurements() -> None:
    metric = Metric([1.0] * 700 + [2.0] * 324)
    assert largest_step(metric.points, metric.measure) == (699, 700)
    assert len(metric.measured) <= 12


def test_runs_that_are_there_show_where_not_to_look() -> None:
    metric = Metric([1.0] * 50 + [2.0] * 50, {0, 49, 50, 99})
    assert largest_step(metric.points, metric.measure) == (49, 50)
    assert metric.measured == []


def test_an_end_that_cannot_be_measured_ends_the_search() -> None:
    metric = Metric([1.0, 2.0, 3.0, None])
    assert largest_step(metric.points, metric.measure) is None
    assert metric.measured == [0, 3]


def test_infinities_are_steps_and_equal_ones_are_none() -> None:
    metric = Metric([math.inf, math.inf, 1.0, 2.0])
    assert largest_step(metric.points, metric.measure, everything=True) == (1, 2)
    assert largest_step(Metric([math.inf, math.inf]).points, Metric([math.inf, math.inf]).measure) is None


def test_a_course_of_one_state_has_no_step() -> None:
    metric = Metric([1.0])
    assert largest_step(metric.points, metric.measure) is None
