"""The suite runs on eight virtual CPU devices, so that sharding is tested anywhere."""

import os

os.environ.setdefault("XLA_FLAGS", "--xla_force_host_platform_device_count=8")
