"""The commands that start a local stack and stay with it."""

import os
import time
from collections.abc import Mapping, MutableMapping
from typing import TextIO

from infra.errors import OperatorError
from infra.local.stack import LocalStack, Plan, running

_LOOK_S = 0.5


def run_dev(plan: Plan, environ: MutableMapping[str, str], *, end_with_parent: bool) -> None:
    """Start the stack, say where it is, and stay up.

    Raises:
        OperatorError: it did not come up, or did not stay up.
    """
    began, parent = time.monotonic(), os.getppid()
    with running(plan, environ) as stack:
        _say(stack, f"The local stack is up after {time.monotonic() - began:.1f} s.")
        _describe(stack, plan)
        _stay(stack, parent if end_with_parent else None)


def run_demo(plan: Plan, environ: MutableMapping[str, str], *, once: bool, end_with_parent: bool) -> None:
    """Start the stack, play the order example, say where it is, and stay up unless `once`.

    Raises:
        OperatorError: it did not come up, the example failed, or the stack did not stay up.
    """
    from infra.demo.order import play_order

    began, parent = time.monotonic(), os.getppid()
    with running(plan, environ) as stack:
        _say(
            stack,
            f"The local stack is up after {time.monotonic() - began:.1f} s. A worker joins, an order comes in:\n",
        )
        with play_order(stack, environ, colour=_wants_colour(stack.out, environ)):
            if not once:
                _describe(stack, plan)
                _stay(stack, parent if end_with_parent else None)


def _wants_colour(out: TextIO, environ: Mapping[str, str]) -> bool:
    return out.isatty() and not environ.get("NO_COLOR") and environ.get("TERM") != "dumb"


def _say(stack: LocalStack, line: str) -> None:
    if stack.notice is not None:
        print(stack.notice, file=stack.out)
    print(line, file=stack.out, flush=True)


def _describe(stack: LocalStack, plan: Plan) -> None:
    shown = plan.ready_file is None or not plan.ephemeral
    key = stack.api_key if shown else f"in {plan.ready_file}"
    data = "in memory, gone when this ends" if plan.ephemeral else str(_short(plan.home.root))
    print(
        f"\n  API   {stack.endpoint}"
        f"\n  key   {key}"
        f"\n  AWS   {stack.aws_endpoint_url} (emulated)"
        f"\n  data  {data}"
        f"\n  logs  {_short(stack.folders.logs)}"
        + (f"\n\n  curl -H 'Authorization: Bearer {key}' {stack.endpoint}/api/v1/runs" if shown else "")
        + "\n\nCtrl-C ends it.",
        file=stack.out,
        flush=True,
    )


def _short(path: os.PathLike[str]) -> str:
    relative = os.path.relpath(path)
    return os.fspath(path) if relative.startswith("..") else relative


def _stay(stack: LocalStack, parent: int | None) -> None:
    while parent is None or os.getppid() == parent:
        if stack.aws.poll() is not None:
            log = stack.folders.logs / "ministack.log"
            raise OperatorError(f"The emulated AWS ended by itself; see {log}, then start the stack again.")
        time.sleep(_LOOK_S)
