"""How files are kept: named, locked, written whole, and known when they are damaged.

Every store of the project (checkpoints, logs, results, policies, data, recordings) is
written and read by the functions here.
"""
