"""Whether the parts that everything stands on can be reached."""

from dataclasses import dataclass

from foreman_engine.domain.errors import DeploymentError, UnavailableError
from foreman_engine.service.ports import Ports


@dataclass(frozen=True, slots=True)
class Reachable:
    """What answered."""

    database: bool
    queues: bool


def check(ports: Ports) -> Reachable:
    """Ask each part once; what does not answer is told, never raised."""
    return Reachable(_database(ports), _queues(ports))


def _database(ports: Ports) -> bool:
    try:
        # No organization has this name, so the read finds nothing and costs half a unit.
        ports.keys.find("#health", "#health")
    except (UnavailableError, DeploymentError):
        return False
    return True


def _queues(ports: Ports) -> bool:
    try:
        ports.messages.ping()
    except (UnavailableError, DeploymentError):
        return False
    return True
