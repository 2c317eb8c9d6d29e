from .gaussian import Gaussian as Gaussian
from .sparse_gaussian import SparseGaussian as SparseGaussian
