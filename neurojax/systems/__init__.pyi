from .evaluation import score as score
from .evolution import Evolution as Evolution
from .replicas import Replicas as Replicas
