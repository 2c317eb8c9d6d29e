import errno
import itertools
import os
import sys

import numpy as np
import pytest

from neurojax.data import EXPERT_TASKS, expert, files, memory
from neurojax.data.experts import episodes as playing
from neurojax.data.experts import expert as experts
from neurojax.data.experts import progress
from neurojax.data.experts.episodes import cartpole_step, episodes
from neurojax.data.experts.policy import greedy_actions, load_policy, save_policy
from neurojax.environments.gymnasium import make

FULL = {"CartPole-v1": 500_000, "LunarLander-v3": 384_000}
# No more than one batch of episodes, so that each is made in well under a second.
SMALL = {"CartPole-v1": 1009, "LunarLander-v3": 503}


@pytest.mark.parametrize("task", EXPERT_TASKS)
def test_committed_policies_are_small_and_say_where_they_come_from(task):
    path = experts.policy_path(EXPERT_TASKS[task])
    policy, metadata = load_policy(path)
    assert path.stat().st_size < 50_000
    assert metadata["task"] == task
    assert f"neurojax.data.experts.train --task {task} --seed" in metadata["command"]
    assert float(metadata["mean_return"]) >= EXPERT_TASKS[task].accepted_return
    assert int(metadata["num_episodes"]) == 1000
    assert policy[0].kernel.shape[0] == EXPERT_TASKS[task].observation_size
    assert policy[-1].bias.shape == (EXPERT_TASKS[task].num_actions,)


@pytest.mark.parametrize("task", EXPERT_TASKS)
def test_every_expert_episode_reaches_the_accepted_return(task, tmp_path, monkeypatch):
    monkeypatch.setattr(playing, "BATCH_SIZE", 5)
    dataset = expert(task, num_transitions=SMALL[task], cache_dir=tmp_path)
    assert dataset.num_transitions >= SMALL[task]
    assert dataset.observation_shape == (EXPERT_TASKS[task].observation_size,)
    assert dataset.num_actions == EXPERT_TASKS[task].num_actions
    assert dataset.episode_returns.min() >= EXPERT_TASKS[task].accepted_return
    assert "synthetic" in dataset.source


def test_the_cartpole_expert_never_drops_the_pole(tmp_path):
    dataset = expert("CartPole-v1", num_transitions=5000, cache_dir=tmp_path)
    assert dataset.num_transitions == 5000
    np.testing.assert_array_equal(dataset.episode_returns, [500.0] * 10)
    assert 0.4 < dataset.actions.mean() < 0.6


def test_a_smaller_set_is_the_start_of_a_larger_one(tmp_path):
    small = expert("CartPole-v1", num_transitions=500, cache_dir=tmp_path)
    large = expert("CartPole-v1", num_transitions=1300, cache_dir=tmp_path)
    assert (small.num_transitions, large.num_transitions) == (500, 1500)
    np.testing.assert_array_equal(small.observations, large.observations[:500])


def test_labels_are_what_the_committed_policy_does(tmp_path):
    dataset = expert("CartPole-v1", num_transitions=500, cache_dir=tmp_path)
    policy, _ = load_policy(experts.policy_path(EXPERT_TASKS["CartPole-v1"]))
    actions = greedy_actions(policy, dataset.observations)
    # A product of another batch size may round another way where two logits are equal.
    assert np.mean(actions == dataset.actions) > 0.99


def test_cartpole_equals_gymnasium_step_by_step():
    environment = make("CartPole-v1")
    random = np.random.default_rng(0)
    for seed in range(7):
        observation, _ = environment.reset(seed=seed)
        state = np.random.default_rng(seed).uniform(-0.05, 0.05, (4, 1))
        np.testing.assert_array_equal(observation, state[:, 0].astype(np.float32))
        terminated = False
        while not terminated:
            action = int(random.integers(2))
            observation, _, terminated, _, _ = environment.step(action)
            state = cartpole_step(state, np.array([action]))
            np.testing.assert_allclose(observation, state[:, 0], rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("task", EXPERT_TASKS)
def test_episodes_are_those_of_gymnasium_with_the_same_seed(task, monkeypatch):
    monkeypatch.setattr(playing, "BATCH_SIZE", 3)  # only the first is looked at
    policy, _ = load_policy(experts.policy_path(EXPERT_TASKS[task]))
    ours = next(episodes(EXPERT_TASKS[task], policy, first_seed=3))
    environment = make(task)
    observation, _ = environment.reset(seed=3)
    for step, action in enumerate(ours.actions[:53]):
        np.testing.assert_allclose(observation, ours.observations[step], atol=1e-5)
        observation, reward, _, _, _ = environment.step(int(action))
        np.testing.assert_allclose(reward, ours.rewards[step], rtol=1e-5, atol=1e-5)


def test_the_second_call_reads_the_cache(tmp_path, monkeypatch):
    first = expert("CartPole-v1", num_transitions=7, cache_dir=tmp_path)
    (name,) = os.listdir(tmp_path)
    assert name.startswith("CartPole-v1-expert-7-transitions-")
    monkeypatch.setattr(experts, "episodes", None)  # nothing can be made any more
    again = expert("CartPole-v1", num_transitions=7, cache_dir=tmp_path)
    np.testing.assert_array_equal(first.observations, again.observations)
    assert (again.source, again.num_actions) == (first.source, 2)


def test_a_corrupt_cache_file_is_said_and_made_again(tmp_path):
    first = expert("CartPole-v1", num_transitions=7, cache_dir=tmp_path)
    (path,) = tmp_path.iterdir()
    path.write_bytes(path.read_bytes()[:1009])
    with pytest.warns(UserWarning, match=f"made again: .*{path.name} is truncated"):
        again = expert("CartPole-v1", num_transitions=7, cache_dir=tmp_path)
    np.testing.assert_array_equal(first.observations, again.observations)
    assert files.load(path).num_transitions == first.num_transitions


def test_a_full_disk_is_said_and_the_data_returned(tmp_path, monkeypatch):
    def disk_full(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", disk_full)
    with pytest.warns(
        UserWarning, match="not cached: .*No space left.*free space.*npz"
    ):
        dataset = expert("CartPole-v1", num_transitions=7, cache_dir=tmp_path)
    assert dataset.num_transitions == 500
    assert not os.listdir(tmp_path)


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"NEUROJAX_CACHE": "own", "XDG_CACHE_HOME": "shared"}, "own"),
        ({"XDG_CACHE_HOME": "shared"}, "shared/neurojax"),
        ({"HOME": "home"}, "home/.cache/neurojax"),
    ],
)
def test_the_cache_is_where_the_environment_says(
    tmp_path, monkeypatch, variables, expected
):
    for variable in ("NEUROJAX_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(variable, raising=False)
    for variable, folder in variables.items():
        monkeypatch.setenv(variable, str(tmp_path / folder))
    expert("CartPole-v1", num_transitions=7)
    assert len(os.listdir(tmp_path / expected)) == 1


def test_another_policy_has_another_cache_file(tmp_path, monkeypatch):
    task = EXPERT_TASKS["CartPole-v1"]
    before = experts._cache_path(task, 7, tmp_path)
    policy, metadata = load_policy(experts.policy_path(task))
    other = tmp_path / "other.safetensors"
    save_policy(policy, other, {**metadata, "seed": "7"})
    monkeypatch.setattr(
        experts, "policy_path", lambda task: tmp_path / "other.safetensors"
    )
    assert experts._cache_path(task, 7, tmp_path) != before


@pytest.mark.parametrize(
    ("name", "nearest"),
    [("CartPole-v0", "CartPole-v1"), ("lunarlnder", "LunarLander-v3")],
)
def test_an_unknown_task_names_the_nearest(tmp_path, name, nearest):
    with pytest.raises(ValueError, match=f"task='{name}'.*did you mean '{nearest}'"):
        expert(name, cache_dir=tmp_path)
    assert not os.listdir(tmp_path)


def test_more_than_the_machine_holds_is_refused_before_it_is_made(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(memory, "_memory", lambda: 24 * 10**9)
    words = r"num_transitions=1000000000 of CartPole-v1 would take 100.0 GB.* 24.0 GB"
    with pytest.raises(ValueError, match=f"{words}.*published 500000"):
        expert("CartPole-v1", num_transitions=10**9, cache_dir=tmp_path)
    with pytest.raises(ValueError, match="of CartPole-v1 would take 100,000.0 GB"):
        expert("CartPole-v1", num_transitions=10**12, cache_dir=tmp_path)
    assert not os.listdir(tmp_path)


def test_long_work_is_shown_on_a_terminal(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(progress, "SECONDS", 0.0)
    expert("CartPole-v1", num_transitions=501, cache_dir=tmp_path / "a")
    assert capsys.readouterr().err == ""  # no terminal
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    expert("CartPole-v1", num_transitions=501, cache_dir=tmp_path / "b")
    lines = capsys.readouterr().err.split("\r")
    assert lines[1:] == [
        "Making CartPole-v1: 500 of 501 transitions",
        "Making CartPole-v1: 1,000 of 501 transitions\n",
    ]


def test_a_policy_that_never_succeeds_is_said_to_need_training(tmp_path, monkeypatch):
    policy, metadata = load_policy(experts.policy_path(EXPERT_TASKS["CartPole-v1"]))
    one_way = (*policy[:-1], policy[-1]._replace(bias=np.array([9e9, 0], np.float32)))
    save_policy(one_way, tmp_path / "bad.safetensors", metadata)
    monkeypatch.setattr(
        experts, "policy_path", lambda task: tmp_path / "bad.safetensors"
    )
    with pytest.raises(RuntimeError, match="below a return of 500 in 100 episodes"):
        expert("CartPole-v1", cache_dir=tmp_path)


def test_a_missing_simulator_names_the_extra(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "gymnasium", None)
    with pytest.raises(ImportError, match=r"LunarLander-v3.*neurojax\[envs\]"):
        expert("LunarLander-v3", num_transitions=7, cache_dir=tmp_path)
    assert not os.listdir(tmp_path)


@pytest.mark.parametrize(("task", "size"), FULL.items())
def test_a_full_data_set_is_as_large_as_on_huggingface(
    task, size, tmp_path, monkeypatch
):
    made = {}

    def make(task, num_transitions):
        made[task.name] = num_transitions
        raise RuntimeError("that is all to be known")

    monkeypatch.setattr(experts, "_make", make)
    with pytest.raises(RuntimeError, match="that is all"):
        expert(task, cache_dir=tmp_path)
    assert made == {task: size}


@pytest.mark.slow
@pytest.mark.parametrize(("task", "size"), FULL.items())
def test_a_full_data_set_holds_whole_accepted_episodes(task, size, tmp_path):
    dataset = expert(task, cache_dir=tmp_path)
    without_the_last = np.flatnonzero(dataset.episode_starts)[-1]
    assert without_the_last < size <= dataset.num_transitions < size + 1000
    assert dataset.episode_returns.min() >= EXPERT_TASKS[task].accepted_return
    assert task != "CartPole-v1" or dataset.num_episodes == 1000
    start = expert(task, num_transitions=SMALL[task], cache_dir=tmp_path)
    np.testing.assert_array_equal(
        start.observations, dataset.observations[: start.num_transitions]
    )


def test_episodes_do_not_depend_on_where_counting_starts():
    task = EXPERT_TASKS["CartPole-v1"]
    policy, _ = load_policy(experts.policy_path(task))
    from_0 = list(itertools.islice(episodes(task, policy, 0), 5))
    from_3 = list(itertools.islice(episodes(task, policy, 3), 2))
    np.testing.assert_array_equal(from_0[3].observations[0], from_3[0].observations[0])
    np.testing.assert_array_equal(from_0[4].observations[0], from_3[1].observations[0])
