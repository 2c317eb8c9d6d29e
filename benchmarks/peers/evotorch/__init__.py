"""EvoTorch, as its users write it."""
