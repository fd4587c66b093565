"""Ids from a seed."""

import random

from foreman_engine.service.drawn_ids import DrawnIds


def seeded_ids(seed: int = 0) -> DrawnIds:
    """Ids that repeat: the same seed, clock and calls give the same ids. Nothing here is secret."""
    return DrawnIds(random.Random(seed))  # noqa: S311 - repeatable on purpose
