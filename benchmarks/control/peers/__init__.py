"""The same runs by the makers of the benchmark and by evosax."""
