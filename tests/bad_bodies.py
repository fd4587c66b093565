"""Bodies that no route takes, whatever its fields are; and some that look odd and are fine."""

import json
import sys
import zlib
from typing import Final

from chalicelib.api.http import ROUTES, UNLISTED
from foreman_engine.api.routes import Route


def inside(value: bytes) -> bytes:
    """An object with this JSON text as the value of a field."""
    return b'{"inputData":' + value + b"}"


NO_JSON_OBJECT: Final[dict[str, bytes]] = {
    "empty": b"",
    "blank": b" \r\n\t",
    "array": b"[]",
    "string": b'"text"',
    "number": b"7",
    "null": b"null",
    "true": b"true",
    "invalid UTF-8": inside(b'"\xff"'),
    "overlong UTF-8": inside(b'"\xc0\xaf"'),
    "surrogate in UTF-8": inside(b'"\xed\xa0\x80"'),
    "UTF-16": inside(b"1").decode().encode("utf-16"),
    "UTF-32": inside(b"1").decode().encode("utf-32"),
    "byte order mark": b"\xef\xbb\xbf" + inside(b"1"),
    "NaN": inside(b"NaN"),
    "Infinity": inside(b"Infinity"),
    "-Infinity": inside(b"-Infinity"),
    "1e400": inside(b"1e400"),
    "-1e400": inside(b"-1e400"),
    "exponent of 1,000 digits": inside(b"1e" + b"9" * 1000),
    "integer of 400 digits": inside(b"9" * 400),
    "negative integer of 400 digits": inside(b"-" + b"9" * 400),
    "integer of 100,000 digits": inside(b"9" * 100_000),
    "integer just beyond a double": inside(b"%d" % (int(sys.float_info.max) + 2**970)),
    "101 arrays": inside(b"[" * 100 + b"]" * 100),
    "101 objects": inside(b'{"a":' * 100 + b"1" + b"}" * 100),
    "101 of both": inside(b'[{"a":' * 50 + b"1" + b"}]" * 50),
    "10,000 arrays": inside(b"[" * 10_000 + b"]" * 10_000),
    "10,000 objects": inside(b'{"a":' * 10_000 + b"1" + b"}" * 10_000),
    "10,000 of both": inside(b'[{"a":' * 5_000 + b"1" + b"}]" * 5_000),
    "10,000 open arrays": inside(b"[" * 10_000),
    "10,000 open objects": b'{"a":' * 10_000,
    "lone high surrogate": inside(b'"\\ud800"'),
    "lone low surrogate": inside(b'"\\udc00"'),
    "surrogates the wrong way round": inside(b'"\\udc00\\ud800"'),
    "surrogate in a key": inside(b'{"\\ud800":1}'),
    "surrogate in a field's name": b'{"\\ud800":1}',
    "raw NUL in a string": inside(b'"\x00"'),
    "raw NUL behind the object": inside(b"1") + b"\x00",
    "raw newline in a string": inside(b'"\n"'),
    "repeated field": b'{"inputData":1,"inputData":1}',
    "repeated key": inside(b'[{"secret":1,"secret":2}]'),
    "repeated key, spelled differently": inside(b'{"secret":1,"\\u0073ecret":2}'),
    "garbage behind the object": inside(b"1") + b"x",
    "two objects": inside(b"1") * 2,
    "comment": inside(b"1 /* one */"),
    "line comment": b"// none\n" + inside(b"1"),
    "single quotes": b"{'inputData':1}",
    "bare key": b"{inputData:1}",
    "trailing comma": b'{"inputData":1,}',
    "leading zero": inside(b"01"),
    "plus sign": inside(b"+1"),
    "hexadecimal": inside(b"0x1"),
    "bare fraction": inside(b".5"),
    "open string": b'{"' + b'\\"' * 1000,
    "open object": b'{"inputData":1',
    "form": b"inputData=1",
    "gzip without saying so": zlib.compress(inside(b"1"), wbits=31),
}
"""Each is 400 `invalid_json` everywhere."""

ODD_BUT_FINE: Final[dict[str, bytes]] = {
    "NUL": b'"\\u0000"',
    "control characters": json.dumps("".join(map(chr, range(32)))).encode(),
    "surrogate pair": b'"\\ud83d\\ude00"',
    "noncharacters": '"\ufffe\uffff\ufffd"'.encode(),
    "empty string": b'""',
    "empty key": b'{"":{"":[]}}',
    "the same key in different objects": b'[{"a":1},{"a":{"a":2}}]',
    "brackets in a string": b'"' + b"[{" * 1000 + b'\\""',
    "100 levels": b"[" * 99 + b"]" * 99,
    "largest double": repr(sys.float_info.max).encode(),
    "largest integer": b"%d" % int(sys.float_info.max),
    "many digits in a string": b'"' + b"9" * 1000 + b'"',
    "fraction of 1,000 digits": b"0." + b"3" * 1000,
    "smallest double": b"5e-324",
    "less than that": b"1e-400",
    "null": b"null",
}
"""Values that come back equal."""


def taking_bodies() -> dict[str, Route]:
    """Every route that takes a body, by method and path; those that are added later too."""
    import app  # noqa: F401 - it registers the routes

    found = {name: route for name, route in ROUTES.items() if not name.startswith(UNLISTED)}
    return {f"{route.method} {route.path}": route for route in found.values() if route.body is not None}
