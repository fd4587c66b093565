"""A list of tasks that is too long for one call, cut into calls: dependencies first, so that a ref can become an id."""

import heapq
from collections.abc import Container, Mapping, Sequence
from typing import Final

from foreman_client._arguments import JsonObject
from foreman_client._json import encode, escaped_size
from foreman_contract import limits
from foreman_contract.fields import is_uuid

_ROOM_FOR_TASKS: Final = limits.MAX_BODY_BYTES - limits.KIB
_DEPENDENCY_BYTES: Final = 44
"""What a ref may grow by when it becomes an id: 36 characters, and quotes that are escaped once more."""


def parts_of(bodies: Sequence[JsonObject]) -> list[list[int]]:
    """The places of the tasks, call by call, in the order in which they are created.

    That is the order of the list, unless it names a task before what that depends on. What fits one call is left to the
    service to judge as it is.

    Raises:
        ValueError: a longer list cannot be cut: a ref is given twice, a dependency is neither ref nor id, a task has over 50,
            or tasks depend on each other in a circle.
    """
    sizes = [_size(body) for body in bodies]
    refs = {body["ref"]: at for at, body in enumerate(bodies) if "ref" in body}
    whole = _Part()
    for at, body in enumerate(bodies):
        whole.add(at, sizes[at], _outside(body, refs, range(len(bodies))))
    if whole.fits:
        return [whole.places] if bodies else []
    _check(bodies, refs)
    return _cut(bodies, sizes, refs)


class _Part:
    def __init__(self) -> None:
        self.places: list[int] = []
        self.inside: set[int] = set()
        self._bytes = 0
        self._outside: set[str] = set()

    def add(self, at: int, size: int, outside: set[str]) -> None:
        self.places.append(at)
        self.inside.add(at)
        self._bytes += size
        self._outside |= outside

    def has_room(self, size: int, outside: set[str]) -> bool:
        tasks = len(self.places) + 1
        return (
            tasks <= limits.MAX_TASKS_PER_CALL
            and self._bytes + size <= _ROOM_FOR_TASKS
            and tasks + len(self._outside | outside) <= limits.MAX_TASKS_AND_OUTSIDE_DEPENDENCIES
        )

    @property
    def fits(self) -> bool:
        # One task alone is the service's to refuse, however large it is.
        alone = len(self.places) <= 1
        within = len(self.places) + len(self._outside) <= limits.MAX_TASKS_AND_OUTSIDE_DEPENDENCIES
        few = len(self.places) <= limits.MAX_TASKS_PER_CALL
        return alone or (few and within and self._bytes <= _ROOM_FOR_TASKS)


def _cut(bodies: Sequence[JsonObject], sizes: Sequence[int], refs: Mapping[str, int]) -> list[list[int]]:
    part = _Part()
    parts = [part]
    for at in _in_order(bodies, refs):
        if part.places and not part.has_room(sizes[at], _outside(bodies[at], refs, part.inside)):
            part = _Part()
            parts.append(part)
        part.add(at, sizes[at], _outside(bodies[at], refs, part.inside))
    return [each.places for each in parts]


def _outside(body: JsonObject, refs: Mapping[str, int], inside: Container[int]) -> set[str]:
    """The task's dependencies that are not among those inside its call."""
    return {name for name in body.get("dependsOn", ()) if refs.get(name, -1) not in inside}


def _check(bodies: Sequence[JsonObject], refs: Mapping[str, int]) -> None:
    for at, body in enumerate(bodies):
        names = body.get("dependsOn", ())
        if "ref" in body and refs[body["ref"]] != at:
            raise ValueError(f"tasks[{at}]: the ref {body['ref']!r} is given twice")
        if len(set(names)) > limits.MAX_DEPENDENCIES:
            raise ValueError(f"tasks[{at}] depends on more than {limits.MAX_DEPENDENCIES} tasks")
        for name in names:
            if name not in refs and not is_uuid(name):
                raise ValueError(
                    f"tasks[{at}]: {name!r} is neither the ref of a task of this list nor a task's id"
                )


def _in_order(bodies: Sequence[JsonObject], refs: Mapping[str, int]) -> list[int]:
    """The places so that dependencies come first, and otherwise as in the list."""
    before = [{refs[name] for name in body.get("dependsOn", ()) if name in refs} for body in bodies]
    after: list[list[int]] = [[] for _ in bodies]
    for at, dependencies in enumerate(before):
        for each in dependencies:
            after[each].append(at)
    waiting = [len(each) for each in before]
    free = [at for at, count in enumerate(waiting) if count == 0]
    order: list[int] = []
    while free:
        order.append(heapq.heappop(free))
        for each in after[order[-1]]:
            waiting[each] -= 1
            if waiting[each] == 0:
                heapq.heappush(free, each)
    if len(order) < len(bodies):
        stuck = min(set(range(len(bodies))) - set(order))
        raise ValueError(f"tasks[{stuck}] can never start: tasks depend on each other in a circle")
    return order


def _size(body: JsonObject) -> int:
    return escaped_size(encode(body)) + 1 + _DEPENDENCY_BYTES * len(body.get("dependsOn", ()))
