"""Operations on run data."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from foreman_client._arguments import (
    expect,
    fields,
    list_params,
    mapping,
    params,
    payloads,
    required,
    segment,
    texts,
)
from foreman_client._request import changing, creating, reading
from foreman_client._steps import Scope, Steps, exchange
from foreman_client.result import Result
from foreman_contract.pages import SortOrder
from foreman_contract.run_data import Entry, EntryPage


def create_run_data(
    scope: Scope,
    run_id: str,
    *,
    task_id: str,
    key: str,
    value: Any,
    tags: Sequence[str] | None = None,
    metadata: Mapping[str, Any] | None = None,
    idempotency_key: str | None = None,
) -> Steps[Result[Entry]]:
    """Add an entry to the run, once; it never overwrites: the same key again adds another.

    `value` is any JSON value up to 1 MB, null included; at most 50 `tags`.

    Raises:
        TypeError, ValueError: an argument is of the wrong type or not JSON.
    """
    required(str, task_id=task_id, key=key)
    body = payloads(value=value) | fields(
        task_id=task_id, key=key, tags=texts("tags", tags), metadata=mapping("metadata", metadata)
    )
    path = f"/api/v1/runs/{segment('run_id', run_id)}/data"
    return exchange(scope, creating(path, body, Entry, idempotency_key))


def query_run_data(
    scope: Scope,
    run_id: str,
    *,
    key: str | None = None,
    keys: Sequence[str] | None = None,
    key_starts_with: Sequence[str] | None = None,
    key_pattern: str | None = None,
    tags: Sequence[str] | None = None,
    tag_starts_with: Sequence[str] | None = None,
    tag_mode: Literal["any", "all"] | None = None,
    include_all: bool | None = None,
    sort_by: Literal["created_at", "updated_at", "key"] | None = None,
    sort_order: SortOrder | None = None,
    limit: int | None = None,
    offset: int | None = None,
    cursor: str | None = None,
    total: bool | None = None,
) -> Steps[Result[EntryPage]]:
    """The newest matching entry of each key, or with `include_all` every matching entry; newest first.

    Key filters add up (OR), key and tag filters restrict each other (AND). `limit` is 1-1000 (default 100).

    Raises:
        TypeError, ValueError: an argument is of the wrong type.
    """
    expect(str, key=key, key_pattern=key_pattern, tag_mode=tag_mode)
    expect(str, sort_by=sort_by, sort_order=sort_order, cursor=cursor)
    expect(int, limit=limit, offset=offset)
    expect(bool, include_all=include_all, total=total)
    filters = params(key=key, key_pattern=key_pattern, tag_mode=tag_mode, include_all=include_all)
    filters += list_params(
        keys=keys, key_starts_with=key_starts_with, tags=tags, tag_starts_with=tag_starts_with
    )
    page = params(
        sort_by=sort_by, sort_order=sort_order, limit=limit, offset=offset, cursor=cursor, total=total
    )
    return exchange(
        scope, reading(f"/api/v1/runs/{segment('run_id', run_id)}/data", EntryPage, filters + page)
    )


def search_run_data(
    scope: Scope,
    *,
    key: str | None = None,
    key_starts_with: str | Sequence[str] | None = None,
    tags: str | Sequence[str] | None = None,
    tag_starts_with: str | Sequence[str] | None = None,
    limit: int | None = None,
    cursor: str | None = None,
) -> Steps[Result[EntryPage]]:
    """Every matching entry of all runs, in the order of the index; it may lag behind writes by a moment.

    Give one of `key`, `key_starts_with`, `tags` and `tag_starts_with`, or `tags` with `key_starts_with`; each is one
    str, or a list of one. `limit` is 1-1000 (default 100); `pagination.next_cursor` leads to the next page, also from
    one that is short or empty.

    Raises:
        TypeError, ValueError: an argument is of the wrong type.
    """
    expect(str, key=key, cursor=cursor)
    expect(int, limit=limit)
    filters = params(key=key) + list_params(
        key_starts_with=_listed(key_starts_with), tags=_listed(tags), tag_starts_with=_listed(tag_starts_with)
    )
    return exchange(scope, reading("/api/v1/data", EntryPage, filters + params(limit=limit, cursor=cursor)))


def update_run_data_tags(
    scope: Scope,
    run_id: str,
    data_id: str,
    *,
    add: Sequence[str] | None = None,
    remove: Sequence[str] | None = None,
) -> Steps[Result[Entry]]:
    """Take tags from an entry, then add those that are missing, in order, and answer the entry.

    At most 90 tags together, and 50 on the entry. The same change again leaves the same tags, so it is retried; changes
    by others at the same moment are kept.

    Raises:
        TypeError, ValueError: an argument is of the wrong type, or an id empty.
    """
    body = fields(add=texts("add", add), remove=texts("remove", remove))
    path = f"/api/v1/runs/{segment('run_id', run_id)}/data/{segment('data_id', data_id)}/tags"
    return exchange(scope, changing("PATCH", path, body, Entry))


def _listed(values: str | Sequence[str] | None) -> Sequence[str] | None:
    return [values] if isinstance(values, str) else values
