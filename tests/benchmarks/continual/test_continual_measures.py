"""The continual study's measures, by hand."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from benchmarks.continual.measures import (
    Habit,
    Returns,
    _numbers,
    curve_distance,
    impact,
    mark,
    nearness,
    nested_interval,
    percent_difference,
    share_interval,
)
from benchmarks.continual.tables import impact_table


def test_percent_is_of_the_size_of_the_persons_return():
    model, human = np.array([50.0, -150.0, 3.0]), np.array([100.0, -100.0, 0.0])
    assert percent_difference(model, human).tolist() == [-50.0, -50.0, 300.0]


@pytest.mark.parametrize(
    ("p", "stars"), [(0.0009, "***"), (0.001, "**"), (0.0049, "**"), (0.005, "")]
)
def test_marks_are_the_texts(p, stars):
    assert mark(p) == stars


def test_curve_distance_is_between_the_means_of_sessions():
    sessions = np.array([0, 0, 1])
    model, human = np.array([10.0, 30.0, 5.0]), np.array([30.0, 10.0, 2.0])
    assert curve_distance(sessions, model, human) == 1.5


def test_the_interval_covers_both_seeds_and_episodes():
    values = np.random.default_rng(1).normal(size=(10, 8))
    both = nested_interval(values)
    seeds = nested_interval(values.mean(1, keepdims=True))
    assert both.low < seeds.low < both.mean < seeds.high < both.high
    assert nested_interval(np.full((3, 4), 2.0)) == (2.0, 2.0, 2.0)


def test_the_share_is_of_the_means_where_short_episodes_blow_up_the_other():
    # A model that plays as long as the person, on the other's episodes.
    human = np.array([10.0, 90.0])
    mean = np.array([[90.0, 10.0], [90.0, 10.0]])
    share = share_interval(mean, human)
    assert share.mean == 0 and share.low < 0 < share.high
    assert percent_difference(mean, human).mean() > 350


def test_coming_nearer_counts_only_beyond_chance():
    human = np.full(6, 100.0)
    far, near = np.full((5, 6), 150.0), np.full((5, 6), 90.0)
    assert nearness(far, near, human) == (-40.0, -40.0, -40.0)
    assert nearness(near, far, human) == (40.0, 40.0, 40.0)
    noise = 30 * np.random.default_rng(0).normal(size=(2, 5, 6))
    found = nearness(far + noise[0], far + noise[1], human)
    assert found.low < 0 < found.high


def test_few_trainings_have_no_p():
    columns = ["task", "subject", "method", "metric", "n", "difference", "low", "high"]
    row = ["T", "s", "sgd", "final_macro_f1", 3, 0.1, 0.0, 0.2, 1.0, 1.0]
    frame = pd.DataFrame([row], columns=[*columns, "p", "p_holm"])
    table = impact_table(frame, "what")
    assert table.rows[0][-1] == "-" and "too few for a p" in table.title
    assert "with 3 the least is 0.25" in table.note
    assert impact_table(frame.assign(n=6), "what").rows[0][-1] == "1.000"


def test_numbers_by_hand():
    # Two trainings, two episodes, two rollouts.
    models = np.array([[[1.0, 3.0], [4.0, 4.0]], [[2.0, 2.0], [8.0, 8.0]]])
    found = _numbers(
        Returns(
            np.array([0, 1]),
            np.array([2.0, 3.0]),
            models,
            Habit(0.375, 2.0),
            Habit(0.3, 1.5),
        )
    )
    assert (found["human"], found["model"]) == (2.5, 4.0)
    assert found["percent"] == pytest.approx((0 + 100) / 2)
    assert found["share"] == pytest.approx(60.0)  # 4 against 2.5
    assert found["median_percent"] == pytest.approx(50.0)
    assert found["curve_distance"] == pytest.approx((0 + 3) / 2)
    assert (found["human_switches"], found["switches"]) == (0.375, 0.3)
    assert (found["human_hold"], found["hold"]) == (2.0, 1.5)


def test_habits_are_over_all_steps():
    # 0 0 1 1 1 and 2 0: two switches, in five places for one; four stretches.
    assert Habit.of(np.array([5, 2]), np.array([1, 1])) == (2 / 5, 7 / 4)
    assert Habit.of(np.array([1]), np.array([0])) == (0.0, 1.0)


def test_play_that_is_all_the_same_is_not_different():
    same = Returns(
        np.zeros(3, int),
        np.full(3, -200.0),
        np.full((2, 3, 4), -200.0),
        Habit(0.0, 200.0),
        Habit(0.0, 200.0),
    )
    found = _numbers(same)
    assert (found["p_unpaired"], found["p"]) == (1.0, 1.0)
    assert (found["percent"], found["wasserstein"]) == (0.0, 0.0)


def test_impact_pairs_the_trainings():
    rows = [
        {
            "task": "T",
            "subject": "s",
            "method": "sgd",
            "inputs": inputs,
            "seed": seed,
            "metric": "final_macro_f1",
            "value": seed + change,
        }
        for inputs, change in (("plain", 0.0), ("info", 0.25))
        for seed in range(6)
    ]
    found = impact(SimpleNamespace(), rows, "info")
    assert isinstance(found, pd.DataFrame)
    assert found.difference.tolist() == [0.25]
    assert (found.low.item(), found.high.item()) == (0.25, 0.25)
    assert found.p_holm.item() == pytest.approx(2 / 2**6)
    assert impact(SimpleNamespace(), rows, "shuffled").empty
