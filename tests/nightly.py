"""Sizes: the suite shows each thing at a size that it has time for, the nightly profile at the size that is promised."""

from typing import TypeVar

from hypothesis import settings

T = TypeVar("T")

NIGHTLY = settings().max_examples > 1000
"""Whether the nightly profile is loaded; see tests/conftest.py."""


def sized(nightly: T, suite: T) -> T:
    """One or the other."""
    return nightly if NIGHTLY else suite
