"""neurojax's own side of the comparison."""
