"""PyTorch, as its users write populations, SGD and Adam."""
