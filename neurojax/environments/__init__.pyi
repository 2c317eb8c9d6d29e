from .atari import Atari as Atari
from .brax import Brax as Brax
from .gymnasium import Gymnasium as Gymnasium
from .gymnax import Gymnax as Gymnax
from .lunar_lander import LunarLander as LunarLander
from .starts import gymnasium_starts as gymnasium_starts
from .swing_up import CartPoleSwingUp as CartPoleSwingUp
