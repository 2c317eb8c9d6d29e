"""EvoJAX, as its users write it."""
