"""The order example that `make run` plays: a worker process, one run, two tasks, and a line for each event."""
