"""Probes for what you write: each raises a `ConformanceError` that says what is wrong.

They need no test framework: `check_environment(MyEnvironment())` returns if all is
well. All that stands in an `__all__` of neurojax passes them.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
