"""The search index in PostgreSQL: for each sealed chunk, at which places which terms are.

A term is looked up by a hash of 63 bits, so that two terms may share one, once in a long while. What is found is
therefore only a candidate: its entry decides.
"""
