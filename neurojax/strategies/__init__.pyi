from .evosax import Evosax as Evosax
from .gradient_descent import GradientDescent as GradientDescent
from .simple_es import SimpleES as SimpleES
from .simple_ga import SimpleGA as SimpleGA
