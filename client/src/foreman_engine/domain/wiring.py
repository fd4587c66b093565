"""How the tasks of one call name each other: refs become places in the call, everything else is an id."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

from foreman_contract import limits
from foreman_contract.fields import is_uuid
from foreman_contract.graphs import AtLeast
from foreman_contract.tasks import NewTask
from foreman_engine.domain.errors import Fault, InvalidError


@dataclass(frozen=True, slots=True)
class Wire:
    """One dependency: a place in the call, or else the id of a task outside it; `path` is the caller's word for it."""

    path: str
    place: int | None = None
    task_id: str = ""


def wire(requests: Sequence[NewTask], *, batch: bool) -> list[list[Wire]]:
    """The dependencies of each task, distinct and in order.

    Raises:
        InvalidError: a ref is unknown or given twice, tasks depend on each other in a circle, a fan-in asks for more than there
            are, or the call has too many outside dependencies. The faults name the culprits.
    """
    places, faults = _places(requests)
    wired: list[list[Wire]] = []
    for at, request in enumerate(requests):
        prefix = f"tasks[{at}]." if batch else ""
        wires, wrong = _wires(request, places, prefix)
        wired.append(wires)
        faults += wrong
    faults = faults or _circle(wired) or _too_many(wired, len(requests))
    if faults:
        raise InvalidError(f"The dependencies are not valid: {faults[0].path} {faults[0].message}.", faults)
    return wired


def _places(requests: Sequence[NewTask]) -> tuple[dict[str, int], list[Fault]]:
    places: dict[str, int] = {}
    faults: list[Fault] = []
    for at, request in enumerate(requests):
        if request.ref is None:
            continue
        if request.ref in places:
            faults.append(Fault(f"tasks[{at}].ref", "is the ref of another task of this call"))
        places.setdefault(request.ref, at)
    return places, faults


def _wires(request: NewTask, places: Mapping[str, int], prefix: str) -> tuple[list[Wire], list[Fault]]:
    wires: dict[str, Wire] = {}
    faults: list[Fault] = []
    first: dict[str, int] = {}  # few names are distinct, but each may stand there a hundred thousand times
    for index, name in enumerate(request.depends_on):
        first.setdefault(name, index)
    for name, index in first.items():
        path = f"{prefix}dependsOn[{index}]"
        if name in places:
            wires.setdefault(name, Wire(path, places[name]))
        elif is_uuid(name):
            wires.setdefault(name.lower(), Wire(path, task_id=name.lower()))
        else:
            faults.append(Fault(path, "is neither the ref of a task of this call nor the id of a task"))
    return list(wires.values()), faults or _too_few(request, len(wires), prefix)


def _too_few(request: NewTask, found: int, prefix: str) -> list[Fault]:
    match request.fan_in:
        case AtLeast(at_least=asked):
            path = "fanIn.atLeast"
        case "any":
            asked, path = 1, "fanIn"
        case _:
            return []
    if asked <= found:
        return []
    return [Fault(prefix + path, f"asks for {asked} of the dependencies, and there are {found}")]


def _circle(wired: Sequence[Sequence[Wire]]) -> list[Fault]:
    """One circle, named by a dependency that closes it."""
    inner = {at: [each.place for each in wires if each.place is not None] for at, wires in enumerate(wired)}
    try:
        TopologicalSorter(inner).prepare()
    except CycleError as error:
        # Each of the circle's tasks is a dependency of the next.
        before, after = error.args[1][:2]
        path = next(each.path for each in wired[after] if each.place == before)
        text = "closes a circle: tasks would wait for each other"
        return [Fault(path, text)]
    return []


def _too_many(wired: Sequence[Sequence[Wire]], tasks: int) -> list[Fault]:
    seen: set[str] = set()
    most = limits.MAX_TASKS_AND_OUTSIDE_DEPENDENCIES
    for each in (each for wires in wired for each in wires if each.place is None):
        seen.add(each.task_id)
        if tasks + len(seen) > most:
            text = f"is one too many: tasks and distinct dependencies outside the call are at most {most} together"
            return [Fault(each.path, text)]
    return []
