"""How data sets stand in files: one module a format."""
