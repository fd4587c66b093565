"""Waiting for AWS to be done with something."""

from collections.abc import Callable
from time import monotonic, sleep
from typing import TypeVar

from infra.errors import OperatorError

T = TypeVar("T")
EVERY_S = 1.0
"""How often AWS is asked."""


def wait_for(found: Callable[[], T | None], within_s: float, what: str) -> T:
    """What `found` returns as soon as that is not None.

    Raises:
        OperatorError: it was None for `within_s` seconds; `what` says what we waited for.
    """
    ends_at = monotonic() + within_s
    while (answer := found()) is None:
        if monotonic() > ends_at:
            raise OperatorError(
                f"Waited {within_s:.0f} s for {what}; run the command again, it goes on from there."
            )
        sleep(EVERY_S)
    return answer
