"""Who draws an environment's states: a file for each family."""
