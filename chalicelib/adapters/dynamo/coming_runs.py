"""Notes of runs that are about to be created with payloads outside: should the creation die, its payloads are found by them."""

from typing import Final

from chalicelib.adapters.dynamo import keys
from chalicelib.adapters.dynamo.attributes import number
from chalicelib.adapters.dynamo.tables import Tables
from chalicelib.adapters.dynamo.writes import put_all

KEPT_S: Final = 30 * 24 * 3600
"""Then DynamoDB deletes a note by its TTL, which costs nothing."""


def announce(tables: Tables, org_id: str, run_id: str) -> None:
    """Leave a note, durable when the call returns, before the first payload of the run is written."""
    expires_at_s = tables.clock.now_ms() // 1000 + KEPT_S
    note = {**keys.coming_run(org_id, run_id), keys.EXPIRES_AT: number(expires_at_s)}
    put_all(tables.client, tables.keys, [note])
