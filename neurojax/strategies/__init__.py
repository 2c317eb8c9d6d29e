"""Strategies: how the next population is made, by ask and tell."""

from neurojax.strategies.evosax import Evosax
from neurojax.strategies.gradient_descent import GradientDescent
from neurojax.strategies.simple_es import SimpleES
from neurojax.strategies.simple_ga import SimpleGA

__all__ = ["Evosax", "GradientDescent", "SimpleES", "SimpleGA"]
