"""Rate limits, and how operators write them: `100/15m`, or `off`."""

import re
from dataclasses import dataclass
from typing import Final

_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400}
OFF: Final = "off"


@dataclass(frozen=True, slots=True)
class RateLimit:
    """At most `requests` in a fixed window of `window_s` seconds."""

    requests: int
    window_s: int


DEFAULT_RATE: Final = "100/15m"
"""What a key may do when neither it nor the deployment says otherwise."""


def parse_rate(text: str) -> RateLimit | None:
    """The limit that the text says; None for `off`.

    Raises:
        ValueError: the text is neither.
    """
    if text == OFF:
        return None
    found = re.fullmatch(r"([1-9][0-9]{0,8})/([0-9]{0,5})([smhd])", text)
    window_s = int(found[2] or 1) * _UNITS[found[3]] if found else 0
    if found is None or window_s == 0:
        raise ValueError(f"{text!r} is no rate limit; write such as 100/15m, 5/s or off")
    return RateLimit(int(found[1]), window_s)


def format_rate(limit: RateLimit) -> str:
    """The text that `parse_rate` reads, in the largest unit that fits."""
    unit = next(unit for unit in "dhms" if limit.window_s % _UNITS[unit] == 0)
    return f"{limit.requests}/{limit.window_s // _UNITS[unit]}{unit}"
