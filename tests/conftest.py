"""How much hypothesis tries.

The suite tries the same every time; a nightly run tries more, and something new:

PYTEST_ADDOPTS=--hypothesis-profile=nightly pytest tests/unit/engine tests/schedules tests/emulators tests/e2e

Graphs of thousands of tasks, tens of thousands of entries and the like are of full size there only; see tests/nightly.py.
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
