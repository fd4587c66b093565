"""The names of payloads outside their records: drawn at random, so that no other write has them, and telling when.

A name is 16 characters of base64url: 4 bytes of epoch seconds (until 2106), 8 of randomness. Those of earlier versions have 12
and tell no time: they are old by now.
"""

import base64
import re
import secrets
from typing import Final

_TIME_BYTES: Final = 4
_RANDOM_BYTES: Final = 8
_NAME: Final = re.compile(r"[\w-]{16}", re.ASCII)
_EARLIER: Final = re.compile(r"[\w-]{12}", re.ASCII)


def fresh_name(now_ms: int) -> str:
    """A name that nobody else draws; `now_ms` is epoch milliseconds."""
    seconds = (now_ms // 1000).to_bytes(_TIME_BYTES, "big")
    return base64.urlsafe_b64encode(seconds + secrets.token_bytes(_RANDOM_BYTES)).decode()


def drawn_ms(name: str) -> int | None:
    """When a name was drawn, in epoch milliseconds cut to the second; 0 for an earlier one, None for what is no name."""
    if _EARLIER.fullmatch(name):
        return 0
    if not _NAME.fullmatch(name):
        return None
    return int.from_bytes(base64.urlsafe_b64decode(name)[:_TIME_BYTES], "big") * 1000
