"""Kills a process at one of its AWS calls: before the call took effect, or after it did and before anybody knows."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeVar

from boto3.session import Session

T = TypeVar("T")
READS = frozenset({"GetItem", "BatchGetItem", "Query", "GetQueueUrl", "GetQueueAttributes"})
"""Calls that change nothing: to die at one is to die after the write before it."""


class Killed(BaseException):
    """The process is gone. Nothing catches this, as nothing catches SIGKILL."""


class When(StrEnum):
    """On which side of a call's effect."""

    BEFORE = "before"
    AFTER = "after"


@dataclass(frozen=True)
class Moment:
    """The `number`-th write (from 0), or call if `reads` count too, or call of `operation` if that is named."""

    when: When
    number: int = 0
    operation: str | None = None
    reads: bool = False


@dataclass
class Executioner:
    """Counts the calls of a session's clients, and kills whoever makes the one that is named."""

    session: Session
    calls: list[str] = field(default_factory=list)
    moment: Moment | None = None
    meanwhile: Callable[[], object] | None = None

    def __post_init__(self) -> None:
        self.session.events.register("before-call", self._before)
        self.session.events.register("after-call", self._after)

    def survives(self, act: Callable[[], T], moment: Moment | None) -> T | None:
        """What `act` answers; None when it was killed."""
        self.calls, self.moment = [], moment
        try:
            return act()
        except Killed:
            return None
        finally:
            self.moment = None

    def interrupted(self, act: Callable[[], T], moment: Moment, meanwhile: Callable[[], object]) -> T:
        """What `act` answers, when at the moment everything that `meanwhile` does comes in between."""
        self.calls, self.moment, self.meanwhile = [], moment, meanwhile
        try:
            return act()
        finally:
            self.moment = self.meanwhile = None

    def _before(self, model: Any, **_: Any) -> None:
        self.calls.append(model.name)
        self._strike(When.BEFORE)

    def _after(self, **_: Any) -> None:
        self._strike(When.AFTER)

    def _strike(self, when: When) -> None:
        moment = self.moment
        if moment is None or when is not moment.when:
            return
        counted = [name for name in self.calls if self._counts(name, moment)]
        if self._counts(self.calls[-1], moment) and len(counted) == moment.number + 1:
            self.moment = None
            if self.meanwhile is None:
                raise Killed(f"{when} {self.calls[-1]}")
            self.meanwhile()

    def _counts(self, name: str, moment: Moment) -> bool:
        if moment.operation is not None:
            return name == moment.operation
        return moment.reads or name not in READS
