"""The system's clock and its randomness."""

import random
import time

from foreman_engine.service.drawn_ids import DrawnIds


class SystemClock:
    """The API's clock."""

    def now_ms(self) -> int:
        """Epoch milliseconds."""
        return time.time_ns() // 1_000_000


def system_ids() -> DrawnIds:
    """Ids and secrets from the operating system's cryptographic source; make one per process."""
    return DrawnIds(random.SystemRandom())
