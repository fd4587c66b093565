"""`python -m infra reconcile`: heal what no crash explains, remove what crashes leave behind, and say what was done."""

import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, TypeVar

from foreman_engine.service.leaks import SETTLED_BY_ONE_CLOCK_MS, SETTLED_MS, Leaks, remove_leaks
from foreman_engine.service.ports import Ports
from foreman_engine.service.reconcile import Reconciled, reconcile
from infra.opened import Stack, told

Done = TypeVar("Done", Reconciled, Leaks)


def reconcile_all(stack: Stack, org_id: str | None, idle_minutes: int, *, as_json: bool) -> None:
    """Reconcile one organization or all; prints a line per open run and per run with leaks, and a sum.

    Raises:
        OperatorError: the stack does not answer; what was printed is done, and running it again does the rest.
    """
    with told(stack.name):
        organizations = stack.ports.keys.organizations() if org_id is None else [org_id]
        idle_ms = idle_minutes * 60_000
        done = _each(stack.ports, organizations, idle_ms, reconcile, None if as_json else _line)
        settled_ms = SETTLED_BY_ONE_CLOCK_MS if stack.one_clock else SETTLED_MS
        removing = partial(remove_leaks, settled_ms=settled_ms)
        leaks = _each(stack.ports, organizations, idle_ms, removing, None if as_json else _leak_line)
    total = {
        "runs": len(done),
        "ended": sum(each.ended for each in done),
        "walked": sum(each.walked for each in done),
        "sent": sum(len(each.sent) for each in done),
        "removed": sum(each.removed for each in leaks),
        "young": sum(each.young for each in leaks),
    }
    if as_json:
        described = {
            "done": [_describe(each) for each in done],
            "leaks": [_describe_leaks(each) for each in leaks],
        }
        print(json.dumps({**total, **described}))
    else:
        print(
            f"{total['runs']} open runs on {stack.name}: {total['ended']} ended, "
            f"{total['walked']} cancels or retries finished, {total['sent']} messages sent again."
        )
        print(f"{total['removed']} leaked payloads removed, {total['young']} too young to tell.")


def _each(
    ports: Ports,
    organizations: list[str],
    idle_ms: int,
    work: Callable[[Ports, str, int], Iterator[Done]],
    line: Callable[[Done], str] | None,
) -> list[Done]:
    """What came of the work in each organization; with a line for each, printed as soon as it is done."""
    found = []
    for organization in organizations:
        for each in work(ports, organization, idle_ms):
            found.append(each)
            if line is not None:
                print(line(each))
    return found


def _line(each: Reconciled) -> str:
    what = [
        *(["cancel or retry finished"] if each.walked else []),
        *(["ended"] if each.ended else []),
        *([f"{len(each.sent)} messages sent again"] if each.sent else []),
    ]
    return f"{each.org_id}  {each.run_id}  {', '.join(what) or 'nothing to do'}"


def _leak_line(each: Leaks) -> str:
    what = [
        *([f"{each.removed} leaked payloads removed"] if each.removed else []),
        *([f"{each.young} too young to tell"] if each.young else []),
    ]
    return f"{each.org_id}  {each.run_id or 'a run that was never created'}  {', '.join(what)}"


def _describe(each: Reconciled) -> dict[str, Any]:
    return {
        "orgId": each.org_id,
        "runId": each.run_id,
        "walked": each.walked,
        "ended": each.ended,
        "sent": list(each.sent),
    }


def _describe_leaks(each: Leaks) -> dict[str, Any]:
    run = {"runId": each.run_id} if each.run_id is not None else {}
    return {"orgId": each.org_id, **run, "removed": each.removed, "young": each.young}
