"""Payloads as text, and how their size is counted."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foreman_contract import limits
from foreman_engine.domain.errors import TooLargeError
from foreman_engine.domain.payload import Payload, bounded, compact, differs, escaped_bytes, payload

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(values)
def test_text_keeps_any_value(value: Any) -> None:
    assert repr(Payload(compact(value)).value()) == repr(value)


@given(st.text())
def test_escaped_size_is_what_a_json_string_of_the_text_takes(text: str) -> None:
    in_string = json.dumps(text, ensure_ascii=False)
    assert escaped_bytes(text) == len(in_string.encode("utf-8", "surrogatepass")) - 2


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("", 0),
        ('"', 2),
        ("\\", 2),
        ("\n", 2),
        ("\x01", 6),
        ("ü", 2),
        ("\U0001f600", 4),
        ("/", 1),
        ("\ud800", 3),
    ],
)
def test_sizes(text: str, size: int) -> None:
    assert escaped_bytes(text) == size


@given(values, st.integers(0, 60))
def test_bounded_refuses_exactly_what_is_over_the_limit(value: Any, limit: int) -> None:
    if escaped_bytes(compact(value)) <= limit:
        assert bounded(value, "p", limit) == compact(value)
    else:
        with pytest.raises(TooLargeError, match="p is"):
            bounded(value, "p", limit)


def test_a_payload_takes_exactly_a_megabyte() -> None:
    full = "x" * (limits.MAX_PAYLOAD_BYTES - 4)  # its quotes are escaped as two bytes each
    assert payload(full, "inputData").value() == full
    with pytest.raises(TooLargeError, match="inputData"):
        payload(full + "x", "inputData")
    with pytest.raises(TooLargeError):
        payload('"' * (limits.MAX_PAYLOAD_BYTES // 2), "inputData")


def test_an_unloaded_payload_has_no_value() -> None:
    with pytest.raises(ValueError, match="not loaded"):
        Payload(None, "ref").value()


def test_a_patch_differs_when_it_sets_what_is_not_there() -> None:
    one, two = Payload("1"), Payload("2")
    assert (differs(None, one), differs(one, Payload("1", "ref")), differs(one, None), differs(two, one)) == (
        False,
        False,
        True,
        True,
    )
