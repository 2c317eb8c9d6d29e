"""Tasks are found by any spelling that means them, and only by one."""

import pytest

from neurojax.data.tasks import TASKS, find_expert_task, find_task

SPELLINGS = {
    "CartPole-v1": ("CartPole-v1", "CartPole", "cartpole", "cart_pole", "CARTPOLE-V1"),
    "MountainCar-v0": ("mountaincar", "mountain_car", "Mountain Car", "mountaincarv0"),
    "LunarLander-v3": ("lunarlander", "lunar-lander", "LunarLander_v3", " lunarlander"),
    "Acrobot-v1": ("acrobot", "Acrobot", "acrobot-v1"),
}


@pytest.mark.parametrize("task", TASKS)
def test_a_task_is_found_by_every_spelling(task):
    assert {find_task(name).name for name in SPELLINGS[task]} == {task}


def test_a_task_with_an_expert_is_found_likewise():
    assert find_expert_task("cart pole").name == "CartPole-v1"
    with pytest.raises(ValueError, match=r"^--task='acrobot' must be one of \['CartP"):
        find_expert_task("acrobot", "--task")


@pytest.mark.parametrize(
    "name, near",
    [
        ("cartpol", "CartPole-v1"),
        ("CartPole-v0", "CartPole-v1"),  # another version ends at another step
        ("LunarLander-v2", "LunarLander-v3"),
        ("mountain", "MountainCar-v0"),
    ],
)
def test_an_unknown_name_is_told_by_what_the_user_typed(name, near):
    with pytest.raises(
        ValueError, match=rf"--tasks='{name}' must be one of .*{near}'\?"
    ):
        find_task(name, "--tasks")


@pytest.mark.parametrize("name", ["", "-v1", None, 1, ["CartPole-v1"]])
def test_what_is_no_name_is_refused(name):
    with pytest.raises(ValueError, match=r"^task="):
        find_task(name)
