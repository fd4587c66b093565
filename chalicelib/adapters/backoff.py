"""How long to wait before trying again.

Source: exponential backoff with full jitter, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
"""

import random
from collections.abc import Iterator
from typing import Final

TRIES: Final = 10
_BASE_S: Final = 0.02
_CAP_S: Final = 0.5


def pauses(tries: int = TRIES) -> Iterator[float]:
    """The seconds to sleep after each of `tries` failed tries; about 1.6 s together when all of ten fail."""
    source = random.SystemRandom()
    for number in range(tries):
        yield source.uniform(0, min(_CAP_S, _BASE_S * 2**number))
