"""`wire`: how the tasks of one call name each other."""

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from foreman_contract.tasks import NewTask
from foreman_engine.domain.errors import Fault, InvalidError
from foreman_engine.domain.wiring import Wire, wire

Edges = list[set[int]]
"""For each task of a call the places of those that it depends on."""


def request(ref: str | None = None, *names: str, **fields: Any) -> NewTask:
    given: dict[str, Any] = {"type": "t", "input_data": None, "depends_on": list(names), **fields}
    return NewTask(**(given if ref is None else {**given, "ref": ref}))


def task_id(number: int) -> str:
    return f"0190c5c8-0000-8000-8000-{number + 1:012x}"


def faults(*requests: NewTask, batch: bool = True) -> tuple[Fault, ...]:
    with pytest.raises(InvalidError) as raised:
        wire(requests, batch=batch)
    return raised.value.faults


def paths(*requests: NewTask, batch: bool = True) -> list[str]:
    return [fault.path for fault in faults(*requests, batch=batch)]


def reaches(edges: Edges, start: int, goal: int) -> bool:
    """Whether following dependencies leads from one task to another."""
    seen: set[int] = set()
    todo = [start]
    while todo:
        for place in edges[todo.pop()] - seen:
            seen.add(place)
            todo.append(place)
    return goal in seen


@st.composite
def graphs(draw: st.DrawFn) -> Edges:
    size = draw(st.integers(1, 9))
    return [draw(st.sets(st.integers(0, size - 1), max_size=3)) for _ in range(size)]


@given(graphs())
@example([{0}])
@example([{1}, {0}])
@example([{1}, {2}, {1}])
def test_exactly_the_graphs_without_a_circle_are_accepted(edges: Edges) -> None:
    requests = [
        request(f"r{at}", *(f"r{place}" for place in sorted(places))) for at, places in enumerate(edges)
    ]
    circular = any(reaches(edges, at, at) for at in range(len(edges)))
    if not circular:
        wired = wire(requests, batch=True)
        assert [{each.place for each in wires} for wires in wired] == edges
        return
    [fault] = faults(*requests)
    head, index = fault.path.removeprefix("tasks[").removesuffix("]").split("].dependsOn[")
    at = int(head)
    place = sorted(edges[at])[int(index)]
    assert reaches(edges, place, at), "the dependency that is named lies on no circle"


@given(st.permutations(range(90)))
def test_a_chain_of_ninety_in_any_order_is_accepted(order: list[int]) -> None:
    requests = [request(f"r{at}", *([f"r{at - 1}"] if at else [])) for at in order]
    wired = wire(requests, batch=True)
    places = {at: place for place, at in enumerate(order)}
    assert [[each.place for each in wires] for wires in wired] == [
        [places[at - 1]] if at else [] for at in order
    ]


def test_refs_become_places_and_all_else_is_an_id() -> None:
    wired = wire([request("a", task_id(1), "b"), request("b")], batch=True)
    assert wired == [
        [Wire("tasks[0].dependsOn[0]", task_id=task_id(1)), Wire("tasks[0].dependsOn[1]", place=1)],
        [],
    ]


def test_a_repeat_means_nothing_and_the_first_word_for_it_stays() -> None:
    other = task_id(0xABCDEF)
    [wires, _] = wire([request(None, "b", other.upper(), "b", other), request("b")], batch=True)
    assert wires == [
        Wire("tasks[0].dependsOn[0]", place=1),
        Wire("tasks[0].dependsOn[1]", task_id=other),
    ]


def test_a_ref_that_looks_like_an_id_is_a_ref_as_it_is_spelled() -> None:
    name = task_id(0xABCDEF).upper()
    [wires, _] = wire([request(None, name, name.lower()), request(name)], batch=True)
    assert [(each.place, each.task_id) for each in wires] == [(1, ""), (None, name.lower())]


@pytest.mark.parametrize("batch", [True, False])
def test_an_unknown_name_is_named_by_its_path(batch: bool) -> None:
    prefix = "tasks[0]." if batch else ""
    assert paths(request("a", task_id(1), "nobody"), batch=batch) == [f"{prefix}dependsOn[1]"]


def test_every_unknown_name_and_every_ref_given_twice_is_told_at_once() -> None:
    told = paths(request("a", "x"), request("a", "y", "a"), request("A", "Y"))
    assert told == ["tasks[1].ref", "tasks[0].dependsOn[0]", "tasks[1].dependsOn[0]", "tasks[2].dependsOn[0]"]


@pytest.mark.parametrize("batch", [True, False])
def test_a_task_that_depends_on_itself_is_a_circle(batch: bool) -> None:
    [fault] = faults(request("a", "a"), batch=batch)
    assert fault.path == ("tasks[0]." if batch else "") + "dependsOn[0]"
    assert "circle" in fault.message


@pytest.mark.parametrize(("asked", "path"), [({"atLeast": 3}, "fanIn.atLeast"), ("any", "fanIn")])
def test_a_fan_in_that_asks_for_more_than_there_are_distinct_is_refused(asked: Any, path: str) -> None:
    names = ["b", "b", task_id(1), task_id(1)] if asked != "any" else []
    assert paths(request("a", *names, fan_in=asked), request("b")) == [f"tasks[0].{path}"]


@pytest.mark.parametrize("asked", [{"atLeast": 1}, {"atLeast": 2}, "any", "all"])
def test_a_fan_in_that_asks_for_no_more_than_there_are_is_fine(asked: Any) -> None:
    assert len(wire([request("a", "b", task_id(1), fan_in=asked), request("b")], batch=True)[0]) == 2


class TestLimits:
    def test_ninety_five_tasks_and_distinct_outside_dependencies_are_fine(self) -> None:
        requests = [request(None, *map(task_id, range(45)))] * 50
        assert sum(map(len, wire(requests, batch=True))) == 45 * 50

    def test_the_first_that_is_too_much_is_named(self) -> None:
        requests = [request(None, *map(task_id, range(45)))] * 50
        requests[31] = request(None, task_id(3), task_id(99))
        [fault] = faults(*requests)
        assert fault.path == "tasks[31].dependsOn[1]"
        assert "95" in fault.message

    def test_refs_are_not_outside(self) -> None:
        requests = [
            request(f"r{at}", *(f"r{before}" for before in range(max(0, at - 50), at))) for at in range(90)
        ]
        requests[0] = request("r0", *map(task_id, range(5)))
        assert len(wire(requests, batch=True)) == 90
        requests[0] = request("r0", *map(task_id, range(6)))
        assert paths(*requests) == ["tasks[0].dependsOn[5]"]

    def test_fifty_dependencies_of_one_task_are_fine_and_repeats_do_not_count(self) -> None:
        names = [task_id(number) for number in range(50)]
        [wires] = wire([request(None, *names, *names)], batch=False)
        assert [each.task_id for each in wires] == names
        with pytest.raises(ValueError, match="at most 50 distinct"):
            request(None, *names, task_id(50))
