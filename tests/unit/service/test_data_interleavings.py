"""A query of run data while a key gets a newer version and loses its older one, between any two reads of the query."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from foreman_engine.domain.query import DataQuery
from foreman_engine.memory.build import memory_ports
from foreman_engine.service import data_timeline
from foreman_engine.service.ports import Ports
from tests.contract.data_world import DataWorld

KEYS = ["a", "b", "k", "a", "c", "b", "d"]
"""From the oldest entry to the newest."""
QUERIES = [
    replace(query, sort_by=sort, ascending=ascending)
    for query in (
        DataQuery(),
        DataQuery(key_pattern="?"),
        DataQuery(tags=("t",)),
        DataQuery(tag_starts_with=("t",)),
        DataQuery(keys=("a", "b", "c", "d", "k")),
    )
    for sort in ("created_at", "updated_at", "key")
    for ascending in (True, False)
]


class Interrupted:
    """A store before whose `number`-th call something else happens."""

    def __init__(self, store: Any, number: int, then: Callable[[], object]) -> None:
        self._store = store
        self._left = number
        self._then = then

    @property
    def happened(self) -> bool:
        return self._left < 0

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._store, name)

        def call(*arguments: Any, **options: Any) -> Any:
            self._left -= 1
            if self._left == -1:
                self._then()
            return method(*arguments, **options)

        return call


def a_run() -> DataWorld:
    run = DataWorld(memory_ports(), "acme")
    for key in KEYS:
        run.write(key, ("t", "t2"))
    return run


def rewrite(run: DataWorld, key: str) -> None:
    """A newer version, and the older ones are gone."""
    older = [entry for entry in run.entries if entry.key == key]
    run.write(key, ("t", "t2"))
    for entry in older:
        run.delete(entry)


@pytest.mark.parametrize("total", [True, False])
@pytest.mark.parametrize("chunk", [1, 2, 100])
@pytest.mark.parametrize("query", QUERIES, ids=range(len(QUERIES)))
def test_each_key_is_found_exactly_once_wherever_one_is_rewritten(
    query: DataQuery, chunk: int, total: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data_timeline, "_CHUNK", chunk)
    monkeypatch.setattr(data_timeline, "_WORTH", 1000)
    for key in "kad":
        number, goes_on = 0, True
        while goes_on:
            run = a_run()
            victim, ports = key, run.ports
            store = Interrupted(ports.run_data, number, lambda run=run, key=victim: rewrite(run, key))  # type: ignore[misc]
            run.ports = interrupted(ports, store)
            found = run.page(query, total=total).data
            assert sorted(entry.key for entry in found) == ["a", "b", "c", "d", "k"], (key, number)
            number, goes_on = number + 1, store.happened


def interrupted(ports: Ports, store: Any) -> Ports:
    return replace(ports, run_data=store)
