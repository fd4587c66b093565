"""The fixture, as the plugin of the distribution gives it; here it is taken from the source."""

from foreman_pytest import foreman

__all__ = ["foreman"]
