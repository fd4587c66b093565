"""A world in which the engine is driven, disturbed and watched: see `world.py`."""
