import sys
import time

import datasets
import huggingface_hub
import numpy as np
import pytest

from neurojax.data import huggingface, load


@pytest.fixture
def hub(monkeypatch):
    """A hub with 3 episodes of 5 transitions, of four numbers or of eight."""
    asked = []

    def load_dataset(name, *, split, streaming):
        asked.append((name, split, streaming))
        width = 4 if "CartPole" in name else 8
        rows = [
            {
                "obs": [float(row)] * width,
                "actions": row % 2,
                "rewards": 1.0,
                "episode_starts": float(row % 5 == 0),
            }
            for row in range(15)
        ]
        loaded = datasets.Dataset.from_list(rows)
        return loaded.to_iterable_dataset() if streaming else loaded

    monkeypatch.setattr(datasets, "load_dataset", load_dataset)
    monkeypatch.setattr(huggingface, "_answers", lambda url: True)
    # Where torch is installed, every stream would import it, only to look at it.
    monkeypatch.setattr(datasets.config, "TORCH_AVAILABLE", False)
    return asked


@pytest.mark.parametrize(
    ("name", "shape", "num_actions"),
    [("CartPole-v1", (4,), 2), ("LunarLander-v2", (8,), 4)],
)
def test_a_whole_set_is_loaded_with_the_actions_of_its_task(
    hub, name, shape, num_actions
):
    dataset = huggingface.load(name)
    assert hub == [(f"NathanGavenski/{name}", "train", False)]
    assert dataset.observation_shape == shape
    assert (dataset.num_transitions, dataset.num_episodes) == (15, 3)
    assert (dataset.num_actions, dataset.name) == (num_actions, name)
    np.testing.assert_array_equal(dataset.observations[:, 0], np.arange(15))
    assert "NathanGavenski" in dataset.source


@pytest.mark.parametrize(
    ("num_transitions", "expected"), [(1, 5), (5, 5), (6, 10), (11, 15), (15, 15)]
)
@pytest.mark.parametrize("rows_per_request", [1, 3, 5, 7, 100])
def test_a_stream_is_read_to_the_end_of_the_last_episode(
    hub, monkeypatch, num_transitions, expected, rows_per_request
):
    monkeypatch.setattr(huggingface, "ROWS_PER_REQUEST", rows_per_request)
    dataset = huggingface.load("CartPole-v1", num_transitions=num_transitions)
    assert dataset.num_transitions == expected
    assert hub == [("NathanGavenski/CartPole-v1", "train", True)]


def test_lunarlander_v3_is_v2_on_the_hub(hub):
    load("huggingface", "LunarLander-v3")
    assert hub == [("NathanGavenski/LunarLander-v2", "train", False)]


def test_an_unknown_name_names_the_nearest(hub):
    with pytest.raises(ValueError, match="'LunarLander-v3'.*mean 'LunarLander-v2'"):
        huggingface.load("LunarLander-v3")
    assert not hub


def test_a_failing_hub_says_what_to_use_instead(hub, monkeypatch):
    def fail(name, **options):
        raise RuntimeError("502 Bad Gateway")

    monkeypatch.setattr(datasets, "load_dataset", fail)
    with pytest.raises(ConnectionError, match="502 Bad Gateway.*'expert'.*parquet"):
        huggingface.load("CartPole-v1")


def test_the_switches_of_the_libraries_are_put_back(hub, monkeypatch):
    seen = []
    monkeypatch.setattr(huggingface, "_answers", lambda url: False)
    whole = datasets.load_dataset

    def load_dataset(name, **options):
        seen.append(datasets.config.HF_HUB_OFFLINE)
        return whole(name, **options)

    monkeypatch.setattr(datasets, "load_dataset", load_dataset)
    before = datasets.config.HF_HUB_OFFLINE
    huggingface.load("CartPole-v1")
    assert seen == [True]
    assert before == datasets.config.HF_HUB_OFFLINE


def test_a_missing_library_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(ImportError, match=r"pip install neurojax\[data\]"):
        huggingface.load("CartPole-v1")


def test_an_unreachable_hub_is_said_within_seconds(tmp_path, monkeypatch):
    """With the real library and an empty cache; nothing listens on port 9."""
    nowhere = "http://127.0.0.1:9"
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(datasets.config, "HF_ENDPOINT", nowhere)
    monkeypatch.setattr(huggingface_hub.constants, "ENDPOINT", nowhere)
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path))
    started = time.perf_counter()
    with pytest.raises(ConnectionError, match="^NathanGavenski/CartPole-v1.*'expert'"):
        huggingface.load("CartPole-v1")
    assert time.perf_counter() - started < 20  # 23 s of retries are not waited for
