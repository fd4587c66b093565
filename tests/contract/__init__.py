"""One conformance suite for every implementation of the ports."""
