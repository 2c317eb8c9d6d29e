"""evosax, as its users write it."""
