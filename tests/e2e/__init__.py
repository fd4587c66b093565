"""Real processes: the local stack, workers, and the deployed app."""
