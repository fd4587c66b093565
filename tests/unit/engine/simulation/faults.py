"""One call of a use case that can die, be refused or stand still at any port call, before or after it took effect."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Any, Final, cast

from foreman_engine.domain.errors import EngineError, UnavailableError
from foreman_engine.service.key_store import KeyStore
from foreman_engine.service.ports import Messages, Ports, RunStore, TaskStore
from foreman_engine.service.run_data_store import RunDataStore


class Crash(BaseException):
    """The process is gone: no `except Exception` of the engine sees it."""


class Kind(Enum):
    """What goes wrong."""

    CRASH = auto()
    UNAVAILABLE = auto()
    STALL = auto()
    """The process stands still while others go on; it may go on later, or die."""


class When(Enum):
    """Whether the port call took effect."""

    BEFORE = auto()
    HALFWAY = auto()
    """Of a send of several messages the first half went out; any other call: before."""
    AFTER = auto()


WRITES: Final = frozenset({"create", "save", "save_each", "send_tasks", "send_events", "send_work"})


@dataclass(frozen=True, slots=True)
class Fault:
    """Something goes wrong at the n-th port call from here on; only writes and sends count when `writes`."""

    kind: Kind
    when: When
    call: int
    writes: bool = False

    def counts(self, name: str) -> bool:
        """Whether a call of this port method counts."""
        return not self.writes or name in WRITES


class Ended(Enum):
    """Where a call stands."""

    ANSWERED = auto()
    REFUSED = auto()
    UNAVAILABLE = auto()
    CRASHED = auto()
    STALLED = auto()


@dataclass(frozen=True, slots=True)
class Doing:
    """Which use case is under way: what the watcher judges a write by. `number` orders the calls by their beginning."""

    name: str
    request: Any
    number: int


Watch = Callable[[Doing, str, tuple[Any, ...]], None]
"""Called after each port call that took effect, with the port method's name and arguments."""


class Operation:
    """One call of a use case; with a fault that stalls it runs in a thread that only goes on when it is told to."""

    def __init__(
        self,
        ports: Ports,
        watch: Watch,
        doing: Doing,
        use_case: Callable[[Ports], Any],
        answered: Callable[[Any], None],
        deadline_ms: int,
    ) -> None:
        self.doing = doing
        self.deadline_ms = deadline_ms
        self.ended: Ended | None = None
        self._watch = watch
        self._use_case = use_case
        self._answered = answered
        self._ports = self._through(ports)
        self.at: tuple[str, tuple[Any, ...]] = ("", ())
        """The port call that it made last, or stands before."""
        self._fault: Fault | None = None
        self._calls = 0
        self._answer: Any = None
        self._bug: BaseException | None = None
        self._doomed = False
        self._go, self._paused = threading.Semaphore(0), threading.Semaphore(0)

    def start(self, fault: Fault | None) -> Ended:
        """Run until the end or the first stall."""
        self._fault = fault
        if fault is None or fault.kind is not Kind.STALL:
            self._run()
            return self._hand_over()
        threading.Thread(target=self._run_thread, daemon=True).start()
        self._paused.acquire()
        return self._hand_over()

    def resume(self, fault: Fault | None) -> Ended:
        """Go on after a stall, until the end or the next one."""
        self._fault, self._calls = fault, 0
        self._go.release()
        self._paused.acquire()
        return self._hand_over()

    def kill(self) -> None:
        """The stalled process dies where it stands."""
        self._doomed = True
        self.resume(None)

    def _hand_over(self) -> Ended:
        if self._bug is not None:
            raise self._bug
        assert self.ended is not None
        if self.ended is Ended.ANSWERED:
            self._answered(self._answer)
        return self.ended

    def _run_thread(self) -> None:
        self._run()
        self._paused.release()

    def _run(self) -> None:
        try:
            self._answer = self._use_case(self._ports)
            self.ended = Ended.ANSWERED
        except Crash:
            self.ended = Ended.CRASHED
        except UnavailableError:
            self.ended = Ended.UNAVAILABLE
        except EngineError:
            self.ended = Ended.REFUSED
        except BaseException as bug:
            self._bug = bug

    def _through(self, ports: Ports) -> Ports:
        def probe(port: object) -> Any:
            return _Probe(port, self._reach)

        return replace(
            ports,
            runs=cast(RunStore, probe(ports.runs)),
            tasks=cast(TaskStore, probe(ports.tasks)),
            run_data=cast(RunDataStore, probe(ports.run_data)),
            keys=cast(KeyStore, probe(ports.keys)),
            messages=cast(Messages, probe(ports.messages)),
        )

    def _reach(self, name: str, method: Callable[..., Any], args: tuple[Any, ...], named: Any) -> Any:
        self.at = (name, args)
        fault = self._fault if self._fault is not None and self._fault.counts(name) else None
        self._calls += fault is not None
        if fault is not None and fault.call != self._calls:
            fault = None
        if fault is not None and fault.when is not When.AFTER:
            if fault.when is When.HALFWAY and name.startswith("send_"):
                half = tuple(arg[: len(arg) // 2] if isinstance(arg, list) else arg for arg in args)
                method(*half, **named)
                self._watch(self.doing, name, half)
            self._strike(fault)
        answer = method(*args, **named)
        self._watch(self.doing, name, args)
        if fault is not None and fault.when is When.AFTER:
            self._strike(fault)
        return answer

    def _strike(self, fault: Fault) -> None:
        if fault.kind is Kind.UNAVAILABLE:
            raise UnavailableError("simulated")
        if fault.kind is Kind.CRASH:
            raise Crash
        self.ended = Ended.STALLED
        self._paused.release()
        self._go.acquire()
        if self._doomed:
            raise Crash


class _Probe:
    """A port whose every call goes through the operation."""

    def __init__(self, port: object, reach: Callable[..., Any]) -> None:
        self._port = port
        self._reach = reach

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._port, name)

        def call(*args: Any, **named: Any) -> Any:
            return self._reach(name, method, args, named)

        return call
