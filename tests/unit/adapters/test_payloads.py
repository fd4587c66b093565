"""Where payloads go, and what a save writes of them."""

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.adapters.dynamo import keys
from chalicelib.adapters.dynamo.difference import difference
from chalicelib.adapters.dynamo.packing import pack, unpack
from chalicelib.adapters.dynamo.payloads import ALWAYS_INLINE_BYTES, MAX_ITEM_BYTES, is_same, place
from chalicelib.adapters.dynamo.shelf import Shelf
from chalicelib.adapters.dynamo.task_codec import SHAPE
from foreman_contract.enums import TaskStatus
from foreman_engine.domain.payload import Payload
from foreman_engine.domain.tasks import TaskState

RUN = "019b76da-a800-7abc-8123-456789abcdef"
TASK_ID = "019b76da-a800-8abc-8000-000000200002"
WHERE = keys.task_place("acme", TASK_ID)
_SIXTEEN = "0123456789abcdef"
NAMES = {"input_data": "i"}
NOW = 1_767_225_600_000


def noise(size: int) -> str:
    """Text that packs to about `size` bytes."""
    return "".join(random.Random(size).choices(_SIXTEEN, k=2 * size))


def task(**fields: object) -> TaskState:
    made = TaskState(TASK_ID, RUN, "acme", "t", TaskStatus.QUEUED, Payload("1"), 1, 1)
    return replace(made, **fields)  # type: ignore[arg-type]


@given(st.text() | st.text(alphabet="ab", max_size=2000) | st.just("\ud800"))
def test_text_survives_packing(text: str) -> None:
    assert unpack(pack(text)) == text
    assert len(pack(text)) <= len(text.encode("utf-8", "surrogatepass")) + 1


@pytest.mark.parametrize(
    ("size", "room", "kind"),
    [
        (10, 0, "B"),
        (ALWAYS_INLINE_BYTES + 40, 0, "p#"),
        (500, 600, "B"),
        (700, 600, "p#"),
        (100_000, 600, "p#"),
        (MAX_ITEM_BYTES + 20_000, 600, "o#"),
    ],
)
def test_a_payload_goes_where_it_fits(size: int, room: int, kind: str) -> None:
    placed = place(WHERE, NAMES, {"input_data": Payload(noise(size))}, room, Shelf(NOW))
    value = placed.attributes["i"]
    if kind == "B":
        assert unpack(bytes(value["B"])) == noise(size)
        assert placed.outside == ()
    else:
        assert value["S"].startswith(kind)
        assert [(each.ref, unpack(each.body)) for each in placed.outside] == [(value["S"], noise(size))]


def test_names_are_never_used_twice() -> None:
    payloads = {"input_data": Payload(noise(200))}
    refs = {place(WHERE, NAMES, payloads, 0, Shelf(NOW)).refs["input_data"] for _ in range(50)}
    assert len(refs) == 50


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (None, None, True),
        (Payload("1"), None, False),
        (Payload("1"), Payload("1", "p#x"), True),
        (Payload(None, "p#x"), Payload("1", "p#x"), True),
        (Payload(None, "p#x"), Payload("1"), False),
        (Payload(None, "p#x"), Payload(None, "p#y"), False),
        (Payload("1"), Payload("1.0"), False),
    ],
)
def test_payloads_are_one_by_place_or_by_text(one: Payload | None, other: Payload | None, same: bool) -> None:
    assert is_same(one, other) == is_same(other, one) == same


def test_a_difference_holds_what_differs_and_nothing_else() -> None:
    before = task(input_data=Payload(None, "p#in"), progress=Payload("1"), available_at=5, worker_id="w")
    after = replace(
        before, attempt=1, worker_id="v", available_at=None, progress=None, output_data=Payload("2")
    )
    change = difference(SHAPE, WHERE, before, after, Shelf(NOW))
    assert change.sets == {"at": {"N": "1"}, "wi": {"S": "v"}, "o": {"B": b"j2"}}
    assert sorted(change.removes) == ["av", "g"]


def test_an_output_that_would_make_the_state_large_goes_outside() -> None:
    before = task(input_data=Payload(noise(500)))
    for size, outside in ((200, False), (500, True)):
        change = difference(
            SHAPE, WHERE, before, replace(before, output_data=Payload(noise(size))), Shelf(NOW)
        )
        assert bool(change.placed.outside) == outside


def test_small_payloads_of_one_call_share_items_that_cost_one_unit_to_read() -> None:
    shelf = Shelf(NOW, shared=True)
    sizes = [530] * 10 + [3000, 800, 100, 5000, 10]
    refs = [shelf.item(WHERE, size) for size in sizes]
    items: dict[str, list[int]] = {}
    for ref, size in zip(refs, sizes, strict=True):
        items.setdefault(keys.payload(WHERE, ref)["sk"]["S"], []).append(size)
    assert list(items.values()) == [[530] * 7, [530] * 3, [3000, 800, 100], [5000], [10]]
    assert len(set(refs)) == len(sizes)
    assert [keys.payload_attribute(ref) for ref in refs[:3]] == ["b", "b1", "b2"]
    assert all(keys.object_path(WHERE, ref) is None for ref in refs)


def test_a_shelf_is_of_one_partition() -> None:
    shelf, elsewhere = Shelf(NOW, shared=True), replace(WHERE, pk="acme#other")
    first, other, second = shelf.item(WHERE, 10), shelf.item(elsewhere, 10), shelf.item(WHERE, 10)
    assert keys.payload(WHERE, first) == keys.payload(WHERE, second)
    assert keys.payload(elsewhere, other)["sk"] != keys.payload(WHERE, first)["sk"]


def test_payloads_that_do_not_share_lie_in_items_of_their_own() -> None:
    shelf = Shelf(NOW)
    refs = [shelf.item(WHERE, 10) for _ in range(3)]
    assert len({keys.payload(WHERE, ref)["sk"]["S"] for ref in refs}) == 3
    assert {keys.payload_attribute(ref) for ref in refs} == {"b"}
