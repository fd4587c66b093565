"""A payload's name is nobody else's, and tells when it was drawn."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.adapters.dynamo import keys
from chalicelib.adapters.dynamo.payload_names import drawn_ms, fresh_name

MS = 1_767_225_600_123


@given(st.integers(0, (1 << 32) * 1000 - 1))
def test_a_name_tells_its_second(now_ms: int) -> None:
    assert drawn_ms(fresh_name(now_ms)) == now_ms // 1000 * 1000


def test_names_of_one_second_differ() -> None:
    assert len({fresh_name(MS) for _ in range(1000)}) == 1000


@given(st.integers(0, (1 << 32) * 1000 - 1))
def test_a_name_fits_into_keys_and_paths(now_ms: int) -> None:
    name = fresh_name(now_ms)
    assert len(name) == 16
    assert not {"~", "#", "/", "="} & set(name)
    span = keys.payload_items("acme#0")
    for number in (0, 3):
        assert span.low <= keys.payload_name(keys.payload_item(name, number)) <= span.high


@pytest.mark.parametrize(
    ("name", "at"),
    [
        ("AAAA-_AAAAAA", 0),
        ("", None),
        ("notes.txt", None),
        ("a" * 11, None),
        ("é" * 12, None),
        ("a" * 20, None),
    ],
)
def test_an_earlier_name_is_old_and_what_is_none_tells_nothing(name: str, at: int | None) -> None:
    assert drawn_ms(name) == at
