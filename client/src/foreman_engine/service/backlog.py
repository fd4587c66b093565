"""What lies on a deployment's queues, over all organizations: how much, and for how long."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol


@dataclass(frozen=True, slots=True)
class QueueDepth:
    """About how many messages one queue holds, by what they are doing."""

    name: str
    visible: int
    in_flight: int = 0
    delayed: int = 0
    dead_letters: bool = False
    """Whether it is the deployment's dead-letter queue."""


class QueueWatch(Protocol):
    """Looks at every queue of the deployment. Any call may raise `UnavailableError`, or `DeploymentError` when it may not."""

    def depths(self) -> Sequence[QueueDepth]:
        """Every queue: the organizations', the work queue, and the dead-letter queue."""

    def oldest_s(self, names: Sequence[str]) -> int:
        """The age in seconds of the oldest message on any of these queues, as of the last few minutes; 0 when none is known."""


@dataclass(frozen=True, slots=True)
class Backlog:
    """All queues together, the dead-letter queue apart; `oldest_s` None when nobody asked, or nobody could tell."""

    visible: int
    in_flight: int
    delayed: int
    dead_letters: int
    oldest_s: int | None = None


def backlog_of(depths: Sequence[QueueDepth]) -> Backlog:
    """How much there is."""
    working = [depth for depth in depths if not depth.dead_letters]
    return Backlog(
        visible=sum(depth.visible for depth in working),
        in_flight=sum(depth.in_flight for depth in working),
        delayed=sum(depth.delayed for depth in working),
        dead_letters=sum(
            depth.visible + depth.in_flight + depth.delayed for depth in depths if depth.dead_letters
        ),
    )


def with_age(backlog: Backlog, watch: QueueWatch, depths: Sequence[QueueDepth]) -> Backlog:
    """The backlog with the age of its oldest message. Asking costs money, so only queues where something waits are asked about.

    Raises:
        UnavailableError, DeploymentError: nobody could tell.
    """
    waiting = [depth.name for depth in depths if depth.visible]
    return replace(backlog, oldest_s=watch.oldest_s(waiting) if waiting else 0)
