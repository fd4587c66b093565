"""`python -m infra reconcile`: heal what no crash explains, and say what was done."""

import json
from collections.abc import Iterator
from typing import Any

from foreman_engine.service.reconcile import Reconciled, reconcile
from infra.opened import Stack, told


def reconcile_all(stack: Stack, org_id: str | None, idle_minutes: int, *, as_json: bool) -> None:
    """Reconcile one organization or all; prints a line per run that was looked at, and a sum.

    Raises:
        OperatorError: the stack does not answer; what was printed is done, and running it again does the rest.
    """
    done = []
    with told(stack.name):
        for each in _walk(stack, org_id, idle_minutes):
            done.append(each)
            if not as_json:
                print(_line(each))
    total = {
        "runs": len(done),
        "ended": sum(each.ended for each in done),
        "walked": sum(each.walked for each in done),
        "sent": sum(len(each.sent) for each in done),
    }
    if as_json:
        print(json.dumps({**total, "done": [_describe(each) for each in done]}))
    else:
        print(
            f"{total['runs']} open runs on {stack.name}: {total['ended']} ended, "
            f"{total['walked']} cancels or retries finished, {total['sent']} messages sent again."
        )


def _walk(stack: Stack, org_id: str | None, idle_minutes: int) -> Iterator[Reconciled]:
    organizations = stack.ports.keys.organizations() if org_id is None else [org_id]
    for organization in organizations:
        yield from reconcile(stack.ports, organization, idle_minutes * 60_000)


def _line(each: Reconciled) -> str:
    what = [
        *(["cancel or retry finished"] if each.walked else []),
        *(["ended"] if each.ended else []),
        *([f"{len(each.sent)} messages sent again"] if each.sent else []),
    ]
    return f"{each.org_id}  {each.run_id}  {', '.join(what) or 'nothing to do'}"


def _describe(each: Reconciled) -> dict[str, Any]:
    return {
        "orgId": each.org_id,
        "runId": each.run_id,
        "walked": each.walked,
        "ended": each.ended,
        "sent": list(each.sent),
    }
