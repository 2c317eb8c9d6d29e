"""The imitation study's methods, lengths, measures and tables, by numbers."""

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest
from toy import toy_dataset

from benchmarks.imitation.methods import (
    EVOSAX,
    FAIR,
    FAIR_METHODS,
    NINE,
    REFERENCE,
    Misindexed,
    method,
    network_of,
)
from benchmarks.imitation.protocol import (
    FIRST_SAMPLES,
    Amounts,
    Protocol,
    published_length,
)
from benchmarks.imitation.published import published_table
from benchmarks.imitation.tables import (
    area_under_curve,
    at_best_validation,
    with_percent,
)
from benchmarks.shared.tables import at_end
from neurojax.strategies.simple_ga import SimpleGAState

PUBLISHED = Amounts("published", 1, 1.0, 1.0, 1.0, 1.0)


@pytest.fixture(scope="module")
def large():
    return toy_dataset(120_000)


def protocol_of(dataset, options, amounts, sizes=(100, 1000), seeds=2) -> Protocol:
    return Protocol.of(dataset, options, amounts, seeds, list(sizes))


def test_the_nine_methods_have_the_references_settings():
    assert len(NINE) == 9
    for name in NINE[1:]:
        chosen = method(name, REFERENCE, 100_000)
        assert chosen.strategy.population_size == 50
        assert chosen.strategy.variation.std == 1e-3
        assert chosen.batch_size == 3200
        adaptation = "multiplicative" if "adaptive" in name else "fixed"
        assert chosen.strategy.variation.adaptation == adaptation
        assert chosen.objective == (
            "sampled_macro_f1" if name.endswith("_f1") else "cross_entropy"
        )
    assert method("simple_ga_fixed", REFERENCE, 1).strategy.num_elites == 0
    assert method("simple_es_fixed", REFERENCE, 1).strategy.start == "population"


def test_a_batch_as_large_as_the_set_is_the_whole_set():
    assert method("simple_ga_fixed", REFERENCE, 3200).batch_size is None
    assert method("simple_ga_fixed", REFERENCE, 3201).batch_size == 3200


def test_evolution_starts_sqrt_three_wider_where_the_reference_did():
    def std(name, options) -> float:
        weights = network_of(name, 2000, 2, options).init(jax.random.key(0))
        return float(np.std(weights[0].kernel))

    narrow = std("sgd", REFERENCE)
    assert std("simple_ga_fixed", REFERENCE) / narrow == pytest.approx(3**0.5, rel=0.01)
    assert std("simple_ga_fixed", FAIR) == narrow


def test_the_misindexed_best_has_the_rank_of_the_bests_old_index():
    fitness = jnp.array([5.0, 1.0, 4.0, 0.0, 3.0, 2.0])  # the best is member 3
    state = SimpleGAState(jnp.arange(6.0), (), fitness, jnp.int32(1))
    # Three survivors: 3 mod 3 = rank 0. With four: rank 3, whose fitness is 3.
    assert float(Misindexed(3)(state)) == 3
    assert float(Misindexed(4)(state)) == 4


@pytest.mark.parametrize(
    "size, epochs", [(100_000, 5000), (10_000, 39_500), (1000, 58_000), (100, 65_000)]
)
def test_the_lengths_of_gradient_descent_are_the_calibrated_ones(large, size, epochs):
    protocol = protocol_of(large, REFERENCE, PUBLISHED, (size,), seeds=1)
    cell = protocol.cell("sgd", size, 1e-3)
    steps = -(-size // 32)
    assert published_length(cell) / steps == pytest.approx(epochs, rel=0.08)


def test_the_reference_is_measured_at_epochs_and_at_generations(large):
    protocol = protocol_of(large, REFERENCE, PUBLISHED)
    sgd = protocol.plan(protocol.cell("sgd", 1000, 1e-3)).points
    assert len(sgd) == 100 and all(point % 32 == 0 for point in sgd)
    ga = protocol.plan(protocol.cell("simple_ga_fixed", 1000, 1e-3)).points
    assert len(ga) == 100 and ga[-1] == 70_000


def test_all_methods_are_measured_at_the_same_numbers_of_rows_seen(large):
    amounts = Amounts("samples", 1, 20_000.0, 1.0, 1.0, 1.0)
    protocol = protocol_of(large, FAIR, amounts)
    for name in ("adam", "simple_ga_fixed", "simple_es_adaptive_f1", "snes"):
        cell = protocol.cell(name, 1000, 0.1)
        seen = [cell.samples(point) for point in protocol.plan(cell).points]
        wanted = [FIRST_SAMPLES, 5120, 8192, 13_107, 20_000]
        assert all(0 <= s - w < 32 for s, w in zip(seen, wanted, strict=True))


def test_a_budget_of_flops_is_met_at_the_first_update_that_reaches_it(large):
    amounts = Amounts("flops", 1, 1.0, 1e9, 1.0, 1.0)
    protocol = protocol_of(large, FAIR, amounts)
    for name in ("adam", "simple_ga_fixed"):
        cell = protocol.cell(name, 1000, 0.1)
        last = protocol.plan(cell).points[-1]
        assert cell.flops(last - 1) < 1e9 <= cell.flops(last)


def test_every_fair_method_is_tuned_with_ten_runs_apart_from_the_study(large):
    protocol = protocol_of(large, FAIR, Amounts("updates", 3, 1.0, 1.0, 1.0, 1.0))
    for name in FAIR_METHODS:
        cells = protocol.tuning_cells(name)
        runs = [pair for c in cells for pair in zip(c.scales, c.seeds, strict=True)]
        assert len(set(runs)) == 10
        assert len({scale for scale, _ in runs}) == 5
        assert min(seed for _, seed in runs) >= 1000


def test_tuning_does_not_depend_on_the_sizes_asked_for(large):
    amounts = Amounts("updates", 3, 1.0, 1.0, 1.0, 1.0)
    small = protocol_of(large, FAIR, amounts, (100,)).tuning_cells("adam")[0]
    both = protocol_of(large, FAIR, amounts, (100, 5000)).tuning_cells("adam")[0]
    assert small.size == both.size == 1000
    np.testing.assert_array_equal(
        small.source.subsets[3].observations, both.source.subsets[3].observations
    )


def test_nothing_is_tuned_with_published_scales(large):
    protocol = protocol_of(large, REFERENCE, PUBLISHED)
    assert protocol.tuning_cells("sgd") == []
    assert protocol.scale("sgd", []) == protocol.scale(NINE[1], []) == 1e-3
    assert protocol.scale(EVOSAX[2], []) is None  # as evosax has it


def runs_frame():
    """Two runs of one method: macro-F1 rises linearly, validation peaks before."""
    rows = []
    for seed in (0, 1):
        for generation, value, validation in ((1, 0.0, 0.1), (2, 0.5, 0.9), (3, 1, 0)):
            common = {"method": "sgd", "size": 100, "seed": seed}
            common |= {"generation": generation, "samples": 32 * generation}
            for metric, number in (
                ("macro_f1", value),
                ("validation_macro_f1", validation),
            ):
                rows.append({**common, "metric": metric, "value": float(number)})
    return pd.DataFrame(rows)


def test_final_best_validation_and_area_by_hand():
    runs = with_percent(runs_frame())
    assert sorted(runs.percent.unique()) == pytest.approx([100 / 3, 200 / 3, 100])
    assert list(at_end(runs, "macro_f1", "size").value) == [1.0, 1.0]
    assert list(at_best_validation(runs).value) == [0.5, 0.5]
    assert list(area_under_curve(runs, "samples").value) == [0.5, 0.5]


def test_the_published_table_shows_errors_and_their_ratio():
    runs = runs_frame()
    runs.loc[runs.generation == 3, "value"] = 1 - 0.102
    text = published_table(runs, {"sgd": "SGD"}, "CartPole-v1").markdown()
    assert "| SGD | 100 | 0.2040 | 0.1020 | 0.1020 to 0.1020 | 0.50 | 2 |" in text


def test_a_run_that_ends_in_nan_has_no_final_value():
    runs = runs_frame()
    runs.loc[(runs.generation == 3) & (runs.seed == 0), "value"] = float("nan")
    values = at_end(runs, "macro_f1", "size").value.tolist()
    assert np.isnan(values[0]) and values[1] == 1.0
