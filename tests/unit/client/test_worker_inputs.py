"""Typed input: what a handler's first parameter is annotated with is what it gets, or the task fails for good."""

import dataclasses
import enum
import threading
import typing
from collections import deque
from datetime import datetime
from typing import Annotated, Any, NotRequired, Required, TypedDict

import pytest
import typing_extensions
from pydantic import BaseModel, ConfigDict, Field, computed_field, with_config

from foreman_client import Handler, Task, TaskContext
from foreman_client.handlers import Registration
from foreman_client.worker.calls import call_of
from tests.unit.client.stub_worker import FakeApi, message, until, won, working


class Colour(enum.Enum):
    RED = "red"


class Line(BaseModel):
    sku: str
    count: int = Field(gt=0)


class Order(BaseModel):
    at: datetime
    colour: Colour
    lines: list[Line]


class StrictOrder(Order):
    model_config = ConfigDict(strict=True)


@dataclasses.dataclass
class OrderRow:
    at: datetime
    colour: Colour
    lines: list[Line]


class LineDict(TypedDict):
    sku: str
    count: NotRequired[int]


class OrderDict(TypedDict):
    at: datetime
    colour: Colour
    lines: list[LineDict]


class PortableOrder(typing_extensions.TypedDict):
    at: datetime
    colour: Colour
    lines: list[Line]


ORDER = {"at": "2026-01-02T03:04:05Z", "colour": "red", "lines": [{"sku": "a", "count": 2}]}


def report_of(handler: Handler, input_data: Any) -> dict[str, Any]:
    """The report of one task with this input that the handler ran."""
    api = FakeApi(on_claim=deque([{1: won(1, inputData=input_data)}]))
    with working({"work": handler}, api=api) as bench:
        bench.queue.put(message(1))
        until(lambda: bench.queue.deleted == ["handle-1"])
    return api.reported()[1]


def model(order: Order) -> Any:
    return [order.at.year, order.colour.name, order.lines[0].sku, type(order).__name__]


def strict_model(order: StrictOrder) -> Any:
    return model(order)


def row(order: OrderRow) -> Any:
    return [order.at.year, order.colour.name, order.lines[0].sku, type(order).__name__]


def typed_dict(order: OrderDict) -> Any:
    return [order["at"].year, order["colour"].name, order["lines"][0]["sku"], type(order).__name__]


def portable_dict(order: PortableOrder) -> Any:
    return [order["at"].year, order["colour"].name, order["lines"][0].sku, type(order).__name__]


def union(order: Line | Order) -> Any:
    return model(order) if isinstance(order, Order) else None


def by_name(order: "Order", ctx: "TaskContext") -> Any:
    return [*model(order)[:-1], f"attempt {ctx.attempt}"]


async def awaited(order: Order) -> Any:
    return model(order)


@pytest.mark.parametrize(
    ("handler", "last"),
    [
        (model, "Order"),
        (strict_model, "StrictOrder"),
        (row, "OrderRow"),
        (typed_dict, "dict"),
        (portable_dict, "dict"),
        (union, "Order"),
        (by_name, "attempt 1"),
        (awaited, "Order"),
    ],
)
def test_a_typed_parameter_gets_the_input_as_that_type(handler: Handler, last: str) -> None:
    report = report_of(handler, ORDER)
    assert (report["status"], report.get("outputData")) == ("completed", [2026, "RED", "a", last])


@pytest.mark.parametrize("handler", [model, row, typed_dict, awaited])
def test_a_wrong_input_fails_for_good_and_says_where_but_not_what(handler: Handler) -> None:
    wrong = ORDER | {"colour": "secret", "lines": [{"sku": "secret", "count": "secret"}]}
    report = report_of(handler, wrong)
    assert (report["status"], report["retryable"]) == ("failed", False)
    error = report["errorData"]
    assert error["code"] == "invalid_input"
    assert {detail["path"] for detail in error["details"]} == {"inputData.colour", "inputData.lines[0].count"}
    assert all(detail["message"] for detail in error["details"])
    assert "secret" not in str(error)


class Cat(BaseModel):
    kind: typing.Literal["cat"]


class Dog(BaseModel):
    kind: typing.Literal["dog"]


def pets(pet: typing.Annotated[Cat | Dog, Field(discriminator="kind")]) -> str:
    return pet.kind


@with_config(ConfigDict(extra="forbid"))
class BoundedLine(TypedDict, total=False):
    sku: Required[Annotated[str, Field(max_length=2)]]
    count: Annotated[int, Field(gt=0)]


class BoundedOrder(TypedDict):
    lines: Annotated[list[BoundedLine], Field(min_length=1)]


def bounded(order: BoundedOrder) -> Any:
    return order


def test_a_typed_dict_keeps_its_bounds() -> None:
    kept = {"lines": [{"sku": "ab", "count": 1}, {"sku": "a"}]}
    assert report_of(bounded, kept)["outputData"] == kept
    wrong = {"lines": [{"sku": "abc", "count": 0, "more": 1}, {}]}
    details = report_of(bounded, wrong)["errorData"]["details"]
    assert [each["path"].removeprefix("inputData.lines") for each in details] == [
        "[0].sku",
        "[0].count",
        "[0].more",
        "[1].sku",
    ]
    assert report_of(bounded, {"lines": []})["errorData"]["code"] == "invalid_input"


def test_a_tag_that_is_none_is_not_repeated() -> None:
    assert report_of(pets, {"kind": "dog"})["outputData"] == "dog"
    assert "secret" not in str(report_of(pets, {"kind": "secret"})["errorData"])


def test_an_input_that_is_no_object_has_the_path_of_the_input() -> None:
    assert report_of(model, None)["errorData"]["details"][0]["path"] == "inputData"


def annotated(task: Task) -> str:
    return task.id


def anything(task: Any) -> Any:
    return task.id


def bare(task):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201 - that is the point
    return task.id


def for_checkers_alone(task: "Task") -> Any:
    return task.id


@pytest.mark.parametrize("handler", [annotated, anything, bare, for_checkers_alone])
def test_an_untyped_parameter_gets_the_task(handler: Handler) -> None:
    assert report_of(handler, ORDER)["status"] == "completed"


def as_dict(order: dict[str, Any]) -> None:
    """A dict is not told from a task by looking at it."""


def unknown(order: "Nowhere") -> None:  # type: ignore[name-defined]  # noqa: F821
    """Its annotation names nothing."""


@pytest.mark.parametrize(("handler", "says"), [(as_dict, "Task, or a pydantic model"), (unknown, "Nowhere")])
def test_an_annotation_that_means_nothing_is_refused_when_it_is_registered(
    handler: Handler, says: str
) -> None:
    with pytest.raises(TypeError, match=says):
        call_of(Registration("work", handler))


@dataclasses.dataclass
class Receipt:
    at: datetime
    lines: list[Line]


class Aliased(BaseModel):
    order_id: str = Field(alias="orderId")


LINE = Line(sku="a", count=2)
RECEIPT = Receipt(datetime(2026, 1, 2), [LINE])


@pytest.mark.parametrize(
    ("output", "stored"),
    [
        (LINE, {"sku": "a", "count": 2}),
        (RECEIPT, {"at": "2026-01-02T00:00:00", "lines": [{"sku": "a", "count": 2}]}),
        ({"all": [LINE, (LINE,)]}, {"all": [{"sku": "a", "count": 2}, [{"sku": "a", "count": 2}]]}),
        (Aliased(orderId="1"), {"orderId": "1"}),
    ],
)
def test_models_and_dataclasses_are_outputs(output: Any, stored: Any) -> None:
    assert report_of(lambda task: output, ORDER)["outputData"] == stored


def test_what_is_not_json_beside_a_model_is_not_made_json() -> None:
    report = report_of(lambda task: {"line": LINE, "set": {1}}, ORDER)
    assert report["errorData"]["code"] == "output_not_json"


@dataclasses.dataclass
class Opaque:
    ready: threading.Event = dataclasses.field(default_factory=threading.Event)


def endless() -> Any:
    value: dict[str, Any] = {"line": LINE}
    value["again"] = value
    return value


@pytest.mark.parametrize("output", [Opaque(), endless()], ids=["no JSON type", "contains itself"])
def test_models_and_dataclasses_that_cannot_become_json_fail_for_good(output: Any) -> None:
    report = report_of(lambda task: output, ORDER)
    assert (report["status"], report["retryable"]) == ("failed", False)
    assert report["errorData"]["code"] == "output_not_json"


class Late(BaseModel):
    @computed_field
    def total(self) -> int:
        raise ConnectionError("no prices today")


def test_what_a_models_own_code_raises_is_retried_like_what_the_handler_raises() -> None:
    report = report_of(lambda task: Late(), ORDER)
    assert (report["status"], report["retryable"]) == ("failed", True)
    assert report["errorData"]["type"] == "ConnectionError"
