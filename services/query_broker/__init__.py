"""Asks cohort queries of the providers and gathers their protected answers."""
