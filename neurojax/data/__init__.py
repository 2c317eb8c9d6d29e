"""Where state-action pairs come from, and how they are split."""

from neurojax.data.dataset import Dataset, Transitions
from neurojax.data.experts.expert import expert
from neurojax.data.files import save
from neurojax.data.sources import SOURCES, load
from neurojax.data.splits import Split, by_episode, by_transition, first_rows, subset
from neurojax.data.tasks import TASKS

__all__ = [
    "SOURCES",
    "TASKS",
    "Dataset",
    "Split",
    "Transitions",
    "by_episode",
    "by_transition",
    "expert",
    "first_rows",
    "load",
    "save",
    "subset",
]
