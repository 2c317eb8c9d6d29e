from .drawing import frames as frames
from .video import record as record
from .window import show as show
