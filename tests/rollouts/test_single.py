import jax
import jax.numpy as jnp
import numpy as np
import pytest
from environment_toys import Aim, GoAfter, Walk
from players import Constant

from neurojax.environments import Gymnasium, Gymnax
from neurojax.networks import MLP
from neurojax.rollouts import choose_action, episode_return, rollout
from neurojax.rollouts.actions import to_unit
from neurojax.rollouts.single import _episode_return

KEYS = jax.random.split(jax.random.key(0), 5)
STAY, GO = jnp.array([1.0, 0.0]), jnp.array([0.0, 1.0])


def start_of(key):
    """The place at which the episode of `key` starts, seen by a policy that stays."""
    return int(rollout(Walk(), Constant(2), STAY, key).observation[0, 0])


def test_return_is_the_sum_of_rewards_until_the_goal():
    for key in KEYS:
        start = start_of(key)
        total_reward, length = episode_return(Walk(), Constant(2), GO, key)
        # Places start + 1, ..., 3 each give one more than their number.
        assert total_reward == sum(1 + place for place in range(start + 1, 4))
        assert length == 3 - start
    assert {start_of(key) for key in KEYS} == {0, 1}


def test_episode_without_an_end_is_truncated_and_counts_every_step():
    total_reward, length = episode_return(Walk(), Constant(2), STAY, KEYS[0])
    assert length == 7
    assert total_reward == 7 * (1 + start_of(KEYS[0]))


def test_truncation_before_the_bound_ends_the_episode():
    result = episode_return(Walk(limit=5), Constant(2), STAY, KEYS[0])
    assert result.length == 5
    assert result.total_reward == 5 * (1 + start_of(KEYS[0]))


def test_max_steps_ends_the_episode_early():
    assert episode_return(Walk(), Constant(2), STAY, KEYS[0], max_steps=3).length == 3
    assert rollout(Walk(), Constant(2), STAY, KEYS[0], max_steps=3).reward.shape == (3,)


def test_scalars_have_no_axes():
    total_reward, length = episode_return(Walk(), Constant(2), GO, KEYS[0])
    assert total_reward.shape == length.shape == ()
    assert (total_reward.dtype, length.dtype) == ("float32", "int32")


@pytest.mark.parametrize("greedy", [True, False])
def test_trajectory_sums_up_to_the_return(greedy):
    environment, network = Walk(noise=0.5), MLP((1, 3, 2))
    weights = jax.jit(network.init)(KEYS[1])
    for key in KEYS:
        total_reward, length = episode_return(
            environment, network, weights, key, greedy=greedy
        )
        steps = rollout(environment, network, weights, key, greedy=greedy)
        np.testing.assert_allclose(steps.reward.sum(), total_reward, rtol=1e-6)
        assert steps.is_alive.sum() == length
        assert np.all(np.diff(steps.is_alive.astype(int)) <= 0)


def test_return_equals_a_loop_written_by_hand():
    environment, network = Gymnax("CartPole-v1"), MLP((4, 5, 2))
    weights = network.init(KEYS[3])
    steps = rollout(environment, network, weights, KEYS[0])
    observation, state = environment.reset(jax.random.split(KEYS[0], 3)[0])
    step, total = jax.jit(environment.step), 0.0
    for time in range(500):
        np.testing.assert_allclose(steps.observation[time], observation, atol=1e-4)
        action = int(jnp.argmax(network.apply(weights, (), observation)[1]))
        assert action == steps.action[time]
        observation, state, reward, terminated, truncated = step(
            KEYS[1], state, jnp.int32(action)
        )
        total += float(reward)
        if terminated or truncated:
            break
    result = episode_return(environment, network, weights, KEYS[0])
    assert (result.total_reward, result.length) == (total, time + 1)
    assert not np.any(steps.reward[time + 1 :])


def test_steps_after_the_end_do_not_count():
    """Walking on beyond the goal would pay ever more."""
    for key in KEYS:
        steps = rollout(Walk(), Constant(2), GO, key)
        assert not np.any(steps.reward[3 - start_of(key) :])
        assert not np.any(steps.is_alive[3 - start_of(key) :])


def test_rollout_tells_how_the_episode_ended():
    for key in KEYS:
        start = start_of(key)
        reached = rollout(Walk(), Constant(2), GO, key)
        assert reached.terminated.tolist() == [time == 2 - start for time in range(7)]
        assert not np.any(reached.truncated)
        stayed = rollout(Walk(limit=5), Constant(2), STAY, key)
        assert stayed.truncated.tolist() == [time == 4 for time in range(7)]
        assert not np.any(stayed.terminated)


def test_the_last_step_of_an_episode_cut_by_max_steps_is_truncated():
    steps = rollout(Walk(), Constant(2), STAY, KEYS[0], max_steps=3)
    assert steps.truncated.tolist() == [False, False, True]
    ended_before = rollout(Walk(goal=2), Constant(2), GO, KEYS[0], max_steps=3)
    assert not np.any(ended_before.truncated)


def test_rollout_keeps_the_observation_that_the_last_action_led_to():
    for key in KEYS:
        steps = rollout(Walk(), Constant(2), GO, key)
        last = int(steps.is_alive.sum()) - 1
        assert steps.next_observation[last] == 3
        np.testing.assert_array_equal(
            steps.next_observation[:last], steps.observation[1 : last + 1]
        )


def test_network_remembers_within_an_episode_and_forgets_between_episodes():
    for key in (KEYS[0], KEYS[0], KEYS[1]):
        steps = rollout(Walk(), GoAfter(), jnp.float32(2), key)
        assert steps.action[:3].tolist() == [0, 0, 1]
        length = episode_return(Walk(), GoAfter(), jnp.float32(2), key).length
        assert length == 2 + 3 - start_of(key)


def test_vmap_over_members_and_episodes_equals_a_loop():
    environment, network = Walk(noise=0.5), MLP((1, 3, 2))
    members = jax.tree.map(
        lambda leaf: np.stack([leaf, 3 * leaf, -leaf]), jax.jit(network.init)(KEYS[2])
    )

    def play_one(weights, key):
        return episode_return(environment, network, weights, key, greedy=False)

    play = jax.vmap(jax.vmap(play_one, (None, 0)), (0, None))
    many = play(members, KEYS)
    assert many.length.shape == (3, 5)
    assert len(np.unique(many.length)) > 1  # some live on when others have ended
    for member in range(3):
        weights = jax.tree.map(lambda leaf, m=member: leaf[m], members)
        for episode, key in enumerate(KEYS):
            one = play_one(weights, key)
            assert many.length[member, episode] == one.length
            np.testing.assert_allclose(
                many.total_reward[member, episode], one.total_reward, rtol=1e-6
            )


def test_vmap_over_plastic_carries_equals_a_loop():
    waits = jnp.array([0.0, 1.0, 2.0])
    play = jax.vmap(lambda wait: episode_return(Walk(), GoAfter(), wait, KEYS[0]))
    assert (play(waits).length - 3 + start_of(KEYS[0])).tolist() == [0, 1, 2]


def test_jit_equals_eager():
    environment, network = Walk(noise=0.5), MLP((1, 3, 2))
    weights = network.init(KEYS[0])
    compiled = episode_return(environment, network, weights, KEYS[0])
    with jax.disable_jit():
        eager = episode_return(environment, network, weights, KEYS[0])
    np.testing.assert_allclose(compiled.total_reward, eager.total_reward, rtol=1e-6)


def test_loop_stops_with_the_last_episode():
    """Else a population of early deaths would cost as much as one of champions."""
    counted = []

    class Counting(Constant):
        def apply(self, weights, carry, observation):
            jax.debug.callback(lambda: counted.append(1))
            return carry, weights

    one = jax.vmap(lambda w: episode_return(Walk(), Counting(2), w, KEYS[0]).length)
    lengths = one(jnp.stack([GO, GO]))
    jax.effects_barrier()
    # Unvectorised: one call per member and step, or one per step.
    assert len(counted) in (int(lengths.max()), 2 * int(lengths.max()))


def test_equal_environments_and_networks_share_a_compilation():
    before = _episode_return._cache_size()
    for _ in range(2):
        episode_return(Walk(max_steps=11), Constant(2), GO, KEYS[0])
    assert _episode_return._cache_size() == before + 1


def test_nan_outputs_give_a_nan_return():
    spoiled = jnp.array([jnp.nan, 1.0])
    assert jnp.isnan(episode_return(Walk(), Constant(2), spoiled, KEYS[0])[0])


def test_nan_after_the_end_does_no_harm():
    class BreaksLater(GoAfter):
        def apply(self, weights, carry, observation):
            return carry + 1, jnp.where(carry < 3, GO, jnp.nan)

    steps = rollout(Walk(), BreaksLater(), jnp.float32(0), KEYS[0])
    assert np.all(np.isfinite(steps.reward))


def test_discrete_action_is_the_largest_output():
    walk = Walk()
    assert choose_action(walk, jnp.array([0.1, 0.3])) == 1
    assert choose_action(walk, jnp.array([0.3, 0.1])) == 0


def test_drawn_actions_follow_the_softmax():
    outputs = jnp.log(jnp.array([0.3, 0.7]))
    keys = jax.random.split(jax.random.key(0), 3000)
    actions = jax.vmap(lambda key: choose_action(Walk(), outputs, key))(keys)
    assert abs(actions.mean() - 0.7) < 0.03


def test_continuous_actions_fill_the_bounds():
    actions = [choose_action(Aim(), jnp.full(2, x)) for x in (-50.0, 0.0, 50.0)]
    np.testing.assert_allclose(actions, [[-1, 0], [1, 2.5], [3, 5]], atol=1e-5)
    total_reward, _ = episode_return(Aim(), Constant(2), jnp.zeros(2), KEYS[0])
    np.testing.assert_allclose(total_reward, 5 * 3.5)


def test_twice_the_outputs_are_means_and_log_standard_deviations():
    mean, log_std = jnp.array([0.5, -0.25]), jnp.log(jnp.array([0.1, 2.0]))
    output, key = jnp.concatenate([mean, log_std]), jax.random.key(3)
    np.testing.assert_allclose(
        choose_action(Aim(), output), choose_action(Aim(), mean), rtol=1e-6
    )
    before = mean + jnp.array([0.1, 2.0]) * jax.random.normal(key, (2,))
    drawn = choose_action(Aim(), output, key)
    np.testing.assert_allclose(drawn, choose_action(Aim(), before), rtol=1e-6)
    many = jax.vmap(lambda key: choose_action(Aim(), output, key))
    actions = np.asarray(many(jax.random.split(key, 3000)))
    before = np.arctanh((actions - [-1, 0]) / [4, 5] * 2 - 1)[:, 0]
    np.testing.assert_allclose([before.mean(), before.std()], [0.5, 0.1], atol=0.01)


def test_standard_deviations_are_bounded_and_a_nan_stays_one():
    wild = jnp.array([0.5, -0.25, 1000.0, -1000.0])
    key = jax.random.key(3)
    first, second = jax.random.normal(key, (2,))
    before = jnp.array([0.5 + jnp.exp(2.0) * first, -0.25 + jnp.exp(-20.0) * second])
    drawn = choose_action(Aim(), wild, key)
    np.testing.assert_allclose(drawn, choose_action(Aim(), before), rtol=1e-5)
    broken = jnp.array([0.5, -0.25, jnp.nan, 0.0])
    played = episode_return(Aim(), Constant(4), broken, KEYS[0], greedy=False)
    assert np.isnan(played.total_reward)


def test_continuous_actions_are_drawn_with_the_steps_key():
    output = jnp.zeros(4)
    steps = rollout(Aim(), Constant(4), output, KEYS[0], greedy=False)
    assert len(np.unique(steps.action)) == 10
    again = rollout(Aim(), Constant(4), output, KEYS[0], greedy=False)
    np.testing.assert_array_equal(steps.action, again.action)
    other = rollout(Aim(), Constant(4), output, KEYS[1], greedy=False)
    assert not np.any(steps.action == other.action)


def test_a_continuous_action_in_units_of_its_bounds_is_the_tanh_of_the_output():
    output = jnp.array([0.3, -0.7])
    unit = to_unit(Aim(), choose_action(Aim(), output))
    np.testing.assert_allclose(unit, np.tanh(output), rtol=1e-5)


def test_max_steps_beyond_the_environments_is_refused():
    with pytest.raises(ValueError, match=r"max_steps=8 must be at most 7.*option"):
        episode_return(Walk(), Constant(2), GO, KEYS[0], max_steps=8)


def test_max_steps_below_one_is_refused():
    with pytest.raises(ValueError, match="max_steps=0 must be an integer at least 1"):
        rollout(Walk(), Constant(2), GO, KEYS[0], max_steps=0)


def test_wrong_number_of_outputs_is_refused():
    with pytest.raises(ValueError, match=r"shape \(3,\).*give the network 2 outputs"):
        episode_return(Walk(), Constant(3), jnp.zeros(3), KEYS[0])


def test_drawing_continuous_actions_is_refused():
    with pytest.raises(
        ValueError, match="greedy=False.*continuous.*4 outputs.*greedy=True"
    ):
        episode_return(Aim(), Constant(2), jnp.zeros(2), KEYS[0], greedy=False)


def test_continuous_environment_without_bounds_is_refused():
    class Unbounded(Aim):
        action_bounds = None

    with pytest.raises(ValueError, match="action_bounds.*give it that property"):
        episode_return(Unbounded(), Constant(2), jnp.zeros(2), KEYS[0])


@pytest.mark.parametrize("play", [episode_return, rollout])
def test_weights_of_a_population_or_of_another_network_are_told(play):
    network = MLP((1, 2))
    members = jax.vmap(network.init)(KEYS)
    with pytest.raises(ValueError, match=r"weights.*a population; take one.*leaf\[0\]"):
        play(Walk(), network, members, KEYS[0])
    other = MLP((3, 2)).init(KEYS[0])
    with pytest.raises(ValueError, match="weights.*belong to another network"):
        play(Walk(), network, other, KEYS[0])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"key": 0}, "key=.*must be one typed key"),
        ({"environment": Gymnasium("CartPole-v1")}, "environment=.*HostControl plays"),
        ({"environment": "Walk"}, "environment='Walk' is of type str"),
        ({"network": None}, "network=None is of type NoneType"),
        ({"max_steps": 2.5}, "max_steps=2.5 must be an integer"),
        ({"max_steps": "3"}, "max_steps='3' must be an integer"),
        ({"greedy": None}, "greedy=None must be True or False"),
        ({"start": 3}, r"start is no pair; Walk.*\(1,\).*and a state"),
        ({"start": (jnp.zeros((2, 1)), 0)}, r"start is.*\(2, 1\).*vmap"),
    ],
)
def test_arguments_of_another_kind_are_refused(change, words, unchecked):
    given = {"environment": Walk(), "network": Constant(2), "key": KEYS[0], **change}
    positional = [given.pop("environment"), given.pop("network"), GO, given.pop("key")]
    with pytest.raises(ValueError, match=words):
        unchecked(episode_return, *positional, **given)


def test_a_given_start_replaces_the_reset():
    starts = [Walk().reset(key) for key in jax.random.split(jax.random.key(1), 20)]
    by_place = {float(observation[0]): (observation, s) for observation, s in starts}
    assert set(by_place) == {0.0, 1.0}
    for place, start in by_place.items():
        given = rollout(Walk(), Constant(2), STAY, KEYS[0], start=start)
        assert float(given.observation[0, 0]) == place
        went = episode_return(Walk(), Constant(2), GO, KEYS[0], start=start)
        assert went.length == 3 - place
