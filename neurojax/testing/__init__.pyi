from .environment import check_environment as check_environment
from .expect import ConformanceError as ConformanceError
from .host_environment import check_host_environment as check_host_environment
from .network import check_network as check_network
from .problem import check_problem as check_problem
from .strategy import check_strategy as check_strategy
from .system import check_system as check_system
