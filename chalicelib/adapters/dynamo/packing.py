"""A payload's text as bytes: compressed when that makes it smaller."""

import zlib
from typing import Final

_RAW: Final = b"j"
_ZLIB: Final = b"z"
_WORTH_TRYING_BYTES: Final = 64


def pack(text: str) -> bytes:
    """The bytes of a text; the first tells how the others are written. Lone surrogates, which JSON can carry, survive."""
    raw = text.encode("utf-8", "surrogatepass")
    if len(raw) >= _WORTH_TRYING_BYTES:
        small = zlib.compress(raw)
        if len(small) < len(raw):
            return _ZLIB + small
    return _RAW + raw


def unpack(packed: bytes) -> str:
    """The text that `pack` was given."""
    raw = zlib.decompress(packed[1:]) if packed[:1] == _ZLIB else packed[1:]
    return raw.decode("utf-8", "surrogatepass")
