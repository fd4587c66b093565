"""What a caller has to know to reach a Foreman."""

import re
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import SplitResult, urlsplit

from foreman_client._arguments import required
from foreman_contract.fields import QUEUE_NAME_PATTERN
from foreman_contract.service import DEFAULT_RESULT_QUEUE, DEFAULT_TASK_QUEUE

_API_KEY: Final = re.compile(r"[!-~]+")
_LONGEST_S: Final = 86_400.0


@dataclass(frozen=True, slots=True)
class QueueNames:
    """Logical names of the queues that an application uses; Foreman maps them to SQS queues of its organization.

    Raises:
        ValueError: a name is not 1-40 characters of letters, digits, `-`, `_`, `:`.
    """

    task_queue: str = DEFAULT_TASK_QUEUE
    result_queue: str = DEFAULT_RESULT_QUEUE

    def __post_init__(self) -> None:
        for name in (self.task_queue, self.result_queue):
            if not isinstance(name, str):
                raise TypeError("a queue name must be a str")
            if not QUEUE_NAME_PATTERN.fullmatch(name):
                raise ValueError(
                    f"{name!r} is no queue name: 1-40 characters of letters, digits, '-', '_', ':'"
                )


@dataclass(frozen=True, slots=True)
class ForemanConfig:
    """Where a Foreman is and how patient its client is. The API key never shows in a repr.

    `endpoint` is the base URL (on API Gateway it ends in the stage). `timeout_s` bounds each connect, read and write of
    one try. `max_retries` counts the tries after the first. Waits that the server asks for with Retry-After on a 429 are
    not counted, but all waits of one call together stay under `max_wait_s`.

    Raises:
        TypeError, ValueError: a field is not of its type or out of range.
    """

    endpoint: str
    api_key: str = field(repr=False)
    queues: QueueNames = field(default_factory=QueueNames)
    timeout_s: float = 30.0
    max_retries: int = 4
    max_wait_s: float = 1800.0

    def __post_init__(self) -> None:
        required(str, endpoint=self.endpoint, api_key=self.api_key)
        required(QueueNames, queues=self.queues)
        required((int, float), timeout_s=self.timeout_s, max_wait_s=self.max_wait_s)
        required(int, max_retries=self.max_retries)
        parts = urlsplit(self.endpoint)
        if parts.scheme not in ("http", "https") or not _is_host(parts) or parts.query or parts.fragment:
            raise ValueError("endpoint must be http://host or https://host, perhaps with a port and a path")
        if not _API_KEY.fullmatch(self.api_key):
            raise ValueError("api_key must be printable ASCII without spaces, and not empty")
        if (
            not 0 < self.timeout_s <= _LONGEST_S
            or self.max_retries < 0
            or not 0 <= self.max_wait_s <= _LONGEST_S
        ):
            raise ValueError(
                "timeout_s must be above 0, max_retries and max_wait_s at least 0, neither over a day"
            )
        object.__setattr__(self, "endpoint", self.endpoint.rstrip("/"))


def _is_host(parts: SplitResult) -> bool:
    """Whether sockets take the address; what they would refuse with an error of their own is refused here."""
    try:
        _ = parts.port
    except ValueError:
        return False
    labels = (parts.hostname or "").removesuffix(".").split(".")
    return parts.port != 0 and all(0 < len(label) <= 63 and not re.search(r"\s", label) for label in labels)
