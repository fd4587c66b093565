"""Routes of /api/v1/runs/{runId}/data and /api/v1/data."""

from chalice.app import Blueprint

from chalicelib.api.answers import Answer
from chalicelib.api.data_query import data_query, key_or_id, search_query
from chalicelib.api.http import Call, endpoint
from foreman_contract.run_data import ChangeTags, CreateEntry
from foreman_engine.service import data_deletes, data_queries, data_search, run_data

blueprint = Blueprint(__name__)


@endpoint(blueprint, "POST", "/api/v1/runs/{run_id}/data", creates=True)
def create_entry(call: Call, run_id: str, body: CreateEntry) -> Answer:
    """Add an entry to a run's data."""
    created = run_data.create_entry(call.ports, call.org_id, run_id, body, call.idempotency)
    return Answer(created.entry.to_wire(), 200 if created.replayed else 201)


@endpoint(blueprint, "GET", "/api/v1/runs/{run_id}/data")
def query_entries(call: Call, run_id: str) -> Answer:
    """Query a run's data by keys and tags."""
    query, page = data_query(call.query)
    return Answer(data_queries.query_entries(call.ports, call.org_id, run_id, query, page).to_wire())


@endpoint(blueprint, "DELETE", "/api/v1/runs/{run_id}/data")
def delete_entries(call: Call, run_id: str) -> Answer:
    """Delete an entry, or versions of a key."""
    kind, text = key_or_id(call.query)
    delete = data_deletes.delete_key if kind == "key" else data_deletes.delete_entry
    return Answer(delete(call.ports, call.org_id, run_id, text).to_wire())


@endpoint(blueprint, "PATCH", "/api/v1/runs/{run_id}/data/{data_id}/tags")
def change_tags(call: Call, run_id: str, data_id: str, body: ChangeTags) -> Answer:
    """Remove tags from an entry and add others."""
    return Answer(run_data.change_tags(call.ports, call.org_id, run_id, data_id, body).to_wire())


@endpoint(blueprint, "GET", "/api/v1/data")
def search_entries(call: Call) -> Answer:
    """Search the data of all runs by key or tag."""
    search, page = search_query(call.query)
    return Answer(data_search.search_entries(call.ports, call.org_id, search, page).to_wire())
