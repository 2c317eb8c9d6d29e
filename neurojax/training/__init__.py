"""Run systems: `train`, and callbacks that show, save, log and end a run."""

from neurojax.atomic import write_atomically
from neurojax.training.callbacks import Callback, Chunk, History
from neurojax.training.checkpoint import Checkpoint
from neurojax.training.early_stop import EarlyStop
from neurojax.training.loop import copy_state, train
from neurojax.training.progress import Progress
from neurojax.training.state_file import restore, save
from neurojax.training.tensors import DamagedFileError
from neurojax.training.track import Track, Tracker
from neurojax.training.trackers import (
    CSVTracker,
    JSONLTracker,
    TensorBoardTracker,
    WandbTracker,
)

__all__ = [
    "CSVTracker",
    "Callback",
    "Checkpoint",
    "Chunk",
    "DamagedFileError",
    "EarlyStop",
    "History",
    "JSONLTracker",
    "Progress",
    "TensorBoardTracker",
    "Track",
    "Tracker",
    "WandbTracker",
    "copy_state",
    "restore",
    "save",
    "train",
    "write_atomically",
]
