"""Test handlers and flows with no AWS at all: an in-memory Foreman with the service's own engine, and a virtual clock.

`with ForemanTest() as foreman:` or, in pytest, the fixture `foreman`.
"""

from foreman_client.testing._clock import VirtualClock
from foreman_client.testing._errors import RestlessError, StuckError, WorkerDied
from foreman_client.testing._faults import Failing
from foreman_client.testing._foreman import ForemanTest
from foreman_client.testing._rest import Rest, WaitingTask

__all__ = [
    "Failing",
    "ForemanTest",
    "Rest",
    "RestlessError",
    "StuckError",
    "VirtualClock",
    "WaitingTask",
    "WorkerDied",
]
