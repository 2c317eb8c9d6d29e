"""Encodings: what a genotype is, and how children are made from parents."""
