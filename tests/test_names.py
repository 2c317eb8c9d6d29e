import pytest

from neurojax.names import unknown_name


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("adm", "rule='adm' must be one of ['Adam', 'sgd']; did you mean 'Adam'?"),
        ("SGD", "rule='SGD' must be one of ['Adam', 'sgd']; did you mean 'sgd'?"),
        ("newton", "rule='newton' must be one of ['Adam', 'sgd']."),
        (None, "rule=None must be one of ['Adam', 'sgd']."),
    ],
)
def test_the_argument_the_value_and_the_nearest_name_are_said(value, words):
    assert str(unknown_name("rule", value, {"Adam": 1, "sgd": 2})) == words
