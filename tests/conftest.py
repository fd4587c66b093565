"""How much hypothesis tries.

The suite tries the same every time; a nightly run tries more, and something new:

PYTEST_ADDOPTS=--hypothesis-profile=nightly pytest tests/unit/engine tests/schedules
"""

from hypothesis import HealthCheck, Phase, settings

settings.register_profile("suite", derandomize=True)
settings.register_profile(
    "nightly",
    max_examples=10_000,
    stateful_step_count=80,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("suite")
