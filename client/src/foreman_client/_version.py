"""The one place that names the release; the build reads it too."""

__version__ = "0.1.0"
