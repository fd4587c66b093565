"""Figures that anyone can measure again: counted units and ratios, never part of the timed suite."""
