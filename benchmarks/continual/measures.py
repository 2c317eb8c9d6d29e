"""How near models come to the subject they were trained on, in numbers."""

from collections.abc import Callable
from math import comb
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import mannwhitneyu, wasserstein_distance

from benchmarks.continual.study import Spec, Study
from benchmarks.shared.intervals import NUM_RESAMPLES, Interval, mean_interval
from benchmarks.shared.paired import holm, sign_flip_p
from benchmarks.shared.tables import Frame
from neurojax.data.recordings.recording import sessions_and_runs

Array = np.ndarray

METHODS = {"sgd": "SGD", "simple_ga_adaptive": "Adaptive GA", "adam": "Adam"}
INPUTS = {
    "plain": "",
    "info": " + session, run",
    "shuffled": " + shuffled",
    "previous": " + last action",
    "recurrent": ", recurrent",
}
# The text's marks of the unpaired test.
MARKS = ((0.001, "***"), (0.005, "**"))


def label(method: str, inputs: str) -> str:
    """A model's name for a reader."""
    return METHODS[method] + INPUTS[inputs]


class Returns(NamedTuple):
    """A model and the subject on the same episodes.

    Attributes:
        sessions: of each episode.
        human: returns of the subject.
        models: returns of each training, episode and rollout.
        human_actions: the subject's habit of holding keys.
        model_actions: the models'.
    """

    sessions: Array
    human: Array
    models: Array
    human_actions: "Habit"
    model_actions: "Habit"


class Habit(NamedTuple):
    """How actions follow each other, over all steps of some episodes.

    Attributes:
        switch_rate: share of steps with another action than the one before.
        hold: mean number of steps that an action is kept.
    """

    switch_rate: float
    hold: float

    @staticmethod
    def of(lengths: Array, switches: Array) -> "Habit":
        """From steps and switches of each episode."""
        rate = switches.sum() / max((lengths - 1).sum(), 1)
        return Habit(float(rate), float(lengths.sum() / (switches + 1).sum()))


def returns_of(study: Study, specs: list[Spec]) -> Returns:
    """One model's episodes, those of a chain's parts one after the other."""
    recording = study.recordings[specs[0].task, specs[0].subject]
    episodes = np.concatenate([study.part(spec).test for spec in specs])
    played = [study.played(spec) for spec in specs]
    returns, lengths, switches = (
        np.concatenate(arrays, axis=1) for arrays in zip(*played, strict=True)
    )
    runs = [recording.episodes[episode] for episode in episodes]
    changes = np.array([np.sum(run.actions[1:] != run.actions[:-1]) for run in runs])
    return Returns(
        sessions_and_runs(recording)[0][episodes],
        np.array([run.episode_return for run in runs]),
        returns,
        Habit.of(np.array([run.length for run in runs]), changes),
        Habit.of(lengths, switches),
    )


def percent_difference(model: Array, human: Array) -> Array:
    """100 (model - human) / |human|, the text's measure; broadcasts.

    Where the subject's return is 0 it is 100 times the model's: there a point of return
    counts as one hundred per cent.
    """
    scale = np.where(human == 0, 1.0, np.abs(human))
    return 100 * (model - human) / scale


def nested_interval(values: Array) -> Interval:
    """Mean of `(seeds, episodes)` and its 95 % limits by the percentile bootstrap.

    Seeds and episodes are both resampled, for which there is no BCa.
    """
    return _nested(values.shape, lambda rows, columns: values[rows, columns])


def share_interval(mean: Array, human: Array) -> Interval:
    """Difference of the mean returns in % of the subject's mean, as `nested_interval`.

    Args:
        mean: returns `(seeds, episodes)` of the models.
        human: the subject's, `(episodes,)`.
    """
    return _nested(mean.shape, _share(mean, human))


def nearness(before: Array, after: Array, human: Array) -> Interval:
    """By how many points of `share_interval`'s % other models are further away.

    Below 0 they are nearer to the subject. Trainings of one seed are a pair.
    """
    share_before, share_after = _share(before, human), _share(after, human)
    return _nested(
        before.shape,
        lambda rows, columns: (
            np.abs(share_after(rows, columns)) - np.abs(share_before(rows, columns))
        ),
    )


def _share(mean: Array, human: Array) -> Callable[[Array, Array], Array]:
    """What seeds and episodes that are drawn give, `(draws, 1, 1)`."""

    def drawn(rows: Array, columns: Array) -> Array:
        model = mean[rows, columns].mean((1, 2), keepdims=True)
        return percent_difference(model, human[columns].mean(2, keepdims=True))

    return drawn


def _nested(shape: tuple[int, ...], drawn: Callable[[Array, Array], Array]) -> Interval:
    """The mean of what all give, and 95 % limits by drawing seeds and episodes."""
    draws = np.random.default_rng(0)
    seeds, episodes = shape
    rows = draws.integers(0, seeds, (NUM_RESAMPLES, seeds, 1))
    columns = draws.integers(0, episodes, (NUM_RESAMPLES, 1, episodes))
    low, high = np.percentile(drawn(rows, columns).mean((1, 2)), [2.5, 97.5])
    everything = np.arange(seeds)[None, :, None], np.arange(episodes)[None, None]
    return Interval(float(drawn(*everything).mean()), float(low), float(high))


def summary(study: Study) -> Frame:
    """One row for each task, subject and model: what its play came to."""
    grouped: dict[tuple[str, ...], list[Any]] = {}
    for spec in study.specs:
        key = spec.task, spec.subject, spec.method, spec.inputs
        grouped.setdefault(key, []).append(spec)
    rows = []
    for (task, subject, method, inputs), specs in grouped.items():
        about = {"task": task, "subject": subject, "method": method, "inputs": inputs}
        rows.append(about | _numbers(returns_of(study, specs)))
    frame: Any = pd.DataFrame(rows)
    families = frame.groupby(["task", "subject"]).p
    return frame.assign(p_holm=families.transform(holm))


def _numbers(r: Returns) -> dict[str, Any]:
    """The columns of `summary`."""
    mean = r.models.mean(2)  # (seeds, episodes)
    percent = percent_difference(mean, r.human)
    of_episodes = mean.mean(0)
    interval, percents = nested_interval(mean), nested_interval(percent)
    share = share_interval(mean, r.human)
    return {
        "episodes": len(r.human),
        "human": r.human.mean(),
        "model": interval.mean,
        "model_low": interval.low,
        "model_high": interval.high,
        "share": share.mean,
        "share_low": share.low,
        "share_high": share.high,
        "percent": percents.mean,
        "percent_low": percents.low,
        "percent_high": percents.high,
        "percent_sd": percent.mean(0).std(),
        "median_percent": float(np.median(np.abs(percent.mean(0)))),
        "p_unpaired": _unpaired(of_episodes, r.human),
        "p": sign_flip_p(of_episodes - r.human),
        "wasserstein": wasserstein_distance(r.human, r.models.reshape(-1)),
        "curve_distance": curve_distance(r.sessions, of_episodes, r.human),
        "human_switches": r.human_actions.switch_rate,
        "switches": r.model_actions.switch_rate,
        "human_hold": r.human_actions.hold,
        "hold": r.model_actions.hold,
    }


def _unpaired(model: Array, human: Array) -> float:
    """Mann and Whitney's two-sided p; 1 if all values are one."""
    if np.ptp(np.concatenate([model, human])) == 0:
        return 1.0
    return float(mannwhitneyu(model, human, alternative="two-sided").pvalue)


def least_unpaired(n: int) -> float:
    """The least that `_unpaired` can give for so many episodes without ties."""
    return 2 / comb(2 * n, n)


def mark(p: float) -> str:
    """The text's stars."""
    return next((stars for level, stars in MARKS if p < level), "")


def curve_distance(sessions: Array, model: Array, human: Array) -> float:
    """Mean over sessions of |mean return of the model - of the subject|."""
    gaps = [
        abs(model[sessions == s].mean() - human[sessions == s].mean())
        for s in np.unique(sessions)
    ]
    return float(np.mean(gaps))


def impact(study: Study, rows: list[dict[str, Any]], against: str) -> Frame:
    """What inputs change, training by training: `against` minus plain.

    Columns task, subject, method, metric, n (trainings), difference, low, high, p and
    p_holm (over all tasks, subjects and methods of a metric).
    """
    runs: Any = pd.DataFrame(rows)
    ends = runs[runs.metric.str.startswith("final_")]
    by = ["task", "subject", "method", "metric"]
    found = []
    for key, group in ends.groupby(by):
        # The parts of a chain are averaged within a training.
        wide = group.groupby(["inputs", "seed"]).value.mean().unstack("inputs")
        if not {"plain", against} <= set(wide.columns):
            continue
        change = (wide[against] - wide["plain"]).to_numpy()
        p = sign_flip_p(change)
        found.append([*key, len(change), *mean_interval(change), p])
    columns = [*by, "n", "difference", "low", "high", "p"]
    frame: Any = pd.DataFrame(found, columns=columns)
    return frame.assign(p_holm=frame.groupby("metric").p.transform(holm))
