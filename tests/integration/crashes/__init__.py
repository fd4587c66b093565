"""Crash points: the API or a worker dies exactly there."""
