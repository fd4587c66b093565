"""Routes of /api/v1/runs/{runId}/data and /api/v1/data."""

from typing import Final

from foreman_contract.run_data import ChangeTags, CreateEntry, Deleted, Entry, EntryPage
from foreman_engine.api.answers import Answer
from foreman_engine.api.data_query import (
    DATA_PARAMETERS,
    DELETE_PARAMETERS,
    SEARCH_PARAMETERS,
    data_query,
    key_or_id,
    search_query,
)
from foreman_engine.api.routes import Call, Routes
from foreman_engine.service import data_deletes, data_queries, data_search, run_data

routes: Final = Routes()

_TOO_BROAD: Final = (
    "Also when too many entries match to be sorted by time, or too many would have to be read."
)
_ENTRY_GONE: Final = "No such run, or no such entry in it."


@routes.endpoint(
    "POST",
    "/api/v1/runs/{run_id}/data",
    creates=True,
    answers=Entry,
    refuses={404: "No such run, or no such task in it; for a repeated request, the entry was deleted."},
)
def create_entry(call: Call, run_id: str, body: CreateEntry) -> Answer:
    """Add an entry to a run's data.

    It never overwrites: the same key again adds a newer version.
    """
    created = run_data.create_entry(call.ports, call.org_id, run_id, body, call.idempotency)
    return Answer(created.entry.to_wire(), 200 if created.replayed else 201)


@routes.endpoint(
    "GET",
    "/api/v1/runs/{run_id}/data",
    answers=EntryPage,
    parameters=DATA_PARAMETERS,
    refuses={400: _TOO_BROAD, 404: "No such run."},
)
def query_entries(call: Call, run_id: str) -> Answer:
    """Query a run's data by keys and tags.

    The newest matching entry of each key, or with `includeAll` every one. It sees every write that was answered before.
    """
    query, page = data_query(call.query)
    return Answer(data_queries.query_entries(call.ports, call.org_id, run_id, query, page).to_wire())


@routes.endpoint(
    "DELETE",
    "/api/v1/runs/{run_id}/data",
    answers=Deleted,
    parameters=DELETE_PARAMETERS,
    refuses={404: "No such run, or nothing matched; so also when it was deleted before."},
)
def delete_entries(call: Call, run_id: str) -> Answer:
    """Delete an entry, or versions of a key.

    Up to 1,000 a call, oldest first; with `more` in the answer, the same call again goes on.
    """
    kind, text = key_or_id(call.query)
    delete = data_deletes.delete_key if kind == "key" else data_deletes.delete_entry
    return Answer(delete(call.ports, call.org_id, run_id, text).to_wire())


@routes.endpoint(
    "PATCH",
    "/api/v1/runs/{run_id}/data/{data_id}/tags",
    answers=Entry,
    refuses={400: "Also when the entry would have more than 50 tags.", 404: _ENTRY_GONE},
)
def change_tags(call: Call, run_id: str, data_id: str, body: ChangeTags) -> Answer:
    """Remove tags from an entry and add others.

    Removes first, then adds what is missing, keeping order. Changes by others at the same moment are kept.
    A change that changes nothing is fine, and answers the entry whole, also a value that lists leave out.
    """
    return Answer(run_data.change_tags(call.ports, call.org_id, run_id, data_id, body).to_wire())


@routes.endpoint(
    "GET",
    "/api/v1/data",
    answers=EntryPage,
    parameters=SEARCH_PARAMETERS,
    refuses={400: "Also for any other combination of filters, or none."},
)
def search_entries(call: Call) -> Answer:
    """Search the data of all runs by key or tag.

    Takes one of `key`, `keyStartsWith`, `tags` and `tagStartsWith`, or `tags` with `keyStartsWith`. Every matching entry, in
    the order of tag, key and id; one with several tags that match comes once. It may lag behind writes by a moment.
    """
    search, page = search_query(call.query)
    return Answer(data_search.search_entries(call.ports, call.org_id, search, page).to_wire())
