"""Write units of run data, counted on MiniStack: `python -m benchmarks.run_data_writes`."""

import random
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final

from benchmarks.emulated import Usage, emulated_ports
from foreman_contract.run_data import ChangeTags, CreateEntry
from foreman_contract.runs import CreateRun
from foreman_contract.tasks import CreateTask
from foreman_engine.service.creating import create_tasks
from foreman_engine.service.data_deletes import delete_entry, delete_key
from foreman_engine.service.idempotency import idempotency_key
from foreman_engine.service.ports import Ports
from foreman_engine.service.run_data import change_tags, create_entry
from foreman_engine.service.runs import create_run

_ORG: Final = "bench"
SMALL: Final = {"score": 0.5}


def _of_2_kb() -> str:
    return random.Random(0).randbytes(1024).hex()


class _Bench:
    """A run whose data is written, counted call by call."""

    def __init__(self, ports: Ports, usage: Usage) -> None:
        self._ports = ports
        self._usage = usage
        self._run_id = create_run(ports, _ORG, CreateRun(input_data=None)).run.id
        request = CreateTask(run_id=self._run_id, type="t", input_data=None)
        self._task_id = create_tasks(ports, _ORG, [request]).tasks[0].id
        self._keys = 0

    def counted(self, call: Callable[[], object]) -> float:
        """The write units of a call."""
        self._usage.reset()
        call()
        return self._usage.write_units

    def create(self, tags: int, value: Any = None, *, key: str = "progress", repeatable: bool = False) -> str:
        """A new entry: its id."""
        self._keys += repeatable
        idempotency = idempotency_key("POST", "/data", f"key-{self._keys}", b"{}") if repeatable else None
        given = [f"tag-{number}" for number in range(tags)]
        request = CreateEntry(task_id=self._task_id, key=key, value=value, tags=given)
        return create_entry(self._ports, _ORG, self._run_id, request, idempotency).entry.id

    def retag(self, entry_id: str, **change: list[str]) -> None:
        """Other tags."""
        change_tags(self._ports, _ORG, self._run_id, entry_id, ChangeTags(**change))

    def delete(self, entry_id: str) -> None:
        """One entry."""
        delete_entry(self._ports, _ORG, self._run_id, entry_id)

    def delete_key(self, key: str) -> None:
        """Every version of a key."""
        delete_key(self._ports, _ORG, self._run_id, key)


def measure(ports: Ports, usage: Usage) -> dict[str, float]:
    """Write units by what was done."""
    return dict(_measured(_Bench(ports, usage)))


def _measured(bench: _Bench) -> Iterator[tuple[str, float]]:
    large = _of_2_kb()
    for tags in (0, 1, 5):
        of = f"{tags} tag{'s' * (tags != 1)}"
        yield f"create, {of}", bench.counted(partial(bench.create, tags, SMALL))
        repeatable = partial(bench.create, tags, SMALL, repeatable=True)
        yield f"create, {of}, idempotency key", bench.counted(repeatable)
        yield f"create, {of}, 2 KB", bench.counted(partial(bench.create, tags, large))
        yield f"delete, {of}", bench.counted(partial(bench.delete, bench.create(tags, SMALL)))
        yield f"delete, {of}, 2 KB", bench.counted(partial(bench.delete, bench.create(tags, large)))
    entry = bench.create(5, SMALL)
    yield "add a tag", bench.counted(partial(bench.retag, entry, add=["new"]))
    yield "remove a tag", bench.counted(partial(bench.retag, entry, remove=["new"]))
    yield (
        "add a tag and remove one",
        bench.counted(partial(bench.retag, entry, add=["new"], remove=["tag-0"])),
    )
    yield "add a tag that is there", bench.counted(partial(bench.retag, entry, add=["new"]))
    for _ in range(100):
        bench.create(0, SMALL, key="old")
    yield "delete 100 versions of a key", bench.counted(partial(bench.delete_key, "old"))


def main() -> None:
    """Print them."""
    with emulated_ports() as (ports, usage):
        units = measure(ports, usage)
    print("write units of run data")
    for name, cost in units.items():
        print(f"  {name:<34} {cost:6.1f}")


if __name__ == "__main__":
    main()
