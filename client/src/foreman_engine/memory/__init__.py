"""The ports in memory: for unit tests, simulation and the SDK's test kit."""
