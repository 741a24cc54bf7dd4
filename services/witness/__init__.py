"""A witness of transparency logs: it cosigns what continues the tree that it has seen, and nothing else.

A program of its own, run by somebody else than the log: it knows nothing of the hub.
"""
