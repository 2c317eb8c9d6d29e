"""Which item is next: in order, again after a death, twice when late."""

import pytest

from neurojax.parallel.schedule import Schedule


def given(number, **times):
    """All items are given out at time 0, and some answered at the times named."""
    schedule = Schedule(number)
    for item in range(number):
        assert schedule.next_item(0.0) == item
    for item, time in times.items():
        schedule.answer(int(item[1:]), item, 0.0, time)
    return schedule


def test_items_are_given_in_order_and_answers_kept_in_it():
    schedule = Schedule(3)
    assert [schedule.next_item(0.0) for _ in range(4)] == [0, 1, 2, None]
    for item in (2, 0):
        schedule.answer(item, item * 10, 0.0, 1.0)
        assert not schedule.is_done()
    schedule.answer(1, 10, 0.0, 1.0)
    assert schedule.is_done() and schedule.results() == [0, 10, 20]


def test_no_items_are_done_at_once():
    assert Schedule(0).is_done() and Schedule(0).results() == []


def test_a_lost_item_is_next():
    schedule = Schedule(3)
    assert [schedule.next_item(0.0), schedule.next_item(1.0)] == [0, 1]
    schedule.lose(0, 0.0, OSError("killed"))
    assert [schedule.next_item(2.0) for _ in range(3)] == [0, 2, None]


def test_the_third_death_at_an_item_is_an_error_that_names_the_cause():
    schedule = given(2)
    for item in (0, 1, 0, 1):
        schedule.lose(item, 0.0, OSError("killed"))
        assert schedule.next_item(0.0) == item
    with pytest.raises(RuntimeError, match="Item 1 of 2 was given to 3.*: killed"):
        schedule.lose(1, 0.0, OSError("killed"))


def test_an_item_is_late_after_twice_the_median_and_a_second():
    schedule = given(5, _0=1.0, _1=2.0, _2=9.0)  # the median is 2: late from 5 on
    assert schedule.next_item(5.0) is None
    assert schedule.next_item(5.1) == 3
    assert schedule.next_item(5.1) == 4
    assert schedule.next_item(99.0) is None  # two are at each


def test_the_latest_item_comes_first():
    schedule = Schedule(3)
    assert [schedule.next_item(time) for time in (0.0, 2.0, 1.0)] == [0, 1, 2]
    schedule.answer(0, None, 0.0, 0.1)
    assert [schedule.next_item(9.0), schedule.next_item(9.0)] == [2, 1]


def test_nothing_is_late_before_there_is_an_answer():
    assert given(2).next_item(1e9) is None


def test_the_first_answer_counts_and_a_death_after_it_does_not():
    schedule = given(2, _0=1.0)
    assert schedule.next_item(9.0) == 1
    schedule.answer(1, "first", 9.0, 10.0)
    schedule.answer(1, "second", 0.0, 11.0)
    for _ in range(3):
        schedule.lose(1, 0.0, OSError("killed"))
    assert schedule.results() == ["_0", "first"] and schedule.next_item(99.0) is None


def test_an_item_with_a_second_worker_is_not_given_out_when_the_first_dies():
    schedule = given(2, _0=1.0)
    assert schedule.next_item(9.0) == 1
    schedule.lose(1, 0.0, OSError("killed"))
    assert schedule.next_item(9.5) is None
    assert schedule.next_item(12.1) == 1  # but when the second is late, too
