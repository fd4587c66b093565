"""Every operation of the contract, resource by resource: what any host of the engine serves."""

from collections.abc import Mapping
from typing import Final

from foreman_engine.api import deployment, run_data, runs, schedules, tasks, work
from foreman_engine.api.routes import Routes

RESOURCES: Final[Mapping[str, Routes]] = {
    "config": deployment.routes,
    "runs": runs.routes,
    "tasks": tasks.routes,
    "work": work.routes,
    "run_data": run_data.routes,
    "schedules": schedules.routes,
}
