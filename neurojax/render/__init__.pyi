from .picture import Painter as Painter
from .stills import frames as frames
from .video import record as record
from .window import show as show
