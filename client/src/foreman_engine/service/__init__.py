"""Use cases: one function per operation, over the ports of `ports.py`."""
