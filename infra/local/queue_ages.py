"""The part of AWS that MiniStack leaves out: SQS tells CloudWatch how old the oldest message of each queue is.

It runs inside MiniStack's process, and reads MiniStack's own queues. AWS tells once a minute; a developer gets it sooner.
"""

import asyncio
import time
from collections.abc import Mapping
from typing import Any, Final

from ministack.core.responses import request_scope
from ministack.services import cloudwatch, sqs

_EVERY_S: Final = 5


async def tell_ages() -> None:
    """Tell now and then, until cancelled."""
    while True:
        await asyncio.sleep(_EVERY_S)
        tell_once(time.time_ns() / 1e9)


def tell_once(now_s: float) -> None:
    """Put one value a queue into CloudWatch, in the account and region of the queue. Empty queues are 0 seconds old."""
    for (account, region, _), queue in sqs._queues.to_dict().items():
        with request_scope(account, region):
            cloudwatch.record_metric(
                "AWS/SQS",
                "ApproximateAgeOfOldestMessage",
                oldest_s(queue, now_s),
                "Seconds",
                {"QueueName": queue["name"]},
            )


def oldest_s(queue: Mapping[str, Any], now_s: float) -> int:
    """The age of the oldest message that was ever visible; those that are still delayed do not count."""
    shown = [each for each in queue["messages"] if each["visible_at"] <= now_s or each["receive_count"]]
    return max((int(now_s - each["sent_at"]) for each in shown), default=0)
