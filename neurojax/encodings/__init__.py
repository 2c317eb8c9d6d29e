"""Encodings: what a genotype is, and how children are made from parents."""

from neurojax.encodings.gaussian import Gaussian
from neurojax.encodings.sparse_gaussian import SparseGaussian

__all__ = ["Gaussian", "SparseGaussian"]
