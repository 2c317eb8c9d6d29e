"""QDax, as its users write it."""
