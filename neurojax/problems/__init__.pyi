from .control import Control as Control
from .host_control import HostControl as HostControl
from .imitation import Imitation as Imitation
