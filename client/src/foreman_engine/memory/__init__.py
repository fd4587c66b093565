"""The ports in memory: for unit tests, simulations and the SDK's test kit."""
