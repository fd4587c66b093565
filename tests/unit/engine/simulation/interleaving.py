"""Every interleaving of the port calls of several use cases, told apart only where it matters.

Two neighbouring calls that touch nothing in common, or only read it, may change places without any difference: of all such
schedules one is played (sleep sets). What is left is every outcome that there can be, as long as each call is atomic.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from foreman_engine.domain.tasks import Change
from foreman_engine.service.ports import RunGuard, Writing
from tests.unit.engine.simulation.faults import Ended, Fault, Kind, Operation, When
from tests.unit.engine.simulation.world import World

STEP: Final = Fault(Kind.STALL, When.BEFORE, 1)
"""Stand still before the next port call."""
Start: TypeAlias = Callable[[Fault], None]
"""Begins a use case in the world, with a fault."""


@dataclass(frozen=True, slots=True)
class Touched:
    """What one port call reads and writes: tasks by id, all `tasks`, and `run`, `counts`, `edges`."""

    reads: frozenset[str] = frozenset()
    writes: frozenset[str] = frozenset()

    def meets(self, other: "Touched") -> bool:
        """Whether the order of the two may matter."""
        return bool(self.writes & (other.reads | other.writes) or other.writes & self.reads)


def touched(name: str, args: tuple[Any, ...]) -> Touched:
    """What a port call touches. A message that is sent is received by nobody here, so it touches nothing."""
    match name:
        case "save" if isinstance(args[0], list):
            return _saved(*args)
        case "save":
            return Touched(writes=frozenset({"run"}))
        case "save_each":
            return Touched(writes=frozenset(change.before.id for change in args[0]) | {"tasks"})
        case "create":
            return _created(*args)
        case "get":
            return Touched(reads=frozenset({*args[1], "run"} if _is_run(args) else args[1]))
        case "dependants":
            return Touched(reads=frozenset({"edges"}))
        case "of_run":
            return Touched(reads=frozenset({"edges", "tasks"}))
        case "counts":
            return Touched(reads=frozenset({"counts"}))
        case "load" | "record" | "send_tasks" | "send_events" | "send_work":
            return Touched()
    raise AssertionError(f"not known: {name}")


def _is_run(args: tuple[Any, ...]) -> bool:
    return any(each[14] == "7" for each in args[1])


def _saved(
    changes: Sequence[Change], guard: RunGuard | None = None, unchanged: Sequence[Any] = ()
) -> Touched:
    ends = any(change.before.ended != change.after.ended for change in changes)
    touches = guard is not None and guard.touch
    return Touched(
        frozenset({"run"} if guard is not None else ()) | {task.id for task in unchanged},
        frozenset(change.before.id for change in changes)
        | {"tasks"}
        | ({"counts"} if ends else set())
        | ({"run"} if touches else set()),
    )


def _created(_: Any, tasks: Sequence[Any], writing: Writing) -> Touched:
    ids = {each.id for each in (*tasks, *writing.dependencies)}
    return Touched(writes=frozenset(ids | {"run", "edges", "tasks"}))


@dataclass
class _Node:
    calls: dict[int, Touched]
    sleeping: dict[int, Touched]
    chosen: int
    left: list[int]


class _Play:
    """Programs in a world, each a list of use cases one after the other."""

    def __init__(self, world: World, programs: Sequence[Sequence[Start]]) -> None:
        self._world = world
        self._rest = [list(program) for program in programs]
        self._under_way: dict[int, Operation] = {}
        for index in range(len(programs)):
            self._begin(index)

    def calls(self) -> dict[int, Touched]:
        """What each program would do next."""
        return {index: touched(*each.at) for index, each in sorted(self._under_way.items())}

    def step(self, index: int) -> None:
        """Let one program make one port call."""
        operation = self._under_way[index]
        self._world.resume(self._world.stalled.index(operation), STEP)
        if operation.ended is not Ended.STALLED:
            del self._under_way[index]
            self._begin(index)

    def _begin(self, index: int) -> None:
        while self._rest[index] and index not in self._under_way:
            known = list(self._world.stalled)
            self._rest[index].pop(0)(STEP)
            for operation in self._world.stalled:
                if operation not in known:
                    self._under_way[index] = operation


def play_every(
    make: Callable[[], tuple[World, Sequence[Sequence[Start]]]], judge: Callable[[World], None]
) -> int:
    """Play every schedule of the programs that `make` makes, each in a world of its own, and judge its end; how many."""
    path: list[_Node] = []
    played = 0
    while True:
        world, programs = make()
        if _play_one(_Play(world, programs), path):
            judge(world)
            played += 1
        world.kill()
        while path and not path[-1].left:
            path.pop()
        if not path:
            return played
        node = path[-1]
        node.sleeping[node.chosen] = node.calls[node.chosen]
        node.chosen = node.left.pop(0)


def _play_one(play: _Play, path: list[_Node]) -> bool:
    """Go along the path and then on; False when another schedule that is no different was played before."""
    step = 0
    while calls := play.calls():
        if step == len(path):
            sleeping = _still_sleeping(path[-1]) if path else {}
            free = [index for index in calls if index not in sleeping]
            if not free:
                return False
            path.append(_Node(calls, sleeping, free[0], free[1:]))
        assert path[step].calls == calls, "the same schedule went another way"
        play.step(path[step].chosen)
        step += 1
    return True


def _still_sleeping(node: _Node) -> dict[int, Touched]:
    done = node.calls[node.chosen]
    return {index: call for index, call in node.sleeping.items() if not call.meets(done)}
