"""Recorded play of people, and of synthetic players that stand in for them."""
