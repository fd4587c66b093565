"""PURE rules: no clock, no randomness, no I/O. Every function takes what it needs and returns a decision."""
