"""Experts that stand in for published data sets, and what made them."""
