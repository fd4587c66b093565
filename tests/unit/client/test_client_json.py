"""Payloads travel exactly: what cannot is refused at the caller."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foreman_client._json import decode, encode, encode_bytes, escaped_size

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)


@given(VALUES)
def test_any_json_value_comes_back_equal(value: Any) -> None:
    assert decode(encode_bytes(value)) == value


@pytest.mark.parametrize(
    "value",
    [
        10**30,
        -(10**6000),
        [10**5000, {"a": "é", "b": [True, None, 1.5, ""]}],
        "\ud800 alone",
        {"\udfff": "é"},
        -0.0,
    ],
    ids=["long", "longer than Python prints", "nested long", "lone surrogate", "surrogate key", "minus zero"],
)
def test_odd_values_come_back_equal(value: Any) -> None:
    back = decode(encode_bytes(value))
    assert back == value
    assert type(back) is type(value)


def test_text_is_compact_and_keeps_non_ascii_characters() -> None:
    assert encode({"a": ["é", 1]}) == '{"a":["é",1]}'


@pytest.mark.parametrize(
    "value", [float("nan"), [float("inf")], {"a": float("-inf")}, [10**5000, float("nan")]]
)
def test_nan_and_infinity_are_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        encode(value)


@pytest.mark.parametrize("value", [{1, 2}, b"bytes", object(), {1: "a"}, {"a": {None: 1}}, [{True: 1}]])
def test_what_is_not_json_is_refused(value: Any) -> None:
    with pytest.raises(TypeError):
        encode(value)


def test_endless_values_are_refused() -> None:
    loop: list[Any] = []
    loop.append(loop)
    deep: Any = 1
    for _ in range(100_000):
        deep = [deep]
    for value in (loop, deep):
        with pytest.raises(ValueError):  # noqa: PT011 - the reasons differ
            encode(value)


@pytest.mark.parametrize(
    ("text", "size"), [("abc", 3), ('"', 2), ("\\", 2), ("\n", 2), ("\x01", 6), ("é", 2), ("\ud800", 3)]
)
def test_sizes_count_text_escaped_once_more(text: str, size: int) -> None:
    assert escaped_size(text) == size
