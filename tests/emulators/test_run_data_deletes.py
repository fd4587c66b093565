"""Fifty thousand versions of a key are deleted, call after call, one of them killed: nothing of them is left, and all else is."""

from collections.abc import Iterator
from typing import Any

import pytest

from benchmarks.dynamodb_local import dynamodb_local_aws
from benchmarks.dynamodb_local_install import DynamoDbLocal
from benchmarks.run_data_seed import NewEntry, Seeder
from chalicelib.adapters.aws import aws_ports
from chalicelib.adapters.dynamo import run_data_keys as keys
from chalicelib.adapters.dynamo.keys import Range
from chalicelib.adapters.dynamo.reads import in_range, query
from chalicelib.config import Settings
from foreman_contract import limits
from foreman_engine.domain.links import AFTER_KEYS, FIRST, LAST, Link, TagLink
from foreman_engine.domain.payload import payload
from foreman_engine.service.data_deletes import delete_key
from foreman_engine.service.ports import Ports
from infra.local.cloud import local_session
from tests.nightly import sized

pytestmark = pytest.mark.emulator

VERSIONS = sized(50_000, 4_000)
ORG = "org"
OUTSIDE = payload(" ".join(str(number * number) for number in range(2000)), "value")
OTHERS = [
    NewEntry(key, tags, value)
    for key in ("progres", "progress ", "progress!", "progresses", "q")
    for tags in ((), ("a", "b", "progress"))
    for value in (OUTSIDE, payload(1, "value"))
]


def versions() -> Iterator[NewEntry]:
    """Every tenth has tags, and every fiftieth a value that lies outside."""
    small = payload("small", "value")
    for number in range(VERSIONS):
        tags = ("a", f"b{number % 7}") if number % 10 == 0 else ()
        yield NewEntry("progress", tags, OUTSIDE if number % 50 == 0 else small)


class KilledError(Exception):
    """The process is gone."""


class Killer:
    """Ends a process before one of its transactions."""

    def __init__(self) -> None:
        self.transactions = 0
        self.before = 0

    def __call__(self, **_: Any) -> None:
        self.transactions += 1
        if self.transactions == self.before:
            raise KilledError


def links_of(ports: Ports, run_id: str) -> tuple[list[Link], list[TagLink]]:
    everything = TagLink("", "", ""), TagLink(AFTER_KEYS, "", "")
    of_keys = ports.run_data.links(ORG, run_id, None, FIRST, LAST, 2 * VERSIONS, ascending=True)
    of_tags = ports.run_data.tag_links(ORG, run_id, *everything, 2 * VERSIONS, ascending=True)
    return list(of_keys), list(of_tags)


def payloads_of(settings: Settings, run_id: str) -> int:
    client = local_session(settings.region).client("dynamodb", endpoint_url=settings.aws_endpoint_url)
    place = Range(keys.entry_place(ORG, run_id).pk, "p", "q")
    return len(query(client, {**in_range(settings.run_data_table, place), "ProjectionExpression": "sk"}))


def test_a_key_of_many_versions_is_deleted_whole(dynamodb_local: DynamoDbLocal) -> None:
    with dynamodb_local_aws(dynamodb_local) as (settings, session, _):
        killer = Killer()
        session.events.register("before-call.dynamodb.TransactWriteItems", killer)
        ports = aws_ports(settings, session)
        new = [*OTHERS[::2], *versions(), *OTHERS[1::2]]
        run_id = Seeder(settings, local_session(settings.region)).run(ports, ORG, new)
        of_keys, of_tags = links_of(ports, run_id)
        assert (len(of_keys), len(of_tags)) == (VERSIONS + 20, VERSIONS // 10 * 2 + 30)
        assert payloads_of(settings, run_id) == VERSIONS // 50 + 10
        kept = {link.entry_id for link in of_keys if link.key != "progress"}
        before = ports.run_data.load(list(ports.run_data.get(ORG, run_id, sorted(kept)).values()))

        calls = [delete_key(ports, ORG, run_id, "progress")]
        killer.before = killer.transactions + 8
        with pytest.raises(KilledError):
            delete_key(ports, ORG, run_id, "progress")
        in_killed = VERSIONS - calls[0].deleted - (len(links_of(ports, run_id)[0]) - 20)
        assert 0 < in_killed < calls[0].deleted
        while calls[-1].more:
            calls.append(delete_key(ports, ORG, run_id, "progress"))

        assert {call.deleted for call in calls[:-1]} == {limits.MAX_DELETED_ENTRIES}
        assert sum(call.deleted for call in calls) == VERSIONS - in_killed
        left_of_keys, left_of_tags = links_of(ports, run_id)
        assert left_of_keys == [link for link in of_keys if link.key != "progress"]
        assert left_of_tags == [link for link in of_tags if link.key != "progress"]
        left = ports.run_data.of_run(ORG, run_id, VERSIONS, None, ascending=True).entries
        assert sorted(ports.run_data.load(left), key=str) == sorted(before, key=str)
        assert payloads_of(settings, run_id) == 10
