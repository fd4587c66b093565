"""Run data in quantity: as the service stores it, item by item, but written in batches and from several threads."""

import random
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final

from boto3.session import Session
from botocore.config import Config

from chalicelib.adapters.dynamo.attributes import Item
from chalicelib.adapters.dynamo.entry_actions import link_items
from chalicelib.adapters.dynamo.entry_codec import new_entry
from chalicelib.adapters.dynamo.payloads import Outside, PayloadStore
from chalicelib.adapters.dynamo.shelf import Shelf
from chalicelib.adapters.dynamo.writes import put_all
from chalicelib.adapters.s3 import S3Objects
from chalicelib.config import Settings
from foreman_contract.runs import CreateRun
from foreman_engine.domain.ids import created_ms, make_entry_id
from foreman_engine.domain.payload import Payload, payload
from foreman_engine.domain.run_data import EntryState
from foreman_engine.service.ports import Ports
from foreman_engine.service.runs import create_run

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_WRITERS: Final = 4
_TOGETHER: Final = 250
"""Entries of one writer's turn."""
_SMALL: Final = payload({"score": 0.5, "note": "as agreed on the phone"}, "value")


@dataclass(frozen=True, slots=True)
class NewEntry:
    """What is particular to an entry."""

    key: str
    tags: tuple[str, ...] = ()
    value: Payload = _SMALL


class Seeder:
    """Fills runs. Its calls are its own: nobody counts or refuses them."""

    def __init__(self, settings: Settings, session: Session) -> None:
        config = Config(max_pool_connections=_WRITERS, parameter_validation=False)
        self._client: DynamoDBClient = session.client(
            "dynamodb", endpoint_url=settings.aws_endpoint_url, config=config
        )
        objects = S3Objects(session.client("s3", endpoint_url=settings.aws_endpoint_url), settings.bucket)
        self._table = settings.run_data_table
        self._payloads = PayloadStore(self._client, self._table, objects)

    def run(self, ports: Ports, org_id: str, entries: Iterable[NewEntry]) -> str:
        """A new run with these entries, the first of them the oldest, a millisecond apart: its id."""
        run_id = create_run(ports, org_id, CreateRun(input_data=None)).run.id
        states = _states(org_id, run_id, entries)
        with ThreadPoolExecutor(_WRITERS) as pool:
            list(pool.map(self._write, iter(lambda: list(islice(states, _TOGETHER)), [])))
        return run_id

    def _write(self, states: Sequence[EntryState]) -> None:
        items: list[Item] = []
        outside: list[Outside] = []
        for state in states:
            item, placed = new_entry(state, Shelf(state.created_at))
            outside += placed.outside
            items += [item, *link_items(state)]
        self._payloads.write(outside)
        put_all(self._client, self._table, items)


def _states(org_id: str, run_id: str, entries: Iterable[NewEntry]) -> Iterator[EntryState]:
    begin, rng = created_ms(run_id), random.Random(run_id)
    for number, new in enumerate(entries, begin):
        yield EntryState(
            id=make_entry_id(number, 0, rng.getrandbits(62)),
            run_id=run_id,
            org_id=org_id,
            task_id=run_id,
            key=new.key,
            value=new.value,
            tags=new.tags,
            created_at=number,
            updated_at=number,
        )
