"""`python -m collect`: record human play of four control tasks, replay it, check it."""
