from .cnn import CNN as CNN
from .flax import Flax as Flax
from .gru import GRU as GRU
from .mlp import MLP as MLP
from .normalized import Normalized as Normalized
