"""Operations on schedules."""

from typing import Literal, TypeAlias

from foreman_client._arguments import JsonObject, expect, fields, params, required, segment
from foreman_client._request import Request, changing, creating, reading, removing
from foreman_client._steps import Scope, Steps, exchange, exchange_in_doubt
from foreman_client.operations.templates import Template, template_body
from foreman_client.result import Result, Success
from foreman_contract.enums import CatchUp, ErrorCode, Overlap
from foreman_contract.pages import SortOrder
from foreman_contract.runs import Run
from foreman_contract.schedules import DeletedSchedule, Schedule, SchedulePage

OverlapName: TypeAlias = Overlap | Literal["skip", "allow"]
"""Whether a run is started while the last one is open."""
CatchUpName: TypeAlias = CatchUp | Literal["once", "skip"]
"""Whether a run is started for times that were missed."""


def create_schedule(
    scope: Scope,
    *,
    name: str,
    template: Template,
    cron: str | None = None,
    every_seconds: int | None = None,
    time_zone: str | None = None,
    overlap: OverlapName | None = None,
    catch_up: CatchUpName | None = None,
    paused: bool = False,
    idempotency_key: str | None = None,
) -> Steps[Result[Schedule]]:
    """Have a run of `template` started again and again; retries carry one idempotency key, so there is one schedule.

    Give either `cron`, five fields that are read in `time_zone` (an IANA name, default "UTC"), or `every_seconds`
    (60-31,536,000). `template` is a dict of arguments of `create_run`: `input_data` and `tasks` (1-90), perhaps `metadata`,
    `auto_complete`, which is on unless it is False, and `result_queue`; tasks and events go to the config's queues unless the
    template names others.

    While the last run is open no other is started, or one beside it with `overlap="allow"`. Times that were missed are made
    up for by one run, or by none with `catch_up="skip"`. A `paused` schedule starts nothing until it is updated.

    Raises:
        TypeError, ValueError: an argument is of the wrong type or not JSON; not exactly one of `cron` and `every_seconds` is
            given.
    """
    required(str, name=name)
    if (cron is None) == (every_seconds is None):
        raise TypeError("give either cron or every_seconds")
    expect(bool, paused=paused)
    body = _settings(name, cron, every_seconds, time_zone, overlap, catch_up) | fields(
        template=template_body(scope.queues, template), paused=paused or None
    )
    return exchange(scope, creating("/api/v1/schedules", body, Schedule, idempotency_key))


def get_schedule(scope: Scope, schedule_id: str) -> Steps[Result[Schedule]]:
    """The schedule as it is now, its `template` as on the wire.

    Raises:
        TypeError, ValueError: `schedule_id` is no str, or empty.
    """
    return exchange(scope, reading(_path(schedule_id), Schedule))


def list_schedules(
    scope: Scope,
    *,
    limit: int | None = None,
    offset: int | None = None,
    cursor: str | None = None,
    sort_order: SortOrder | None = None,
    total: bool | None = None,
) -> Steps[Result[SchedulePage]]:
    """One page of the organization's schedules, newest first; `pagination.next_cursor` leads to the next.

    `limit` is 1-100 (default 20). A template over 64 KB is left out: `template_omitted`. Pass `total=False` to spare the count.

    Raises:
        TypeError: an argument is of the wrong type.
    """
    expect(str, cursor=cursor, sort_order=sort_order)
    expect(int, limit=limit, offset=offset)
    expect(bool, total=total)
    query = params(limit=limit, offset=offset, cursor=cursor, sort_order=sort_order, total=total)
    return exchange(scope, reading("/api/v1/schedules", SchedulePage, query))


def update_schedule(
    scope: Scope,
    schedule_id: str,
    *,
    name: str | None = None,
    template: Template | None = None,
    cron: str | None = None,
    every_seconds: int | None = None,
    time_zone: str | None = None,
    overlap: OverlapName | None = None,
    catch_up: CatchUpName | None = None,
    paused: bool | None = None,
) -> Steps[Result[Schedule]]:
    """Change what is given and answer the schedule; arguments as for `create_schedule`.

    `cron` takes the place of `every_seconds`, and the other way round; a `template` is replaced whole. `paused` stops it and
    lets it go on.

    Raises:
        TypeError, ValueError: an argument is of the wrong type or not JSON; both `cron` and `every_seconds` are given.
    """
    if cron is not None and every_seconds is not None:
        raise TypeError("give either cron or every_seconds")
    expect(bool, paused=paused)
    body = _settings(name, cron, every_seconds, time_zone, overlap, catch_up) | fields(
        template=None if template is None else template_body(scope.queues, template), paused=paused
    )
    return exchange(scope, changing("PATCH", _path(schedule_id), body, Schedule))


def delete_schedule(scope: Scope, schedule_id: str) -> Steps[Result[DeletedSchedule]]:
    """Delete the schedule: it starts no more runs, and those that it has started go on.

    If there is none it is a Failure with `not_found`, unless a try before may have deleted it whose answer was lost on the
    way: then `deleted` is 0.

    Raises:
        TypeError, ValueError: `schedule_id` is no str, or empty.
    """
    return _gone(scope, removing(_path(schedule_id), DeletedSchedule))


def fire_schedule(
    scope: Scope, schedule_id: str, *, idempotency_key: str | None = None
) -> Steps[Result[Run]]:
    """Start exactly one run of the schedule now, also when it is paused or its last run is open, and answer it.

    Retries carry one idempotency key (`idempotency_key`, or a fresh one). `task_ids` of the answer has the id of each ref.

    Raises:
        TypeError, ValueError: an argument is of the wrong type, or `schedule_id` empty.
    """
    return exchange(scope, creating(f"{_path(schedule_id)}/fire", None, Run, idempotency_key))


def _path(schedule_id: str) -> str:
    return f"/api/v1/schedules/{segment('schedule_id', schedule_id)}"


def _settings(
    name: str | None,
    cron: str | None,
    every_seconds: int | None,
    time_zone: str | None,
    overlap: OverlapName | None,
    catch_up: CatchUpName | None,
) -> JsonObject:
    expect(str, name=name, cron=cron, time_zone=time_zone, overlap=overlap, catch_up=catch_up)
    expect(int, every_seconds=every_seconds)
    return fields(
        name=name,
        cron=cron,
        every_seconds=every_seconds,
        time_zone=time_zone,
        overlap=overlap,
        catch_up=catch_up,
    )


def _gone(scope: Scope, request: Request[DeletedSchedule]) -> Steps[Result[DeletedSchedule]]:
    result, doubt = yield from exchange_in_doubt(scope, request)
    if doubt and not result.success and result.error.code == ErrorCode.NOT_FOUND:
        return Success(DeletedSchedule(deleted=0))
    return result
