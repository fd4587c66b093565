"""Routes of /api/v1/runs/{runId}/data."""

from chalice.app import Blueprint

from chalicelib.api.answers import Answer
from chalicelib.api.http import Call, endpoint
from foreman_contract import limits
from foreman_contract.run_data import CreateEntry
from foreman_engine.domain.errors import Fault, InvalidError, NotAvailableError
from foreman_engine.service import run_data
from foreman_engine.service.run_data import DataQuery

blueprint = Blueprint(__name__)


@endpoint(blueprint, "POST", "/api/v1/runs/{run_id}/data", creates=True)
def create_entry(call: Call, run_id: str, body: CreateEntry) -> Answer:
    """Add an entry to a run's data."""
    created = run_data.create_entry(call.ports, call.org_id, run_id, body, call.idempotency)
    return Answer(created.entry.to_wire(), 200 if created.replayed else 201)


@endpoint(blueprint, "GET", "/api/v1/runs/{run_id}/data")
def query_entries(call: Call, run_id: str) -> Answer:
    """Get the newest entry of a key, or all its versions."""
    query = call.query
    query.refuse("keys", "keyStartsWith", "keyPattern", "tags", "tagStartsWith", "tagMode")
    include_all = query.choice("includeAll", ("false", "true")) == "true"
    key = query.text("key")
    if key is None and not include_all:
        text = "is needed: the newest entry of every key is part of the contract but not available on this server yet"
        raise NotAvailableError(f"key {text}.", [Fault("key", text)])
    if key == "":
        raise InvalidError("key must not be empty.", [Fault("key", "must not be empty")])
    page = query.page(limits.DEFAULT_DATA_LIMIT, limits.MAX_DATA_LIMIT)
    found = run_data.query_entries(call.ports, call.org_id, run_id, DataQuery(key, include_all, page))
    return Answer(found.to_wire())
