"""The first task that starts moves its run from `pending` to `running`."""

from typing import Final

from foreman_contract.enums import RunStatus
from foreman_engine.domain.errors import StaleError, UnavailableError
from foreman_engine.domain.runs import RunState, start_run
from foreman_engine.service.ports import Ports

_TRIES: Final = 8


def ensure_started(ports: Ports, run: RunState) -> RunState:
    """The run as it is once it is no longer `pending`; done before any of its tasks starts.

    Raises:
        UnavailableError: the run kept changing.
    """
    for _ in range(_TRIES):
        if run.status is not RunStatus.PENDING:
            return run
        try:
            return ports.runs.save(run, start_run(run, ports.clock.now_ms()))
        except StaleError:
            run = ports.runs.get(run.org_id, [run.id])[run.id]
    raise UnavailableError("The run is changing too fast to be started.")
