import ast
import io
from pathlib import Path

import jax
import pytest
from rich.console import Console
from training_toys import OnePlusOne, Walk, Watch

from neurojax import training
from neurojax.training import Progress, train

KEY = jax.random.key(0)


def drawn(system=None, *, callbacks=(), **how):
    text = io.StringIO()
    console = Console(file=text, force_terminal=True, width=200)
    progress = Progress(console=console, **how)
    train(system or OnePlusOne(), KEY, 1200, callbacks=[progress, *callbacks])
    return text.getvalue()


def test_nothing_is_drawn_where_there_is_no_terminal(capfd):
    train(Walk(), KEY, 9, callbacks=[Progress(7)])
    assert capfd.readouterr() == ("", "")


def test_the_numbers_are_drawn():
    text = drawn(evaluations_per_generation=7)
    assert "1200/1200" in text
    assert "evaluations 8,400" in text
    _, history = train(OnePlusOne(), KEY, 1200)
    assert f"best fitness {history.metrics['fitness'].min():.6g}" in text


def test_best_is_the_highest_where_more_is_better():
    _, history = train(OnePlusOne(), KEY, 1200)
    std = history.metrics["std"]
    assert f"best std {std.max():.6g}" in drawn(metric="std", maximize=True)
    assert f"best std {std.min():.6g}" in drawn(metric="std", maximize=False)
    with pytest.raises(ValueError, match="metric='std' does not tell which way"):
        Progress(metric="std")


def test_an_absent_metric_and_no_evaluations_leave_a_bare_bar():
    text = drawn(metric="loss")
    assert "1200/1200" in text and "best" not in text and "evaluations" not in text


def test_a_resumed_bar_knows_the_earlier_best():
    text = io.StringIO()
    console = Console(file=text, force_terminal=True, width=200)
    state, history = train(Walk(), KEY, 500)
    train(
        Walk(),
        KEY,
        501,
        state=state,
        history=history,
        callbacks=[Progress(console=console)],
    )
    assert "500/501" in text.getvalue()
    assert f"best fitness {history.metrics['fitness'].min():.6g}" in text.getvalue()


def test_the_terminal_is_given_back_after_an_error():
    with pytest.raises(KeyboardInterrupt):
        drawn(Walk(), callbacks=[Watch(error=KeyboardInterrupt())])
    assert "1200/1200" in drawn(Walk())  # rich allows one live bar at a time


def test_heavy_libraries_are_imported_in_functions_only():
    for path in Path(training.__file__).parent.glob("*.py"):
        for node in ast.parse(path.read_text()).body:  # the module's own level
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = [
                    getattr(node, "module", "") or "",
                    *(alias.name for alias in node.names),
                ]
                roots = {name.split(".")[0] for name in names}
                assert not roots & {"rich", "tensorboardX", "wandb", "safetensors"}
